package table

import (
	"errors"
	"testing"
	"time"

	"github.com/ingestd/ingestd/objstore/mem"
	"github.com/ingestd/ingestd/txlog"
)

func TestTimeTravel(t *testing.T) {
	now := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	store := mem.New(mem.WithNow(func() time.Time { return now }))
	tab := createIn(t, store, CreateOptions{Schema: ddl(t, "id BIGINT")})
	for _, row := range []string{`[{"id":1}]`, `[{"id":2}]`} {
		now = now.Add(time.Hour)
		add(t, tab, "id BIGINT", row)
	}
	first := time.Date(2026, 5, 1, 13, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		at      time.Time
		version int64
		rows    []string
	}{
		{first.Add(-time.Hour), 0, nil}, {first.Add(-time.Second), 0, nil}, {first, 1, []string{"id=1;"}},
		{first.Add(time.Minute), 1, []string{"id=1;"}}, {first.Add(time.Hour), 2, []string{"id=1;", "id=2;"}}, {first.Add(1000 * time.Hour), 2, []string{"id=1;", "id=2;"}},
	} {
		for name, open := range map[string]func() (*Table, error){
			"from a table": func() (*Table, error) { return tab.AtTime(t.Context(), c.at) },
			"afresh":       func() (*Table, error) { return OpenAtTime(t.Context(), store, c.at, options()...) },
			"by version":   func() (*Table, error) { return OpenAt(t.Context(), store, c.version, options()...) },
		} {
			old, err := open()
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if old.Version() != c.version {
				t.Errorf("%s at %s: version %d, want %d", name, c.at, old.Version(), c.version)
			}
			expectRows(t, old, ScanOptions{}, c.rows...)
			if err := old.Refresh(t.Context()); err != nil || old.Version() != c.version {
				t.Errorf("%s: refresh moved it to %d, %v", name, old.Version(), err)
			}
		}
	}
	var absent *txlog.VersionNotFoundError
	if _, err := tab.At(t.Context(), 3); !errors.As(err, &absent) || absent.Latest != 2 {
		t.Errorf("%v", err)
	}
}

func TestRefreshSeesWhatOthersCommitted(t *testing.T) {
	tab := create(t, "id BIGINT")
	other := reopen(t, tab)
	add(t, other, "id BIGINT", `[{"id":1}]`)
	add(t, other, "id BIGINT", `[{"id":2}]`)
	expectRows(t, tab, ScanOptions{})
	if err := tab.Refresh(t.Context()); err != nil || tab.Version() != 2 {
		t.Fatalf("version %d, %v", tab.Version(), err)
	}
	expectRows(t, tab, ScanOptions{}, "id=1;", "id=2;")
}
