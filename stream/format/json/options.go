package json

import (
	"fmt"
	"time"

	"github.com/ingestd/ingestd/txlog/schema"
)

// OnError is what becomes of a record that does not fit the schema.
type OnError string

const (
	// DeadLetter rejects the record: it goes to the dead letters with the reason.
	DeadLetter OnError = "dead_letter"
	// Fail ends the query with a *stream.BadRecordError.
	Fail OnError = "fail"
	// Drop leaves the record out and tells nobody.
	Drop OnError = "drop"
	// Rescue keeps the record: columns that do not fit become null, and they and the fields that
	// the schema lacks are kept in the column [RescuedColumn]. What is no JSON object, lacks a NOT
	// NULL column or has one that does not fit is rejected all the same.
	Rescue OnError = "rescue"
)

// Metadata is something about a record, beside its value, that can be had as a column.
type Metadata string

// The metadata columns: their names in Options, and in the rows with a "_" before them.
const (
	Topic     Metadata = "topic"     // _topic STRING NOT NULL
	Partition Metadata = "partition" // _partition INT NOT NULL
	Offset    Metadata = "offset"    // _offset BIGINT NOT NULL
	Timestamp Metadata = "timestamp" // _timestamp TIMESTAMP, as the broker has it
	Key       Metadata = "key"       // _key BINARY
)

// Column is the name of the column that m makes.
func (m Metadata) Column() string { return "_" + string(m) }

// Options say what a [Decoder] makes of records.
type Options struct {
	// Schema is that of the values. Maps must have STRING keys; VARIANT and VOID are refused.
	Schema *schema.Struct
	// OnError is DeadLetter where empty.
	OnError OnError
	// TimeZone is that of timestamps that name none, UTC where nil: spark.sql.session.timeZone.
	TimeZone *time.Location
	// Metadata columns come after those of Schema, in this order, and [RescuedColumn] last.
	Metadata []Metadata
	// Strict takes only the JSON of RFC 8259: not the single quotes, the NaN and the infinities that
	// Spark's defaults allow (allowSingleQuotes, allowNonNumericNumbers).
	Strict bool
	// KeepMemory is how many bytes of released batches are kept for the next ones, over all
	// tasks; 64 MiB where 0, nothing where negative.
	KeepMemory int
}

// SchemaError says that rows of this schema cannot be made of JSON.
type SchemaError struct {
	Column string
	Reason string
}

func (e *SchemaError) Error() string {
	return fmt.Sprintf("format json: column %s: %s", e.Column, e.Reason)
}

// withDefaults fills in what was left out, and checks the rest.
func (o Options) withDefaults() (Options, error) {
	if o.Schema == nil || len(o.Schema.Fields) == 0 {
		return o, fmt.Errorf("format json: no schema; give the columns as DDL, such as: id BIGINT NOT NULL, name STRING")
	}
	switch o.OnError {
	case "":
		o.OnError = DeadLetter
	case DeadLetter, Fail, Drop, Rescue:
	default:
		return o, fmt.Errorf("format json: on_error: %q is none of dead_letter, fail, drop, rescue", o.OnError)
	}
	if o.TimeZone == nil {
		o.TimeZone = time.UTC
	}
	if o.KeepMemory == 0 {
		o.KeepMemory = 64 << 20
	}
	return o, nil
}
