package json

import (
	"fmt"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/decimal128"

	"github.com/ingestd/ingestd/internal/arrowbuf"
	"github.com/ingestd/ingestd/stream/format/internal/textval"
	"github.com/ingestd/ingestd/table/arrowmap"
	"github.com/ingestd/ingestd/txlog/schema"
)

// compiler makes the nodes of one task.
type compiler struct {
	opts Options
	pool *arrowbuf.Pool
	seed func() uint64
}

// root makes the object that records are read with.
func (c *compiler) root() (*object, error) {
	o, err := c.object(c.opts.Schema, "", 1)
	o.root = true
	return &o, err
}

func (c *compiler) object(s *schema.Struct, path string, depth int) (object, error) {
	o := object{
		fields: make([]field, len(s.Fields)),
		byName: make(map[string]*field, len(s.Fields)),
		after:  make([]*field, len(s.Fields)+1),
		depth:  depth,
	}
	for i, sf := range s.Fields {
		f := &o.fields[i]
		f.name, f.ord, f.nullable, f.keyMatch = sf.Name, i+1, sf.Nullable, newKeyMatch(sf.Name)
		if o.byName[sf.Name] != nil {
			return o, &SchemaError{Column: join(path, sf.Name), Reason: "there are two of that name"}
		}
		o.byName[sf.Name] = f
		o.after[i] = f
		var err error
		if f.node, err = c.node(sf.Type, join(path, sf.Name), depth); err != nil {
			return o, err
		}
	}
	o.after[len(s.Fields)] = &field{} // matches nothing
	return o, nil
}

// node makes the node of a type; depth is how many objects and arrays its values stand in.
func (c *compiler) node(t schema.Type, path string, depth int) (node, error) {
	dt, err := arrowmap.ToArrowType(t)
	if err != nil {
		return nil, &SchemaError{Column: path, Reason: err.Error()}
	}
	switch t := t.(type) {
	case schema.Primitive:
		if n := c.primitive(t, dt, depth); n != nil {
			return n, nil
		}
	case schema.Decimal:
		return &decimalNode{
			fixed: newFixed[decimal128.Num](c, dt), scale: t.Scale, limit: textval.Power10(t.Precision),
			ddl: fmt.Sprintf("DECIMAL(%d,%d)", t.Precision, t.Scale),
		}, nil
	case *schema.Struct:
		o, err := c.object(t, path, depth+1)
		return &structNode{object: o, nulls: arrowbuf.NewNulls(c.pool), dt: dt}, err
	case *schema.Array:
		n, err := c.node(t.Element, join(path, arrowmap.ElementName), depth+1)
		return &listNode{offs: arrowbuf.NewOffsets(c.pool), element: member{node: n, nullable: t.ContainsNull}, dt: dt}, err
	case *schema.Map:
		if t.Key != schema.String {
			return nil, &SchemaError{Column: path, Reason: "the keys of JSON objects are strings; use MAP<STRING, ...>"}
		}
		n, err := c.node(t.Value, join(path, arrowmap.ValueName), depth+1)
		return &mapNode{
			offs: arrowbuf.NewOffsets(c.pool), keys: arrowbuf.NewBytes(c.pool), value: member{node: n, nullable: t.ValueContainsNull},
			dt: dt, entries: dt.(*arrow.MapType).Elem(),
		}, err
	}
	return nil, &SchemaError{Column: path, Reason: "no JSON is read as " + strings.ToUpper(t.String()) + "; take STRING, which keeps the JSON as it is"}
}

func (c *compiler) primitive(t schema.Primitive, dt arrow.DataType, depth int) node {
	switch t {
	case schema.String:
		if depth == 1 {
			return &stringNode{col: arrowbuf.NewStrings(c.pool, c.seed()), depth: depth}
		}
		return &textNode{bytesCol: bytesCol{col: arrowbuf.NewBytes(c.pool), dt: dt}, depth: depth}
	case schema.Binary:
		return &binaryNode{bytesCol: bytesCol{col: arrowbuf.NewBytes(c.pool), dt: dt}}
	case schema.Long:
		return &intNode[int64]{fixed: newFixed[int64](c, dt), ddl: "BIGINT"}
	case schema.Integer:
		return &intNode[int32]{fixed: newFixed[int32](c, dt), ddl: "INT"}
	case schema.Short:
		return &intNode[int16]{fixed: newFixed[int16](c, dt), ddl: "SMALLINT"}
	case schema.Byte:
		return &intNode[int8]{fixed: newFixed[int8](c, dt), ddl: "TINYINT"}
	case schema.Double:
		return &doubleNode{newFixed[float64](c, dt)}
	case schema.Float:
		return &floatNode{newFixed[float32](c, dt)}
	case schema.Boolean:
		return &boolNode{arrowbuf.NewBools(c.pool)}
	case schema.Date:
		return &dateNode{newFixed[int32](c, dt)}
	case schema.Timestamp, schema.TimestampNTZ:
		return &timestampNode{
			fixed: newFixed[int64](c, dt), ntz: t == schema.TimestampNTZ,
			zone: c.opts.TimeZone, utc: c.opts.TimeZone.String() == "UTC",
		}
	}
	return nil
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}
