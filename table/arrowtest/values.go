package arrowtest

import (
	"fmt"
	"math"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
)

// Rows gives each row of a batch as a string that two batches share exactly where they hold the
// same values, however they are laid out (slices, dictionaries, names inside lists).
func Rows(rec arrow.RecordBatch) []string {
	rows := make([]string, rec.NumRows())
	for i := range rows {
		for c, col := range rec.Columns() {
			rows[i] += fmt.Sprintf("%s=%s;", rec.ColumnName(c), Value(col, i))
		}
	}
	return rows
}

// Value is one value of an array in the form that [Rows] uses.
func Value(arr arrow.Array, i int) string {
	if arr.IsNull(i) {
		return "null"
	}
	switch a := arr.(type) {
	case *array.Dictionary:
		return Value(a.Dictionary(), a.GetValueIndex(i))
	case *array.Float32:
		return fmt.Sprintf("%08x", math.Float32bits(a.Value(i)))
	case *array.Float64:
		return fmt.Sprintf("%016x", math.Float64bits(a.Value(i)))
	case *array.Timestamp:
		return fmt.Sprint(int64(a.Value(i)))
	case *array.Date32:
		return fmt.Sprint(int32(a.Value(i)))
	case *array.Decimal128:
		return a.Value(i).BigInt().String()
	case *array.String:
		return fmt.Sprintf("%q", a.Value(i))
	case *array.Binary:
		return fmt.Sprintf("%q", a.Value(i))
	case *array.Struct:
		s := "{"
		for c := range a.NumField() {
			s += Value(a.Field(c), i) + ","
		}
		return s + "}"
	case array.ListLike:
		s := "["
		start, end := a.ValueOffsets(i)
		for v := start; v < end; v++ {
			s += Value(a.ListValues(), int(v)) + ","
		}
		return s + "]"
	}
	return arr.ValueStr(i)
}
