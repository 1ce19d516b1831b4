package datafile

import (
	"errors"

	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"

	"github.com/ingestd/ingestd/txlog/schema"
)

const (
	convertedList = deprecated.List
	convertedMap  = deprecated.Map
)

var (
	listType = format.LogicalType{Value: &format.ListType{}}
	mapType  = format.LogicalType{Value: &format.MapType{}}
)

func converted(t deprecated.ConvertedType) thrift.Null[deprecated.ConvertedType] { return some(t) }

func some[T any](v T) thrift.Null[T] { return thrift.Null[T]{V: v, Valid: true} }

func group(name string, repetition format.FieldRepetitionType, children int) format.SchemaElement {
	return format.SchemaElement{Name: name, RepetitionType: some(repetition), NumChildren: some(int32(children))}
}

// leafElement is how a flat Delta type lies in Parquet ("Delta Data Type to Parquet Type
// Mappings"); decimals in the smallest of INT32, INT64 and FIXED_LEN_BYTE_ARRAY, as Spark writes them.
func leafElement(t schema.Type) (format.SchemaElement, error) {
	if d, ok := t.(schema.Decimal); ok {
		return decimalElement(d), nil
	}
	e := format.SchemaElement{}
	switch t {
	case schema.Boolean:
		e.Type = some(format.Boolean)
	case schema.Byte:
		e.Type, e.ConvertedType = some(format.Int32), some(deprecated.Int8)
		e.LogicalType.Value = &format.IntType{BitWidth: 8, IsSigned: true}
	case schema.Short:
		e.Type, e.ConvertedType = some(format.Int32), some(deprecated.Int16)
		e.LogicalType.Value = &format.IntType{BitWidth: 16, IsSigned: true}
	case schema.Integer:
		e.Type = some(format.Int32)
	case schema.Long:
		e.Type = some(format.Int64)
	case schema.Float:
		e.Type = some(format.Float)
	case schema.Double:
		e.Type = some(format.Double)
	case schema.String:
		e.Type, e.ConvertedType = some(format.ByteArray), some(deprecated.UTF8)
		e.LogicalType.Value = &format.StringType{}
	case schema.Binary:
		e.Type = some(format.ByteArray)
	case schema.Date:
		e.Type, e.ConvertedType = some(format.Int32), some(deprecated.Date)
		e.LogicalType.Value = &format.DateType{}
	case schema.Timestamp:
		e.Type, e.ConvertedType = some(format.Int64), some(deprecated.TimestampMicros)
		e.LogicalType.Value = &format.TimestampType{IsAdjustedToUTC: true, Unit: micros}
	case schema.TimestampNTZ: // the converted type would claim UTC
		e.Type = some(format.Int64)
		e.LogicalType.Value = &format.TimestampType{Unit: micros}
	default:
		return e, errors.New("it has no place in a data file")
	}
	return e, nil
}

var micros = format.TimeUnit{Value: &format.MicroSeconds{}}

func decimalElement(d schema.Decimal) format.SchemaElement {
	e := format.SchemaElement{
		ConvertedType: some(deprecated.Decimal),
		Precision:     some(int32(d.Precision)),
		Scale:         some(int32(d.Scale)),
		LogicalType:   format.LogicalType{Value: &format.DecimalType{Precision: int32(d.Precision), Scale: int32(d.Scale)}},
	}
	switch {
	case d.Precision <= 9:
		e.Type = some(format.Int32)
	case d.Precision <= 18:
		e.Type = some(format.Int64)
	default:
		e.Type, e.TypeLength = some(format.FixedLenByteArray), some(int32(decimalBytes(d.Precision)))
	}
	return e
}

// decimalBytes is the fewest bytes of two's complement that hold a number of so many digits.
func decimalBytes(precision int) int {
	n := 1
	for bound := 127.0; bound < pow10(precision)-1; bound = bound*256 + 255 {
		n++
	}
	return n
}

func pow10(n int) float64 {
	p := 1.0
	for range n {
		p *= 10
	}
	return p
}
