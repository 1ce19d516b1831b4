package debezium

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/decimal128"

	"github.com/ingestd/ingestd/internal/arrowbuf"
	"github.com/ingestd/ingestd/stream/format/internal/textval"
	"github.com/ingestd/ingestd/table/arrowmap"
	"github.com/ingestd/ingestd/txlog/schema"
)

// compiler makes columns, and what reads JSON into them.
type compiler struct {
	pool *arrowbuf.Pool
	seed func() uint64
}

// member makes the column of a plan; top says that it is one of the table.
func (c *compiler) member(p *plan, nullable, top bool) (member, error) {
	m := member{nullable: nullable}
	dt, err := arrowmap.ToArrowType(p.typ)
	if err != nil {
		return m, err
	}
	switch p.enc {
	case asUnknown:
		m.column, m.node = nothing{dt}, jsonRefused{"a value where there was none before"}
	case asRefused:
		m.column, m.node = nothing{dt}, jsonRefused{p.reason}
	case asInt, asDays, asMillis, asMicros, asNanos, asMillisOfDay, asMicrosOfDay, asNanosOfDay:
		col := c.ints(p, dt, top)
		m.column, m.node = col, jsonInt{col}
	case asFloat:
		m.column, m.node = c.floats(p, dt)
	case asBool:
		col := &bools{arrowbuf.NewBools(c.pool)}
		m.column, m.node = col, jsonBool{&col.col}
	case asText, asISODate, asISOTime, asISOTimestamp, asZonedTimestamp, asDecimalText, asBase64, asBase64URL, asHex:
		col := c.textColumn(p, dt, top)
		m.column, m.node = col, jsonText{col}
	case asAnyJSON:
		col := c.texts(top)
		m.column, m.node = &col, jsonAny{&col}
	case asBytes:
		col := &binaries{col: arrowbuf.NewBytes(c.pool)}
		m.column, m.node = col, &jsonBytes{col: col}
	case asDecimal, asVariableDecimal, asDecimalNumber:
		m.column, m.node = c.decimal(p, dt, top)
	default:
		m.column, m.node, err = c.nested(p, dt)
	}
	return m, err
}

func (c *compiler) texts(top bool) texts {
	if top {
		dict := arrowbuf.NewStrings(c.pool, c.seed())
		return texts{dict: &dict}
	}
	return texts{col: arrowbuf.NewBytes(c.pool)}
}

func newFixed[T arrowbuf.Value](c *compiler, dt arrow.DataType) fixed[T] {
	return fixed[T]{col: arrowbuf.NewFixed[T](c.pool), dt: dt}
}

// units of times of day, in nanoseconds.
var timeUnits = map[encoding]int64{asMillisOfDay: 1_000_000, asMicrosOfDay: 1000, asNanosOfDay: 1}

func (c *compiler) ints(p *plan, dt arrow.DataType, top bool) intColumn {
	if unit, ok := timeUnits[p.enc]; ok {
		if p.typ == schema.String {
			return &times{texts: c.texts(top), unit: unit}
		}
		return &timestamps{newFixed[int64](c, dt), map[int64]func(int64) (int64, problem){
			1_000_000: millisToMicros, 1000: microsToMicros, 1: nanosToMicros,
		}[unit]}
	}
	switch p.enc {
	case asDays:
		return &days{ints[int32]{newFixed[int32](c, dt)}}
	case asMillis:
		return &timestamps{newFixed[int64](c, dt), millisToMicros}
	case asMicros:
		return &timestamps{newFixed[int64](c, dt), microsToMicros}
	case asNanos:
		return &timestamps{newFixed[int64](c, dt), nanosToMicros}
	}
	switch p.typ {
	case schema.Byte:
		return &ints[int8]{newFixed[int8](c, dt)}
	case schema.Short:
		return &ints[int16]{newFixed[int16](c, dt)}
	case schema.Integer:
		return &ints[int32]{newFixed[int32](c, dt)}
	}
	return &ints[int64]{newFixed[int64](c, dt)}
}

func (c *compiler) floats(p *plan, dt arrow.DataType) (column, node) {
	if p.typ == schema.Float {
		col := newFixed[float32](c, dt)
		return &col, jsonFloat[float32]{&col.col}
	}
	col := newFixed[float64](c, dt)
	return &col, jsonFloat[float64]{&col.col}
}

