package spark

import (
	"fmt"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
)

var (
	void      arrow.DataType = arrow.Null
	boolean                  = arrow.FixedWidthTypes.Boolean
	tinyint                  = arrow.PrimitiveTypes.Int8
	smallint                 = arrow.PrimitiveTypes.Int16
	integer                  = arrow.PrimitiveTypes.Int32
	bigint                   = arrow.PrimitiveTypes.Int64
	float                    = arrow.PrimitiveTypes.Float32
	double                   = arrow.PrimitiveTypes.Float64
	str                      = arrow.BinaryTypes.String
	binary                   = arrow.BinaryTypes.Binary
	date                     = arrow.FixedWidthTypes.Date32
	timestamp arrow.DataType = &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "UTC"}
	ntz       arrow.DataType = &arrow.TimestampType{Unit: arrow.Microsecond}
	months                   = arrow.FixedWidthTypes.MonthInterval // INTERVAL YEAR TO MONTH
	micros                   = arrow.FixedWidthTypes.Duration_us   // INTERVAL DAY TO SECOND
)

const maxDigits = 38

func decimal(precision, scale int32) arrow.DataType {
	return &arrow.Decimal128Type{Precision: precision, Scale: scale}
}

// typeNames are those of types without parameters.
var typeNames = map[string]arrow.DataType{
	"boolean": boolean, "tinyint": tinyint, "byte": tinyint, "smallint": smallint, "short": smallint,
	"int": integer, "integer": integer, "bigint": bigint, "long": bigint, "float": float, "real": float, "double": double,
	"string": str, "binary": binary, "date": date, "timestamp": timestamp, "timestamp_ltz": timestamp, "timestamp_ntz": ntz,
	"void": void, "decimal": decimal(10, 0), "dec": decimal(10, 0), "numeric": decimal(10, 0),
}

// exact are the digits before and after the point of exact numbers.
func exact(t arrow.DataType) (whole, scale int32, ok bool) {
	switch t.ID() {
	case arrow.INT8:
		return 3, 0, true
	case arrow.INT16:
		return 5, 0, true
	case arrow.INT32:
		return 10, 0, true
	case arrow.INT64:
		return 20, 0, true
	case arrow.DECIMAL128:
		d := t.(*arrow.Decimal128Type)
		return d.Precision - d.Scale, d.Scale, true
	}
	return 0, 0, false
}

func isInteger(t arrow.DataType) bool {
	switch t.ID() {
	case arrow.INT8, arrow.INT16, arrow.INT32, arrow.INT64:
		return true
	}
	return false
}

func isDecimal(t arrow.DataType) bool  { return t.ID() == arrow.DECIMAL128 }
func isFloating(t arrow.DataType) bool { return t.ID() == arrow.FLOAT32 || t.ID() == arrow.FLOAT64 }
func isNumber(t arrow.DataType) bool   { return isInteger(t) || isDecimal(t) || isFloating(t) }
func isString(t arrow.DataType) bool   { return t.ID() == arrow.STRING }
func isVoid(t arrow.DataType) bool     { return t.ID() == arrow.NULL }
func isMoment(t arrow.DataType) bool {
	return t.ID() == arrow.TIMESTAMP || t.ID() == arrow.DATE32
}
func isInterval(t arrow.DataType) bool {
	return t.ID() == arrow.INTERVAL_MONTHS || t.ID() == arrow.DURATION
}

func isNested(t arrow.DataType) bool {
	switch t.ID() {
	case arrow.STRUCT, arrow.LIST, arrow.MAP:
		return true
	}
	return false
}

func zoned(t arrow.DataType) bool {
	ts, ok := t.(*arrow.TimestampType)
	return ok && ts.TimeZone != ""
}

// canonical is the type that stands for t here: of a dictionary its values, every timestamp with a zone in UTC.
func canonical(t arrow.DataType) arrow.DataType {
	switch x := t.(type) {
	case *arrow.DictionaryType:
		return canonical(x.ValueType)
	case *arrow.LargeStringType:
		return str
	case *arrow.LargeBinaryType:
		return binary
	case *arrow.TimestampType:
		if x.TimeZone != "" {
			return timestamp
		}
		return ntz
	}
	return t
}

