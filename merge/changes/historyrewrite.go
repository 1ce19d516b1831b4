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

// rewriteFile writes the versions of a file anew that have become others.
func (h *historic) rewriteFile(ctx context.Context, f *file) error {
	gone := deletionvector.New()
	err := h.eachVersion(ctx, f, table.ScanOptions{RowTracking: true}, func(v *version) bool { return v.stored.rewrite },
		func(rows table.FileRows, versions []*version) error { return h.rewriteRows(ctx, rows, versions, gone) })
	if err != nil {
		return err
	}
	h.c.DeleteRows(f.add, gone)
	return nil
}

// eachVersion reads the rows of those versions of a file that are wanted.
func (h *historic) eachVersion(ctx context.Context, f *file, o table.ScanOptions, is func(*version) bool, do func(table.FileRows, []*version) error) error {
	var wanted []*version
	o.Only = deletionvector.New()
	for _, v := range f.versions {
		if is(v) {
			wanted = append(wanted, v)
			o.Only.Add(uint64(v.stored.position))
		}
	}
	if len(wanted) == 0 {
		return nil
	}
	slices.SortFunc(wanted, func(a, b *version) int { return cmp.Compare(a.stored.position, b.stored.position) })
	for rows, err := range h.c.Rows(ctx, f.add, o) {
		if err != nil {
			return err
		}
		n := len(rows.Positions)
		err = do(rows, wanted[:n])
		wanted = wanted[n:]
		rows.Release()
		if err != nil {
			return err
		}
	}
	return nil
}

// rewriteRows writes rows anew, each of which has its version, and notes the places of those that have become others.
func (h *historic) rewriteRows(ctx context.Context, rows table.FileRows, versions []*version, gone *deletionvector.Bitmap) error {
	rec, err := h.become(ctx, rows.Rec, versions)
	if err != nil {
		return err
	}
	defer rec.Release()
	var at []int32
	for i, v := range versions {
		if v.moved() || !sameRow(rows.Rec, rec, i) {
			at = append(at, int32(i))
			gone.Add(uint64(v.stored.position))
		}
	}
	return h.replace(ctx, rows, rec, versions, at)
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

// replace writes some of the rows of a file as they have become.
func (h *historic) replace(ctx context.Context, rows table.FileRows, become arrow.RecordBatch, versions []*version, some []int32) error {
	if len(some) == 0 {
		return nil
	}
	if err := h.tell(ctx, rows.Rec, some, table.ChangePreimage); err != nil {
		return err
	}
	after, err := arrowrows.Some(ctx, become, some)
	if err != nil {
		return err
	}
	defer after.Release()
	of := make([]*version, len(some))
	for i, s := range some {
		of[i] = versions[s]
	}
	indices := arrowrows.Indices(some)
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

// become gives rows of the table as their versions are now: they end elsewhere, or have other values by changes of their sequence or of the version before.
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
	if h.lines != nil && slices.ContainsFunc(versions, func(v *version) bool { return len(v.changes) > 0 || anySet(h.given(v)) }) {
		for c, name := range h.application.columns {
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

// overlaid is a column of rows of the table, with the values that changes give them. The caller releases it.
func (h *historic) overlaid(ctx context.Context, old arrow.RecordBatch, column int, versions []*version) (arrow.Array, error) {
	at, lent := make([]int32, len(versions)), false
	for i, v := range versions {
		change, row := h.source(v, column)
		switch at[i] = change; {
		case row == v:
			at[i] = -int32(i) - 2
		case row != nil:
			at[i], lent = int32(h.count)+row.stored.given, true
		}
	}
	from, err := h.pool(column, lent)
	if err != nil {
		return nil, err
	}
	if i := old.Schema().FieldIndices(h.application.columns[column]); len(i) > 0 {
		ours, err := castTo(ctx, old.Column(i[0]), h.rows.Schema().Field(column)) // whose type may be about to widen
		if err != nil {
			return nil, err
		}
		defer ours.Release()
		first := int32(from.Len())
		if from, err = array.Concatenate([]arrow.Array{from, ours}, memory.DefaultAllocator); err != nil {
			return nil, err
		}
		defer from.Release()
		for i := range at {
			if at[i] < -1 {
				at[i] = first + int32(i)
			}
		}
	}
	indices := arrowrows.IndicesOrNull(at)
	defer indices.Release()
	return arrowrows.Take(ctx, from, indices)
}
