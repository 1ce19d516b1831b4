package table

import (
	"context"
	"errors"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/ingestd/ingestd/table/arrowmap"
	"github.com/ingestd/ingestd/table/expression"
)

// Violation is rows that the table does not take: they have a null where it is NOT NULL, they do not make a
// constraint true, they bring another value than a generated column has, or one that does not fit its column.
type Violation struct {
	// Rows are as they came. They may be kept only with a reference of one's own.
	Rows arrow.RecordBatch
	// Err is why, told of the first of them: *NotNullError, *ConstraintError, *GeneratedColumnError,
	// *InvalidTextError, *arrowmap.CastError or *expression.ValueError.
	Err error
}

// sift adds the rows of rec that the table takes, and hands the others on. Nothing of rec is written twice, and
// the values that identity columns had for rows that are handed on are not given again.
func (w *WriteSet) sift(ctx context.Context, rec arrow.RecordBatch, b *binding, with along) error {
	if rec.NumRows() == 0 {
		return nil
	}
	rows, err := b.apply(ctx, rec)
	if err == nil {
		defer rows.Release()
		return w.store(ctx, rows, b, with)
	}
	bad, ours := violators(err, rec.NumRows())
	switch {
	case !ours:
		return w.fail(err)
	case bad == nil && rec.NumRows() > 1: // not known which: look at each half
		bad = []int64{rec.NumRows() / 2}
		for _, half := range [][2]int64{{0, bad[0]}, {bad[0], rec.NumRows()}} {
			if err := w.siftSlice(ctx, rec, half[0], half[1], b, with); err != nil {
				return err
			}
		}
		return nil
	case bad == nil:
		bad = []int64{0}
	}
	return w.siftAround(ctx, rec, bad, err, b, with)
}

// siftAround hands on the rows named by bad, which is sorted, and sifts what is between them.
func (w *WriteSet) siftAround(ctx context.Context, rec arrow.RecordBatch, bad []int64, why error, b *binding, with along) error {
	from := int64(0)
	for i := 0; i < len(bad); {
		end := i + 1 // of a run of rows
		for end < len(bad) && bad[end] == bad[end-1]+1 {
			end++
		}
		if err := w.siftSlice(ctx, rec, from, bad[i], b, with); err != nil {
			return err
		}
		from = bad[end-1] + 1
		rows := rec.NewSlice(bad[i], from)
		err := w.opts.Violations(ctx, Violation{Rows: rows, Err: why})
		rows.Release()
		if err != nil {
			return w.fail(err)
		}
		i = end
	}
	return w.siftSlice(ctx, rec, from, rec.NumRows(), b, with)
}

func (w *WriteSet) siftSlice(ctx context.Context, rec arrow.RecordBatch, from, to int64, b *binding, with along) error {
	piece := rec.NewSlice(from, to)
	defer piece.Release()
	with = with.slice(from, to)
	defer with.Release()
	return w.sift(ctx, piece, b, with)
}

// violators are the rows, out of n, that err is about; nil where it does not say. The second result says that
// it is about rows at all.
func violators(err error, n int64) ([]int64, bool) {
	var (
		constraint *ConstraintError
		generated  *GeneratedColumnError
		null       *NotNullError
		cast       *arrowmap.CastError
		value      *expression.ValueError
		text       *InvalidTextError
	)
	switch {
	case errors.As(err, &constraint):
		return slices.Clone(constraint.Rows), true
	case errors.As(err, &generated):
		return slices.Clone(generated.Rows), true
	case errors.As(err, &null):
		if null.Row >= 0 && null.Row < n {
			return []int64{null.Row}, true
		}
		return nil, true
	case errors.As(err, &text):
		if text.Row >= 0 && text.Row < n {
			return []int64{text.Row}, true
		}
		return nil, true
	}
	return nil, errors.As(err, &cast) || errors.As(err, &value)
}
