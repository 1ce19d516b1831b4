package dml

import (
	"context"
	"runtime"
	"strconv"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/ingestd/ingestd/table"
	"github.com/ingestd/ingestd/table/deletionvector"
	"github.com/ingestd/ingestd/table/predicate"
)

// Delete takes the rows out of the table for which where is true; nil is all rows. A row for which it is NULL stays.
//
// Files that a predicate over partition columns selects go whole, unread. Else the predicate's columns are read, and
// rows are marked in deletion vectors where the table has those on, or their files written anew.
//
// The change data feed gets files of deleted rows only where files are written anew: what a deletion vector or the
// removal of a file has taken out is told by the log, as Spark has it.
// Errors: *txlog.AppendOnlyError; those of where, [table.Change.Candidates] and [table.Change.Commit].
func Delete(ctx context.Context, t *table.Table, where predicate.Filter, o Options) (Result, error) {
	if err := CheckRemovable(t); err != nil {
		return Result{}, err
	}
	var m Metrics
	c, n, err := Redo(ctx, t, o, table.ChangeOptions{WriteOptions: o.WriteOptions, NoDeletionVectors: o.NoDeletionVectors},
		func(ctx context.Context, c *table.Change) (table.CommitOptions, error) {
			watch := startWatch(t)
			rows, err := deleteRows(ctx, c, where, o)
			if err != nil {
				return table.CommitOptions{}, err
			}
			watch.scanned()
			s, err := c.Finish(ctx)
			if err != nil {
				return table.CommitOptions{}, err
			}
			m = Metrics{DeletedRows: rows}
			m.files(s)
			watch.stop(&m)
			metrics := m.common()
			metrics["numDeletedRows"] = strconv.FormatInt(rows, 10)
			return table.CommitOptions{Operation: "DELETE", Parameters: map[string]any{"predicate": predicates(where)}, Metrics: metrics}, nil
		})
	return Result{Committed: c, Metrics: m, Tries: n}, err
}

// deleteRows takes the rows out for which where is true, and says how many they were.
func deleteRows(ctx context.Context, c *table.Change, where predicate.Filter, o Options) (int64, error) {
	d := &deletion{c: c, where: where, feed: c.HasChangeFeed() && !c.UsesDeletionVectors()}
	err := eachCandidate(ctx, c, where, o, d.file)
	return d.rows.Load(), err
}

type deletion struct {
	c     *table.Change
	where predicate.Filter
	feed  bool // deleted rows go into the change data feed
	rows  atomic.Int64
}

// file takes rows out of one file.
func (d *deletion) file(ctx context.Context, f table.Candidate) error {
	if f.All {
		n, err := d.c.LiveRows(ctx, f.Add)
		d.rows.Add(n)
		d.c.RemoveFile(f.Add)
		return err
	}
	scan := table.ScanOptions{Where: d.where, Columns: []string{}}
	if d.feed {
		scan.Columns = nil
	}
	gone := deletionvector.New()
	for rows, err := range d.c.Rows(ctx, f.Add, scan) {
		if err != nil {
			return err
		}
		addPositions(gone, rows.Positions)
		if d.feed {
			err = d.c.WriteChanges(ctx, rows.Rec, table.ChangeDelete)
		}
		rows.Release()
		if err != nil {
			return err
		}
	}
	d.rows.Add(gone.Cardinality())
	d.c.DeleteRows(f.Add, gone)
	return nil
}

// addPositions adds positions, which ascend.
func addPositions(to *deletionvector.Bitmap, positions []int64) {
	for i := 0; i < len(positions); {
		j := i + 1
		for j < len(positions) && positions[j] == positions[j-1]+1 {
			j++
		}
		if j-i == 1 {
			to.Add(uint64(positions[i]))
		} else {
			to.AddRange(uint64(positions[i]), uint64(positions[j-1])+1)
		}
		i = j
	}
}

// eachCandidate calls do for each file that may have rows for which where is true, several at a time.
func eachCandidate(ctx context.Context, c *table.Change, where predicate.Filter, o Options, do func(context.Context, table.Candidate) error) error {
	n := o.ScanParallelism
	if n <= 0 {
		n = runtime.GOMAXPROCS(0)
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(n)
	for f, err := range c.Candidates(ctx, where) {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			if failed := g.Wait(); failed != nil {
				return failed
			}
			return err
		}
		g.Go(func() error { return do(ctx, f) })
	}
	return g.Wait()
}

// removeFiles takes out all files.
func removeFiles(ctx context.Context, c *table.Change) error {
	for add, err := range c.ReadFiles(ctx, nil) {
		if err != nil {
			return err
		}
		c.RemoveFile(add)
	}
	return nil
}
