package table

import (
	"context"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/ingestd/ingestd/internal/arrowrows"
	"github.com/ingestd/ingestd/txlog/schema"
)

// Hidden is what data files keep of rows in columns that the schema of the table does not have, so that other readers do not see it. Each
// is nil or has an element for each row.
type Hidden struct {
	// RowIDs and RowCommitVersions are stable ("Row Tracking" of the protocol), int64. Read, they are null where neither the file nor
	// the log says them. Written, they are those that rows of the table have had; a row that was changed has a null
	// version. They are nil, and of no account, on tables without row tracking.
	RowIDs, RowCommitVersions *array.Int64
	// Sequences are those of the changes that rows come from, on tables that a stream of changes is applied to
	// (txlog.PropSequenceColumn); null for rows that come from elsewhere. On other tables they are nil, and of no account.
	Sequences *array.Binary

	changeTypes arrow.Array // of rows of the change data feed
}

// Release gives the arrays back.
func (h Hidden) Release() {
	if h.RowIDs != nil {
		h.RowIDs.Release()
	}
	if h.RowCommitVersions != nil {
		h.RowCommitVersions.Release()
	}
	if h.Sequences != nil {
		h.Sequences.Release()
	}
	if h.changeTypes != nil {
		h.changeTypes.Release()
	}
}

// Take gives the values of some rows, by their places. The receiver's to release.
func (h Hidden) Take(ctx context.Context, indices arrow.Array) (Hidden, error) {
	return h.each(func(a arrow.Array) (arrow.Array, error) { return arrowrows.Take(ctx, a, indices) })
}

// slice gives the values of the rows from from to before to. The receiver's to release.
func (h Hidden) slice(from, to int64) Hidden {
	out, _ := h.each(func(a arrow.Array) (arrow.Array, error) { return array.NewSlice(a, from, to), nil })
	return out
}

func (h Hidden) each(do func(arrow.Array) (arrow.Array, error)) (out Hidden, err error) {
	if out.RowIDs, err = eachOf(h.RowIDs, do); err == nil {
		out.RowCommitVersions, err = eachOf(h.RowCommitVersions, do)
	}
	if err == nil {
		out.Sequences, err = eachOf(h.Sequences, do)
	}
	if err == nil && h.changeTypes != nil {
		out.changeTypes, err = do(h.changeTypes)
	}
	if err != nil {
		out.Release()
		return Hidden{}, err
	}
	return out, nil
}

func eachOf[A interface {
	comparable
	arrow.Array
}](a A, do func(arrow.Array) (arrow.Array, error)) (none A, err error) {
	if a == none {
		return none, nil
	}
	out, err := do(a)
	if err != nil {
		return none, err
	}
	return out.(A), nil
}

// hiddenSet says which hidden columns files have. They are in this order.
type hiddenSet uint8

const (
	hasRowIDs     hiddenSet = 1 << iota // and row commit versions
	hasSequences                        // the last one of a file
	hasChangeType                       // and no other
)

// hiddenOf says which hidden columns files of such rows have: of rows without any sequence, none for these.
func (w *WriteSet) hiddenOf(kind rowKind, h Hidden) hiddenSet {
	if kind == changeRows {
		return hasChangeType
	}
	var set hiddenSet
	if ids, versions := w.shape.props.MaterializedRowIDs(); kind != newRows && ids != "" && versions != "" && w.base.RowTrackingEnabled() {
		set |= hasRowIDs
	}
	if w.shape.props.SequenceColumn() != "" && h.Sequences != nil && h.Sequences.NullN() < h.Sequences.Len() {
		set |= hasSequences
	}
	return set
}

// columns gives the values of n rows for the columns of a set. The caller releases them.
func (h Hidden) columns(set hiddenSet, n int64) (out []arrow.Array) {
	number := func(a *array.Int64) {
		if a == nil {
			out = append(out, array.MakeArrayOfNull(memory.DefaultAllocator, arrow.PrimitiveTypes.Int64, int(n)))
			return
		}
		a.Retain()
		out = append(out, a)
	}
	if set&hasRowIDs != 0 {
		number(h.RowIDs)
		number(h.RowCommitVersions)
	}
	if set&hasSequences != 0 {
		h.Sequences.Retain()
		out = append(out, h.Sequences)
	}
	if set&hasChangeType != 0 {
		h.changeTypes.Retain()
		out = append(out, h.changeTypes)
	}
	return out
}

// hiddenTarget is a target for rows of another one with hidden columns.
type hiddenTarget struct {
	of  *target
	set hiddenSet
}

// filesOf is what rows of t are written as with hidden columns: one target for each set of them.
func (w *WriteSet) filesOf(t *target, set hiddenSet) (*target, error) {
	if set == 0 {
		return t, nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if f := w.hidden[hiddenTarget{t, set}]; f != nil {
		return f, nil
	}
	p := w.shape.props
	var fields []schema.Field
	if set&hasRowIDs != 0 {
		ids, versions := p.MaterializedRowIDs()
		fields = append(fields, schema.Field{Name: ids, Type: schema.Long, Nullable: true}, schema.Field{Name: versions, Type: schema.Long, Nullable: true})
	}
	if set&hasSequences != 0 {
		fields = append(fields, schema.Field{Name: p.SequenceColumn(), Type: schema.Binary, Nullable: true})
	}
	if set&hasChangeType != 0 {
		fields = append(fields, schema.Field{Name: changeTypeColumn, Type: schema.String, Nullable: true})
	}
	f, err := newTarget(t.schema, w.shape, fields...)
	if err != nil {
		return nil, err
	}
	f.visible, f.has = t, set
	if w.hidden == nil {
		w.hidden = map[hiddenTarget]*target{}
	}
	w.hidden[hiddenTarget{t, set}] = f
	return f, nil
}

// withoutNoSequences takes the column of sequences from rows of one partition that have none. The caller releases the result.
func (w *WriteSet) withoutNoSequences(t *target, rec arrow.RecordBatch) (*target, arrow.RecordBatch, error) {
	if t.has&hasSequences == 0 {
		rec.Retain()
		return t, rec, nil
	}
	i := rec.Schema().FieldIndices(w.shape.props.SequenceColumn())[0]
	if c := rec.Column(i); c.NullN() < c.Len() {
		rec.Retain()
		return t, rec, nil
	}
	t, err := w.filesOf(t.visible, t.has&^hasSequences)
	if err != nil {
		return nil, nil, err
	}
	cols, fields := slices.Clone(rec.Columns()), rec.Schema().Fields()
	return t, array.NewRecordBatch(arrow.NewSchema(slices.Delete(fields, i, i+1), nil), slices.Delete(cols, i, i+1), rec.NumRows()), nil
}
