package debezium

import (
	"fmt"

	"github.com/ingestd/ingestd/merge/changes"
	"github.com/ingestd/ingestd/txlog/schema"
)

// OnError is what becomes of a record that is no event which can be applied.
type OnError string

const (
	// DeadLetter rejects the record: it goes to the dead letters with the reason.
	DeadLetter OnError = "dead_letter"
	// Fail ends the query with a *stream.BadRecordError.
	Fail OnError = "fail"
	// Drop leaves the record out and tells nobody.
	Drop OnError = "drop"
)

// DecimalHandling is the connector's decimal.handling.mode, which is asked for only where events have no schema with them.
type DecimalHandling string

// The modes.
const (
	DecimalPrecise DecimalHandling = "precise"
	DecimalDouble  DecimalHandling = "double"
	DecimalString  DecimalHandling = "string"
)

// TimePrecision is the connector's time.precision.mode, which is asked for only where events have no schema with them.
type TimePrecision string

// The modes. In the first two the unit of a number depends on the column: without a schema such a column needs its semantic type
// in Options.Semantics.
const (
	TimeAdaptive             TimePrecision = "adaptive"
	TimeAdaptiveMicroseconds TimePrecision = "adaptive_time_microseconds"
	TimeConnect              TimePrecision = "connect"
	TimeISOString            TimePrecision = "isostring"
	TimeMicroseconds         TimePrecision = "microseconds"
	TimeNanoseconds          TimePrecision = "nanoseconds"
)

// BinaryHandling is the connector's binary.handling.mode. Texts do not tell that they hold bytes: they become bytes where the table
// has a BINARY column.
type BinaryHandling string

// The modes.
const (
	BinaryBytes         BinaryHandling = "bytes"
	BinaryBase64        BinaryHandling = "base64"
	BinaryBase64URLSafe BinaryHandling = "base64-url-safe"
	BinaryHex           BinaryHandling = "hex"
)

// Unavailable is what connectors send, unless told otherwise, for a value that the log of the database does not have
// (unavailable.value.placeholder).
const Unavailable = "__debezium_unavailable_value"

// Options say what a [Decoder] makes of events. The zero Options read what Debezium writes with a schema in each event.
type Options struct {
	// Schema is that of rows, where events have no schema with them; nil: see TableSchema. Fields that it lacks are skipped.
	Schema *schema.Struct
	// TableSchema gives the columns of the table that changes of an origin go to, nil where there is no table yet. It is asked,
	// once for each origin in a chunk, where Schema is nil: for events without a schema it says what the fields are, for others it
	// decides what their schema leaves open. It may be called by several goroutines.
	TableSchema func(changes.Origin) (*schema.Struct, error)
	// Keys are the columns that name a row; where empty, those of the record's key.
	Keys []string
	// Semantics are the semantic types of columns, as Debezium names them ("io.debezium.time.Timestamp"), for events without a
	// schema whose values alone do not tell.
	Semantics map[string]string

	DecimalHandling DecimalHandling // DecimalPrecise where empty
	TimePrecision   TimePrecision   // TimeAdaptive where empty
	BinaryHandling  BinaryHandling  // BinaryBytes where empty

	// UnavailableValue is the connector's unavailable.value.placeholder; [Unavailable] where empty.
	UnavailableValue string
	// AddedFieldPrefix is add.fields.prefix of ExtractNewRecordState; "__" where empty.
	AddedFieldPrefix string

	// Admit is asked once in each chunk for each origin and schema of rows in it: a reason rejects the records, an error ends the
	// decoding. Nil admits all. It may be called by several goroutines.
	Admit func(changes.Batch) (reason string, err error)
	// OnError is DeadLetter where empty.
	OnError OnError
	// KeepMemory is how many bytes of released batches are kept for the next ones, over all tasks; 64 MiB where 0, nothing where
	// negative.
	KeepMemory int
}

// withDefaults fills in what was left out, and checks the rest.
func (o Options) withDefaults() (Options, error) {
	set(&o.OnError, DeadLetter)
	set(&o.DecimalHandling, DecimalPrecise)
	set(&o.TimePrecision, TimeAdaptive)
	set(&o.BinaryHandling, BinaryBytes)
	set(&o.UnavailableValue, Unavailable)
	set(&o.AddedFieldPrefix, "__")
	if o.KeepMemory == 0 {
		o.KeepMemory = 64 << 20
	}
	for _, err := range []error{
		oneOf("on_error", o.OnError, DeadLetter, Fail, Drop),
		oneOf("decimal_handling_mode", o.DecimalHandling, DecimalPrecise, DecimalDouble, DecimalString),
		oneOf("time_precision_mode", o.TimePrecision, TimeAdaptive, TimeAdaptiveMicroseconds, TimeConnect, TimeISOString, TimeMicroseconds, TimeNanoseconds),
		oneOf("binary_handling_mode", o.BinaryHandling, BinaryBytes, BinaryBase64, BinaryBase64URLSafe, BinaryHex),
	} {
		if err != nil {
			return o, err
		}
	}
	for column, name := range o.Semantics {
		if _, ok := semantics[name]; !ok {
			return o, fmt.Errorf("format debezium: semantics: column %s: %q is no semantic type of Debezium", column, name)
		}
	}
	return o, nil
}

func set[T ~string](v *T, to T) {
	if *v == "" {
		*v = to
	}
}

func oneOf[T ~string](name string, v T, all ...T) error {
	list := ""
	for i, a := range all {
		if v == a {
			return nil
		}
		if i > 0 {
			list += ", "
		}
		list += string(a)
	}
	return fmt.Errorf("format debezium: %s: %q is none of %s", name, string(v), list)
}
