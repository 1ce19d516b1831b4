package dml

import (
	"context"
	"fmt"
	"iter"
	"maps"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/ingestd/ingestd/table"
	"github.com/ingestd/ingestd/table/predicate"
	"github.com/ingestd/ingestd/txlog/action"
)

// PartitionOverwriteMode says what an overwrite of a partitioned table replaces.
type PartitionOverwriteMode string

// The modes, with Spark's names.
const (
	Static  PartitionOverwriteMode = "static"  // all rows
	Dynamic PartitionOverwriteMode = "dynamic" // the partitions that new rows are in
)

// OverwriteOptions say what an overwrite replaces.
type OverwriteOptions struct {
	Options
	// ReplaceWhere replaces the rows for which it is true, and every new row must be one of them. It may
	// read any columns.
	ReplaceWhere predicate.Filter
	// PartitionOverwriteMode is Static where it is empty. Tables without partitions are always replaced whole.
	PartitionOverwriteMode PartitionOverwriteMode
	// OverwriteSchema gives the table the schema of the new rows, and PartitionBy its partition columns
	// (nil: as they are).
	OverwriteSchema bool
	PartitionBy     []string
	// Replay says that the rows can be taken from their sequence again, so that the operation can be done anew
	// after a conflict. Else a conflict is its error.
	Replay bool
}

// OptionsError says that options exclude each other.
type OptionsError struct{ Reason string }

func (e *OptionsError) Error() string { return e.Reason }

// ReplaceWhereError says that a new row is not one of those that replaceWhere names.
type ReplaceWhereError struct {
	Predicate string
	Row       int64 // in its batch
}

func (e *ReplaceWhereError) Error() string {
	return fmt.Sprintf("a new row (row %d of its batch) is not among those that replaceWhere replaces, for which %s: filter it out, or widen the predicate", e.Row, e.Predicate)
}

// violated is the error of a new row that is not among those that are replaced.
func (o OverwriteOptions) violated(row int64) error {
	return &ReplaceWhereError{Predicate: o.ReplaceWhere.String(), Row: row}
}

func (o OverwriteOptions) check() error {
	switch {
	case o.PartitionOverwriteMode != "" && o.PartitionOverwriteMode != Static && o.PartitionOverwriteMode != Dynamic:
		return &OptionsError{fmt.Sprintf("partitionOverwriteMode %q: must be static or dynamic", o.PartitionOverwriteMode)}
	case o.ReplaceWhere != nil && o.PartitionOverwriteMode == Dynamic:
		return &OptionsError{"replaceWhere and partitionOverwriteMode dynamic both say what is replaced: use one of them"}
	case o.OverwriteSchema && o.PartitionOverwriteMode == Dynamic:
		return &OptionsError{"overwriteSchema replaces the whole table, partitionOverwriteMode dynamic does not: use one of them"}
	case o.OverwriteSchema && o.ReplaceWhere != nil:
		return &OptionsError{"overwriteSchema replaces the whole table, replaceWhere does not: use one of them"}
	case o.PartitionBy != nil && !o.OverwriteSchema:
		return &OptionsError{"partition columns can only be changed with overwriteSchema"}
	}
	return nil
}

// Overwrite replaces rows of the table by those of in, in one commit: all of them, the partitions that new rows
// are in, or those that a predicate names. It releases the batches that it takes.
//
// Errors: *OptionsError; *ReplaceWhereError; *txlog.AppendOnlyError; those of [table.WriteSet.Write] for the new rows,
// of in, and of [table.Change.Commit].
func Overwrite(ctx context.Context, t *table.Table, in iter.Seq2[arrow.RecordBatch, error], o OverwriteOptions) (Result, error) {
	if err := o.check(); err != nil {
		return Result{}, err
	}
	if err := CheckRemovable(t); err != nil {
		return Result{}, err
	}
	if !o.Replay {
		o.MaxTries = 1
	}
	co := table.ChangeOptions{WriteOptions: o.WriteOptions, NoDeletionVectors: o.NoDeletionVectors}
	if o.OverwriteSchema {
		like, rows, end, err := peek(in)
		if err != nil {
			return Result{}, err
		}
		defer end()
		in, co.Rows = rows, like
		co.PartitionBy, co.OverwriteSchema = o.PartitionBy, true
	}
	var m Metrics
	c, n, err := Redo(ctx, t, o.Options, co, func(ctx context.Context, c *table.Change) (table.CommitOptions, error) {
		watch := startWatch(t)
		w := &overwrite{c: c, o: o}
		err := w.run(ctx, in, watch)
		if err != nil {
			return table.CommitOptions{}, err
		}
		s, err := c.Finish(ctx)
		if err != nil {
			return table.CommitOptions{}, err
		}
		m = Metrics{DeletedRows: w.deleted, OutputRows: s.OutputRows - s.CopiedRows}
		m.files(s)
		watch.stop(&m)
		return table.CommitOptions{Operation: "WRITE", Parameters: w.o.parameters(w.c.PartitionColumns()), Metrics: w.metrics(m)}, nil
	})
	return Result{Committed: c, Metrics: m, Tries: n}, err
}

