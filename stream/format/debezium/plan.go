package debezium

import (
	"github.com/ingestd/ingestd/txlog/schema"
)

// encoding is how the values of a column are written in an event. It says nothing of JSON or Avro.
type encoding uint8

const (
	asInt encoding = iota // whole numbers
	asFloat
	asBool
	asText
	asBytes
	asAnyJSON // inferred: a string, or any other value as its JSON

	asDays   // whole numbers: days since 1970
	asMillis // since 1970
	asMicros
	asNanos
	asMillisOfDay
	asMicrosOfDay
	asNanosOfDay

	asISODate // texts of ISO 8601
	asISOTime
	asISOTimestamp
	asZonedTimestamp

	asDecimal         // bytes of the unscaled number, of a scale that the schema tells
	asVariableDecimal // a struct of scale and bytes
	asDecimalText
	asDecimalNumber // decimal.handling.mode double, where the table has a DECIMAL
	asBase64        // texts that hold bytes
	asBase64URL
	asHex

	asList
	asMap   // keys are strings
	asPairs // a map whose keys are no strings: JSON has it as an array of pairs
	asStruct
	asUnknown // never a value that is not null
	asRefused // values cannot be read; the plan's reason says why
)

// plan says what a column is in the table and how its values are written.
type plan struct {
	typ   schema.Type
	enc   encoding
	scale int // of asDecimal, as it is sent

	element  *plan // of a list; the values of a map
	key      *plan // of a map
	nullable bool  // as an element or a value
	fields   []planField
	reason   string // of asRefused
}

type planField struct {
	name     string
	required bool
	*plan
}

// column is the column's field in the schema of a table. All may be null: changes that delete have only keys.
func (f planField) column() schema.Field {
	return schema.Field{Name: f.name, Type: f.typ, Nullable: true}
}
