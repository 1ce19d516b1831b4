package merge_test

import (
	"context"
	"fmt"
	"iter"
	"math/rand"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"go.uber.org/goleak"

	"github.com/ingestd/ingestd/dml"
	"github.com/ingestd/ingestd/internal/sql"
	"github.com/ingestd/ingestd/merge"
	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/objstore/mem"
	"github.com/ingestd/ingestd/table"
	"github.com/ingestd/ingestd/table/arrowtest"
	"github.com/ingestd/ingestd/table/expression"
	"github.com/ingestd/ingestd/txlog"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// tester is what testing.TB and rapid.T share.
type tester interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
	Context() context.Context
}

var ids atomic.Int64

func nextID() string { return fmt.Sprintf("00000000-0000-4000-8000-%012d", ids.Add(1)) }

var compiler = sql.NewCompiler(sql.Options{}, nil)

func tableOptions() []table.Option {
	start := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	var n atomic.Int64
	now := func() time.Time { return start.Add(time.Duration(n.Add(1)) * time.Millisecond) }
	noSleep := func(context.Context, time.Duration) error { return nil }
	return []table.Option{
		table.WithLogOptions(txlog.Options{Now: now, Rand: rand.New(rand.NewSource(1)), Sleep: noSleep}), table.WithIDs(nextID),
		table.WithExpressions(func() (expression.Compiler, error) { return sql.NewCompiler(sql.Options{}, nil), nil }),
	}
}

func options() merge.Options {
	return merge.Options{Options: dml.Options{Backoff: func(context.Context, int) error { return nil }}}
}

// withVectors are the properties of tables that take rows out by deletion vectors.
var withVectors = map[string]string{"delta.enableDeletionVectors": "true"}

func create(t tester, ddl string, props map[string]string, by ...string) *table.Table {
	t.Helper()
	return createIn(t, mem.New(), ddl, props, by...)
}

func createIn(t tester, store objstore.Store, ddl string, props map[string]string, by ...string) *table.Table {
	t.Helper()
	s, err := table.ParseSchema(ddl)
	if err != nil {
		t.Fatal(err)
	}
	tab, err := table.Create(t.Context(), store, table.CreateOptions{Schema: s, PartitionBy: by, Properties: props}, tableOptions()...)
	if err != nil {
		t.Fatal(err)
	}
	return tab
}

// selected are the rows of a query of DuckDB.
func selected(t tester, query string) (*arrow.Schema, []arrow.RecordBatch) {
	t.Helper()
	var s *arrow.Schema
	var recs []arrow.RecordBatch
	err := sql.WithSession(sql.Options{KeepOrder: true}, func(session *sql.Session) error {
		st, err := session.Prepare(t.Context(), query)
		if err != nil {
			return err
		}
		defer st.Close()
		s = st.Schema()
		for rec, err := range st.Run(t.Context()) {
			if err != nil {
				return err
			}
			recs = append(recs, rec)
		}
		return nil
	})
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return s, recs
}

func batches(recs []arrow.RecordBatch) iter.Seq2[arrow.RecordBatch, error] {
	return func(yield func(arrow.RecordBatch, error) bool) {
		for _, r := range recs {
			r.Retain()
			if !yield(r, nil) {
				return
			}
		}
	}
}

// insert appends the rows of a query.
func insert(t tester, tab *table.Table, query string) {
	t.Helper()
	_, recs := selected(t, query)
	if _, err := tab.Append(t.Context(), batches(recs), table.AppendOptions{}); err != nil {
		t.Fatal(err)
	}
}

// clause reads one as users write it.
func clause(t tester, text string) expression.MergeClause {
	t.Helper()
	c, err := sql.ParseMergeClause(text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return c
}

func statement(t tester, on string, when ...string) merge.Statement {
	t.Helper()
	s := merge.Statement{On: on}
	for _, w := range when {
		s.Clauses = append(s.Clauses, clause(t, w))
	}
	return s
}

// run merges the rows of a query.
func run(t tester, tab *table.Table, source string, s merge.Statement, o merge.Options) (merge.Result, error) {
	t.Helper()
	schema, recs := selected(t, source)
	return merge.Merge(t.Context(), tab, compiler, s, schema, batches(recs), o)
}

func mustRun(t tester, tab *table.Table, source string, s merge.Statement) merge.Result {
	t.Helper()
	r, err := run(t, tab, source, s, options())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// rows are all of the newest version, sorted.
func rows(t tester, tab *table.Table) []string {
	t.Helper()
	return rowsOf(t, open(t, tab.Store()))
}

func open(t tester, store objstore.Store) *table.Table {
	t.Helper()
	tab, err := table.Open(t.Context(), store, tableOptions()...)
	if err != nil {
		t.Fatal(err)
	}
	return tab
}

// rowsOf are the rows of the version that the table is at, sorted.
func rowsOf(t tester, tab *table.Table) []string {
	t.Helper()
	out := []string{}
	for rec, err := range tab.Scan(t.Context(), table.ScanOptions{}) {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, arrowtest.Rows(rec)...)
		rec.Release()
	}
	slices.Sort(out)
	return out
}

func expect(t tester, tab *table.Table, want ...string) {
	t.Helper()
	slices.Sort(want)
	if got := rows(t, tab); !slices.Equal(got, want) {
		t.Fatalf("the table has\n%s\nand should have\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
