package table

import (
	"errors"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/objstore/mem"
	"github.com/ingestd/ingestd/table/expression"
	"github.com/ingestd/ingestd/txlog/schema"
)

func newStore() objstore.Store { return mem.New() }

func TestConstraintsAndInvariantsRefuseRows(t *testing.T) {
	s := ddl(t, "a BIGINT, b BIGINT")
	s.Fields[1] = s.Fields[1].WithText(schema.KeyInvariants, `{"expression":{"expression":"b < 100"}}`)
	tab, c := createWith(t, CreateOptions{Schema: s, Properties: map[string]string{"delta.constraints.positive": "a > 0"}})
	if got := tab.Snapshot().Protocol().MinWriterVersion; got != 3 {
		t.Errorf("the writer version is %d", got)
	}
	add(t, tab, "a BIGINT, b BIGINT", `[{"a": 1, "b": 2},{"a": 3, "b": 99}]`)
	for _, bad := range []struct{ name, rows, want string }{
		{"false", `[{"a": 5, "b": 1},{"a": -4, "b": 1},{"a": 0, "b": 1}]`, "CHECK constraint positive (a > 0): a = -4 (row 1 of the batch)"},
		{"null", `[{"b": 1}]`, "CHECK constraint positive (a > 0): a = NULL"},
		{"an invariant", `[{"a": 1, "b": 100}]`, "invariant of column b (b < 100): b = 100"},
	} {
		_, err := tryAdd(t, tab, "a BIGINT, b BIGINT", bad.rows, AppendOptions{})
		var e *ConstraintError
		if !errors.As(err, &e) || !strings.Contains(err.Error(), bad.want) || e.Retryable() {
			t.Errorf("%s: %v", bad.name, err)
		}
	}
	if got := all(t, tab, ScanOptions{}); len(got) != 2 || c.opened != 1 {
		t.Errorf("rows %v; the compiler was opened %d times", got, c.opened)
	}
}

func TestATableWithExpressionsIsNotWrittenWithoutThem(t *testing.T) {
	tab := createIn(t, newStore(), CreateOptions{Schema: ddl(t, "a BIGINT"), Properties: map[string]string{"delta.constraints.c": "a > 0"}})
	var none *NoExpressionsError
	if _, err := tryAdd(t, tab, "a BIGINT", `[{"a": 1}]`, AppendOptions{}); !errors.As(err, &none) || !strings.Contains(err.Error(), "the constraint c (a > 0)") {
		t.Errorf("got %v", err)
	}
	tab, _ = createWith(t, CreateOptions{Schema: ddl(t, "a BIGINT"), Properties: map[string]string{"delta.constraints.c": "soundex(a) = 'x'"}})
	var unknown *expression.UnsupportedError
	if _, err := tryAdd(t, tab, "a BIGINT", `[{"a": 1}]`, AppendOptions{}); !errors.As(err, &unknown) {
		t.Errorf("got %v", err)
	}
}

func TestGeneratedColumnsAreComputedOrChecked(t *testing.T) {
	tab, _ := createWith(t, CreateOptions{Schema: ddl(t, "a BIGINT, g BIGINT GENERATED ALWAYS AS (a + 10) COMMENT 'of a', p BIGINT GENERATED ALWAYS AS (a + 1)"), PartitionBy: []string{"p"}})
	add(t, tab, "a BIGINT", `[{"a": 1},{}]`)
	add(t, tab, "G BIGINT, a BIGINT", `[{"a": 5, "G": 15},{}]`)
	want := []string{`a=1;g=11;p=2;`, `a=5;g=15;p=6;`, `a=null;g=null;p=null;`, `a=null;g=null;p=null;`}
	if got := all(t, tab, ScanOptions{}); !sameRows(got, want) {
		t.Errorf("got %v", got)
	}
	var e *GeneratedColumnError
	_, err := tryAdd(t, tab, "a BIGINT, g BIGINT", `[{"a": 5, "g": 15},{"a": 5, "g": 14}]`, AppendOptions{})
	if !errors.As(err, &e) || e.Column != "g" || e.Row != 1 || !strings.Contains(err.Error(), "g = 14, a = 5") {
		t.Errorf("got %v", err)
	}
}

