package debezium

import (
	"fmt"
	"strings"

	"github.com/ingestd/ingestd/txlog/schema"
)

// columns are those of rows of the schema c. declared is the table's schema, or nil.
func (o *Options) columns(c *connectSchema, declared *schema.Struct) ([]planField, error) {
	if len(c.Fields) > maxColumns {
		return nil, fmt.Errorf("%d columns, which are more than %d", len(c.Fields), maxColumns)
	}
	var fields []planField
	for i := range c.Fields {
		f := &c.Fields[i]
		p, err := o.planOf(&f.connectSchema, typeIn(declared, f.Field), f.Field)
		if err != nil {
			return nil, err
		}
		fields = append(fields, planField{name: f.Field, required: !f.Optional, plan: p})
	}
	return fields, nil
}

// planOf decides what becomes of a column of the schema c. declared is its type in the table, or nil: it decides only where the
// schema leaves it open, for decimals and for bytes that come as texts.
func (o *Options) planOf(c *connectSchema, declared schema.Type, path string) (*plan, error) {
	if c.Name != "" {
		p, known, err := o.named(c, declared, path)
		if known || err != nil {
			return p, err
		}
	}
	switch c.Type {
	case "int8":
		return &plan{typ: schema.Byte, enc: asInt}, nil
	case "int16":
		return &plan{typ: schema.Short, enc: asInt}, nil
	case "int32":
		return &plan{typ: schema.Integer, enc: asInt}, nil
	case "int64":
		return &plan{typ: schema.Long, enc: asInt}, nil
	case "float", "float32":
		return &plan{typ: schema.Float, enc: asFloat}, nil
	case "double", "float64":
		if d, ok := declared.(schema.Decimal); ok {
			return &plan{typ: d, enc: asDecimalNumber}, nil
		}
		return &plan{typ: schema.Double, enc: asFloat}, nil
	case "boolean":
		return &plan{typ: schema.Boolean, enc: asBool}, nil
	case "string":
		return o.textPlan(declared), nil
	case "bytes":
		return &plan{typ: schema.Binary, enc: asBytes}, nil
	}
	return o.nestedPlan(c, declared, path)
}

// textPlan is the plan of strings without a name: what decimal.handling.mode string and the binary.handling.modes that make texts
// send looks like any text, so that only the table tells.
func (o *Options) textPlan(declared schema.Type) *plan {
	if d, ok := declared.(schema.Decimal); ok {
		return &plan{typ: d, enc: asDecimalText}
	}
	if declared == schema.Binary {
		if enc, ok := binaryTexts[o.BinaryHandling]; ok {
			return &plan{typ: schema.Binary, enc: enc}
		}
	}
	return &plan{typ: schema.String, enc: asText}
}

var binaryTexts = map[BinaryHandling]encoding{BinaryBase64: asBase64, BinaryBase64URLSafe: asBase64URL, BinaryHex: asHex}

// semantics are the types that Debezium and Kafka Connect give names to, as they are sent and as they are kept. Those that are not
// here are what their fields are: points and geometries, for example, are structs.
var semantics = map[string]struct {
	connect string
	plan
}{
	"io.debezium.time.Date":                   {"int32", plan{typ: schema.Date, enc: asDays}},
	"org.apache.kafka.connect.data.Date":      {"int32", plan{typ: schema.Date, enc: asDays}},
	"io.debezium.time.IsoDate":                {"string", plan{typ: schema.Date, enc: asISODate}},
	"io.debezium.time.Time":                   {"int32", plan{typ: schema.String, enc: asMillisOfDay}},
	"org.apache.kafka.connect.data.Time":      {"int32", plan{typ: schema.String, enc: asMillisOfDay}},
	"io.debezium.time.MicroTime":              {"int64", plan{typ: schema.String, enc: asMicrosOfDay}},
	"io.debezium.time.NanoTime":               {"int64", plan{typ: schema.String, enc: asNanosOfDay}},
	"io.debezium.time.IsoTime":                {"string", plan{typ: schema.String, enc: asISOTime}},
	"io.debezium.time.Timestamp":              {"int64", plan{typ: schema.TimestampNTZ, enc: asMillis}},
	"org.apache.kafka.connect.data.Timestamp": {"int64", plan{typ: schema.TimestampNTZ, enc: asMillis}},
	"io.debezium.time.MicroTimestamp":         {"int64", plan{typ: schema.TimestampNTZ, enc: asMicros}},
	"io.debezium.time.NanoTimestamp":          {"int64", plan{typ: schema.TimestampNTZ, enc: asNanos}},
	"io.debezium.time.IsoTimestamp":           {"string", plan{typ: schema.TimestampNTZ, enc: asISOTimestamp}},
	"io.debezium.time.ZonedTimestamp":         {"string", plan{typ: schema.Timestamp, enc: asZonedTimestamp}},
	"io.debezium.time.ZonedTime":              {"string", plan{typ: schema.String, enc: asText}},
	"io.debezium.time.Interval":               {"string", plan{typ: schema.String, enc: asText}},
	"io.debezium.time.MicroDuration":          {"int64", plan{typ: schema.Long, enc: asInt}},
	"io.debezium.time.NanoDuration":           {"int64", plan{typ: schema.Long, enc: asInt}},
	"io.debezium.time.Year":                   {"int32", plan{typ: schema.Integer, enc: asInt}},
	"io.debezium.data.Bits":                   {"bytes", plan{typ: schema.Binary, enc: asBytes}},
	"io.debezium.data.Json":                   {"string", plan{typ: schema.String, enc: asText}},
	"io.debezium.data.Uuid":                   {"string", plan{typ: schema.String, enc: asText}},
	"io.debezium.data.Xml":                    {"string", plan{typ: schema.String, enc: asText}},
	"io.debezium.data.Enum":                   {"string", plan{typ: schema.String, enc: asText}},
	"io.debezium.data.EnumSet":                {"string", plan{typ: schema.String, enc: asText}},
	"io.debezium.data.Ltree":                  {"string", plan{typ: schema.String, enc: asText}},
	"io.debezium.data.Tsvector":               {"string", plan{typ: schema.String, enc: asText}},
	"io.debezium.data.VariableScaleDecimal":   {"struct", plan{typ: schema.String, enc: asVariableDecimal}},
	"org.apache.kafka.connect.data.Decimal":   {"bytes", plan{enc: asDecimal}},
}

