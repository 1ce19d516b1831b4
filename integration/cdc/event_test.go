//go:build integration

package cdc

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
)

// An event is what Debezium sends of a change, its schema with it.
type event struct {
	schema *connectSchema
	payload
}

type payload struct {
	After  map[string]any
	Op     string
	Source struct{ LSN int64 }
}

// A reader reads events. Schemas, which are long, it reads once.
type reader map[string]*connectSchema

func (r reader) event(value []byte) (event, error) {
	var raw struct{ Schema, Payload json.RawMessage }
	if err := parse(value, &raw); err != nil {
		return event{}, err
	}
	e := event{schema: r[string(raw.Schema)]}
	if e.schema == nil {
		if err := parse(raw.Schema, &e.schema); err != nil {
			return event{}, err
		}
		r[string(raw.Schema)] = e.schema
	}
	return e, parse(raw.Payload, &e.payload)
}

// keyOf is the key of a record, or that in the header __debezium.oldkey, which has no schema, in a form that is equal where
// they are. The header spells decimals and bytes otherwise; no key that changes here has such a column.
func keyOf(text []byte) (string, error) {
	var key map[string]any
	if err := parse(text, &key); err != nil {
		return "", err
	}
	if payload, ok := key["payload"].(map[string]any); ok {
		key = payload
	}
	form, err := json.Marshal(key)
	return string(form), err
}

// A connectSchema is Kafka Connect's.
type connectSchema struct {
	Type       string
	Name       string
	Field      string
	Items      *connectSchema
	Fields     []*connectSchema
	Parameters map[string]string
}

// parse reads JSON, numbers as they are written.
func parse(text []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	return d.Decode(into)
}

// field is the schema of a field.
func (s *connectSchema) field(name string) *connectSchema {
	for _, f := range s.Fields {
		if f.Field == name {
			return f
		}
	}
	return &connectSchema{}
}

const debeziumTime = "io.debezium.time."

// arrowType is what values of the schema become in a lake.
func (s *connectSchema) arrowType() (arrow.DataType, error) {
	switch s.Name {
	case debeziumTime + "Date":
		return arrow.FixedWidthTypes.Date32, nil
	case debeziumTime + "Timestamp", debeziumTime + "MicroTimestamp":
		return wall, nil
	case debeziumTime + "ZonedTimestamp":
		return zoned, nil
	case debeziumTime + "Time", debeziumTime + "MicroTime", "io.debezium.data.VariableScaleDecimal":
		return arrow.BinaryTypes.String, nil
	case "org.apache.kafka.connect.data.Decimal":
		precision := int64(38)
		if p, ok := s.Parameters["connect.decimal.precision"]; ok {
			precision, _ = strconv.ParseInt(p, 10, 32)
		}
		return &arrow.Decimal128Type{Precision: int32(precision), Scale: s.scale()}, nil
	}
	switch s.Type {
	case "int16":
		return arrow.PrimitiveTypes.Int16, nil
	case "int32":
		return arrow.PrimitiveTypes.Int32, nil
	case "int64":
		return arrow.PrimitiveTypes.Int64, nil
	case "float":
		return arrow.PrimitiveTypes.Float32, nil
	case "double":
		return arrow.PrimitiveTypes.Float64, nil
	case "boolean":
		return arrow.FixedWidthTypes.Boolean, nil
	case "string":
		return arrow.BinaryTypes.String, nil
	case "bytes":
		return arrow.BinaryTypes.Binary, nil
	case "array":
		element, err := s.Items.arrowType()
		if err != nil {
			return nil, err
		}
		return arrow.ListOf(element), nil
	}
	return nil, fmt.Errorf("the suite does not know the schema %s %s", s.Type, s.Name)
}

func (s *connectSchema) scale() int32 {
	scale, _ := strconv.ParseInt(s.Parameters["scale"], 10, 32)
	return int32(scale)
}

// value is a value of the payload as a cell.
func (s *connectSchema) value(v any) (cell, error) {
	if v == nil {
		return nil, nil
	}
	switch s.Name {
	case debeziumTime + "Timestamp":
		return integer(v, 1000)
	case debeziumTime + "Time":
		return timeOfDay(v, time.Millisecond)
	case debeziumTime + "MicroTime":
		return timeOfDay(v, time.Microsecond)
	case debeziumTime + "ZonedTimestamp":
		t, err := time.Parse(time.RFC3339Nano, fmt.Sprint(v))
		return t.UnixMicro(), err
	case "org.apache.kafka.connect.data.Decimal":
		unscaled, err := bigInt(v)
		return decimal{unscaled, s.scale()}, err
	case "io.debezium.data.VariableScaleDecimal":
		return variable(v)
	}
	switch s.Type {
	case "int16", "int32", "int64":
		return integer(v, 1)
	case "float":
		return floating(v, 32)
	case "double":
		return floating(v, 64)
	case "bytes":
		return base64.StdEncoding.DecodeString(fmt.Sprint(v))
	case "array":
		list := []cell{}
		for _, item := range v.([]any) {
			c, err := s.Items.value(item)
			if err != nil {
				return nil, err
			}
			list = append(list, c)
		}
		return list, nil
	}
	return v, nil // a string or a bool
}

func integer(v any, times int64) (cell, error) {
	n, err := strconv.ParseInt(fmt.Sprint(v), 10, 64)
	return n * times, err
}

func floating(v any, bits int) (cell, error) {
	switch v {
	case "NaN":
		return math.NaN(), nil
	case "Infinity":
		return math.Inf(1), nil
	case "-Infinity":
		return math.Inf(-1), nil
	}
	return strconv.ParseFloat(fmt.Sprint(v), bits)
}

func timeOfDay(v any, unit time.Duration) (cell, error) {
	n, err := strconv.ParseInt(fmt.Sprint(v), 10, 64)
	return time.Unix(0, 0).UTC().Add(time.Duration(n) * unit).Format("15:04:05.000000"), err
}

// bigInt reads a whole number from base64 of its bytes, in two's complement.
func bigInt(v any) (*big.Int, error) {
	b, err := base64.StdEncoding.DecodeString(fmt.Sprint(v))
	n := new(big.Int).SetBytes(b)
	if len(b) > 0 && b[0] >= 0x80 {
		n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(8*len(b))))
	}
	return n, err
}

// variable spells a decimal that has a scale of its own.
func variable(v any) (cell, error) {
	parts := v.(map[string]any)
	scale, err := strconv.Atoi(fmt.Sprint(parts["scale"]))
	if err != nil {
		return nil, err
	}
	n, err := bigInt(parts["value"])
	if err != nil || scale == 0 {
		return n.String(), err
	}
	sign, digits := "", new(big.Int).Abs(n).String()
	if n.Sign() < 0 {
		sign = "-"
	}
	if short := scale + 1 - len(digits); short > 0 {
		digits = strings.Repeat("0", short) + digits
	}
	return sign + digits[:len(digits)-scale] + "." + digits[len(digits)-scale:], nil
}

const placeholder = "__debezium_unavailable_value"

var placeholderBytes = base64.StdEncoding.EncodeToString([]byte(placeholder))

// unavailable tells whether a value of the payload stands for one that Debezium does not know.
func (s *connectSchema) unavailable(v any) bool {
	switch s.Type {
	case "string":
		return v == placeholder
	case "bytes":
		return v == placeholderBytes
	case "array":
		items, _ := v.([]any)
		return len(items) == 1 && s.Items.unavailable(items[0])
	}
	return false
}
