package table

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/bitutil"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// emptyAsNull replaces empty texts and binaries in partition columns by null, which is what they are read as ("Partition
// Value Serialization"): so constraints see what readers will see, as Spark has it. Error: *NotNullError.
func (t *target) emptyAsNull(cols []arrow.Array) error {
	for _, c := range t.texts {
		is := emptyIn(cols[c])
		if is == nil {
			continue
		}
		first := 0
		for !is(first) {
			first++
		}
		if f := t.schema.Fields[c]; !f.Nullable {
			return &NotNullError{Column: f.Name, Row: int64(first), Empty: true}
		}
		col := withNulls(cols[c], is)
		cols[c].Release()
		cols[c] = col
	}
	return nil
}

// emptyIn says which rows of a column are empty texts; nil where none are.
func emptyIn(col arrow.Array) func(int) bool {
	var is func(int) bool
	switch a := col.(type) {
	case *array.String:
		is = func(i int) bool { return a.IsValid(i) && a.ValueLen(i) == 0 }
	case *array.Binary:
		is = func(i int) bool { return a.IsValid(i) && a.ValueLen(i) == 0 }
	case *array.Dictionary:
		words := emptyIn(a.Dictionary())
		if words == nil {
			return nil
		}
		is = func(i int) bool { return a.IsValid(i) && words(a.GetValueIndex(i)) }
	default:
		return nil
	}
	for i := range col.Len() {
		if is(i) {
			return is
		}
	}
	return nil
}

// withNulls is col with nulls where null holds. The caller releases it.
func withNulls(col arrow.Array, null func(int) bool) arrow.Array {
	from := col.Data()
	valid := memory.NewResizableBuffer(memory.DefaultAllocator)
	defer valid.Release()
	valid.Resize(int(bitutil.BytesForBits(int64(from.Offset() + from.Len()))))
	nulls := 0
	for i := range col.Len() {
		ok := col.IsValid(i) && !null(i)
		bitutil.SetBitTo(valid.Bytes(), from.Offset()+i, ok)
		if !ok {
			nulls++
		}
	}
	dict, _ := from.Dictionary().(*array.Data)
	buffers := append([]*memory.Buffer{valid}, from.Buffers()[1:]...)
	data := array.NewDataWithDictionary(col.DataType(), from.Len(), buffers, nulls, from.Offset(), dict)
	defer data.Release()
	return array.MakeFromData(data)
}
