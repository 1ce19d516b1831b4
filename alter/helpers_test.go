package alter

import (
	"context"
	"errors"
	"fmt"
	"math/rand"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/ingestd/ingestd/objstore/mem"
	"github.com/ingestd/ingestd/table"
	"github.com/ingestd/ingestd/table/arrowmap"
	"github.com/ingestd/ingestd/table/arrowtest"
	"github.com/ingestd/ingestd/table/expression"
	"github.com/ingestd/ingestd/table/predicate"
	"github.com/ingestd/ingestd/txlog"
	"github.com/ingestd/ingestd/txlog/schema"
)

var ids atomic.Int64

func options() []table.Option {
	var n atomic.Int64
	start := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	now := func() time.Time { return start.Add(time.Duration(n.Add(1)) * time.Millisecond) }
	return []table.Option{
		table.WithLogOptions(txlog.Options{Now: now, Rand: rand.New(rand.NewSource(1))}),
		table.WithIDs(func() string { return fmt.Sprintf("00000000-0000-4000-8000-%012d", ids.Add(1)) }),
		table.WithExpressions(func() (expression.Compiler, error) { return comparisons{}, nil }),
	}
}

func create(t testing.TB, columns string, properties map[string]string, partitionBy ...string) *table.Table {
	t.Helper()
	s, err := schema.ParseDDL(columns)
	if err != nil {
		t.Fatal(err)
	}
	tab, err := table.Create(t.Context(), mem.New(), table.CreateOptions{Schema: s, Properties: properties, PartitionBy: partitionBy}, options()...)
	if err != nil {
		t.Fatal(err)
	}
	return tab
}

func add(t testing.TB, tab *table.Table, columns, rows string) {
	t.Helper()
	s, err := schema.ParseDDL(columns)
	if err != nil {
		t.Fatal(err)
	}
	as, err := arrowmap.ToArrow(s)
	if err != nil {
		t.Fatal(err)
	}
	rec, _, err := array.RecordFromJSON(memory.DefaultAllocator, as, strings.NewReader(rows))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tab.Append(t.Context(), table.Batches(rec), table.AppendOptions{}); err != nil {
		t.Fatal(err)
	}
}

func rows(t testing.TB, tab *table.Table) string {
	t.Helper()
	var out []string
	for rec, err := range tab.Scan(t.Context(), table.ScanOptions{}) {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, arrowtest.Rows(rec)...)
		rec.Release()
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}

func reopen(t testing.TB, tab *table.Table) *table.Table {
	t.Helper()
	out, err := table.Open(t.Context(), tab.Store(), options()...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func path(t testing.TB, s string) Path {
	t.Helper()
	p, err := ParsePath(s)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func must(t testing.TB) func(Result, error) Result {
	return func(r Result, err error) Result {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
}

// fails checks type and text of an error.
func fails[E error](t testing.TB, err error, text string) {
	t.Helper()
	var e E
	if !errors.As(err, &e) || !strings.Contains(err.Error(), text) {
		t.Errorf("got %v (%T), want %T with %q", err, err, e, text)
	}
}

// comparisons compiles "COLUMN > NUMBER" and defaults that are numbers: enough SQL to check rows by.
type comparisons struct{ expression.Compiler } // which has no Match

func (comparisons) Filter(_ context.Context, text string, s *arrow.Schema) (predicate.Filter, error) {
	parts := strings.Fields(text)
	if len(parts) != 3 || parts[1] != ">" || !s.HasField(parts[0]) {
		return nil, &expression.UnsupportedError{Text: text, Reason: "not COLUMN > NUMBER"}
	}
	n, err := strconv.ParseInt(parts[2], 10, 64)
	return above{text, parts[0], n}, err
}

func (comparisons) Project(_ context.Context, exprs []string, _, out *arrow.Schema) (expression.Projection, error) {
	if _, err := strconv.Atoi(exprs[0]); err != nil {
		return nil, err
	}
	return number{out, exprs[0]}, nil
}

func (comparisons) Close() error { return nil }

type above struct {
	text, column string
	than         int64
}

func (f above) String() string        { return f.text }
func (f above) Columns() []string     { return []string{f.column} }
func (f above) Prune() predicate.Expr { return nil }

func (f above) Eval(_ context.Context, rec arrow.RecordBatch) (*array.Boolean, error) {
	b := array.NewBooleanBuilder(memory.DefaultAllocator)
	defer b.Release()
	col := rec.Column(rec.Schema().FieldIndices(f.column)[0])
	for i := range col.Len() {
		n, err := strconv.ParseInt(col.ValueStr(i), 10, 64)
		b.Append(err == nil && n > f.than)
	}
	return b.NewBooleanArray(), nil
}

type number struct {
	out  *arrow.Schema
	text string
}

func (number) Columns() []string { return nil }
func (number) Close() error      { return nil }

func (p number) Apply(_ context.Context, rec arrow.RecordBatch) (arrow.RecordBatch, error) {
	b := array.NewRecordBuilder(memory.DefaultAllocator, p.out)
	defer b.Release()
	for range rec.NumRows() {
		if err := b.Field(0).AppendValueFromString(p.text); err != nil {
			return nil, err
		}
	}
	return b.NewRecordBatch(), nil
}