// same tells that two types hold the same values; nested ones may differ in whether parts can be null, and in metadata.
func same(a, b arrow.DataType) bool {
	a, b = canonical(a), canonical(b)
	if a.ID() != b.ID() {
		return false
	}
	switch x := a.(type) {
	case *arrow.StructType:
		y := b.(*arrow.StructType)
		if x.NumFields() != y.NumFields() {
			return false
		}
		for i := range x.NumFields() {
			if !strings.EqualFold(x.Field(i).Name, y.Field(i).Name) || !same(x.Field(i).Type, y.Field(i).Type) {
				return false
			}
		}
		return true
	case *arrow.ListType:
		return same(x.Elem(), b.(*arrow.ListType).Elem())
	case *arrow.MapType:
		y := b.(*arrow.MapType)
		return same(x.KeyType(), y.KeyType()) && same(x.ItemType(), y.ItemType())
	}
	return arrow.TypeEqual(a, b)
}

var duckNames = map[arrow.Type]string{
	arrow.NULL: "INTEGER", arrow.BOOL: "BOOLEAN", arrow.INT8: "TINYINT", arrow.INT16: "SMALLINT", arrow.INT32: "INTEGER", arrow.INT64: "BIGINT",
	arrow.FLOAT32: "FLOAT", arrow.FLOAT64: "DOUBLE", arrow.STRING: "VARCHAR", arrow.BINARY: "BLOB", arrow.DATE32: "DATE",
	arrow.INTERVAL_MONTHS: "INTERVAL", arrow.DURATION: "INTERVAL",
}

// duckType is what DuckDB calls a type.
func duckType(t arrow.DataType) string {
	switch x := canonical(t).(type) {
	case *arrow.TimestampType:
		if x.TimeZone != "" {
			return "TIMESTAMPTZ"
		}
		return "TIMESTAMP"
	case *arrow.Decimal128Type:
		return fmt.Sprintf("DECIMAL(%d, %d)", x.Precision, x.Scale)
	case *arrow.ListType:
		return duckType(x.Elem()) + "[]"
	case *arrow.MapType:
		return "MAP(" + duckType(x.KeyType()) + ", " + duckType(x.ItemType()) + ")"
	case *arrow.StructType:
		parts := make([]string, x.NumFields())
		for i, f := range x.Fields() {
			parts[i] = ident(f.Name) + " " + duckType(f.Type)
		}
		return "STRUCT(" + strings.Join(parts, ", ") + ")"
	default:
		return duckNames[x.ID()]
	}
}

var sparkNames = map[arrow.Type]string{
	arrow.NULL: "VOID", arrow.BOOL: "BOOLEAN", arrow.INT8: "TINYINT", arrow.INT16: "SMALLINT", arrow.INT32: "INT", arrow.INT64: "BIGINT",
	arrow.FLOAT32: "FLOAT", arrow.FLOAT64: "DOUBLE", arrow.STRING: "STRING", arrow.BINARY: "BINARY", arrow.DATE32: "DATE",
	arrow.INTERVAL_MONTHS: "INTERVAL YEAR TO MONTH", arrow.DURATION: "INTERVAL DAY TO SECOND",
}

// TypeName is what Spark calls a type.
func TypeName(t arrow.DataType) string {
	switch x := canonical(t).(type) {
	case *arrow.TimestampType:
		if x.TimeZone != "" {
			return "TIMESTAMP"
		}
		return "TIMESTAMP_NTZ"
	case *arrow.Decimal128Type:
		return fmt.Sprintf("DECIMAL(%d,%d)", x.Precision, x.Scale)
	case *arrow.ListType:
		return "ARRAY<" + TypeName(x.Elem()) + ">"
	case *arrow.MapType:
		return "MAP<" + TypeName(x.KeyType()) + ", " + TypeName(x.ItemType()) + ">"
	case *arrow.StructType:
		parts := make([]string, x.NumFields())
		for i, f := range x.Fields() {
			parts[i] = f.Name + ": " + TypeName(f.Type)
		}
		return "STRUCT<" + strings.Join(parts, ", ") + ">"
	default:
		if n, ok := sparkNames[x.ID()]; ok {
			return n
		}
		return t.String()
	}
}

func ident(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }

func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
