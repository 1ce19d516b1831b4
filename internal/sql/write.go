package sql

import (
	"fmt"
	"unsafe"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/bitutil"
	duckdb "github.com/duckdb/duckdb-go-bindings"
)

// writeVector puts rows [off, off+n) of a into the first n rows of vec, which is new or was reset.
// Strings are not copied: vec must not be used after a is released.
func writeVector(vec duckdb.Vector, a arrow.Array, off, n int) error {
	if n == 0 {
		return nil
	}
	if _, ok := a.(*array.Null); ok {
		clear(writableMask(vec, n))
		return nil
	}
	writeValidity(vec, a, off, n)
	switch a := a.(type) {
	case *array.Boolean:
		out := unsafe.Slice((*bool)(duckdb.VectorGetData(vec)), n)
		for i := range out {
			out[i] = a.Value(off + i)
		}
	case *array.Int8, *array.Int16, *array.Int32, *array.Int64, *array.Float32, *array.Float64, *array.Date32, *array.Timestamp:
		width := a.DataType().(arrow.FixedWidthDataType).Bytes()
		if data := bytesAt(a.Data(), 1); data != nil {
			copy(unsafe.Slice((*byte)(duckdb.VectorGetData(vec)), n*width), data[(a.Data().Offset()+off)*width:])
		}
	case *array.Decimal128:
		writeDecimals(vec, a, off, n)
	case *array.String:
		writeStrings(vec, a.ValueOffsets()[off:off+n+1], bytesAt(a.Data(), 2))
	case *array.LargeString:
		writeStrings(vec, a.ValueOffsets()[off:off+n+1], bytesAt(a.Data(), 2))
	case *array.Binary:
		writeStrings(vec, a.ValueOffsets()[off:off+n+1], bytesAt(a.Data(), 2))
	case *array.LargeBinary:
		writeStrings(vec, a.ValueOffsets()[off:off+n+1], bytesAt(a.Data(), 2))
	case *array.Dictionary:
		return writeDictionary(vec, a, off, n)
	case *array.Struct:
		return writeStruct(vec, a, off, n)
	case *array.Map:
		return writeMap(vec, a, off, n)
	case *array.List:
		start, end := writeListEntries(vec, a, off, n)
		return writeVector(duckdb.ListVectorGetChild(vec), a.ListValues(), start, end-start)
	default:
		return fmt.Errorf("arrow type %s has no SQL type", a.DataType())
	}
	return nil
}

func bytesAt(d arrow.ArrayData, buffer int) []byte {
	if b := d.Buffers()[buffer]; b != nil {
		return b.Bytes()
	}
	return nil
}

// writableMask gives the validity of n rows, one bit each, all valid at first.
func writableMask(vec duckdb.Vector, n int) []byte {
	duckdb.VectorEnsureValidityWritable(vec)
	return unsafe.Slice((*byte)(duckdb.VectorGetValidity(vec)), bitutil.BytesForBits(int64(n)))
}

func writeValidity(vec duckdb.Vector, a arrow.Array, off, n int) {
	if a.NullN() > 0 && len(a.NullBitmapBytes()) > 0 {
		bitutil.CopyBitmap(a.NullBitmapBytes(), a.Data().Offset()+off, n, writableMask(vec, n), 0)
	}
}

// stringT is duckdb_string_t: strings of up to 12 bytes stand in it, padded with zeros; of longer
// ones their first four bytes and a pointer.
type stringT struct {
	length uint32
	inline [12]byte
}

const inlineLen = 12

func (s *stringT) set(b []byte) {
	*s = stringT{length: uint32(len(b))}
	if len(b) <= inlineLen {
		copy(s.inline[:], b)
		return
	}
	copy(s.inline[:4], b)
	*(*uintptr)(unsafe.Pointer(&s.inline[4])) = uintptr(unsafe.Pointer(unsafe.SliceData(b)))
}

func writeStrings[O int32 | int64](vec duckdb.Vector, offsets []O, data []byte) {
	out := unsafe.Slice((*stringT)(duckdb.VectorGetData(vec)), len(offsets)-1)
	start := offsets[0]
	for i := range out {
		end := offsets[i+1]
		out[i].set(data[start:end])
		start = end
	}
}

