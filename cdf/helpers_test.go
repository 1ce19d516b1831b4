package cdf_test

import (
	"context"
	"fmt"
	"math/rand"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"go.uber.org/goleak"

	"github.com/ingestd/ingestd/cdf"
	"github.com/ingestd/ingestd/dml"
	"github.com/ingestd/ingestd/internal/sql"
	"github.com/ingestd/ingestd/objstore/mem"
	"github.com/ingestd/ingestd/table"
	"github.com/ingestd/ingestd/table/arrowtest"
	"github.com/ingestd/ingestd/table/expression"
	"github.com/ingestd/ingestd/table/predicate"
	"github.com/ingestd/ingestd/txlog"
	"github.com/ingestd/ingestd/txlog/action"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// tester is what testing.TB and rapid.T share.
type tester interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
	Context() context.Context
}

var (
	ids      atomic.Int64
	compiler = sql.NewCompiler(sql.Options{}, nil)
	start    = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
)

func nextID() string { return fmt.Sprintf("00000000-0000-4000-8000-%012d", ids.Add(1)) }

// options give a table a clock that stands at now, which the caller may move.
func options(now *time.Time) []table.Option {
	noSleep := func(context.Context, time.Duration) error { return nil }
	clock := func() time.Time { return *now }
	return []table.Option{
		table.WithLogOptions(txlog.Options{Now: clock, Rand: rand.New(rand.NewSource(1)), Sleep: noSleep}), table.WithIDs(nextID),
		table.WithExpressions(func() (expression.Compiler, error) { return compiler, nil }),
	}
}

// fixture is a table whose clock moves a second with each operation.
type fixture struct {
	tester
	tab *table.Table
	now time.Time
}

func create(t tester, ddl string, props map[string]string, by ...string) *fixture {
	t.Helper()
	s, err := table.ParseSchema(ddl)
	if err != nil {
		t.Fatal(err)
	}
	w := &fixture{tester: t, now: start}
	w.tab, err = table.Create(t.Context(), mem.New(mem.WithNow(func() time.Time { return w.now })), table.CreateOptions{Schema: s, PartitionBy: by, Properties: props}, options(&w.now)...)
	if err != nil {
		t.Fatal(err)
	}
	w.must(nil)
	return w
}

// must refreshes the table after an operation, which must have succeeded.
func (w *fixture) must(err error) {
	w.Helper()
	if err == nil {
		err = w.tab.Refresh(w.Context())
	}
	if err != nil {
		w.Fatal(err)
	}
	w.now = w.now.Add(time.Second)
}

// batch is rows, given as JSON objects.
func (w *fixture) batch(rows ...string) arrow.RecordBatch {
	w.Helper()
	s, err := w.tab.ScanSchema(table.ScanOptions{})
	if err != nil {
		w.Fatal(err)
	}
	rec, _, err := array.RecordFromJSON(memory.DefaultAllocator, s, strings.NewReader("["+strings.Join(rows, ",")+"]"))
	if err != nil {
		w.Fatal(err)
	}
	return rec
}

// add appends rows.
func (w *fixture) add(rows ...string) {
	w.Helper()
	_, err := w.tab.Append(w.Context(), table.Batches(w.batch(rows...)), table.AppendOptions{})
	w.must(err)
}

func oneFile(a *action.Add) []*action.Add { return []*action.Add{a} }

func (w *fixture) where(text string) predicate.Filter {
	w.Helper()
	s, err := w.tab.ScanSchema(table.ScanOptions{})
	if err != nil {
		w.Fatal(err)
	}
	f, err := compiler.Filter(w.Context(), text, s)
	if err != nil {
		w.Fatal(err)
	}
	return f
}

func dmlOptions() dml.Options {
	return dml.Options{Backoff: func(context.Context, int) error { return nil }}
}

func (w *fixture) delete(where string) {
	w.Helper()
	_, err := dml.Delete(w.Context(), w.tab, w.where(where), dmlOptions())
	w.must(err)
}

func (w *fixture) update(where, column, expr string) {
	w.Helper()
	_, err := dml.Update(w.Context(), w.tab, compiler, []dml.Assignment{{Column: column, Expr: expr}}, w.where(where), dmlOptions())
	w.must(err)
}

// rowsAt are the rows of a version, sorted.
func (w *fixture) rowsAt(version int64) []string {
	w.Helper()
	tab, err := w.tab.At(w.Context(), version)
	if err != nil {
		w.Fatal(err)
	}
	out := []string{}
	for rec, err := range tab.Scan(w.Context(), table.ScanOptions{}) {
		if err != nil {
			w.Fatal(err)
		}
		out = append(out, arrowtest.Rows(rec)...)
		rec.Release()
	}
	slices.Sort(out)
	return out
}

func (w *fixture) feed(from, to cdf.Bound, o cdf.Options) *cdf.Feed {
	w.Helper()
	f, err := cdf.Open(w.Context(), w.tab, cdf.Range{From: from, To: to}, o)
	if err != nil {
		w.Fatal(err)
	}
	return f
}

// change is a row of a feed.
type change struct {
	kind    string
	version int64
	at      time.Time
	row     string
}

// changes are the rows of a feed.
func (w *fixture) changes(f *cdf.Feed) []change {
	w.Helper()
	var out []change
	for rec, err := range f.Rows(w.Context()) {
		if err != nil {
			w.Fatal(err)
		}
		if !rec.Schema().Equal(f.Schema()) {
			w.Fatalf("%s, and not %s", rec.Schema(), f.Schema())
		}
		n := int(rec.NumCols()) - 3
		own := array.NewRecordBatch(arrow.NewSchema(rec.Schema().Fields()[:n], nil), rec.Columns()[:n], rec.NumRows())
		for i, row := range arrowtest.Rows(own) {
			out = append(out, change{rec.Column(n).(*array.String).Value(i), rec.Column(n + 1).(*array.Int64).Value(i), rec.Column(n + 2).(*array.Timestamp).Value(i).ToTime(arrow.Microsecond), row})
		}
		own.Release()
		rec.Release()
	}
	return out
}