func (c *compiler) textColumn(p *plan, dt arrow.DataType, top bool) textColumn {
	switch p.enc {
	case asISODate:
		return &dates{newFixed[int32](c, dt)}
	case asISOTime:
		if p.typ == schema.Long {
			return &timestampTexts{newFixed[int64](c, dt), func(t []byte) (int64, problem) {
				nanos, why := isoTime(t)
				if why != "" {
					return 0, why
				}
				return nanosToMicros(nanos)
			}}
		}
		return &isoTimes{times{texts: c.texts(top), unit: 1}}
	case asISOTimestamp:
		return &timestampTexts{newFixed[int64](c, dt), isoTimestamp}
	case asZonedTimestamp:
		return &timestampTexts{newFixed[int64](c, dt), zonedTimestamp}
	case asDecimalText:
		return c.decimals(p, dt)
	case asBase64:
		return &binaries{col: arrowbuf.NewBytes(c.pool), decode: base64.StdEncoding.AppendDecode}
	case asBase64URL:
		return &binaries{col: arrowbuf.NewBytes(c.pool), decode: decodeURLSafe}
	case asHex:
		return &binaries{col: arrowbuf.NewBytes(c.pool), decode: hex.AppendDecode}
	}
	col := c.texts(top)
	return &col
}

// decodeURLSafe decodes Base64 of the URL-safe alphabet, padded or not.
func decodeURLSafe(out, t []byte) ([]byte, error) {
	for len(t) > 0 && t[len(t)-1] == '=' {
		t = t[:len(t)-1]
	}
	return base64.RawURLEncoding.AppendDecode(out, t)
}

func (c *compiler) decimals(p *plan, dt arrow.DataType) *decimals {
	d := p.typ.(schema.Decimal)
	return &decimals{
		fixed: newFixed[decimal128.Num](c, dt), sent: p.scale,
		decimalType: decimalType{scale: d.Scale, limit: textval.Power10(d.Precision)},
	}
}

// decimal makes a column of decimals, as DECIMAL or as STRING.
func (c *compiler) decimal(p *plan, dt arrow.DataType, top bool) (column, node) {
	if p.typ == schema.String {
		col := &decimalTexts{texts: c.texts(top), sent: p.scale}
		if p.enc == asVariableDecimal {
			return col, &jsonVariable{col: col}
		}
		return col, &jsonDecimal{jsonBytes{col: col}, col}
	}
	col := c.decimals(p, dt)
	switch p.enc {
	case asVariableDecimal:
		return col, &jsonVariable{col: col}
	case asDecimalNumber:
		return col, jsonDecimalNumber{col}
	}
	return col, &jsonDecimal{jsonBytes{col: col}, col}
}

func (c *compiler) nested(p *plan, dt arrow.DataType) (column, node, error) {
	switch p.enc {
	case asList:
		e, err := c.member(p.element, p.element.nullable, false)
		if err != nil {
			return nil, nil, err
		}
		col := &lists{offs: arrowbuf.NewOffsets(c.pool), values: e.column, dt: dt}
		return col, &jsonList{col, e}, nil
	case asMap, asPairs:
		k, err := c.member(p.key, false, false)
		if err != nil {
			return nil, nil, err
		}
		v, err := c.member(p.element, p.element.nullable, false)
		if err != nil {
			return nil, nil, err
		}
		m, ok := dt.(*arrow.MapType)
		if !ok {
			return nil, nil, fmt.Errorf("%s is no map", dt)
		}
		col := &lists{offs: arrowbuf.NewOffsets(c.pool), values: &entries{k.column, v.column, m.Elem()}, dt: dt}
		x := &jsonMap{col: col, key: k, value: v}
		if p.enc == asMap {
			x.keys, _ = k.column.(textColumn)
		}
		return col, x, nil
	}
	col := &structs{nulls: arrowbuf.NewNulls(c.pool), dt: dt}
	x := &jsonStruct{byName: map[string]int{}}
	for k, f := range p.fields {
		m, err := c.member(f.plan, !f.required, false)
		if err != nil {
			return nil, nil, err
		}
		x.byName[f.name] = k
		x.fields = append(x.fields, jsonField{member: m, name: f.name})
		col.fields = append(col.fields, m.column)
	}
	return col, x, nil
}
