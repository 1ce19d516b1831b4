package sql

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync/atomic"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"go.uber.org/goleak"

	"github.com/ingestd/ingestd/table/arrowtest"
	"github.com/ingestd/ingestd/table/predicate"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// tester is testing.TB or *rapid.T.
type tester interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

func newSession(t testing.TB, opts Options) *Session {
	t.Helper()
	if opts.TempDir == "" {
		opts.TempDir = t.TempDir()
	}
	db, err := Open(opts)
	if err != nil {
		t.Fatal(err)
	}
	s, err := db.Session()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.Close()
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// rowsOf runs a query and prints its rows, one string each.
func rowsOf(t tester, s *Session, query string) []string {
	t.Helper()
	rows, err := tryRows(s, query)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return rows
}

func tryRows(s *Session, query string) ([]string, error) {
	var rows []string
	for rec, err := range s.Query(context.Background(), query) {
		if err != nil {
			return nil, err
		}
		rows = append(rows, arrowtest.Rows(rec)...)
		rec.Release()
	}
	return rows, nil
}

func mustExec(t tester, s *Session, format string, args ...any) {
	t.Helper()
	if err := s.Exec(context.Background(), fmt.Sprintf(format, args...)); err != nil {
		t.Fatal(err)
	}
}

func register(t tester, s *Session, name string, recs ...arrow.RecordBatch) *Relation {
	t.Helper()
	r, err := s.Register(context.Background(), name, recs[0].Schema())
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Set(recs...); err != nil {
		t.Fatal(err)
	}
	return r
}

// batchOf runs a query and gives its rows as one batch.
func batchOf(t tester, s *Session, query string) arrow.RecordBatch {
	t.Helper()
	st, err := s.Prepare(context.Background(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	var recs []arrow.RecordBatch
	for rec, err := range st.Run(context.Background()) {
		if err != nil {
			t.Fatal(err)
		}
		recs = append(recs, rec)
	}
	tbl := array.NewTableFromRecords(st.Schema(), recs)
	defer tbl.Release()
	cols := make([]arrow.Array, tbl.NumCols())
	for i := range cols {
		if cols[i], err = array.Concatenate(tbl.Column(i).Data().Chunks(), mem); err != nil {
			t.Fatal(err)
		}
	}
	return array.NewRecordBatch(st.Schema(), cols, tbl.NumRows())
}

// fakeTable is a TableSource in memory that keeps what it was asked for.
type fakeTable struct {
	batches []arrow.RecordBatch
	err     error // after the batches
	block   bool  // after the batches, until the context is done

	columns atomic.Pointer[[]string]
	where   atomic.Pointer[string]
	scans   atomic.Int64
}

func (f *fakeTable) Schema() *arrow.Schema { return f.batches[0].Schema() }

func (f *fakeTable) Version() int64 { return 0 }

func (f *fakeTable) Scan(ctx context.Context, columns []string, where predicate.Filter) iter.Seq2[arrow.RecordBatch, error] {
	f.scans.Add(1)
	f.columns.Store(&columns)
	text := where.String()
	f.where.Store(&text)
	return func(yield func(arrow.RecordBatch, error) bool) {
		for _, b := range f.batches {
			var fields []arrow.Field
			var cols []arrow.Array
			for _, c := range columns {
				i := b.Schema().FieldIndices(c)[0]
				fields, cols = append(fields, b.Schema().Field(i)), append(cols, b.Column(i))
			}
			if !yield(array.NewRecordBatch(arrow.NewSchema(fields, nil), cols, b.NumRows()), nil) {
				return
			}
		}
		if f.block {
			<-ctx.Done()
			yield(nil, ctx.Err())
			return
		}
		if f.err != nil {
			yield(nil, f.err)
		}
	}
}

var errNoTable = errors.New("no such table")

// tables opens fake tables by path.
func tables(byPath map[string]*fakeTable) OpenTable {
	return func(_ context.Context, ref TableRef) (TableSource, error) {
		if t, ok := byPath[ref.Path]; ok {
			return t, nil
		}
		return nil, errNoTable
	}
}
