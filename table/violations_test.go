package table

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/ingestd/ingestd/txlog/schema"
)

func TestViolatingRowsAreHandedOnAndTheOthersGoOn(t *testing.T) {
	tab, _ := createWith(t, CreateOptions{
		Schema:     ddl(t, "a BIGINT NOT NULL, g BIGINT GENERATED ALWAYS AS (a + 1), l ARRAY<BIGINT NOT NULL>"),
		Properties: map[string]string{"delta.constraints.positive": "a > 0"},
	})
	var mu sync.Mutex
	got := map[string]int64{}
	o := WriteOptions{Violations: func(_ context.Context, v Violation) error {
		mu.Lock()
		defer mu.Unlock()
		for _, part := range []string{"CHECK constraint positive", "g is generated", "column a is NOT NULL", "column l.element is NOT NULL"} {
			if strings.Contains(v.Err.Error(), part) {
				got[part] += v.Rows.NumRows()
			}
		}
		return nil
	}}
	_, err := tryAdd(t, tab, "a BIGINT, g BIGINT, l ARRAY<BIGINT>",
		`[{"a":-1,"g":0},{"a":-2,"g":-1},{"a":1,"g":2},{"g":3},{"a":2,"g":4},{"a":3,"g":4,"l":[1,null]},{"a":4,"g":5,"l":[1]},{"a":0,"g":1}]`, AppendOptions{WriteOptions: o})
	if err != nil {
		t.Fatal(err)
	}
	if rows := all(t, tab, ScanOptions{Columns: []string{"a"}}); !sameRows(rows, []string{"a=1;", "a=4;"}) {
		t.Errorf("got %v", rows)
	}
	want := map[string]int64{"CHECK constraint positive": 3, "g is generated": 1, "column a is NOT NULL": 1, "column l.element is NOT NULL": 1}
	for part, n := range want {
		if got[part] != n {
			t.Errorf("%s: %d rows, want %d", part, got[part], n)
		}
	}
}

func TestWhatCannotBeHandedOnFailsTheWrite(t *testing.T) {
	tab := create(t, "a BIGINT NOT NULL")
	full := errors.New("no room for dead letters")
	o := WriteOptions{Violations: func(context.Context, Violation) error { return full }}
	if _, err := tryAdd(t, tab, "a BIGINT", `[{"a":1},{}]`, AppendOptions{WriteOptions: o}); !errors.Is(err, full) {
		t.Errorf("got %v", err)
	}
	o.Violations = func(context.Context, Violation) error { return nil }
	var wrong *schema.MergeError
	if _, err := tryAdd(t, tab, "a STRING", `[{"a":"x"}]`, AppendOptions{WriteOptions: o}); !errors.As(err, &wrong) {
		t.Errorf("a column of another type is no violation of a row: %v", err)
	}
}
