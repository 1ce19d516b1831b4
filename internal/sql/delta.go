package sql

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	duckdb "github.com/duckdb/duckdb-go-bindings"

	"github.com/ingestd/ingestd/table/predicate"
)

// deltaFunction is the table function by which queries name Delta tables.
const deltaFunction = "delta"

// bindDelta opens the table of delta('path', version => n, timestamp => '...').
func bindDelta(info duckdb.BindInfo, db *DB, s *Session) (source, error) {
	if db.opts.OpenTable == nil || s == nil {
		return nil, fmt.Errorf("delta(...) cannot be used here")
	}
	ref, err := readRef(info)
	if err != nil {
		return nil, err
	}
	return s.source(ref.String(), func(ctx context.Context) (TableSource, error) { return db.opts.OpenTable(ctx, ref) })
}

// source is what a query names so, opened once for each query.
func (s *Session) source(name string, open func(context.Context) (TableSource, error)) (source, error) {
	s.mu.Lock()
	ctx, tables := s.ctx, s.tables
	s.mu.Unlock()
	t, ok := tables[name]
	if !ok {
		var err error
		if t, err = open(ctx); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		tables[name] = t
	}
	return &deltaSource{name: name, table: t, session: s}, nil
}

func readRef(info duckdb.BindInfo) (TableRef, error) {
	path := duckdb.BindGetParameter(info, 0)
	defer duckdb.DestroyValue(&path)
	if duckdb.IsNullValue(path) {
		return TableRef{}, fmt.Errorf("delta(NULL): a path is wanted")
	}
	ref := TableRef{Path: duckdb.GetVarchar(path)}
	if v := duckdb.BindGetNamedParameter(info, "version"); v.Ptr != nil {
		defer duckdb.DestroyValue(&v)
		if !duckdb.IsNullValue(v) {
			n := duckdb.GetInt64(v)
			ref.Version = &n
		}
	}
	if v := duckdb.BindGetNamedParameter(info, timestampName); v.Ptr != nil {
		defer duckdb.DestroyValue(&v)
		if !duckdb.IsNullValue(v) {
			t, err := parseTimestamp(duckdb.GetVarchar(v))
			if err != nil {
				return ref, fmt.Errorf("%s: %w", ref, err)
			}
			ref.Timestamp = &t
		}
	}
	if ref.Version != nil && ref.Timestamp != nil {
		return ref, fmt.Errorf("%s: give version or timestamp, not both", ref)
	}
	return ref, nil
}

// parseTimestamp takes what a user may write as a point in time; without a zone it is UTC.
func parseTimestamp(s string) (time.Time, error) {
	for _, layout := range []string{time.RFC3339, "2006-01-02 15:04:05Z07", "2006-01-02 15:04:05Z07:00", "2006-01-02T15:04:05", time.DateTime, "2006-01-02 15:04", time.DateOnly} {
		if t, err := time.ParseInLocation(layout, s, time.UTC); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is no timestamp; write it as '2026-01-31 12:00:00', in UTC", s)
}

// deltaSource reads a table by streaming it.
type deltaSource struct {
	name    string // as the query has it
	table   TableSource
	session *Session
}

func (d *deltaSource) schema() *arrow.Schema { return d.table.Schema() }

func (d *deltaSource) numRows() int64 {
	if c, ok := d.table.(interface{ NumRows() int64 }); ok {
		return c.NumRows()
	}
	return -1
}

// maxStreamThreads bounds how many threads share a table: each keeps batches alive.
const maxStreamThreads = 4

func (d *deltaSource) open(ctx context.Context, columns []int) (reader, int) {
	if len(columns) == 0 {
		columns = []int{cheapest(d.schema())}
	}
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = d.schema().Field(c).Name
	}
	ctx, cancel := context.WithCancel(ctx)
	r := &streamReader{names: names, schema: d.schema(), columns: columns, cancel: cancel, batches: make(chan arrow.RecordBatch, 1)}
	where := predicate.Advisory(d.session.hint(d.name))
	r.done.Go(func() { r.err = r.run(ctx, d, where) })
	return r, maxStreamThreads
}

// cheapest is the column to read where only the rows count.
func cheapest(s *arrow.Schema) int {
	for i, f := range s.Fields() {
		if _, ok := f.Type.(arrow.FixedWidthDataType); ok {
			return i
		}
	}
	return 0
}

// streamReader reads a table in a goroutine of its own, which close ends and waits for. (Pulling an
// iterator from DuckDB's threads would have coroutines switch threads under cgo.)
type streamReader struct {
	names   []string
	schema  *arrow.Schema
	columns []int
	cancel  context.CancelFunc
	batches chan arrow.RecordBatch
	done    sync.WaitGroup
	err     error // after batches is closed
}

func (r *streamReader) run(ctx context.Context, d *deltaSource, where predicate.Filter) error {
	defer close(r.batches)
	for b, err := range d.table.Scan(ctx, r.names, where) {
		if err != nil {
			return fmt.Errorf("%s: %w", d.name, err)
		}
		select {
		case r.batches <- b:
		case <-ctx.Done():
			b.Release()
			return context.Cause(ctx)
		}
	}
	return nil
}

func (r *streamReader) next() (morsel, error) {
	for b := range r.batches {
		columns, err := r.find(b)
		if err != nil {
			b.Release()
			return morsel{}, err
		}
		if b.NumRows() > 0 {
			pins := new(runtime.Pinner)
			pin(pins, b)
			return morsel{rec: b, pins: pins, columns: columns, to: int(b.NumRows())}, nil
		}
		b.Release()
	}
	r.done.Wait()
	return morsel{}, r.err
}

// find tells where in b the columns are, and that they have the types that the table promised.
func (r *streamReader) find(b arrow.RecordBatch) ([]int, error) {
	at := make([]int, len(r.names))
	for i, name := range r.names {
		found := b.Schema().FieldIndices(name)
		if len(found) != 1 {
			return nil, fmt.Errorf("a batch has column %q %d times", name, len(found))
		}
		at[i] = found[0]
		want, got := r.schema.Field(r.columns[i]).Type, b.Column(at[i]).DataType()
		if !arrow.TypeEqual(plain(want), plain(got)) {
			return nil, fmt.Errorf("column %q is %s, in a batch %s", name, want, got)
		}
	}
	return at, nil
}

func (r *streamReader) close() {
	r.cancel()
	r.done.Wait()
	for b := range r.batches {
		b.Release()
	}
}
