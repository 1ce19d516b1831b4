package table

import (
	"context"
	"iter"

	"github.com/apache/arrow-go/v18/arrow"
	"golang.org/x/sync/errgroup"
)

// AppendOptions are those of the files and of the commit.
type AppendOptions struct {
	WriteOptions
	CommitOptions
}

// Append adds the rows of in to the table in one commit, encoding them on Parallelism goroutines. It releases the
// batches that it takes. An error of in ends it, and nothing is committed.
// Errors: those of WriteSet.Write and WriteSet.Commit.
func (t *Table) Append(ctx context.Context, in iter.Seq2[arrow.RecordBatch, error], o AppendOptions) (Committed, error) {
	w, err := t.NewWriteSet(ctx, o.WriteOptions)
	if err != nil {
		return Committed{}, err
	}
	if err := w.writeAll(ctx, in); err != nil {
		_ = w.Abort(ctx) // files that could not be deleted are VACUUM's; the reason is err
		return Committed{}, err
	}
	return w.Commit(ctx, o.CommitOptions)
}

// writeAll writes the batches of in, several at once and long ones in pieces.
func (w *WriteSet) writeAll(ctx context.Context, in iter.Seq2[arrow.RecordBatch, error]) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(w.opts.Parallelism)
	for rec, err := range in {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			if rec != nil {
				rec.Release()
			}
			if failed := g.Wait(); failed != nil {
				return failed
			}
			return err
		}
		for from := int64(0); from < max(rec.NumRows(), 1); from += sliceRows {
			piece := rec.NewSlice(from, min(from+sliceRows, rec.NumRows()))
			g.Go(func() error {
				defer piece.Release()
				return w.Write(ctx, piece)
			})
		}
		rec.Release()
	}
	return g.Wait()
}

// Batches is a sequence of batches, for Append; it hands on the caller's references.
func Batches(recs ...arrow.RecordBatch) iter.Seq2[arrow.RecordBatch, error] {
	return func(yield func(arrow.RecordBatch, error) bool) {
		for i, rec := range recs {
			if !yield(rec, nil) {
				for _, rest := range recs[i+1:] {
					rest.Release()
				}
				return
			}
		}
	}
}