// writeDictionary makes plain strings of indices into strings, and of any other dictionary plain values.
func writeDictionary(vec duckdb.Vector, a *array.Dictionary, off, n int) error {
	var offsets []int32
	switch d := a.Dictionary().(type) {
	case *array.String:
		offsets = d.ValueOffsets()
	case *array.Binary:
		offsets = d.ValueOffsets()
	default:
		return fmt.Errorf("dictionaries of %s are not supported, only of utf8 and binary", d.DataType())
	}
	data := bytesAt(a.Dictionary().Data(), 2)
	out := unsafe.Slice((*stringT)(duckdb.VectorGetData(vec)), n)
	nulls := a.NullN() > 0
	if idx, ok := a.Indices().(*array.Int32); ok {
		indices := idx.Int32Values()[off : off+n]
		for i, x := range indices {
			if nulls && a.IsNull(off+i) {
				out[i] = stringT{}
				continue
			}
			out[i].set(data[offsets[x]:offsets[x+1]])
		}
	} else {
		for i := range out {
			if nulls && a.IsNull(off+i) {
				out[i] = stringT{}
				continue
			}
			x := a.GetValueIndex(off + i)
			out[i].set(data[offsets[x]:offsets[x+1]])
		}
	}
	if a.Dictionary().NullN() == 0 {
		return nil
	}
	mask := writableMask(vec, n)
	for i := range n {
		if !a.IsNull(off+i) && a.Dictionary().IsNull(a.GetValueIndex(off+i)) {
			bitutil.ClearBit(mask, i)
		}
	}
	return nil
}

// writeDecimals narrows to the integer that DuckDB keeps decimals of a precision in.
func writeDecimals(vec duckdb.Vector, a *array.Decimal128, off, n int) {
	data := duckdb.VectorGetData(vec)
	values := a.Values()[off : off+n]
	switch p := a.DataType().(*arrow.Decimal128Type).Precision; {
	case p <= 4:
		out := unsafe.Slice((*int16)(data), n)
		for i, v := range values {
			out[i] = int16(v.LowBits())
		}
	case p <= 9:
		out := unsafe.Slice((*int32)(data), n)
		for i, v := range values {
			out[i] = int32(v.LowBits())
		}
	case p <= 18:
		out := unsafe.Slice((*int64)(data), n)
		for i, v := range values {
			out[i] = int64(v.LowBits())
		}
	default:
		out := unsafe.Slice((*hugeInt)(data), n)
		for i, v := range values {
			out[i] = hugeInt{v.LowBits(), v.HighBits()}
		}
	}
}

type hugeInt struct {
	lower uint64
	upper int64
}

func writeStruct(vec duckdb.Vector, a *array.Struct, off, n int) error {
	for i := range a.NumField() {
		child := duckdb.StructVectorGetChild(vec, duckdb.IdxT(i))
		if err := writeVector(child, a.Field(i), off, n); err != nil {
			return err
		}
		if a.NullN() > 0 {
			nullBelow(child, a.Field(i).DataType(), a, off, n)
		}
	}
	return nil
}

// nullBelow makes the fields of a null struct null, as DuckDB expects them and Arrow need not have them.
func nullBelow(vec duckdb.Vector, dt arrow.DataType, parent arrow.Array, off, n int) {
	mask := writableMask(vec, n)
	for i := range n {
		if parent.IsNull(off + i) {
			bitutil.ClearBit(mask, i)
		}
	}
	if st, ok := dt.(*arrow.StructType); ok {
		for i, f := range st.Fields() {
			nullBelow(duckdb.StructVectorGetChild(vec, duckdb.IdxT(i)), f.Type, parent, off, n)
		}
	}
}

type listEntry struct{ offset, length uint64 }

// listLike is a list or a map.
type listLike interface {
	IsNull(i int) bool
	ValueOffsets(i int) (start, end int64)
}

// writeListEntries writes the lists themselves, and makes room for their elements [start, end).
func writeListEntries(vec duckdb.Vector, a listLike, off, n int) (start, end int) {
	first, _ := a.ValueOffsets(off)
	_, last := a.ValueOffsets(off + n - 1)
	out := unsafe.Slice((*listEntry)(duckdb.VectorGetData(vec)), n)
	for i := range out {
		from, to := a.ValueOffsets(off + i)
		out[i] = listEntry{uint64(from - first), uint64(to - from)}
		if a.IsNull(off + i) {
			out[i].length = 0
		}
	}
	duckdb.ListVectorReserve(vec, duckdb.IdxT(last-first))
	duckdb.ListVectorSetSize(vec, duckdb.IdxT(last-first))
	return int(first), int(last)
}

func writeMap(vec duckdb.Vector, a *array.Map, off, n int) error {
	start, end := writeListEntries(vec, a, off, n)
	return writeVector(duckdb.ListVectorGetChild(vec), a.ListValues(), start, end-start)
}
