// Package schema holds the types of a Delta table: a struct of fields, as the metaData action of
// the log carries it in JSON ("Schema Serialization Format" of the Delta protocol) and as users
// write it in DDL ("id BIGINT NOT NULL, tags ARRAY<STRING>").
//
// It knows no Arrow and no Parquet. Types are immutable once built and may be shared.
package schema

import "encoding/json"

// Type is a Delta data type: one of Primitive, Decimal, *Struct, *Array or *Map.
// String gives it in Spark's DDL spelling ("decimal(10,2)", "array<string>").
type Type interface {
	String() string
	isType()
}

// Primitive is a type without parameters, spelled as in the schema JSON.
type Primitive string

// The primitive types of the protocol.
const (
	String       Primitive = "string"
	Long         Primitive = "long"
	Integer      Primitive = "integer"
	Short        Primitive = "short"
	Byte         Primitive = "byte"
	Float        Primitive = "float"
	Double       Primitive = "double"
	Boolean      Primitive = "boolean"
	Binary       Primitive = "binary"
	Date         Primitive = "date"
	Timestamp    Primitive = "timestamp"     // an instant, microseconds, UTC
	TimestampNTZ Primitive = "timestamp_ntz" // a wall clock, microseconds; a table feature
	Variant      Primitive = "variant"       // a table feature
	Void         Primitive = "void"          // Spark's NullType: always null, never in a file
)

// Decimal is decimal(Precision,Scale); 1 <= Precision <= 38, 0 <= Scale <= Precision.
type Decimal struct{ Precision, Scale int }

// Struct is an ordered list of fields; also the schema of a whole table.
type Struct struct{ Fields []Field }

// Array is a list of Element.
type Array struct {
	Element      Type
	ContainsNull bool
}

// Map maps Key to Value. Keys are never null.
type Map struct {
	Key, Value        Type
	ValueContainsNull bool
}

// Field is a column, or a field of a struct.
type Field struct {
	Name     string
	Type     Type
	Nullable bool
	// Metadata is the field's metadata object, each value as it stood in the JSON, so that keys
	// that this version does not know survive a round trip. Nil where there is none.
	Metadata map[string]json.RawMessage
}

func (Primitive) isType() {}
func (Decimal) isType()   {}
func (*Struct) isType()   {}
func (*Array) isType()    {}
func (*Map) isType()      {}
