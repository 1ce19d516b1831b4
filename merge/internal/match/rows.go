package match

import (
	"context"
	"fmt"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/compute"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// Rows are rows of a source that are in memory, numbered through their chunks.
type Rows struct {
	schema *arrow.Schema
	chunks []arrow.RecordBatch
	starts []int // the number of the first row of each chunk, and behind the last
}

// newRows takes the chunks over.
func newRows(s *arrow.Schema, chunks []arrow.RecordBatch) *Rows {
	r := &Rows{schema: s, chunks: chunks, starts: []int{0}}
	for _, c := range chunks {
		r.starts = append(r.starts, r.Len()+int(c.NumRows()))
	}
	return r
}

// Len is the number of rows.
func (r *Rows) Len() int { return r.starts[len(r.starts)-1] }

// Schema is that of the chunks.
func (r *Rows) Schema() *arrow.Schema { return r.schema }

// Chunks are the rows in their order, the receiver's to look at.
func (r *Rows) Chunks() []arrow.RecordBatch { return r.chunks }

// Start is the number of the first row of a chunk.
func (r *Rows) Start(chunk int) int { return r.starts[chunk] }

// Release gives the rows back.
func (r *Rows) Release() {
	for _, c := range r.chunks {
		c.Release()
	}
	r.chunks = nil
}

// chunkOf is the chunk that a row is in.
func (r *Rows) chunkOf(row int) int {
	i, found := slices.BinarySearch(r.starts, row)
	if !found {
		i--
	}
	for r.starts[i+1] == row { // chunks without rows
		i++
	}
	return i
}

// One gives all rows as one batch, which the caller releases; nil where there are none.
func (r *Rows) One() (arrow.RecordBatch, error) {
	if r.Len() == 0 {
		return nil, nil
	}
	return concatenate(r.schema, r.chunks)
}

// Each calls do for the given rows, chunk by chunk: with the rows of one chunk by their numbers in it, and which of the given ones they are,
// in ascending order.
func (r *Rows) Each(rows []int, do func(chunk arrow.RecordBatch, at []int32, which []int32) error) error {
	if len(r.chunks) == 1 {
		at, which := make([]int32, len(rows)), make([]int32, len(rows))
		for i, row := range rows {
			at[i], which[i] = int32(row), int32(i)
		}
		return do(r.chunks[0], at, which)
	}
	at, which := make([][]int32, len(r.chunks)), make([][]int32, len(r.chunks))
	for i, row := range rows {
		c := r.chunkOf(row)
		at[c], which[c] = append(at[c], int32(row-r.starts[c])), append(which[c], int32(i))
	}
	for c := range r.chunks {
		if len(at[c]) == 0 {
			continue
		}
		if err := do(r.chunks[c], at[c], which[c]); err != nil {
			return err
		}
	}
	return nil
}

// Take gives some rows of the named columns of a batch, each as often and in the order as at says. The caller releases the result.
func Take(ctx context.Context, rec arrow.RecordBatch, columns []string, at []int32) (arrow.RecordBatch, error) {
	fields, cols := make([]arrow.Field, len(columns)), make([]arrow.Array, len(columns))
	defer func() { release(cols) }()
	indices := Places(at)
	defer indices.Release()
	for i, name := range columns {
		n := rec.Schema().FieldIndices(name)
		if len(n) != 1 {
			return nil, fmt.Errorf("the rows have column %q %d times", name, len(n))
		}
		var err error
		if cols[i], err = TakeArray(ctx, rec.Column(n[0]), indices); err != nil {
			return nil, fmt.Errorf("column %s: %w", name, err)
		}
		fields[i] = rec.Schema().Field(n[0])
		fields[i].Type = cols[i].DataType()
	}
	return array.NewRecordBatch(arrow.NewSchema(fields, nil), cols, int64(len(at))), nil
}

// TakeArray gives some values of a column. Dictionaries stay what they are.
func TakeArray(ctx context.Context, col, indices arrow.Array) (arrow.Array, error) {
	dict, ok := col.(*array.Dictionary)
	if !ok {
		return compute.TakeArrayOpts(ctx, col, indices, compute.TakeOptions{BoundsCheck: false})
	}
	moved, err := compute.TakeArrayOpts(ctx, dict.Indices(), indices, compute.TakeOptions{BoundsCheck: false})
	if err != nil {
		return nil, err
	}
	defer moved.Release()
	return array.NewDictionaryArray(dict.DataType(), moved, dict.Dictionary()), nil
}

// Places are the indices of rows as an array.
func Places(values []int32) arrow.Array {
	data := array.NewData(arrow.PrimitiveTypes.Int32, len(values), []*memory.Buffer{nil, memory.NewBufferBytes(arrow.Int32Traits.CastToBytes(values))}, nil, 0, 0)
	defer data.Release()
	return array.NewInt32Data(data)
}

func release(cols []arrow.Array) {
	for _, c := range cols {
		if c != nil {
			c.Release()
		}
	}
}

// Columns gives a batch of some columns of another. The caller releases it.
func Columns(rec arrow.RecordBatch, names []string) (arrow.RecordBatch, error) {
	fields, cols := make([]arrow.Field, len(names)), make([]arrow.Array, len(names))
	for i, name := range names {
		n := rec.Schema().FieldIndices(name)
		if len(n) != 1 {
			return nil, fmt.Errorf("the rows have column %q %d times", name, len(n))
		}
		fields[i], cols[i] = rec.Schema().Field(n[0]), rec.Column(n[0])
	}
	return array.NewRecordBatch(arrow.NewSchema(fields, nil), cols, rec.NumRows()), nil
}

// PlacesOrNull is Places, with null for negative ones.
func PlacesOrNull(at []int32) arrow.Array {
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
