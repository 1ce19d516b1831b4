package table

import (
	"context"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/ingestd/ingestd/internal/arrowrows"
	"github.com/ingestd/ingestd/table/datafile"
)

// finish makes of rows as the file has them, which it takes over, those that come out: without the deleted ones and
// those for which Where is not true. A nil batch means that no row is left.
func (f *fileScan) finish(ctx context.Context, raw datafile.Rows) (FileRows, error) {
	out := FileRows{Rec: raw.Rec}
	defer func() { out.Release() }()
	n := raw.Rec.NumRows()
	if f.located || f.o.RowTracking {
		out.Positions = make([]int64, n)
		for i := range out.Positions {
			out.Positions[i] = raw.First + int64(i)
		}
	}
	f.hide(&out, raw)
	if live := f.live(raw.First, n); live != nil {
		err := out.keep(ctx, live)
		live.Release()
		if err != nil {
			return FileRows{}, err
		}
	}
	if f.deleted != nil {
		f.o.Metrics.RowsDeleted.Add(f.deleted.CountIn(uint64(raw.First), uint64(raw.First+n)))
	}
	f.o.Metrics.RowsRead.Add(out.Rec.NumRows())
	if out.Rec.NumRows() == 0 {
		return FileRows{}, nil
	}
	rec, err := f.assemble(out.Rec, out.Rec.NumRows(), f.constants)
	if err != nil {
		return FileRows{}, err
	}
	out.Rec.Release()
	out.Rec = rec
	if err := f.filter(ctx, &out); err != nil || out.Rec.NumRows() == 0 {
		return FileRows{}, err
	}
	f.o.Metrics.Rows.Add(out.Rec.NumRows())
	done := out
	out = FileRows{}
	return done, nil
}

// live says which of n rows of the file are live and wanted; nil where all are.
func (f *fileScan) live(first, n int64) *array.Boolean {
	from, to := uint64(first), uint64(first+n)
	of, is := f.deleted, false // what being in the set means
	switch {
	case f.only != nil:
		of, is = f.only, true
	case of == nil || of.CountIn(from, to) == 0:
		return nil
	}
	mask := make([]bool, n)
	if !is {
		for i := range mask {
			mask[i] = true
		}
	}
	for pos := range of.Range(from, to) {
		mask[int64(pos)-first] = is
	}
	b := array.NewBooleanBuilder(memory.DefaultAllocator)
	defer b.Release()
	b.AppendValues(mask, nil)
	return b.NewBooleanArray()
}

// filter keeps the rows for which Where is true, and the columns that were asked for.
func (p *scan) filter(ctx context.Context, r *FileRows) error {
	var mask *array.Boolean
	if p.o.Where != nil {
		var err error
		if mask, err = p.o.Where.Eval(ctx, r.Rec); err != nil {
			return err
		}
		defer mask.Release()
	}
	if r.Rec.NumCols() > int64(p.out.NumFields()) {
		projected := array.NewRecordBatch(p.out, r.Rec.Columns()[:p.out.NumFields()], r.Rec.NumRows())
		r.Rec.Release()
		r.Rec = projected
	}
	if mask == nil {
		return nil
	}
	return r.keep(ctx, mask)
}

// keep takes away the rows for which mask is not true. (Arrow's filter kernel mixes up the nulls of booleans; its take kernel does not.)
func (r *FileRows) keep(ctx context.Context, mask *array.Boolean) error {
	n := kept(mask)
	if n == r.Rec.NumRows() {
		return nil
	}
	indices := trueAt(mask, n)
	defer indices.Release()
	rec, err := arrowrows.TakeRows(ctx, r.Rec, indices)
	if err != nil {
		return err
	}
	r.Rec.Release()
	r.Rec = rec
	if r.Positions != nil {
		left := make([]int64, n)
		for i := range left {
			left[i] = r.Positions[indices.Value(i)]
		}
		r.Positions = left
	}
	hidden, err := r.Hidden.Take(ctx, indices)
	if err != nil {
		return err
	}
	r.Hidden.Release()
	r.Hidden = hidden
	return nil
}

// trueAt are the indices of the n values of mask that are true.
func trueAt(mask *array.Boolean, n int64) *array.Int64 {
	b := array.NewInt64Builder(memory.DefaultAllocator)
	defer b.Release()
	b.Reserve(int(n))
	for i := range mask.Len() {
		if mask.IsValid(i) && mask.Value(i) {
			b.UnsafeAppend(int64(i))
		}
	}
	return b.NewInt64Array()
}

func kept(keep *array.Boolean) int64 {
	var n int64
	for i := range keep.Len() {
		if keep.IsValid(i) && keep.Value(i) {
			n++
		}
	}
	return n
}
