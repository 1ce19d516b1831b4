package datafile

import (
	"fmt"
	"math/bits"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/parquet-go/parquet-go/format"

	"github.com/ingestd/ingestd/txlog/schema"
)

// encoder turns the values of one column, without nulls and levels, into the contents of pages, and
// keeps their least and greatest. It lives as long as a file; chunks (the column in one row group)
// and pages are begun and ended by its owner.
type encoder interface {
	// add appends the values of arr at the given rows, none of which is null; nil means all rows.
	add(arr arrow.Array, rows []int32)
	// pageSize is about the encoded size of the page in hand, in bytes.
	pageSize() int
	// plain is the page in hand after headroom bytes for the caller; nil where it is not PLAIN.
	plain() []byte
	// appendPage appends the page in hand, for pages that are not PLAIN.
	appendPage(dst []byte) []byte
	// endPage begins the next page of the chunk.
	endPage()
	// dictionary is the chunk's dictionary page, perhaps in the given memory, and the number of its
	// values; 0: it has none.
	dictionary(scratch []byte) ([]byte, int)
	// dictSize is the size of the dictionary so far, in bytes.
	dictSize() int
	// bounds are the chunk's, PLAIN-encoded for the footer; nil where they are not known.
	bounds() (lo, hi []byte)
	// endChunk begins the next chunk, of the next row group.
	endChunk()
	// fileBounds are those of all chunks as package scalar has values; nil where they are not known.
	fileBounds() (lo, hi any)
}

// headroom is what an encoder leaves free before a PLAIN page for levels: enough for the levels of
// a column without nulls, so that such a page is never moved.
const headroom = 16

// newEncoder gives the encoder for a leaf.
func newEncoder(l *leaf) encoder {
	switch l.typ {
	case schema.Boolean:
		return &bools{page: make([]byte, headroom)}
	case schema.Byte:
		return newNumbers(widen[int8], signed[int32])
	case schema.Short:
		return newNumbers(widen[int16], signed[int32])
	case schema.Integer:
		return newNumbers(direct[int32], signed[int32])
	case schema.Long:
		return newNumbers(direct[int64], signed[int64])
	case schema.Float:
		return newNumbers(direct[float32], floating[float32])
	case schema.Double:
		return newNumbers(direct[float64], floating[float64])
	case schema.Date:
		return newNumbers(direct[int32], func(v int32) any { return arrow.Date32(v) })
	case schema.Timestamp, schema.TimestampNTZ:
		return newNumbers(direct[int64], func(v int64) any { return arrow.Timestamp(v) })
	case schema.String, schema.Binary:
		return newTexts(l.typ == schema.String)
	}
	switch l.physical {
	case format.Int32:
		return newNumbers(unscaled[int32], decimalOf[int32])
	case format.Int64:
		return newNumbers(unscaled[int64], decimalOf[int64])
	case format.FixedLenByteArray:
		return &decimals{width: l.length, page: make([]byte, headroom)}
	}
	panic(fmt.Sprintf("datafile: no encoder for %v", l.typ))
}

func signed[T int32 | int64](v T) any       { return int64(v) }
func floating[T float32 | float64](v T) any { return float64(v) }
func decimalOf[T int32 | int64](v T) any    { return decimal128.FromI64(int64(v)) }

// extract gives the numbers of a whole array, and the scratch memory to hand in the next time.
type extract[T number] func(arr arrow.Array, scratch []T) (vals, keep []T)

// memoryOf is an array's own memory as numbers.
func memoryOf[T int8 | int16 | number](arr arrow.Array) []T {
	d := arr.Data()
	if d.Len() == 0 {
		return nil
	}
	return fromBytes[T](d.Buffers()[1].Bytes())[d.Offset() : d.Offset()+d.Len()]
}

func direct[T number](arr arrow.Array, scratch []T) (vals, keep []T) {
	return memoryOf[T](arr), scratch
}

// widen makes int32 of smaller integers.
func widen[S int8 | int16](arr arrow.Array, scratch []int32) (vals, keep []int32) {
	scratch = scratch[:0]
	for _, v := range memoryOf[S](arr) {
		scratch = append(scratch, int32(v))
	}
	return scratch, scratch
}

// unscaled makes integers of decimals that fit.
func unscaled[T int32 | int64](arr arrow.Array, scratch []T) (vals, keep []T) {
	scratch = scratch[:0]
	for _, v := range arr.(*array.Decimal128).Values() {
		scratch = append(scratch, T(v.LowBits()))
	}
	return scratch, scratch
}

// indexWidth is the bit width of indices into a dictionary of n values; never 0, which some readers
// stumble over.
func indexWidth(n int) int { return max(1, bits.Len(uint(max(n, 1)-1))) }

// appendIndices appends the contents of a page of dictionary indices.
func appendIndices(dst []byte, indices []uint32, distinct int) []byte {
	width := indexWidth(distinct)
	return appendHybrid(append(dst, byte(width)), indices, width)
}
