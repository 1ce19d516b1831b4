package dml

import (
	"context"
	"strconv"
	"sync/atomic"

	"github.com/ingestd/ingestd/table"
	"github.com/ingestd/ingestd/table/deletionvector"
	"github.com/ingestd/ingestd/table/expression"
	"github.com/ingestd/ingestd/table/predicate"
)

// Assignment is one "column = expression" of an UPDATE. The column is a name, or a path with dots to a field of
// a struct. The expression is SQL over the columns of the row as it was before.
type Assignment struct{ Column, Expr string }

// Update gives columns new values in the rows for which where is true; nil is all rows. All expressions see the
// old row. Generated columns that are not assigned are computed anew; constraints are checked on the new rows; rows
// whose partition columns change move to their partition. Row ids stay; the sequence of the change that a row came from goes, since
// the row is no longer what that made of it.
//
// Errors: *NotAssignableError and *table.ColumnNotFoundError before anything is read; *txlog.AppendOnlyError; those of
// the compiler, of [table.WriteSet.Write] for a new row that the table refuses, of [table.Change.Commit].
func Update(ctx context.Context, t *table.Table, compile expression.Compiler, set []Assignment, where predicate.Filter, o Options) (Result, error) {
	if err := CheckRemovable(t); err != nil {
		return Result{}, err
	}
	var m Metrics
	c, n, err := Redo(ctx, t, o, table.ChangeOptions{WriteOptions: o.WriteOptions, NoDeletionVectors: o.NoDeletionVectors},
		func(ctx context.Context, c *table.Change) (table.CommitOptions, error) {
			watch := startWatch(t)
			with, err := newSetter(ctx, c.Snapshot().Schema(), compile, set)
			if err != nil {
				return table.CommitOptions{}, err
			}
			defer func() { _ = with.close() }() // it only gives memory back
			u := &update{c: c, where: where, set: with}
			if err := eachCandidate(ctx, c, where, o, u.file); err != nil {
				return table.CommitOptions{}, err
			}
			watch.scanned()
			s, err := c.Finish(ctx)
			if err != nil {
				return table.CommitOptions{}, err
			}
			m = Metrics{UpdatedRows: u.rows.Load()}
			m.files(s)
			watch.stop(&m)
			metrics := m.common()
			metrics["numUpdatedRows"] = strconv.FormatInt(m.UpdatedRows, 10)
			return table.CommitOptions{Operation: "UPDATE", Parameters: map[string]any{"predicate": predicates(where)}, Metrics: metrics}, nil
		})
	return Result{Committed: c, Metrics: m, Tries: n}, err
}

type update struct {
	c     *table.Change
	where predicate.Filter
	set   *setter
	rows  atomic.Int64
}

// file takes the rows of one file that are updated out, and puts them in again with their new values.
func (u *update) file(ctx context.Context, f table.Candidate) error {
	gone := deletionvector.New()
	for rows, err := range u.c.Rows(ctx, f.Add, table.ScanOptions{Where: u.where, RowTracking: true}) {
		if err != nil {
			return err
		}
		addPositions(gone, rows.Positions)
		err = u.batch(ctx, rows)
		rows.Release()
		if err != nil {
			return err
		}
	}
	u.rows.Add(gone.Cardinality())
	if f.All && gone.Cardinality() > 0 {
		u.c.RemoveFile(f.Add)
		return nil
	}
	u.c.DeleteRows(f.Add, gone)
	return nil
}

func (u *update) batch(ctx context.Context, rows table.FileRows) error {
	if rows.Rec.NumRows() == 0 {
		return nil
	}
	after, err := u.set.apply(ctx, rows.Rec)
	if err != nil {
		return err
	}
	defer after.Release()
	if err := u.c.WriteChanges(ctx, rows.Rec, table.ChangePreimage); err != nil {
		return err
	}
	return u.c.WriteChanged(ctx, after, table.ChangePostimage, table.Hidden{RowIDs: rows.RowIDs})
}
