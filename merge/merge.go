package merge

import (
	"context"
	"iter"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/ingestd/ingestd/dml"
	"github.com/ingestd/ingestd/table"
	"github.com/ingestd/ingestd/table/expression"
)

// Merge runs a statement on the newest version of a table, in one commit. It takes the rows of in, of schema source, once, and releases the
// batches. Work that met a conflict with another writer which could not be followed is done again.
//
// Errors: *StatementError, *dml.NotAssignableError, *table.ColumnNotFoundError and those of the compiler before anything is read;
// *MultipleMatchError; *txlog.AppendOnlyError; those of in, of the disk where the source does not fit into memory, of
// [table.WriteSet.Write] for a new row that the table refuses, of [table.Change.Commit].
func Merge(ctx context.Context, t *table.Table, with expression.Compiler, stmt Statement, source *arrow.Schema,
	in iter.Seq2[arrow.RecordBatch, error], o Options,
) (Result, error) {
	began := t.Now()
	rows, err := Collect(ctx, t, with, stmt, source, o)
	if err != nil {
		return Result{}, err
	}
	defer func() { _ = rows.Close() }() // files for the time being
	for rec, err := range in {
		if err != nil {
			return Result{}, err
		}
		err = rows.Append(ctx, rec)
		rec.Release()
		if err != nil {
			return Result{}, err
		}
	}
	return apply(ctx, t, with, stmt, rows, o, began)
}

// Apply is Merge for rows that were collected before, with the same statement. They stay the caller's, and may be applied again.
func Apply(ctx context.Context, t *table.Table, with expression.Compiler, stmt Statement, rows *Source, o Options) (Result, error) {
	return apply(ctx, t, with, stmt, rows, o, t.Now())
}

func apply(ctx context.Context, t *table.Table, with expression.Compiler, stmt Statement, rows *Source, o Options, began int64) (Result, error) {
	if err := stmt.allowed(t); err != nil {
		return Result{}, err
	}
	o.MergeSchema = o.MergeSchema || stmt.SchemaEvolution
	watch := newWatch(t, began)
	var m Metrics
	end := func() {} // of the last try: what it has read by is asked until it is committed
	defer func() { end() }()
	co := table.ChangeOptions{WriteOptions: o.WriteOptions, NoDeletionVectors: o.NoDeletionVectors}
	done, tries, err := dml.Redo(ctx, t, o.Options, co, func(ctx context.Context, c *table.Change) (_ table.CommitOptions, err error) {
		watch.begin()
		end()
		p, err := compile(ctx, c, with, stmt, rows.rows.Schema())
		if err != nil {
			return table.CommitOptions{}, err
		}
		r := &run{c: c, plan: p, source: rows.rows, parallelism: o.ScanParallelism}
		end = func() { r.release(); _ = p.close() } // it only gives memory back
		if err := p.evolve(ctx, c); err != nil {
			return table.CommitOptions{}, err
		}
		if err := r.do(ctx); err != nil {
			return table.CommitOptions{}, err
		}
		watch.scanned()
		s, err := c.Finish(ctx)
		if err != nil {
			return table.CommitOptions{}, err
		}
		m = r.n.metrics(rows.rows.Len(), s)
		watch.stop(&m)
		return table.CommitOptions{Operation: "MERGE", Parameters: stmt.parameters(), Metrics: m.texts()}, nil
	})
	return Result{Committed: done, Metrics: m, Tries: tries}, err
}

// allowed refuses a statement that is none, or that the table does not allow.
func (s Statement) allowed(t *table.Table) error {
	if err := s.check(); err != nil || s.insertsOnly() {
		return err
	}
	return dml.CheckRemovable(t)
}

// distinct refuses a source of which two columns have one name.
func distinct(s *arrow.Schema) error {
	for i, f := range s.Fields() {
		if name, _ := columnNamed(s, f.Name); name != f.Name || len(s.FieldIndices(f.Name)) > 1 {
			return wrong("the source has two columns %s (case does not tell them apart): give one another name", s.Field(i).Name)
		}
	}
	return nil
}