// named is the plan of a schema whose name is known.
func (o *Options) named(c *connectSchema, declared schema.Type, path string) (*plan, bool, error) {
	s, ok := semantics[c.Name]
	if !ok {
		return nil, false, nil
	}
	if s.connect != c.Type {
		return nil, true, fmt.Errorf("%s: %s is sent as %s, not as %s", path, c.Name, s.connect, c.Type)
	}
	p := s.plan
	switch p.enc {
	case asDecimal:
		return decimalPlan(c, declared, path)
	case asVariableDecimal:
		if d, ok := declared.(schema.Decimal); ok {
			p.typ = d
		}
	case asMillisOfDay, asMicrosOfDay, asNanosOfDay, asISOTime:
		if declared == schema.Long {
			p.typ = schema.Long
		}
	}
	return &p, true, nil
}

// decimalPlan is that of org.apache.kafka.connect.data.Decimal: DECIMAL where the precision fits, else STRING.
func decimalPlan(c *connectSchema, declared schema.Type, path string) (*plan, bool, error) {
	scale, ok := c.parameter("scale")
	if !ok || scale < -maxScale || scale > maxScale {
		return nil, true, fmt.Errorf("%s: a Decimal without a scale", path)
	}
	p := &plan{enc: asDecimal, scale: scale, typ: schema.String}
	precision, ok := c.parameter("connect.decimal.precision")
	if ok && scale >= 1024 && scale < 2048 { // a negative scale of PostgreSQL, of which Debezium takes the lowest 11 bits
		scale -= 2048
	}
	d, isDecimal := declared.(schema.Decimal)
	switch {
	case !ok && isDecimal:
		p.typ = d
	case !ok && scale >= 0 && scale < maxPrecision:
		p.typ = schema.Decimal{Precision: maxPrecision, Scale: scale}
	case ok && precision > 0 && scale < 0 && precision-scale <= maxPrecision: // NUMBER(5, -2): hundreds
		p.typ = schema.Decimal{Precision: precision - scale}
	case ok && precision > 0 && scale >= 0 && max(precision, scale) <= maxPrecision: // numeric(3, 5): 0.00xxx
		p.typ = schema.Decimal{Precision: max(precision, scale), Scale: scale}
	}
	return p, true, nil
}

// maxPrecision is the most digits that a DECIMAL has.
const maxPrecision = 38

func (o *Options) nestedPlan(c *connectSchema, declared schema.Type, path string) (*plan, error) {
	switch c.Type {
	case "array":
		var d schema.Type
		if a, ok := declared.(*schema.Array); ok {
			d = a.Element
		}
		e, err := o.planOf(c.Items, d, join(path, "element"))
		if err != nil {
			return nil, err
		}
		e.nullable = c.Items.Optional
		return &plan{typ: &schema.Array{Element: e.typ, ContainsNull: true}, enc: asList, element: e}, nil
	case "map":
		k, err := o.planOf(c.Keys, nil, join(path, "key"))
		if err != nil {
			return nil, err
		}
		var d schema.Type
		if m, ok := declared.(*schema.Map); ok {
			d = m.Value
		}
		v, err := o.planOf(c.Values, d, join(path, "value"))
		if err != nil {
			return nil, err
		}
		v.nullable = c.Values.Optional
		enc := asMap
		if c.Keys.Type != "string" || c.Keys.Optional {
			enc = asPairs
		}
		return &plan{typ: &schema.Map{Key: k.typ, Value: v.typ, ValueContainsNull: true}, enc: enc, key: k, element: v}, nil
	}
	p := &plan{enc: asStruct}
	t := &schema.Struct{}
	for i := range c.Fields {
		f := &c.Fields[i]
		var d schema.Type
		if s, ok := declared.(*schema.Struct); ok {
			d = typeIn(s, f.Field)
		}
		fp, err := o.planOf(&f.connectSchema, d, join(path, f.Field))
		if err != nil {
			return nil, err
		}
		pf := planField{name: f.Field, required: !f.Optional, plan: fp}
		p.fields = append(p.fields, pf)
		t.Fields = append(t.Fields, pf.column())
	}
	p.typ = t
	return p, nil
}

// typeIn is the type of a column, whose name may differ in case as it may in a table; nil where there is none of that name.
func typeIn(s *schema.Struct, name string) schema.Type {
	if s == nil {
		return nil
	}
	var folded schema.Type
	for i := range s.Fields {
		if s.Fields[i].Name == name {
			return s.Fields[i].Type
		}
		if strings.EqualFold(s.Fields[i].Name, name) {
			folded = s.Fields[i].Type
		}
	}
	return folded
}
