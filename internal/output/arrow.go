package output

import (
	"bytes"
	"encoding/json"
	"iter"
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
)

// Columns names the columns of a schema.
func Columns(s *arrow.Schema) []string {
	names := make([]string, s.NumFields())
	for i, f := range s.Fields() {
		names[i] = f.Name
	}
	return names
}

// Batches makes rows of record batches, and releases each after its last row.
func Batches(in iter.Seq2[arrow.RecordBatch, error]) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		for rec, err := range in {
			if err != nil {
				yield(nil, err)
				return
			}
			if !yieldRows(rec, yield) {
				return
			}
		}
	}
}

func yieldRows(rec arrow.RecordBatch, yield func(Row, error) bool) bool {
	defer rec.Release()
	for i := range int(rec.NumRows()) {
		row := make(Row, rec.NumCols())
		for c := range row {
			row[c] = Value(rec.Column(c), i)
		}
		if !yield(row, nil) {
			return false
		}
	}
	return true
}

// Value is element i of an array, as Row describes. Dates and times are ISO 8601 (an instant ends in Z), decimals
// keep every digit, a struct is an Object, a map a list of {key, value}.
func Value(a arrow.Array, i int) any {
	if a.IsNull(i) {
		return nil
	}
	switch x := a.(type) {
	case *array.Boolean:
		return x.Value(i)
	case *array.Int64:
		return x.Value(i)
	case *array.Float64:
		return x.Value(i)
	case *array.Float32:
		return x.Value(i)
	case *array.Binary:
		return x.Value(i)
	case *array.Date32:
		return x.Value(i).ToTime().Format(time.DateOnly)
	case *array.Timestamp:
		return timestamp(x, i)
	case *array.Decimal128:
		return json.Number(x.Value(i).ToString(x.DataType().(*arrow.Decimal128Type).Scale))
	case *array.Int8, *array.Int16, *array.Int32, *array.Uint8, *array.Uint16, *array.Uint32, *array.Uint64:
		return json.Number(a.ValueStr(i))
	case *array.Dictionary:
		return Value(x.Dictionary(), x.GetValueIndex(i))
	case *array.Map:
		return mapEntries(x, i)
	case array.ListLike:
		start, end := x.ValueOffsets(i)
		list := make([]any, 0, end-start)
		for j := start; j < end; j++ {
			list = append(list, Value(x.ListValues(), int(j)))
		}
		return list
	case *array.Struct:
		o := make(Object, x.NumField())
		for f := range o {
			o[f] = Member{Name: x.DataType().(*arrow.StructType).Field(f).Name, Value: Value(x.Field(f), i)}
		}
		return o
	}
	return a.ValueStr(i)
}

func mapEntries(m *array.Map, i int) any {
	start, end := m.ValueOffsets(i)
	list := make([]any, 0, end-start)
	for j := start; j < end; j++ {
		list = append(list, Object{{"key", Value(m.Keys(), int(j))}, {"value", Value(m.Items(), int(j))}})
	}
	return list
}

func timestamp(a *array.Timestamp, i int) string {
	typ := a.DataType().(*arrow.TimestampType)
	t := a.Value(i).ToTime(typ.Unit)
	if typ.TimeZone == "" {
		return t.Format("2006-01-02T15:04:05.999999999")
	}
	return t.UTC().Format("2006-01-02T15:04:05.999999999Z")
}

// Owned is v without a reference to the memory of the array that it came from, so that it outlives the batch.
func Owned(v any) any {
	switch x := v.(type) {
	case string:
		return strings.Clone(x)
	case []byte:
		return bytes.Clone(x)
	case []any:
		for i := range x {
			x[i] = Owned(x[i])
		}
	case Object:
		for i := range x {
			x[i].Value = Owned(x[i].Value)
		}
	}
	return v
}