// sameRows compares rows without regard to order.
func sameRows(got, want []string) bool {
	got, want = slices.Clone(got), slices.Clone(want)
	slices.Sort(got)
	slices.Sort(want)
	return slices.Equal(got, want)
}

func TestDefaultsAreForMissingColumnsOnly(t *testing.T) {
	tab, _ := createWith(t, CreateOptions{Schema: ddl(t, "a BIGINT, d BIGINT NOT NULL DEFAULT 7, e BIGINT DEFAULT -1")})
	if !tab.Snapshot().Supports("allowColumnDefaults") {
		t.Error("the feature is missing")
	}
	if err := tab.CheckAppend(jsonRows(t, ddl(t, "a BIGINT"), `[{}]`).Schema(), false); err != nil {
		t.Errorf("a missing column that has a default: %v", err)
	}
	add(t, tab, "a BIGINT", `[{"a": 1}]`)
	add(t, tab, "a BIGINT, d BIGINT, e BIGINT", `[{"a": 2, "d": 3}]`)
	if got := all(t, tab, ScanOptions{}); !sameRows(got, []string{`a=1;d=7;e=-1;`, `a=2;d=3;e=null;`}) {
		t.Errorf("got %v", got)
	}
	var null *NotNullError
	if _, err := tryAdd(t, tab, "a BIGINT, d BIGINT", `[{"a": 2}]`, AppendOptions{}); !errors.As(err, &null) {
		t.Errorf("a null that is given is no missing column: %v", err)
	}
}

func TestIdentityValuesAreUniqueOverSlotsAndWrites(t *testing.T) {
	for _, c := range []struct{ how, last string }{{"START WITH 10 INCREMENT BY 5", ""}, {"START WITH -1 INCREMENT BY -3", ""}} {
		tab := createIn(t, newStore(), CreateOptions{Schema: ddl(t, "id BIGINT GENERATED ALWAYS AS IDENTITY ("+c.how+"), a BIGINT")})
		const batches, rows = 8, 50
		for range 2 {
			w, err := tab.NewWriteSet(t.Context(), WriteOptions{Parallelism: 4, RowsPerSlot: 1})
			if err != nil {
				t.Fatal(err)
			}
			var wg sync.WaitGroup
			for range batches {
				rec := jsonRows(t, ddl(t, "a BIGINT"), "["+strings.Repeat(`{"a": 1}, `, rows-1)+`{"a": 1}]`)
				wg.Go(func() {
					if err := w.Write(t.Context(), rec); err != nil {
						t.Error(err)
					}
				})
			}
			wg.Wait()
			if _, err := w.Commit(t.Context(), CommitOptions{}); err != nil {
				t.Fatal(err)
			}
		}
		got := all(t, tab, ScanOptions{Columns: []string{"id"}})
		slices.Sort(got)
		if n := len(slices.Compact(got)); n != 2*batches*rows {
			t.Errorf("%s: %d values are distinct, of %d rows", c.how, n, 2*batches*rows)
		}
		id, _ := tab.Schema().Field("id").Identity()
		if want := id.Start + (2*batches*rows-1)*id.Step; id.HighWater == nil || *id.HighWater != want {
			t.Errorf("%s: the high-water mark is %v, want %d", c.how, id.HighWater, want)
		}
	}
}

func TestIdentityColumnsTakeValuesOnlyWhereTheyAllowIt(t *testing.T) {
	tab := createIn(t, newStore(), CreateOptions{Schema: ddl(t, "x BIGINT GENERATED ALWAYS AS IDENTITY, y BIGINT GENERATED BY DEFAULT AS IDENTITY")})
	var e *IdentityColumnError
	rec := jsonRows(t, ddl(t, "x BIGINT"), `[{"x": 1}]`)
	if err := tab.CheckAppend(rec.Schema(), false); !errors.As(err, &e) || e.Column != "x" {
		t.Errorf("got %v", err)
	}
	if _, err := tab.Append(t.Context(), Batches(rec), AppendOptions{}); !errors.As(err, &e) {
		t.Errorf("got %v", err)
	}
	add(t, tab, "y BIGINT", `[{"y": 77}]`)
	if got := all(t, tab, ScanOptions{}); !sameRows(got, []string{`x=1;y=77;`}) {
		t.Errorf("got %v", got)
	}
	if id, _ := tab.Schema().Field("y").Identity(); id.HighWater != nil {
		t.Errorf("values of others moved the mark to %d", *id.HighWater)
	}
}

