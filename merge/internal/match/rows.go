package match

import (
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
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
