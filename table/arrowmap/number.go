package arrowmap

import (
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

var mem = memory.DefaultAllocator

// withType is the same buffers under another type of the same layout.
func withType(arr arrow.Array, dt arrow.DataType) arrow.Array {
	d := arr.Data()
	data := array.NewData(dt, d.Len(), d.Buffers(), d.Children(), d.NullN(), d.Offset())
	defer data.Release()
	return array.MakeFromData(data)
}

// intToDecimal scales integers up; a number of more digits than the type has is an error.
func intToDecimal(arr arrow.Array, to *arrow.Decimal128Type) (arrow.Array, error) {
	b := array.NewDecimal128Builder(mem, to)
	defer b.Release()
	b.Reserve(arr.Len())
	for i := range arr.Len() {
		if arr.IsNull(i) {
			b.AppendNull()
			continue
		}
		n := integerAt(arr, i)
		if !n.FitsInPrecision(to.Precision - to.Scale) {
			return nil, fmt.Errorf("%s has too many digits: %w", n.ToString(0), errOverflow)
		}
		b.Append(n.IncreaseScaleBy(to.Scale))
	}
	return b.NewArray(), nil
}

func integerAt(arr arrow.Array, i int) decimal128.Num {
	switch a := arr.(type) {
	case *array.Int8:
		return decimal128.FromI64(int64(a.Value(i)))
	case *array.Int16:
		return decimal128.FromI64(int64(a.Value(i)))
	case *array.Int32:
		return decimal128.FromI64(int64(a.Value(i)))
	case *array.Int64:
		return decimal128.FromI64(a.Value(i))
	case *array.Uint8:
		return decimal128.FromU64(uint64(a.Value(i)))
	case *array.Uint16:
		return decimal128.FromU64(uint64(a.Value(i)))
	case *array.Uint32:
		return decimal128.FromU64(uint64(a.Value(i)))
	case *array.Uint64:
		return decimal128.FromU64(a.Value(i))
	}
	return decimal128.Num{}
}
