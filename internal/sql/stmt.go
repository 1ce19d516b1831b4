package sql

import (
	"context"
	"fmt"
	"iter"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	duckdb "github.com/duckdb/duckdb-go-bindings"

	"github.com/ingestd/ingestd/table/predicate"
)

// Stmt is a prepared query. It belongs to its Session.
type Stmt struct {
	session *Session
	query   string
	stmt    duckdb.PreparedStatement
	schema  *arrow.Schema
	tables  map[string]TableSource
	hints   map[string]predicate.Expr
}

// Prepare checks a query, of one statement, and opens the tables that it names. What is wrong with the
// query is an *SQLError.
func (s *Session) Prepare(ctx context.Context, query string) (*Stmt, error) {
	if err := ctx.Err(); err != nil {
		return nil, context.Cause(ctx)
	}
	st := &Stmt{session: s, query: query, tables: map[string]TableSource{}}
	s.begin(ctx, st)
	var state duckdb.State
	var reason string
	s.interruptible(ctx, func() { state, reason = st.prepare() })
	if state == duckdb.StateError {
		return nil, s.failure(ctx, reason, query)
	}
	var err error
	if st.schema, err = st.describe(); err != nil {
		st.Close()
		return nil, err
	}
	if len(st.tables) > 0 {
		if st.hints, err = s.pushDown(ctx, st); err != nil {
			st.Close()
			return nil, err
		}
	}
	return st, nil
}

func (st *Stmt) prepare() (duckdb.State, string) {
	var all duckdb.ExtractedStatements
	defer duckdb.DestroyExtracted(&all)
	switch n := duckdb.ExtractStatements(st.session.conn, normalise(st.query), &all); n {
	case 0:
		reason := duckdb.ExtractStatementsError(all)
		if reason == "" {
			reason = "there is no statement"
		}
		return duckdb.StateError, reason
	case 1:
	default:
		return duckdb.StateError, fmt.Sprintf("one statement is wanted, not %d", n)
	}
	if duckdb.PrepareExtractedStatement(st.session.conn, all, 0, &st.stmt) == duckdb.StateError {
		reason := duckdb.PrepareError(st.stmt)
		duckdb.DestroyPrepare(&st.stmt)
		return duckdb.StateError, reason
	}
	return duckdb.StateSuccess, ""
}

func (st *Stmt) describe() (*arrow.Schema, error) {
	fields := make([]arrow.Field, duckdb.PreparedStatementColumnCount(st.stmt))
	for i := range fields {
		name := duckdb.PreparedStatementColumnName(st.stmt, duckdb.IdxT(i))
		lt := duckdb.PreparedStatementColumnLogicalType(st.stmt, duckdb.IdxT(i))
		t, err := arrowType(lt)
		duckdb.DestroyLogicalType(&lt)
		if err != nil {
			return nil, &SQLError{Message: fmt.Sprintf("column %q: %v", name, err)}
		}
		fields[i] = arrow.Field{Name: name, Type: t, Nullable: true}
	}
	return arrow.NewSchema(fields, nil), nil
}

// Schema is that of the result; see [Session.Describe].
func (st *Stmt) Schema() *arrow.Schema { return st.schema }

// Tables lists the Delta tables that the query names, by the String of TableRef and ChangesRef.
func (st *Stmt) Tables() map[string]TableSource { return st.tables }

// Close forgets the query.
func (st *Stmt) Close() { duckdb.DestroyPrepare(&st.stmt) }

// Batches are flushed at whichever comes first.
const (
	batchRows  = 16 * vectorSize
	batchBytes = 8 << 20
)

// Run runs the query, as [Session.Query] does. It may be run again when the loop over it has ended.
func (st *Stmt) Run(ctx context.Context) iter.Seq2[arrow.RecordBatch, error] {
	return func(yield func(arrow.RecordBatch, error) bool) {
		s := st.session
		if ctx.Err() != nil {
			yield(nil, context.Cause(ctx))
			return
		}
		s.begin(ctx, st)
		r := &result{stmt: st}
		defer duckdb.DestroyResult(&r.res)
		var state duckdb.State
		s.interruptible(ctx, func() { state = duckdb.ExecutePreparedStreaming(st.stmt, &r.res) })
		if state == duckdb.StateError {
			yield(nil, s.failure(ctx, duckdb.ResultError(&r.res), st.query))
			return
		}
		r.begin()
		defer r.builder.Release()
		for {
			rec, err := r.next(ctx)
			if err != nil {
				yield(nil, err)
				return
			}
			if rec == nil || !yield(rec, nil) {
				return
			}
		}
	}
}

// result is the rows of a run, as they come.
type result struct {
	stmt    *Stmt
	res     duckdb.Result
	columns []*column
	builder *array.RecordBuilder
	ended   bool
}

func (r *result) begin() {
	for i := range duckdb.ColumnCount(&r.res) {
		lt := duckdb.ColumnLogicalType(&r.res, i)
		r.columns = append(r.columns, newColumn(duckdb.ColumnName(&r.res, i), lt))
		duckdb.DestroyLogicalType(&lt)
	}
	r.builder = array.NewRecordBuilder(memory.DefaultAllocator, r.stmt.schema)
}

// next gives the next batch, nil at the end.
func (r *result) next(ctx context.Context) (rec arrow.RecordBatch, err error) {
	rows, bytes := 0, 0
	r.stmt.session.interruptible(ctx, func() {
		for !r.ended && rows < batchRows && bytes < batchBytes && err == nil && ctx.Err() == nil {
			var n int
			n, bytes, err = r.fetch()
			rows += n
		}
	})
	switch {
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case err != nil:
		return nil, err
	}
	if reason := duckdb.ResultError(&r.res); r.ended && reason != "" {
		return nil, r.stmt.session.failure(ctx, reason, r.stmt.query)
	}
	if rows == 0 {
		return nil, nil
	}
	return r.builder.NewRecordBatch(), nil
}

// fetch appends one chunk. It gives its rows, and the bytes of strings of all since the last batch.
func (r *result) fetch() (rows, bytes int, err error) {
	chunk := duckdb.FetchChunk(r.res)
	if chunk.Ptr == nil {
		r.ended = true
		return 0, 0, nil
	}
	defer duckdb.DestroyDataChunk(&chunk)
	n := int(duckdb.DataChunkGetSize(chunk))
	for i, c := range r.columns {
		c.point(duckdb.DataChunkGetVector(chunk, duckdb.IdxT(i)), n)
		if err := c.appendTo(r.builder.Field(i), 0, n); err != nil {
			return n, 0, err
		}
		bytes += dataLen(r.builder.Field(i))
	}
	return n, bytes, nil
}

// dataLen is the bytes of strings in a builder.
func dataLen(b array.Builder) (n int) {
	switch b := b.(type) {
	case interface{ DataLen() int }:
		return b.DataLen()
	case *array.MapBuilder:
		return dataLen(b.KeyBuilder()) + dataLen(b.ItemBuilder())
	case *array.ListBuilder:
		return dataLen(b.ValueBuilder())
	case *array.StructBuilder:
		for i := range b.NumField() {
			n += dataLen(b.FieldBuilder(i))
		}
	}
	return n
}
