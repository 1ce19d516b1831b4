package sql

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/ingestd/ingestd/internal/arrowrows"
	"github.com/ingestd/ingestd/stream"
)

// computed is a row-wise query cut down to what it computes: the columns that it only passes on never
// enter DuckDB. They are taken from the input by the numbers of the rows that WHERE leaves, as they
// are: a dictionary stays one, and where all rows stay nothing is copied.
type computed struct {
	op     *Operator
	query  string
	in     *arrow.Schema // the input with the number of the row
	passed []int         // for each result column the input's, or -1: the next that is computed

	mu   sync.Mutex
	idle []*worker
	rows *array.Int64 // 0, 1, 2 and so on
}

// rowNumber is the column that the input is given.
const rowNumber = "ingestd_row_number"

// planComputed gives nil where the query has no such form. w has the whole query prepared.
func (o *Operator) planComputed(ctx context.Context, w *worker) (*computed, error) {
	if o.analysis.Tables || o.analysis.Files {
		return nil, nil
	}
	query, err := w.session.Computed(ctx, o.analysis, o.in, rowNumber)
	if err != nil || query == "" {
		return nil, err
	}
	whole := w.stmt.Schema()
	c := &computed{op: o, query: query, passed: o.analysis.Passed(o.in, whole.NumFields())}
	fields := append(append([]arrow.Field(nil), o.in.Fields()...), arrow.Field{Name: rowNumber, Type: arrow.PrimitiveTypes.Int64})
	c.in = arrow.NewSchema(fields, nil)
	cut, err := c.newWorker(ctx)
	if err != nil {
		return nil, ctx.Err() // a name in the query stood for a column that is gone from it
	}
	c.idle = append(c.idle, cut)
	next := 0
	for i, from := range c.passed {
		if from >= 0 {
			continue
		}
		if f := cut.stmt.Schema().Field(next); !arrow.TypeEqual(f.Type, whole.Field(i).Type) {
			c.close()
			return nil, nil
		}
		next++
	}
	return c, nil
}

func (c *computed) newWorker(ctx context.Context) (*worker, error) {
	s, err := c.op.db.Session()
	if err != nil {
		return nil, err
	}
	w := &worker{op: c.op, session: s}
	if w.rows, err = s.Register(ctx, input, c.in); err == nil {
		w.stmt, err = s.Prepare(ctx, c.query)
	}
	if err != nil {
		w.close()
		return nil, err
	}
	return w, nil
}

func (c *computed) take(ctx context.Context) (*worker, error) {
	c.mu.Lock()
	if n := len(c.idle); n > 0 {
		w := c.idle[n-1]
		c.idle = c.idle[:n-1]
		c.mu.Unlock()
		return w, nil
	}
	c.mu.Unlock()
	return c.newWorker(ctx)
}

func (c *computed) put(w *worker) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.idle = append(c.idle, w)
}

func (c *computed) close() {
	for _, w := range c.idle {
		w.close()
	}
	c.idle = nil
}

// numbered gives in with the numbers of its rows beside.
func (c *computed) numbered(in arrow.RecordBatch) arrow.RecordBatch {
	n := int(in.NumRows())
	c.mu.Lock()
	if c.rows == nil || c.rows.Len() < n {
		b := array.NewInt64Builder(memory.DefaultAllocator)
		b.Reserve(n)
		for i := range n {
			b.UnsafeAppend(int64(i))
		}
		c.rows = b.NewInt64Array()
	}
	all := c.rows
	c.mu.Unlock()
	rows := array.NewSlice(all, 0, int64(n))
	defer rows.Release()
	cols := append(append([]arrow.Array(nil), in.Columns()...), rows)
	return array.NewRecordBatch(actual(c.in.Fields(), cols), cols, int64(n))
}

// actual is the schema of columns that may be dictionaries where fields say what they hold.
func actual(fields []arrow.Field, cols []arrow.Array) *arrow.Schema {
	out := make([]arrow.Field, len(fields))
	for i, f := range fields {
		out[i] = f
		out[i].Type = cols[i].DataType()
	}
	return arrow.NewSchema(out, nil)
}

// passRun runs the cut query on each chunk and puts the columns that are passed on beside the result.
type passRun struct{ op *Operator }

func (r *passRun) Process(ctx context.Context, in arrow.RecordBatch, emit stream.Emit) error {
	c := r.op.computed
	if int(in.NumCols()) != r.op.in.NumFields() {
		return fmt.Errorf("sql: a batch has %d columns, not %d", in.NumCols(), r.op.in.NumFields())
	}
	w, err := c.take(ctx)
	if err != nil {
		return err
	}
	defer c.put(w)
	return c.run(ctx, w, in, emit)
}

func (c *computed) run(ctx context.Context, w *worker, in arrow.RecordBatch, emit stream.Emit) error {
	numbered := c.numbered(in)
	defer numbered.Release()
	if err := w.rows.Set(numbered); err != nil {
		return fmt.Errorf("sql: %w", err)
	}
	defer w.rows.Set() //nolint:errcheck // fails for batches only
	for rec, err := range w.stmt.Run(ctx) {
		if err != nil {
			return err
		}
		out, err := c.assemble(ctx, in, rec)
		rec.Release()
		if err != nil {
			return fmt.Errorf("sql: %w", err)
		}
		if err := emit(out); err != nil {
			return err
		}
	}
	return nil
}

// assemble puts the result together of in and what was computed of some of its rows.
func (c *computed) assemble(ctx context.Context, in, rec arrow.RecordBatch) (arrow.RecordBatch, error) {
	rows := rec.Column(int(rec.NumCols()) - 1).(*array.Int64)
	if !slices.IsSorted(rows.Int64Values()) {
		return nil, errors.New("internal error: the rows of a chunk came out of order")
	}
	cols := make([]arrow.Array, 0, len(c.passed))
	defer func() {
		for _, col := range cols {
			col.Release()
		}
	}()
	next := 0
	for _, from := range c.passed {
		if from < 0 {
			rec.Column(next).Retain()
			cols = append(cols, rec.Column(next))
			next++
			continue
		}
		col, err := pick(ctx, in.Column(from), rows)
		if err != nil {
			return nil, err
		}
		cols = append(cols, col)
	}
	return array.NewRecordBatch(actual(c.op.out.Fields(), cols), cols, rec.NumRows()), nil
}

// pick gives the values of col at rows, which ascend.
func pick(ctx context.Context, col arrow.Array, rows *array.Int64) (arrow.Array, error) {
	n := rows.Len()
	first, last := rows.Value(0), rows.Value(n-1)
	if last-first == int64(n-1) {
		return array.NewSlice(col, first, last+1), nil
	}
	return arrowrows.Take(ctx, col, rows)
}

func (r *passRun) Finish(context.Context, stream.Emit) error { return nil }

func (r *passRun) Close() error { return nil }
