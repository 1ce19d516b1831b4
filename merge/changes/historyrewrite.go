package changes

import (
	"cmp"
	"context"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/ingestd/ingestd/internal/arrowrows"
	"github.com/ingestd/ingestd/table"
	"github.com/ingestd/ingestd/table/deletionvector"
)

// rewriteFile writes the versions of a file anew that have become others, and keeps those that others take values from.
func (h *historic) rewriteFile(ctx context.Context, f *file) error {
	var wanted []*version
	o := table.ScanOptions{Only: deletionvector.New(), Columns: h.present}
	for _, v := range f.versions {
		if v.stored.rewrite || v.stored.donor {
			wanted = append(wanted, v)
			o.Only.Add(uint64(v.stored.position))
		}
		if v.stored.rewrite {
			o.Columns, o.RowTracking = nil, true
		}
	}
	if len(wanted) == 0 {
		return nil
	}
	slices.SortFunc(wanted, func(a, b *version) int { return cmp.Compare(a.stored.position, b.stored.position) })
	gone := deletionvector.New()
	for rows, err := range h.c.Rows(ctx, f.add, o) {
		if err != nil {
			return err
		}
		n := len(rows.Positions)
		err = h.rewriteRows(ctx, rows, wanted[:n], gone)
		wanted = wanted[n:]
		rows.Release()
		if err != nil {
			return err
		}
	}
	h.c.DeleteRows(f.add, gone)
	return nil
}

// rewriteRows does that for some rows, each of which has its version.
func (h *historic) rewriteRows(ctx context.Context, rows table.FileRows, versions []*version, gone *deletionvector.Bitmap) error {
	var give, write []int32
	var givers, writers []*version
	for i, v := range versions {
		if v.stored.donor {
			give, givers = append(give, int32(i)), append(givers, v)
		}
		if v.stored.rewrite {
			write, writers = append(write, int32(i)), append(writers, v)
		}
	}
	if err := h.give(ctx, rows.Rec, give, givers); err != nil || len(write) == 0 {
		return err
	}
	old, err := arrowrows.Some(ctx, rows.Rec, write)
	if err != nil {
		return err
	}
	defer old.Release()
	rec, err := h.become(ctx, old, writers)
	if err != nil {
		return err
	}
	defer rec.Release()
	var at []int32
	for i, v := range writers {
		if len(v.changes) > 0 && !v.moved() && sameRow(old, rec, i) {
			continue
		}
		at = append(at, int32(i))
		gone.Add(uint64(v.stored.position))
	}
	return h.replace(ctx, rows, write, old, rec, writers, at)
}

// sameRow says whether row i is the same in both; b may have more columns.
func sameRow(a, b arrow.RecordBatch, i int) bool {
	at := int64(i)
	for j, f := range b.Schema().Fields() {
		was := a.Schema().FieldIndices(f.Name)
		switch {
		case len(was) == 0:
			if b.Column(j).IsValid(i) {
				return false
			}
		case !arrow.TypeEqual(a.Column(was[0]).DataType(), b.Column(j).DataType()) || !array.SliceEqual(a.Column(was[0]), at, at+1, b.Column(j), at, at+1):
			return false
		}
	}
	return true
}

// replace writes some of the rows that have become others. They are of those rows of a file that write names.
func (h *historic) replace(ctx context.Context, rows table.FileRows, write []int32, old, rec arrow.RecordBatch, versions []*version, some []int32) error {
	if len(some) == 0 {
		return nil
	}
	if err := h.tell(ctx, old, some, table.ChangePreimage); err != nil {
		return err
	}
	after, err := arrowrows.Some(ctx, rec, some)
	if err != nil {
		return err
	}
	defer after.Release()
	of, places := make([]*version, len(some)), make([]int32, len(some))
	for i, s := range some {
		of[i], places[i] = versions[s], write[s]
	}
	indices := arrowrows.Indices(places)
	defer indices.Release()
	hidden, err := table.Hidden{RowIDs: rows.RowIDs}.Take(ctx, indices)
	if err != nil {
		return err
	}
	hidden.Sequences = spansOf(of)
	defer hidden.Release()
	h.n.updated.Add(int64(len(some)))
	return h.c.WriteChanged(ctx, after, table.ChangePostimage, hidden)
}

// become gives rows of the table as their versions are now: they end elsewhere, or have other values by changes of their sequence.
func (h *historic) become(ctx context.Context, old arrow.RecordBatch, versions []*version) (arrow.RecordBatch, error) {
	fields, cols := old.Schema().Fields(), slices.Clone(old.Columns())
	var made []arrow.Array
	defer func() { arrowrows.Release(made) }()
	put := func(f arrow.Field, col arrow.Array) {
		made = append(made, col)
		if i := old.Schema().FieldIndices(f.Name); len(i) > 0 {
			fields[i[0]].Type, cols[i[0]] = col.DataType(), col
			return
		}
		fields, cols = append(fields, f), append(cols, col)
	}
	ends, err := h.times.take(ctx, endsAt(versions))
	if err != nil {
		return nil, err
	}
	put(arrow.Field{Name: EndColumn}, ends)
	if slices.ContainsFunc(versions, func(v *version) bool { return len(v.changes) > 0 }) {
		for c, name := range h.columns {
			if name == EndColumn {
				continue
			}
			col, err := h.overlaid(ctx, old, c, versions)
			if err != nil {
				return nil, err
			}
			put(h.rows.Schema().Field(c), col)
		}
	}
	return array.NewRecordBatch(arrow.NewSchema(fields, nil), cols, old.NumRows()), nil
}

// overlaid is a column of rows of the table, with the values that changes know. The caller releases it.
func (h *historic) overlaid(ctx context.Context, old arrow.RecordBatch, column int, versions []*version) (arrow.Array, error) {
	theirs := h.rows.Column(column)
	at := make([]int32, len(versions))
	var ours arrow.Array
	if i := old.Schema().FieldIndices(h.columns[column]); len(i) > 0 {
		var err error
		if ours, err = castTo(ctx, old.Column(i[0]), h.rows.Schema().Field(column)); err != nil { // whose type may be about to widen
			return nil, err
		}
		defer ours.Release()
	}
	for i, v := range versions {
		at[i] = -1
		if ours != nil {
			at[i] = int32(h.count + i)
		}
		for _, c := range v.changes {
			if !lacking(bytesAt(h.about.lacks, int(c)), column) {
				at[i] = c
				break
			}
		}
	}
	from := theirs
	if ours != nil {
		both, err := array.Concatenate([]arrow.Array{theirs, ours}, memory.DefaultAllocator)
		if err != nil {
			return nil, err
		}
		defer both.Release()
		from = both
	}
	indices := arrowrows.IndicesOrNull(at)
	defer indices.Release()
	return arrowrows.Take(ctx, from, indices)
}
