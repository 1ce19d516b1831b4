package table

import (
	"context"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/ingestd/ingestd/txlog/action"
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

// along is what goes along with rows that are written.
type along struct {
	Hidden
	// wrote, where set, is told where rows of one partition went: for each run of them, in their order, the key of the file,
	// the first of them by its place in the batch, and how many they are. It is called by the goroutine that writes.
	wrote func(key string, from, n int64)
	// also, where set, gets the rows as the table has got them.
	also func(ctx context.Context, rows arrow.RecordBatch) error
}

// slice is what goes along with some of the rows; the hidden values are the receiver's to release.
func (a along) slice(from, to int64) along {
	a.Hidden = a.Hidden.slice(from, to)
	return a
}

// write adds rows of a kind: those of the table keep what they are and may bring values of all identity columns, and those that are
// copied are not checked again. Rows that the table does not take are handed on where the write says so.
func (w *WriteSet) write(ctx context.Context, rec arrow.RecordBatch, kind rowKind, with along) error {
	b, err := w.bind(ctx, rec.Schema(), kind)
	if err != nil {
		return w.fail(err)
	}
	if kind == newRows && w.opts.Violations != nil {
		return w.sift(ctx, rec, b, with)
	}
	if rec.NumRows() == 0 {
		return nil
	}
	rows, err := b.apply(ctx, rec)
	if err != nil {
		return w.fail(err)
	}
	defer rows.Release()
	return w.store(ctx, rows, b, with)
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
	return w.write(ctx, rec, changeRows, along{Hidden: Hidden{changeTypes: types}})
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
