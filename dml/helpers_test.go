package dml

import (
	"context"
	"fmt"
	"iter"
	"math/rand"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/objstore/mem"
	"github.com/ingestd/ingestd/table"
	"github.com/ingestd/ingestd/txlog"
	"github.com/ingestd/ingestd/txlog/action"
)

// tester is what testing.TB and rapid.T share.
type tester interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
	Context() context.Context
}

const columns = "id BIGINT, part STRING, val BIGINT, txt STRING"

// row is one of a table with those columns.
type row struct {
	ID, Val   int64
	Part, Txt string
}

func (r row) String() string { return fmt.Sprintf("%d %s %d %s", r.ID, r.Part, r.Val, r.Txt) }

func (r row) fields() map[string]any {
	return map[string]any{"id": r.ID, "val": r.Val, "part": r.Part, "txt": r.Txt}
}

var ids atomic.Int64

func nextID() string { return fmt.Sprintf("00000000-0000-4000-8000-%012d", ids.Add(1)) }

func clock() func() time.Time {
	start := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	var n atomic.Int64
	return func() time.Time { return start.Add(time.Duration(n.Add(1)) * time.Millisecond) }
}

func options() []table.Option {
	noSleep := func(context.Context, time.Duration) error { return nil }
	return []table.Option{table.WithLogOptions(txlog.Options{Now: clock(), Rand: rand.New(rand.NewSource(1)), Sleep: noSleep}), table.WithIDs(nextID)}
}

// at once: tests do not wait between tries.
func plain() Options {
	return Options{Backoff: func(context.Context, int) error { return nil }}
}

func create(t tester, props map[string]string, by ...string) *table.Table {
	t.Helper()
	return createIn(t, mem.New(), props, by...)
}

func createIn(t tester, store objstore.Store, props map[string]string, by ...string) *table.Table {
	t.Helper()
	s, err := table.ParseSchema(columns)
	if err != nil {
		t.Fatal(err)
	}
	tab, err := table.Create(t.Context(), store, table.CreateOptions{Schema: s, PartitionBy: by, Properties: props}, options()...)
	if err != nil {
		t.Fatal(err)
	}
	return tab
}

func open(t tester, store objstore.Store) *table.Table {
	t.Helper()
	tab, err := table.Open(t.Context(), store, options()...)
	if err != nil {
		t.Fatal(err)
	}
	return tab
}

// batch is rows as a record batch.
func batch(rows ...row) arrow.RecordBatch {
	s := arrow.NewSchema([]arrow.Field{{Name: "id", Type: arrow.PrimitiveTypes.Int64, Nullable: true}, {Name: "part", Type: arrow.BinaryTypes.String, Nullable: true},
		{Name: "val", Type: arrow.PrimitiveTypes.Int64, Nullable: true}, {Name: "txt", Type: arrow.BinaryTypes.String, Nullable: true}}, nil)
	b := array.NewRecordBuilder(memory.DefaultAllocator, s)
	defer b.Release()
	for _, r := range rows {
		b.Field(0).(*array.Int64Builder).Append(r.ID)
		b.Field(1).(*array.StringBuilder).Append(r.Part)
		b.Field(2).(*array.Int64Builder).Append(r.Val)
		b.Field(3).(*array.StringBuilder).Append(r.Txt)
	}
	return b.NewRecordBatch()
}

// rowsFrom are n rows with ids from first.
func rowsFrom(first, n int64) []row {
	var out []row
	for id := first; id < first+n; id++ {
		out = append(out, row{ID: id, Part: string(rune('a' + id%3)), Val: id % 7, Txt: fmt.Sprint("row ", id)})
	}
	return out
}

// add appends rows as one file for each partition.
func add(t tester, tab *table.Table, rows ...row) {
	t.Helper()
	if err := tryAdd(t.Context(), tab, rows...); err != nil {
		t.Fatal(err)
	}
}

func tryAdd(ctx context.Context, tab *table.Table, rows ...row) error {
	_, err := tab.Append(ctx, table.Batches(batch(rows...)), table.AppendOptions{})
	return err
}

// all are the rows of the newest version.
func all(t tester, tab *table.Table) []string {
	t.Helper()
	return texts2(t, open(t, tab.Store()).Scan(t.Context(), table.ScanOptions{Columns: []string{"id", "part", "val", "txt"}}))
}

func texts2(t tester, in iter.Seq2[arrow.RecordBatch, error]) []string {
	t.Helper()
	out := []string{}
	for rec, err := range in {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, lines(rec)...)
		rec.Release()
	}
	slices.Sort(out)
	return out
}

func lines(rec arrow.RecordBatch) []string {
	var out []string
	for i := range int(rec.NumRows()) {
		var parts []string
		for _, c := range rec.Columns() {
			parts = append(parts, fmt.Sprint(valueAt(c, i)))
		}
		out = append(out, strings.Join(parts, " "))
	}
	return out
}

func want(t tester, tab *table.Table, rows ...row) {
	t.Helper()
	var expected []string
	for _, r := range rows {
		expected = append(expected, r.String())
	}
	slices.Sort(expected)
	if got := all(t, tab); !slices.Equal(got, expected) {
		t.Fatalf("version %d\ngot  %q\nwant %q", open(t, tab.Store()).Version(), got, expected)
	}
}

// without are the rows for which no condition is true.
func without(rows []row, conds ...cond) []row {
	return slices.DeleteFunc(slices.Clone(rows), func(r row) bool {
		return slices.ContainsFunc(conds, func(c cond) bool { return c.is(r.fields()) })
	})
}

// last are the actions of the newest commit.
func last(t tester, tab *table.Table) (adds []*action.Add, removes []*action.Remove, cdc []*action.CDC, info *action.CommitInfo) {
	t.Helper()
	tab = open(t, tab.Store())
	for c, err := range tab.Log().Commits(t.Context(), tab.Version(), tab.Version()) {
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range c.Actions {
			switch a := a.(type) {
			case *action.Add:
				adds = append(adds, a)
			case *action.Remove:
				removes = append(removes, a)
			case *action.CDC:
				cdc = append(cdc, a)
			case *action.CommitInfo:
				info = a
			}
		}
	}
	return adds, removes, cdc, info
}

var vectors = map[string]string{"delta.enableDeletionVectors": "true"}

func oneFile(a *action.Add) []*action.Add { return []*action.Add{a} }
