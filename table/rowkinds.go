package table

import (
	"context"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/ingestd/ingestd/txlog/action"
	"github.com/ingestd/ingestd/txlog/schema"
)

// rowKind is where the rows of a write come from.
type rowKind int

const (
	newRows    rowKind = iota // from outside of the table
	keptRows                  // rows of the table that may have been changed
	copiedRows                // rows of the table as they were, which were checked before
	changeRows                // of the change data feed
	rowKinds                  // how many there are
)

// changeTypeColumn is the column of change data files that says what happened to a row ("Add CDC File").
const changeTypeColumn = "_change_type"

// changeFolder is where change data files are.
const changeFolder = "_change_data/"

// filesOf is the target for the files of rows of a kind: the write's own, or one with hidden columns.
func (w *WriteSet) filesOf(kind rowKind) (*target, error) {
	ids, versions := w.shape.props.MaterializedRowIDs()
	switch {
	case kind == changeRows:
		return newTarget(w.target.schema, w.shape, schema.Field{Name: changeTypeColumn, Type: schema.String, Nullable: true})
	case (kind == keptRows || kind == copiedRows) && ids != "" && versions != "" && w.base.RowTrackingEnabled():
		return newTarget(w.target.schema, w.shape,
			schema.Field{Name: ids, Type: schema.Long, Nullable: true}, schema.Field{Name: versions, Type: schema.Long, Nullable: true})
	}
	return w.target, nil
}

// writeTracked adds rows that stand for rows of the table: on a table that tracks rows they keep their row ids and,
// where it is not null, the row commit version, both int64 with an element for each row; elsewhere
// both are nil. They may bring values of all identity columns. Else it is Write.
func (w *WriteSet) writeTracked(ctx context.Context, rec arrow.RecordBatch, ids, versions arrow.Array) error {
	return w.writeKept(ctx, rec, keptRows, ids, versions, nil)
}

// writeCopied is writeTracked for rows that are the table's as they are: nothing is checked again.
func (w *WriteSet) writeCopied(ctx context.Context, rec arrow.RecordBatch, ids, versions arrow.Array) error {
	return w.writeKept(ctx, rec, copiedRows, ids, versions, nil)
}

// writeTraced is writeCopied for rows of one partition, that tells where they went: for each run of them, in their
// order, the key of the file, the first of them by its place in rec, and how many they are. wrote is called
// before writeTraced returns, by its goroutine.
func (w *WriteSet) writeTraced(ctx context.Context, rec arrow.RecordBatch, ids, versions arrow.Array, wrote func(key string, from, n int64)) error {
	return w.writeKept(ctx, rec, copiedRows, ids, versions, wrote)
}

func (w *WriteSet) writeKept(ctx context.Context, rec arrow.RecordBatch, kind rowKind, ids, versions arrow.Array, wrote func(string, int64, int64)) error {
	b, err := w.bind(ctx, rec.Schema(), kind)
	if err != nil {
		return w.fail(err)
	}
	if len(b.files.hidden) == 0 {
		return w.put(ctx, rec, b, wrote)
	}
	hidden := [2]arrow.Array{ids, versions}
	for i := range hidden {
		if hidden[i] == nil {
			hidden[i] = array.MakeArrayOfNull(memory.DefaultAllocator, arrow.PrimitiveTypes.Int64, int(rec.NumRows()))
			defer hidden[i].Release()
		}
	}
	return w.put(ctx, rec, b, wrote, hidden[:]...)
}

// newChangeDataSet starts a write of change data: rows as they were and as they are, whose files are
// no part of the table. Of its ends, finishChangeData and settle or Abort are for it.
func (t *Table) newChangeDataSet(ctx context.Context, o WriteOptions) (*WriteSet, error) {
	o.MergeSchema = false
	w, err := t.NewWriteSet(ctx, o)
	if err != nil {
		return nil, err
	}
	w.feed, w.format.root, w.format.stem = true, changeFolder, "cdc"
	return w, nil
}

// writeChange adds rows of the change data feed, with all columns of the table; what is one of insert, delete,
// update_preimage and update_postimage.
func (w *WriteSet) writeChange(ctx context.Context, rec arrow.RecordBatch, what string) error {
	types := constant(what, int(rec.NumRows()))
	defer types.Release()
	b, err := w.bind(ctx, rec.Schema(), changeRows)
	if err != nil {
		return w.fail(err)
	}
	return w.put(ctx, rec, b, nil, types)
}

// finishChangeData is finish for change data.
func (w *WriteSet) finishChangeData(ctx context.Context) ([]*action.CDC, error) {
	adds, err := w.finish(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]*action.CDC, len(adds))
	for i, a := range adds {
		out[i] = &action.CDC{Path: a.Path, PartitionValues: a.PartitionValues, Size: a.Size}
	}
	return out, nil
}

// constant is a column of n times the same text.
func constant(text string, n int) arrow.Array {
	b := array.NewDictionaryBuilder(memory.DefaultAllocator, &arrow.DictionaryType{
		IndexType: arrow.PrimitiveTypes.Int32, ValueType: arrow.BinaryTypes.String,
	}).(*array.BinaryDictionaryBuilder)
	defer b.Release()
	for range n {
		_ = b.AppendString(text) // fails only for more texts than an int32 can number
	}
	return b.NewArray()
}
