package arrowrows

import (
	"context"
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/compute"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// Take gives the values of col at the places that indices, whole numbers, name, each as often and in the order as they do; null where
// they are null. The places are there: nothing checks that. A dictionary stays one, of the same values.
func Take(ctx context.Context, col, indices arrow.Array) (arrow.Array, error) {
	return compute.TakeArrayOpts(ctx, col, indices, compute.TakeOptions{BoundsCheck: false})
}

// TakeRows is Take for all columns of a batch.
func TakeRows(ctx context.Context, rec arrow.RecordBatch, indices arrow.Array) (arrow.RecordBatch, error) {
	cols := make([]arrow.Array, rec.NumCols())
	defer func() { Release(cols) }()
	for i, c := range rec.Columns() {
		var err error
		if cols[i], err = Take(ctx, c, indices); err != nil {
			return nil, fmt.Errorf("column %s: %w", rec.ColumnName(i), err)
		}
	}
	return array.NewRecordBatch(rec.Schema(), cols, int64(indices.Len())), nil
}

// Some is TakeRows for places in a list.
func Some(ctx context.Context, rec arrow.RecordBatch, at []int32) (arrow.RecordBatch, error) {
	indices := Indices(at)
	defer indices.Release()
	return TakeRows(ctx, rec, indices)
}

// SomeOf is Some of the named columns, of which rec has each once.
func SomeOf(ctx context.Context, rec arrow.RecordBatch, columns []string, at []int32) (arrow.RecordBatch, error) {
	only, err := Columns(rec, columns)
	if err != nil {
		return nil, err
	}
	defer only.Release()
	return Some(ctx, only, at)
}

// Indices are places as an array, which shares their memory.
func Indices(at []int32) arrow.Array {
	data := array.NewData(arrow.PrimitiveTypes.Int32, len(at), []*memory.Buffer{nil, memory.NewBufferBytes(arrow.Int32Traits.CastToBytes(at))}, nil, 0, 0)
	defer data.Release()
	return array.NewInt32Data(data)
}

// IndicesOrNull is Indices with null for negative ones.
func IndicesOrNull(at []int32) arrow.Array {
	b := array.NewInt32Builder(memory.DefaultAllocator)
	defer b.Release()
	b.Reserve(len(at))
	for _, i := range at {
		if i < 0 {
			b.UnsafeAppendBoolToBitmap(false)
		} else {
			b.UnsafeAppend(i)
		}
	}
	return b.NewArray()
}
