package debezium

import (
	"fmt"

	"github.com/ingestd/ingestd/stream/format/internal/jsontext"
	"github.com/ingestd/ingestd/txlog/schema"
)

// planFor is the plan of a column of the type t for values that come without a schema.
func (o *Options) planFor(name string, t schema.Type) *plan {
	if semantic, ok := o.Semantics[name]; ok {
		s := semantics[semantic]
		c := &connectSchema{Type: s.connect, Name: semantic}
		if d, ok := t.(schema.Decimal); ok {
			c.Parameters = map[string]string{"scale": fmt.Sprint(d.Scale), "connect.decimal.precision": fmt.Sprint(d.Precision)}
		}
		p, _, err := o.named(c, t, name)
		if err != nil {
			return refused(t, oneLine(err.Error()))
		}
		return p
	}
	switch t := t.(type) {
	case schema.Primitive:
		return o.primitive(t)
	case schema.Decimal:
		enc := map[DecimalHandling]encoding{DecimalPrecise: asDecimal, DecimalDouble: asDecimalNumber, DecimalString: asDecimalText}[o.DecimalHandling]
		return &plan{typ: t, enc: enc, scale: t.Scale}
	case *schema.Array:
		e := o.planFor(name+".element", t.Element)
		e.nullable = true
		return &plan{typ: &schema.Array{Element: e.typ, ContainsNull: true}, enc: asList, element: e}
	case *schema.Map:
		k, v := o.planFor(name+".key", t.Key), o.planFor(name+".value", t.Value)
		v.nullable = true
		enc := asPairs
		if t.Key == schema.String {
			enc = asMap
		}
		return &plan{typ: &schema.Map{Key: k.typ, Value: v.typ, ValueContainsNull: true}, enc: enc, key: k, element: v}
	case *schema.Struct:
		p, st := &plan{enc: asStruct}, &schema.Struct{}
		for _, f := range t.Fields {
			pf := planField{name: f.Name, plan: o.planFor(name+"."+f.Name, f.Type)}
			p.fields = append(p.fields, pf)
			st.Fields = append(st.Fields, pf.column())
		}
		p.typ = st
		return p
	}
	return refused(t, "a type that no event has")
}

func refused(t schema.Type, why string) *plan { return &plan{typ: t, enc: asRefused, reason: why} }

func (o *Options) primitive(t schema.Primitive) *plan {
	p := &plan{typ: t}
	switch t {
	case schema.Byte, schema.Short, schema.Integer, schema.Long:
		p.enc = asInt
	case schema.Float, schema.Double:
		p.enc = asFloat
	case schema.Boolean:
		p.enc = asBool
	case schema.String:
		p.enc = asAnyJSON
	case schema.Binary:
		p.enc = asBytes
		if enc, ok := binaryTexts[o.BinaryHandling]; ok {
			p.enc = enc
		}
	case schema.Timestamp:
		p.enc = asZonedTimestamp
	case schema.Date:
		p.enc = asDays
		if o.TimePrecision == TimeISOString {
			p.enc = asISODate
		}
	case schema.TimestampNTZ:
		switch o.TimePrecision {
		case TimeConnect:
			p.enc = asMillis
		case TimeMicroseconds:
			p.enc = asMicros
		case TimeNanoseconds:
			p.enc = asNanos
		case TimeISOString:
			p.enc = asISOTimestamp
		default:
			return refused(t, "a timestamp whose unit nothing tells; give its semantic type in the option semantics, or let the connector send schemas")
		}
	default:
		return refused(t, "a type that no event has")
	}
	return p
}

// inferrer finds the columns of rows that come without a schema.
type inferrer struct {
	opts  *Options
	s     *jsontext.Scanner
	known map[string]schema.Type // of columns that were inferred, by origin and name
}

// shape gives the columns of the row at p: their types are those of the table and, for columns that it does not have, what the
// values look like. Members that are no columns are ignored: those that were added, and those that never had a value and that the
// table lacks.
func (f *inferrer) shape(p int, origin string, table *schema.Struct, flat bool) (fields []planField, why string) {
	seen := map[string]bool{}
	q := f.s.Members(p, func(name []byte, p int) int {
		column := string(name)
		if flat && f.opts.addedField(column) != "" {
			return f.s.Skip(p, 1)
		}
		if seen[column] || len(fields) >= maxColumns {
			return f.s.Fail(p, jsontext.KindValue, "", "a column that comes twice, or too many")
		}
		seen[column] = true
		if t := typeIn(table, column); t != nil {
			fields = append(fields, planField{name: column, plan: f.opts.planFor(column, t)})
			return f.s.Skip(p, 1)
		}
		pl, why := f.infer(p, origin+"\x00"+column)
		if why != "" {
			f.s.Fail(p, jsontext.KindValue, "", why)
			f.s.Within(column)
			return -1
		}
		fields = append(fields, planField{name: column, plan: pl})
		return f.s.Skip(p, 1)
	})
	if q < 0 {
		return nil, f.s.Failure.Reason()
	}
	return fields, ""
}

const (
	maxColumns  = 10_000
	maxInferred = 100_000
)

// infer is the plan of a column by the value at p and those before.
func (f *inferrer) infer(p int, column string) (*plan, problem) {
	t := f.known[column]
	looks := f.looks(p)
	switch {
	case t == nil && looks == nil:
		return &plan{typ: schema.Void, enc: asUnknown}, ""
	case t == nil || t == schema.Long && looks == schema.Double:
		if t = looks; len(f.known) < maxInferred {
			f.known[column] = t
		}
	case looks == nil || looks == t || t == schema.Double && (looks == schema.Long || f.notFinite(p)):
	default:
		return nil, fmt.Sprintf("a value that looks like %s where those before looked like %s", looks, t)
	}
	return f.opts.primitive(t.(schema.Primitive)), ""
}

// notFinite says that the value at p is one of the texts that stand for a number which is not finite.
func (f *inferrer) notFinite(p int) bool {
	if !isText(f.s, p) {
		return false
	}
	t, q := f.s.Text(p)
	_, ok := jsontext.Special(t)
	return q >= 0 && ok
}

// looks is the type that a value looks like; nil for null.
func (f *inferrer) looks(p int) schema.Type {
	b := f.s.B
	if p >= len(b) {
		return nil
	}
	switch b[p] {
	case '"', '{', '[':
		return schema.String
	case 't', 'f':
		return schema.Boolean
	case 'n':
		return nil
	}
	if n, q := f.s.Number(p); q >= 0 && n.Integer {
		return schema.Long
	}
	return schema.Double
}
