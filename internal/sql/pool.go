package sql

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/ingestd/ingestd/internal/sql/spark"
	"github.com/ingestd/ingestd/table/expression"
)

// pool runs one query over one batch at a time, in as many sessions as are in use at once. The query gives a row for each
// row of the batch, in order, and calls the rows as filtered says.
type pool struct {
	db     *DB
	query  string
	schema *arrow.Schema // of the columns that it reads

	mu     sync.Mutex
	idle   []*evaluator
	closed bool
}

// Columns are the columns that are read, sorted.
func (p *pool) Columns() []string {
	names := make([]string, p.schema.NumFields())
	for i, field := range p.schema.Fields() {
		names[i] = field.Name
	}
	slices.Sort(names)
	return names
}

// run gives the results over a batch, which each is called with.
func (p *pool) run(ctx context.Context, rec arrow.RecordBatch, each func(arrow.RecordBatch) error) error {
	e, err := p.take(ctx)
	if err != nil {
		return err
	}
	defer p.put(e)
	rows := int64(0)
	err = e.run(ctx, p.schema, rec, func(out arrow.RecordBatch) error {
		rows += out.NumRows()
		return each(out)
	})
	if err == nil && rows != rec.NumRows() {
		return fmt.Errorf("%d rows came of %d", rows, rec.NumRows())
	}
	return err
}

// take gives an idle evaluator or a new one.
func (p *pool) take(ctx context.Context) (*evaluator, error) {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return nil, errors.New("closed")
	}
	if n := len(p.idle); n > 0 {
		e := p.idle[n-1]
		p.idle = p.idle[:n-1]
		p.mu.Unlock()
		return e, nil
	}
	p.mu.Unlock()
	s, err := p.db.Session()
	if err != nil {
		return nil, err
	}
	e := &evaluator{session: s}
	if e.rows, err = s.Register(ctx, filtered, p.schema); err == nil {
		e.stmt, err = s.Prepare(ctx, p.query)
	}
	if err != nil {
		e.close()
		return nil, err
	}
	return e, nil
}

func (p *pool) put(e *evaluator) {
	p.mu.Lock()
	if !p.closed {
		p.idle = append(p.idle, e)
		e = nil
	}
	p.mu.Unlock()
	if e != nil {
		e.close()
	}
}

// close may be called more than once.
func (p *pool) close() error {
	p.mu.Lock()
	idle := p.idle
	p.idle, p.closed = nil, true
	p.mu.Unlock()
	for _, e := range idle {
		e.close()
	}
	return nil
}

// blame makes of the failure of a translated expression over a batch one that names the first row that it fails at.
func (p *pool) blame(ctx context.Context, rec arrow.RecordBatch, err error, text, column string) error {
	var e *SQLError
	if ctx.Err() != nil || !errors.As(err, &e) || e.Cause != nil {
		return fmt.Errorf("the expression %s: %w", text, err)
	}
	fine, failed := int64(0), rec.NumRows() // the first failed rows fail, the first fine do not
	for fine+1 < failed && ctx.Err() == nil {
		half := rec.NewSlice(fine, (fine+failed)/2)
		halfErr := p.run(ctx, half, func(arrow.RecordBatch) error { return nil })
		half.Release()
		if halfErr == nil {
			fine = (fine + failed) / 2
			continue
		}
		failed = (fine + failed) / 2
		errors.As(halfErr, &e)
	}
	_, reason, ok := strings.Cut(e.Message, spark.Mark)
	if !ok {
		reason = e.Message
	}
	return &expression.ValueError{Text: text, Column: column, Row: int(fine), Reason: reason, Cause: e}
}

// evaluator is a session with a query prepared over the columns that it reads.
type evaluator struct {
	session *Session
	rows    *Relation
	stmt    *Stmt
}

func (e *evaluator) close() {
	if e.stmt != nil {
		e.stmt.Close()
	}
	if e.rows != nil {
		_ = e.rows.Close()
	}
	_ = e.session.Close()
}

func (e *evaluator) run(ctx context.Context, schema *arrow.Schema, rec arrow.RecordBatch, each func(arrow.RecordBatch) error) error {
	cols := make([]arrow.Array, schema.NumFields())
	fields := make([]arrow.Field, schema.NumFields())
	for i, f := range schema.Fields() {
		at := rec.Schema().FieldIndices(f.Name)
		if len(at) != 1 {
			return fmt.Errorf("the rows have column %q %d times", f.Name, len(at))
		}
		cols[i] = rec.Column(at[0])
		fields[i] = arrow.Field{Name: f.Name, Type: cols[i].DataType(), Nullable: true}
	}
	part := array.NewRecordBatch(arrow.NewSchema(fields, nil), cols, rec.NumRows())
	defer part.Release()
	if err := e.rows.Set(part); err != nil {
		return err
	}
	defer e.rows.Set() //nolint:errcheck // fails for batches only
	for out, err := range e.stmt.Run(ctx) {
		if err != nil {
			return err
		}
		err = each(out)
		out.Release()
		if err != nil {
			return err
		}
	}
	return nil
}
