package changes

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/ingestd/ingestd/internal/arrowrows"
	"github.com/ingestd/ingestd/table"
)

// commit writes what was buried since begin. It comes before the commit that deletes the rows.
func (g *graves) commit(ctx context.Context) error {
	if g == nil || g.pending == nil {
		return nil
	}
	rec := g.pending.NewRecordBatch()
	defer rec.Release()
	g.begin()
	if rec.NumRows() == 0 {
		return nil
	}
	if g.t == nil {
		columns := gravesSchema
		if g.history {
			columns = endingsSchema
		}
		t, _, err := table.CreateIfNotExists(ctx, g.store, table.CreateOptions{
			Schema: columns, Description: "keys of deleted rows, so that older changes do not bring them back",
		}, g.opts...)
		if err != nil {
			return fmt.Errorf("tombstones: %w", err)
		}
		g.reset()
		g.t, g.loaded = t, t.Version()
	}
	ours := g.t.Version() == g.loaded
	rec.Retain()
	c, err := g.t.Append(ctx, one(rec), table.AppendOptions{})
	if err != nil {
		return fmt.Errorf("tombstones: %w", err)
	}
	for _, h := range c.Due {
		if err := h.Run(ctx); err != nil {
			return fmt.Errorf("tombstones: %w", err)
		}
	}
	if ours && c.Version == g.loaded+1 { // nobody else has buried anything
		if err := g.learnAll(rec); err != nil {
			return err
		}
		g.loaded = c.Version
	}
	return nil
}

func one(rec arrow.RecordBatch) iter.Seq2[arrow.RecordBatch, error] {
	return func(yield func(arrow.RecordBatch, error) bool) { yield(rec, nil) }
}

// tidy writes the table anew where it has many files, without what is past the retention. Another process that does the same meanwhile
// is let go first.
func (g *graves) tidy(ctx context.Context) error {
	if g == nil || g.t == nil {
		return nil
	}
	c, err := g.t.NewChange(ctx, table.ChangeOptions{})
	if err != nil {
		return fmt.Errorf("tombstones: %w", err)
	}
	n := 0
	for add, err := range c.ReadFiles(ctx, nil) {
		if err != nil {
			return errors.Join(fmt.Errorf("tombstones: %w", err), c.Abort(ctx))
		}
		c.RemoveFile(add)
		n++
	}
	if n < gravesFiles {
		return c.Abort(ctx)
	}
	if err := c.WriteAll(ctx, g.lasting(ctx)); err != nil {
		return errors.Join(fmt.Errorf("tombstones: %w", err), c.Abort(ctx))
	}
	_, err = c.Commit(ctx, table.CommitOptions{Operation: "OPTIMIZE"})
	var retry interface{ Retryable() bool }
	if errors.As(err, &retry) && retry.Retryable() {
		return nil
	}
	return err
}

// lasting are the tombstones that are not past the retention.
func (g *graves) lasting(ctx context.Context) iter.Seq2[arrow.RecordBatch, error] {
	since := arrow.Timestamp(g.now().Add(-g.retention).UnixMicro())
	return func(yield func(arrow.RecordBatch, error) bool) {
		for rec, err := range g.t.Scan(ctx, table.ScanOptions{}) {
			if err != nil {
				yield(nil, err)
				return
			}
			at := rec.Column(2).(*array.Timestamp)
			var keep []int32
			for i := range int(rec.NumRows()) {
				if at.Value(i) >= since {
					keep = append(keep, int32(i))
				}
			}
			kept, err := arrowrows.Some(ctx, rec, keep)
			rec.Release()
			if !yield(kept, err) || err != nil {
				return
			}
		}
	}
}
