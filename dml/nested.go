package dml

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/bitutil"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// ReplaceField gives a column with another value in a field of it; no path is the column itself. A struct that is NULL
// becomes one with NULL in all other fields, as in Spark. The caller releases the result.
func ReplaceField(col arrow.Array, path []int, value arrow.Array) arrow.Array {
	if len(path) == 0 {
		value.Retain()
		return value
	}
	s := col.(*array.Struct)
	fields := s.DataType().(*arrow.StructType).Fields()
	children := make([]arrow.ArrayData, s.NumField())
	for i := range children {
		child := visible(s, i)
		if i == path[0] {
			old := child
			child = ReplaceField(old, path[1:], value)
			old.Release()
			fields[i].Type, fields[i].Nullable = child.DataType(), true
		}
		defer child.Release()
		children[i] = child.Data()
	}
	data := array.NewData(arrow.StructOf(fields...), s.Len(), []*memory.Buffer{nil}, children, 0, 0)
	defer data.Release()
	return array.MakeFromData(data)
}

// visible is a field of a struct as its rows show it: null where the struct is.
func visible(s *array.Struct, i int) arrow.Array {
	child := s.Field(i)
	child.Retain()
	if s.NullN() == 0 {
		return child
	}
	defer child.Release()
	from := child.Data()
	valid := memory.NewResizableBuffer(memory.DefaultAllocator)
	defer valid.Release()
	valid.Resize(int(bitutil.BytesForBits(int64(from.Offset() + from.Len()))))
	nulls := 0
	for row := range s.Len() {
		ok := s.IsValid(row) && child.IsValid(row)
		bitutil.SetBitTo(valid.Bytes(), from.Offset()+row, ok)
		if !ok {
			nulls++
		}
	}
	buffers := append([]*memory.Buffer{valid}, from.Buffers()[1:]...)
	data := array.NewData(child.DataType(), from.Len(), buffers, from.Children(), nulls, from.Offset())
	defer data.Release()
	return array.MakeFromData(data)
}
