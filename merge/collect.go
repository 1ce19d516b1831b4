package merge

import (
	"context"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/ingestd/ingestd/internal/arrowrows"
	"github.com/ingestd/ingestd/merge/internal/match"
	"github.com/ingestd/ingestd/table"
	"github.com/ingestd/ingestd/table/expression"
)

// Source is the rows of a source: in memory up to a budget, on disk beyond it. One goroutine uses it at a time. Close it.
type Source struct {
	rows *match.Source
	plan *plan // for what it tells of keys; nil once closed
}

// Collect begins a source of rows of a schema, for a statement. Nothing is read of the table but its schema.
// Errors: *StatementError, *dml.NotAssignableError, *table.ColumnNotFoundError, *txlog.AppendOnlyError and those of the compiler.
func Collect(ctx context.Context, t *table.Table, with expression.Compiler, stmt Statement, s *arrow.Schema, o Options) (*Source, error) {
	p, err := planOf(ctx, t, with, stmt, s, o)
	if err != nil {
		return nil, err
	}
	so := match.SourceOptions{Budget: o.SourceMemory, Dir: o.TempDir}
	if len(p.on.Keys) > 0 {
		so.Hash = p.on.sourceHashes
	}
	return &Source{match.NewSource(s, so), p}, nil
}

// Check says whether a statement can be run on a table with a source of a schema. Errors: those of Collect.
func Check(ctx context.Context, t *table.Table, with expression.Compiler, stmt Statement, s *arrow.Schema) error {
	p, err := planOf(ctx, t, with, stmt, s, Options{})
	if err != nil {
		return err
	}
	return p.close()
}

// planOf compiles a statement against the version of the table that is known.
func planOf(ctx context.Context, t *table.Table, with expression.Compiler, stmt Statement, s *arrow.Schema, o Options) (*plan, error) {
	if err := stmt.allowed(t); err != nil {
		return nil, err
	}
	if err := distinct(s); err != nil {
		return nil, err
	}
	c, err := t.NewChange(ctx, table.ChangeOptions{WriteOptions: o.WriteOptions})
	if err != nil {
		return nil, err
	}
	defer func() { _ = c.Abort(ctx) }() // it has written nothing
	return compile(ctx, c, with, stmt, arrowrows.PlainSchema(s))
}

// Append takes rows; the batch stays the caller's. Errors: those of the disk and of the expressions that are keys.
func (s *Source) Append(ctx context.Context, rec arrow.RecordBatch) error {
	return s.rows.Append(ctx, rec)
}

// Close gives the rows back. It may be called more than once.
func (s *Source) Close() error {
	if s.plan == nil {
		return nil
	}
	p := s.plan
	s.plan = nil
	_ = p.close() // it only gives memory back
	return s.rows.Close()
}