type overwrite struct {
	c       *table.Change
	o       OverwriteOptions
	deleted int64
}

func (w *overwrite) run(ctx context.Context, in iter.Seq2[arrow.RecordBatch, error], watch *stopwatch) error {
	by := w.c.PartitionColumns()
	switch {
	case w.o.ReplaceWhere != nil:
		return w.replaceWhere(ctx, in, watch)
	case w.o.PartitionOverwriteMode == Dynamic && len(by) > 0:
		watch.scanned()
		if err := w.c.WriteAll(ctx, in); err != nil {
			return err
		}
		if _, err := w.c.Finish(ctx); err != nil {
			return err
		}
		return w.removePartitions(ctx)
	}
	if err := removeFiles(ctx, w.c); err != nil {
		return err
	}
	watch.scanned()
	return w.c.WriteAll(ctx, in)
}

// removePartitions takes out the files that were in the partitions of those that were written.
func (w *overwrite) removePartitions(ctx context.Context) error {
	written := map[string]bool{}
	for _, a := range w.c.Added() {
		key, err := w.c.PartitionOf(a)
		if err != nil {
			return err
		}
		written[key] = true
	}
	is := func(a *action.Add) bool {
		key, err := w.c.PartitionOf(a)
		return err != nil || written[key]
	}
	for add, err := range w.c.ReadFiles(ctx, is) {
		if err == nil {
			_, err = w.c.PartitionOf(add) // what cannot be read must not be taken out
		}
		if err != nil {
			return err
		}
		w.c.RemoveFile(add)
	}
	return nil
}

// replaceWhere deletes by the predicate, and puts rows in that fulfil it.
func (w *overwrite) replaceWhere(ctx context.Context, in iter.Seq2[arrow.RecordBatch, error], watch *stopwatch) (err error) {
	if w.deleted, err = deleteRows(ctx, w.c, w.o.ReplaceWhere, w.o.Options); err != nil {
		return err
	}
	watch.scanned()
	w.c.Only(w.o.ReplaceWhere, w.o.violated)
	// The feed of a commit is told by change data files or by the log, never by both.
	if !w.c.HasChanges() {
		return w.c.WriteAll(ctx, in)
	}
	for rec, err := range in {
		if err != nil {
			return err
		}
		err = w.c.WriteChanged(ctx, rec, table.ChangeInsert, table.Hidden{})
		rec.Release()
		if err != nil {
			return err
		}
	}
	return nil
}

// parameters are those of the operation, on a table that is partitioned so.
func (o OverwriteOptions) parameters(partitionBy []string) map[string]any {
	p := map[string]any{"mode": "Overwrite", "partitionBy": jsonText(partitionBy)}
	if o.ReplaceWhere != nil {
		p["predicate"] = o.ReplaceWhere.String()
	}
	if o.PartitionOverwriteMode == Dynamic {
		p["isDynamicPartitionOverwrite"] = true
	}
	if o.OverwriteSchema {
		p["canOverwriteSchema"] = true
	}
	if o.MergeSchema {
		p["canMergeSchema"] = true
	}
	return p
}

func (w *overwrite) metrics(m Metrics) map[string]string {
	out := texts(map[string]int64{"numFiles": m.AddedFiles, "numOutputBytes": m.AddedBytes, "numOutputRows": m.OutputRows,
		"numRemovedFiles": m.RemovedFiles, "numRemovedBytes": m.RemovedBytes})
	if w.o.ReplaceWhere != nil {
		maps.Copy(out, texts(map[string]int64{"numDeletedRows": m.DeletedRows, "numCopiedRows": m.CopiedRows, "numAddedChangeFiles": m.ChangeFiles}))
	}
	return out
}
