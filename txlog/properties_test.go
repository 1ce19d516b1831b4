package txlog

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func TestIntervalsAreReadAsSparkWritesThem(t *testing.T) {
	const day = 24 * time.Hour
	for in, want := range map[string]time.Duration{
		"interval 1 week": 7 * day, "INTERVAL 30 Days": 30 * day, "2 days 3 hours": 2*day + 3*time.Hour,
		"interval 1 week 1 day 1 hour 1 minute 1 second 1 millisecond 1 microsecond": 8*day + time.Hour + time.Minute + time.Second + time.Millisecond + time.Microsecond,
		"interval 0 hours": 0, "168 hours": 7 * day, "interval 1000000 days": longest, "999999999999 weeks 999999999999 days": longest,
	} {
		if got, err := ParseInterval(in); err != nil || got != want {
			t.Errorf("%q: got %v, %v, want %v", in, got, err, want)
		}
	}
	for _, in := range []string{"", "interval", "1", "day", "one day", "1 fortnight", "interval 1 month", "1 year", "-1 days", "1 day 2"} {
		if got, err := ParseInterval(in); err == nil {
			t.Errorf("%q: got %v, want an error", in, got)
		}
	}
}

// The default would delete what someone meant to keep.
func TestARetentionThatCannotBeReadKeepsAll(t *testing.T) {
	p := NewProperties(map[string]string{PropLogRetention: "interval 6 months", PropDeletedFileRetention: "for ever"})
	if p.LogRetention() != longest || p.DeletedFileRetention() != longest {
		t.Error(p.LogRetention(), p.DeletedFileRetention())
	}
	store, c := newStore()
	s := daily(t, checksummed(t, store, c, PropLogRetention, "interval 6 months", PropCheckpointInterval, noCheckpoints), c, 60, 20)
	if done, err := s.CleanUp(t.Context()); err != nil || done.Files > 0 {
		t.Error(done, err)
	}
}

func TestPropertiesHaveTheDefaultsOfSpark(t *testing.T) {
	for _, p := range []Properties{{}, NewProperties(map[string]string{PropCheckpointInterval: "x", PropAppendOnly: "maybe", PropSetTransactionRetain: "1 year", PropIsolationLevel: "Strict", PropTargetFileSize: "big"})} {
		_, limited := p.SetTransactionRetention()
		_, sized := p.TargetFileSize()
		if p.CheckpointInterval() != 10 || p.DeletedFileRetention() != 7*24*time.Hour || p.LogRetention() != 30*24*time.Hour || limited || sized ||
			p.AppendOnly() || !p.StatsAsJSON() || p.StatsAsStruct() || p.IndexedColumns() != 32 || p.Compression() != "zstd" || p.Isolation() != WriteSerializable {
			t.Errorf("%v", p)
		}
	}
}

func TestPropertiesAreRead(t *testing.T) {
	p := NewProperties(map[string]string{
		PropCheckpointInterval: " 5 ", PropDeletedFileRetention: "interval 2 days", PropAppendOnly: "TRUE", PropSetTransactionRetain: "interval 1 days",
		PropIsolationLevel: "serializable", PropTargetFileSize: "128MB", PropStatsAsJSON: "false", PropStatsAsStruct: "true", PropSkippingColumns: "-1",
		PropCompression: "Snappy", PropSkippingStatsColumns: "a,b", "mine": "1", PropLogRetention: "1 hour",
	})
	retain, limited := p.SetTransactionRetention()
	size, sized := p.TargetFileSize()
	columns, _ := p.StatsColumns()
	if p.CheckpointInterval() != 5 || p.DeletedFileRetention() != 48*time.Hour || !p.AppendOnly() || retain != 24*time.Hour || !limited || p.Isolation() != Serializable ||
		size != 128<<20 || !sized || p.StatsAsJSON() || !p.StatsAsStruct() || p.IndexedColumns() != -1 || p.Compression() != "snappy" || columns != "a,b" || p.LogRetention() != time.Hour {
		t.Errorf("%v", p)
	}
	if v, ok := p.Get("mine"); v != "1" || !ok || len(p.All()) != 13 {
		t.Error("the user's own")
	}
	if err := p.Check(); err != nil {
		t.Error(err)
	}
}

func TestCheckNamesEveryBadProperty(t *testing.T) {
	bad := map[string]string{
		PropCheckpointInterval: "0", PropDeletedFileRetention: "soon", PropAppendOnly: "maybe", PropSetTransactionRetain: "1 year",
		PropIsolationLevel: "Strict", PropTargetFileSize: "0", PropStatsAsJSON: "", PropSkippingColumns: "-2",
	}
	err := NewProperties(bad).Check()
	var p *PropertyError
	if !errors.As(err, &p) {
		t.Fatalf("got %v", err)
	}
	for name := range bad {
		if !strings.Contains(err.Error(), name+" = ") {
			t.Errorf("%s is not named in %v", name, err)
		}
	}
}

func TestCheckNamesPropertiesOfTheWrongCase(t *testing.T) {
	err := NewProperties(map[string]string{"delta.appendonly": "true", "Delta.CheckpointInterval": "5", "mine": "x", "delta.unknown": "y"}).Check()
	var p *PropertyError
	if !errors.As(err, &p) || !strings.Contains(err.Error(), "must be spelled delta.appendOnly") || !strings.Contains(err.Error(), PropCheckpointInterval) || strings.Contains(err.Error(), "mine") {
		t.Errorf("got %v", err)
	}
}

func TestSizesArePowersOf1024(t *testing.T) {
	for in, want := range map[string]int64{"5": 5, "5b": 5, "2k": 2048, "1 GiB": 1 << 30, "3mb": 3 << 20, "1t": 1 << 40} {
		if got, err := parseBytes(in); err != nil || got != want {
			t.Errorf("%q: %d, %v", in, got, err)
		}
	}
	for _, in := range []string{"", "x", "1x", "-1", "9999999999t"} {
		if got, err := parseBytes(in); err == nil {
			t.Errorf("%q: %d", in, got)
		}
	}
}
