package txlog

import (
	"testing"
	"time"
)

// No text makes reading a property fail otherwise than by an error, and what is read is in range.
func FuzzProperties(f *testing.F) {
	for _, s := range []string{"interval 1 week", "2 days 3 hours", "9223372036854775807 weeks", "128mb", "9t", "-1", "", "interval", " 1 GB ", "Serializable", "true"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if d, err := ParseInterval(text); err == nil && d < 0 {
			t.Errorf("%q: %v", text, d)
		}
		if n, err := parseBytes(text); err == nil && n < 0 {
			t.Errorf("%q: %d", text, n)
		}
		all := map[string]string{}
		for _, name := range heeded {
			all[name] = text
		}
		p := NewProperties(all)
		_ = p.Check()
		if p.CheckpointInterval() < 1 || p.LogRetention() < 0 || p.DeletedFileRetention() < time.Duration(0) {
			t.Errorf("%q", text)
		}
		if l := p.Isolation(); l.String() == "" {
			t.Error(l)
		}
		if rows, ok := numRecords(&text); ok && rows < 0 {
			t.Errorf("%q: %d rows", text, rows)
		}
		_, _ = clusteringColumns(text)
	})
}