func TestTwoWritersNeverGiveOneIdentityValue(t *testing.T) {
	tab := createIn(t, newStore(), CreateOptions{Schema: ddl(t, "id BIGINT GENERATED ALWAYS AS IDENTITY, a BIGINT")})
	begin := func() *WriteSet {
		w, err := reopen(t, tab).NewWriteSet(t.Context(), WriteOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Write(t.Context(), jsonRows(t, ddl(t, "a BIGINT"), `[{"a": 1},{"a": 2}]`)); err != nil {
			t.Fatal(err)
		}
		return w
	}
	first, second := begin(), begin()
	if _, err := first.Commit(t.Context(), CommitOptions{}); err != nil {
		t.Fatal(err)
	}
	_, err := second.Commit(t.Context(), CommitOptions{})
	var changed *SchemaChangedError
	if !errors.As(err, &changed) || !changed.Retryable() || !strings.Contains(err.Error(), "identity column id") {
		t.Errorf("got %v", err)
	}
	again := begin()
	if _, err := again.Commit(t.Context(), CommitOptions{}); err != nil {
		t.Fatal(err)
	}
	if got := all(t, reopen(t, tab), ScanOptions{Columns: []string{"id"}}); !sameRows(got, []string{`id=1;`, `id=2;`, `id=3;`, `id=4;`}) {
		t.Errorf("got %v", got)
	}
}

func TestIdentityValuesEndAtTheEndOfTheirRange(t *testing.T) {
	for _, c := range []struct {
		id   schema.Identity
		want []int64 // then it is over
	}{
		{schema.Identity{Start: math.MaxInt64 - 5, Step: 4}, []int64{math.MaxInt64 - 5, math.MaxInt64 - 1}},
		{schema.Identity{Start: math.MinInt64 + 1, Step: -1}, []int64{math.MinInt64 + 1, math.MinInt64}},
		{schema.Identity{Start: math.MinInt64, Step: math.MaxInt64}, []int64{math.MinInt64, -1, math.MaxInt64 - 1}},
		{schema.Identity{Start: math.MaxInt64, Step: math.MinInt64}, []int64{math.MaxInt64, -1}},
		{schema.Identity{Start: math.MinInt64, Step: math.MaxInt64, HighWater: new(int64(math.MaxInt64 - 1))}, nil},
		{schema.Identity{Start: 1, Step: 3, HighWater: new(int64(math.MaxInt64 - 3))}, []int64{math.MaxInt64 - 0}},
		{schema.Identity{Start: math.MinInt64, Step: 1, HighWater: new(int64(math.MaxInt64))}, nil},
		{schema.Identity{Start: math.MaxInt64, Step: -1, HighWater: new(int64(math.MinInt64))}, nil},
	} {
		s := newSequence("id", c.id)
		for _, want := range c.want {
			col, err := s.take(1)
			if err != nil || col.ValueStr(0) != strconv.FormatInt(want, 10) {
				t.Errorf("%+v: got %v, %v, want %d", c.id, col, err, want)
				break
			}
		}
		var over *IdentityOverflowError
		if col, err := s.take(1); !errors.As(err, &over) {
			t.Errorf("%+v goes on: %v, %v", c.id, col, err)
		}
	}
	s := newSequence("id", schema.Identity{Start: 1, Step: 10, HighWater: new(int64(25))})
	if col, _ := s.take(1); col.ValueStr(0) != "31" {
		t.Errorf("after a mark between two values comes %s, want 31", col.ValueStr(0))
	}
}
