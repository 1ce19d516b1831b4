package table

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"golang.org/x/sync/errgroup"

	"github.com/ingestd/ingestd/table/deletionvector"
	"github.com/ingestd/ingestd/txlog/action"
)

// ChangeStats say what a change does to the files of a table.
type ChangeStats struct {
	AddedFiles, AddedBytes     int64 // data files that were written
	OutputRows                 int64 // in them
	RemovedFiles, RemovedBytes int64 // data files that are no longer part of the table
	CopiedRows                 int64 // put in as they were, since other rows of their file were taken out
	VectorsAdded               int64 // files that have got their first deletion vector
	VectorsUpdated             int64 // files that have got another one
	VectorsRemoved             int64 // removed files that had one, and files that have got another
	ChangeFiles                int64 // of the change data feed
}

var errNotFinished = errors.New("the change has been finished, committed or aborted already")

// Finish writes all that is to be written and waits until it is durable: the rows that stay in files which
// cannot have a deletion vector, deletion vectors, what is left in buffers. After it nothing can be
// added to the change but actions. Commit calls it where it was not called.
func (c *Change) Finish(ctx context.Context) (ChangeStats, error) {
	if c.settled {
		return ChangeStats{}, errNotFinished
	}
	if !c.finished {
		if err := c.finish(ctx); err != nil {
			return ChangeStats{}, err
		}
		c.finished = true
	}
	return c.stats(), nil
}

func (c *Change) finish(ctx context.Context) error {
	if err := c.wholeFiles(ctx); err != nil {
		return err
	}
	if !c.vectors {
		if err := c.rewrite(ctx); err != nil {
			return err
		}
	}
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() (err error) {
		c.adds, err = c.rows.finish(gctx)
		return err
	})
	if c.feed != nil {
		g.Go(func() (err error) {
			c.cdc, err = c.feed.finishChangeData(gctx)
			return err
		})
	}
	g.Go(func() error { return c.writeVectors(gctx) })
	if err := g.Wait(); err != nil {
		return err
	}
	for _, a := range c.adds {
		a.DataChange = !c.opts.KeepsData
		if own := c.own[a.Path]; own != nil {
			own.add = a
		}
	}
	if err := c.tagMoves(ctx); err != nil {
		return err
	}
	var err error
	c.meta, err = c.rows.metadata(c.snap)
	return err
}

// wholeFiles finds the files that lose all of their rows: they are removed whole.
func (c *Change) wholeFiles(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(loadsAtOnce)
	for _, f := range c.files {
		if f.whole || f.mine == nil {
			continue
		}
		g.Go(func() error {
			if err := c.load(ctx, f); err != nil {
				return err
			}
			f.whole = f.union().Cardinality() >= f.physical
			return nil
		})
	}
	return g.Wait()
}

// loadsAtOnce bounds the small files that are read at the same time.
const loadsAtOnce = 16

// rewrite puts in what stays of the files that lose some of their rows, several files at a time.
func (c *Change) rewrite(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(c.rows.opts.Parallelism)
	for _, path := range slices.Sorted(maps.Keys(c.files)) {
		f := c.files[path]
		if f.whole || f.mine == nil {
			continue
		}
		g.Go(func() error {
			if err := c.copyRest(ctx, f); err != nil {
				return fmt.Errorf("rewrite data file %s: %w", f.add.Path, err)
			}
			f.whole = true
			return nil
		})
	}
	return g.Wait()
}

// copyRest puts the rows of a file in again that the change does not take out. They keep what they are.
func (c *Change) copyRest(ctx context.Context, f *touched) error {
	for rows, err := range c.Rows(ctx, f.add, ScanOptions{RowTracking: true, Sequences: true}) {
		if err != nil {
			return err
		}
		n, err := c.copyRows(ctx, f, &rows)
		rows.Release()
		if err != nil {
			return err
		}
		c.mu.Lock()
		c.copied += n
		c.mu.Unlock()
	}
	return nil
}

func (c *Change) copyRows(ctx context.Context, f *touched, rows *FileRows) (int64, error) {
	b := array.NewBooleanBuilder(memory.DefaultAllocator)
	defer b.Release()
	b.Reserve(len(rows.Positions))
	for _, pos := range rows.Positions {
		b.UnsafeAppend(!f.mine.Contains(uint64(pos)))
	}
	stay := b.NewBooleanArray()
	defer stay.Release()
	if err := rows.keep(ctx, stay); err != nil || rows.Rec.NumRows() == 0 {
		return 0, err
	}
	return rows.Rec.NumRows(), c.rows.write(ctx, rows.Rec, copiedRows, along{Hidden: rows.Hidden})
}

// writeVectors writes the deletion vectors that are not written yet, all into one file.
func (c *Change) writeVectors(ctx context.Context) error {
	var bitmaps []*deletionvector.Bitmap
	var into []**action.DeletionVector
	for _, path := range slices.Sorted(maps.Keys(c.files)) {
		f := c.files[path]
		if f.gone || f.whole || f.mine == nil || f.vector != nil {
			continue
		}
		bitmaps, into = append(bitmaps, f.union()), append(into, &f.vector)
	}
	for _, path := range slices.Sorted(maps.Keys(c.own)) {
		if own := c.own[path]; own.deleted != nil && own.vector == nil {
			bitmaps, into = append(bitmaps, own.deleted), append(into, &own.vector)
		}
	}
	if len(bitmaps) == 0 {
		return nil
	}
	vectors, key, err := deletionvector.Write(ctx, c.t.Store(), c.t.conf.newID, bitmaps...)
	if key != "" {
		c.mu.Lock()
		c.keys = append(c.keys, key)
		c.mu.Unlock()
	}
	if err != nil {
		return fmt.Errorf("write deletion vectors: %w", err)
	}
	for i, v := range vectors {
		*into[i] = v
	}
	return nil
}

func (c *Change) stats() ChangeStats {
	s := ChangeStats{AddedFiles: int64(len(c.adds)), CopiedRows: c.copied, ChangeFiles: int64(len(c.cdc))}
	for _, a := range c.adds {
		s.AddedBytes += a.Size
	}
	s.OutputRows = c.rows.rows.Load()
	for _, f := range c.files {
		if !f.takesOut() {
			continue
		}
		had := f.add.DeletionVector != nil
		switch {
		case f.whole:
			s.RemovedFiles++
			s.RemovedBytes += f.add.Size
		case had:
			s.VectorsUpdated++
		default:
			s.VectorsAdded++
		}
		if had && f.whole {
			s.VectorsRemoved++
		}
	}
	return s
}
