package changes

import (
	"fmt"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
)

// OrderOf names the order of values of a type. Sequences that are made of values in one order can be compared, others cannot.
// Numbers, texts, bytes, booleans, dates, timestamps, and structs of them have one, which is Spark's. Errors: *OrderError for any other type.
func OrderOf(dt arrow.DataType) (string, error) {
	switch dt := dt.(type) {
	case *arrow.Int8Type, *arrow.Int16Type, *arrow.Int32Type, *arrow.Int64Type:
		return "whole numbers", nil
	case *arrow.Float32Type, *arrow.Float64Type:
		return "floating numbers", nil
	case *arrow.Decimal128Type:
		return fmt.Sprintf("decimals with %d digits after the point", dt.Scale), nil
	case *arrow.BooleanType:
		return "booleans", nil
	case *arrow.StringType, *arrow.BinaryType:
		return "texts", nil
	case *arrow.Date32Type:
		return "dates", nil
	case *arrow.TimestampType:
		if dt.Unit == arrow.Microsecond {
			return "timestamps", nil
		}
	case *arrow.DictionaryType:
		return OrderOf(dt.ValueType)
	case *arrow.StructType:
		var parts []string
		for _, f := range dt.Fields() {
			part, err := OrderOf(f.Type)
			if err != nil {
				return "", err
			}
			parts = append(parts, part)
		}
		return "(" + strings.Join(parts, ", ") + ")", nil
	}
	return "", &OrderError{Type: dt}
}

// OrderError says that the values of a type have no order.
type OrderError struct{ Type arrow.DataType }

func (e *OrderError) Error() string {
	return fmt.Sprintf("values of type %s have no order: take a number, a text, bytes, a date, a timestamp, or a struct of them", e.Type)
}

// Value adds the i-th value of a column whose type has an order: a struct adds its fields, and null is not known, which comes first.
func (s Sequence) Value(a arrow.Array, i int) Sequence {
	if a.IsNull(i) {
		return s.Unknown()
	}
	switch a := a.(type) {
	case *array.Int8:
		return s.Number(int64(a.Value(i)))
	case *array.Int16:
		return s.Number(int64(a.Value(i)))
	case *array.Int32:
		return s.Number(int64(a.Value(i)))
	case *array.Int64:
		return s.Number(a.Value(i))
	case *array.Float32:
		return s.Float(float64(a.Value(i)))
	case *array.Float64:
		return s.Float(a.Value(i))
	case *array.Decimal128:
		return s.Decimal(a.Value(i))
	case *array.Boolean:
		if a.Value(i) {
			return s.Number(1)
		}
		return s.Number(0)
	case *array.String:
		return s.Text(a.Value(i))
	case *array.Binary:
		return s.Text(string(a.Value(i)))
	case *array.Date32:
		return s.Number(int64(a.Value(i)))
	case *array.Timestamp:
		return s.Number(int64(a.Value(i)))
	case *array.Dictionary:
		return s.Value(a.Dictionary(), a.GetValueIndex(i))
	case *array.Struct:
		s = append(s, structPart)
		for f := range a.NumField() {
			s = s.Value(a.Field(f), i)
		}
	}
	return s
}
