package datafile

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/ingestd/ingestd/table/arrowmap"
)

// columnCache remembers where the columns of the file are in the batches: those of one producer
// share a schema.
type columnCache struct {
	schema *arrow.Schema
	index  []int // by field of the file; -1: the batch does not have it
}

func (c *columnCache) find(s *arrow.Schema, l *layout) ([]int, error) {
	if c.schema == s {
		return c.index, nil
	}
	at := arrowmap.FieldIndex(s.Fields())
	index := make([]int, len(l.fields))
	taken := make([]bool, s.NumFields())
	for i, n := range l.fields {
		index[i] = -1
		if j, ok := at(n.name); ok {
			index[i], taken[j] = j, true
		}
	}
	for j, t := range taken {
		if !t {
			return nil, &SchemaError{Column: s.Field(j).Name, Reason: "the file has no such column; add it to the table, or leave it out of the rows"}
		}
	}
	c.schema, c.index = s, index
	return index, nil
}

const (
	maxStepRows  = 16 << 10 // keeps what one column is worked on in the processor's cache
	maxStepBytes = 4 << 20  // keeps pages near their limit where values are long
)

// stepRows is how many rows to take at a time.
func stepRows(cols []arrow.Array, rows int64) int64 {
	var longest int64
	for _, c := range cols {
		longest = max(longest, dataBytes(c))
	}
	step := int64(maxStepRows)
	if longest > maxStepBytes {
		step = min(step, max(1, maxStepBytes*rows/longest))
	}
	return step
}

// dataBytes is about how many bytes the values of an array take in Parquet before compression.
func dataBytes(arr arrow.Array) int64 {
	n := int64(arr.Len())
	switch a := arr.(type) {
	case *array.String, *array.Binary:
		offsets, _ := textParts(arr)
		return 4*n + int64(offsets[len(offsets)-1]-offsets[0])
	case *array.Struct:
		var sum int64
		for i := range a.NumField() {
			sum += dataBytes(a.Field(i))
		}
		return sum
	case array.ListLike:
		if n == 0 {
			return 0
		}
		start, _ := a.ValueOffsets(0)
		_, end := a.ValueOffsets(int(n) - 1)
		values := array.NewSlice(a.ListValues(), start, max(start, end))
		defer values.Release()
		return dataBytes(values)
	}
	return 8 * n
}
