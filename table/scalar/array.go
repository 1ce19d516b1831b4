package scalar

import (
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/ingestd/ingestd/table/arrowmap"
	"github.com/ingestd/ingestd/txlog/schema"
)

// At is the value at row i of an array of one of arrowmap's flat types, or of a dictionary of one.
// It panics for other types, as an index out of range does. Strings and bytes point into the array.
func At(arr arrow.Array, i int) any {
	if arr.IsNull(i) {
		return nil
	}
	switch a := arr.(type) {
	case *array.Dictionary:
		return At(a.Dictionary(), a.GetValueIndex(i))
	case *array.String:
		return a.Value(i)
	case *array.Binary:
		return a.Value(i)
	case *array.Int8:
		return int64(a.Value(i))
	case *array.Int16:
		return int64(a.Value(i))
	case *array.Int32:
		return int64(a.Value(i))
	case *array.Int64:
		return a.Value(i)
	case *array.Float32:
		return float64(a.Value(i))
	case *array.Float64:
		return a.Value(i)
	case *array.Boolean:
		return a.Value(i)
	case *array.Date32:
		return a.Value(i)
	case *array.Timestamp:
		return a.Value(i)
	case *array.Decimal128:
		return a.Value(i)
	}
	panic(fmt.Sprintf("scalar: no value of an array of %s", arr.DataType()))
}

// Repeat is an array of n times the same value, nil for null. v must be of the Go type that stands
// for t. Errors: arrowmap's for a type without Arrow type; *ValueError for a v of another type.
func Repeat(t schema.Type, v any, n int) (arrow.Array, error) {
	dt, err := arrowmap.ToArrowType(t)
	if err != nil {
		return nil, err
	}
	if v == nil {
		return arrowmap.Nulls(dt, n), nil
	}
	b := array.NewBuilder(memory.DefaultAllocator, dt)
	defer b.Release()
	b.Reserve(n)
	for range n {
		if !appendValue(b, v) {
			return nil, &ValueError{Type: t, Text: fmt.Sprint(v)}
		}
	}
	return b.NewArray(), nil
}

func appendValue(b array.Builder, v any) bool {
	switch v := v.(type) {
	case string:
		return add(b, v)
	case []byte:
		return add(b, v)
	case bool:
		return add(b, v)
	case arrow.Date32:
		return add(b, v)
	case arrow.Timestamp:
		return add(b, v)
	case decimal128.Num:
		return add(b, v)
	case float64:
		return add(b, v) || add(b, float32(v))
	case int64:
		return add(b, v) || add(b, int32(v)) || add(b, int16(v)) || add(b, int8(v))
	}
	return false
}

func add[T any](b array.Builder, v T) bool {
	a, ok := b.(interface{ Append(T) })
	if ok {
		a.Append(v)
	}
	return ok
}
