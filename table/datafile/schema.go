package datafile

import (
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/parquet-go/parquet-go/format"

	"github.com/ingestd/ingestd/table/arrowmap"
	"github.com/ingestd/ingestd/txlog/schema"
)

// node is a field of the file: its type, and at which levels its values are there.
type node struct {
	name     string
	path     []string // in the table's names, without Parquet's inner groups
	typ      schema.Type
	arrow    arrow.DataType
	optional bool
	def, rep uint8 // the definition level of a value that is not null, and its repetition level

	children []*node // of a struct; element of a list; key and value of a map
	leaf     *leaf   // of a flat type
	nulls    int64   // of a list or map that is not inside another: how many are null, for statistics
}

// leaf is a column of the file in Parquet's sense.
type leaf struct {
	*node
	index      int
	parquet    []string // path with the inner groups of lists and maps
	physical   format.Type
	length     int  // of FIXED_LEN_BYTE_ARRAY
	inRepeated bool // below a list or map: no statistics in the log
}

// layout is a file schema with its leaves in order.
type layout struct {
	schema   *arrow.Schema
	fields   []*node
	leaves   []*leaf
	elements []format.SchemaElement
	fieldIDs bool
}

// newLayout lays out a table's data columns. Errors: *arrowmap.UnsupportedTypeError.
// With fieldIDs, elements have the ids of column mapping.
func newLayout(s *schema.Struct, fieldIDs bool) (*layout, error) {
	as, err := arrowmap.ToArrow(s)
	if err != nil {
		return nil, err
	}
	l := &layout{schema: as, fieldIDs: fieldIDs}
	l.elements = append(l.elements, group("spark_schema", format.Required, len(s.Fields)))
	l.elements[0].RepetitionType.V, l.elements[0].RepetitionType.Valid = 0, false
	for i, f := range s.Fields {
		n, err := l.field(f, as.Field(i).Type, parent{})
		if err != nil {
			return nil, err
		}
		l.fields = append(l.fields, n)
	}
	return l, nil
}

// parent is what a field has from those around it.
type parent struct {
	path, parquet []string
	def, rep      uint8
	id            int32   // of the field itself, where it is an element, key or value
	nested        nesting // of what is inside of the nearest field above
}

// nesting is the ids of what is inside of the arrays and maps of a field, and the key of the place in hand.
type nesting struct {
	ids map[string]int64
	at  string
}

// in is the place of an element, key or value, and its id.
func (n nesting) in(name string) (nesting, int32) {
	n.at += "." + name
	return n, int32(n.ids[n.at])
}

func (l *layout) field(f schema.Field, dt arrow.DataType, p parent) (*node, error) {
	n := &node{name: f.Name, path: with(p.path, f.Name), typ: f.Type, arrow: dt, optional: f.Nullable, def: p.def, rep: p.rep}
	repetition := format.Required
	if f.Nullable {
		repetition = format.Optional
		n.def++
	}
	if n.def >= 127 || n.rep >= 127 {
		return nil, &arrowmap.UnsupportedTypeError{Column: f.Name, Type: fmt.Sprint(f.Type), Reason: "nested too deep"}
	}
	inner := parent{path: n.path, parquet: with(p.parquet, f.Name), def: n.def, rep: n.rep, nested: p.nested}
	at := len(l.elements)
	if id, ok := f.FieldID(); ok && l.fieldIDs {
		p.id, inner.nested = int32(id), nesting{ids: f.NestedIDs(), at: f.Name}
	}
	err := l.content(n, f, repetition, inner)
	if err == nil {
		l.elements[at].FieldID = p.id
	}
	return n, err
}

// content lays out what a field is made of, its own element first.
func (l *layout) content(n *node, f schema.Field, repetition format.FieldRepetitionType, inner parent) error {
	dt := n.arrow
	switch t := f.Type.(type) {
	case *schema.Struct:
		l.elements = append(l.elements, group(f.Name, repetition, len(t.Fields)))
		return l.structFields(n, t, dt.(*arrow.StructType), inner)
	case *schema.Array:
		list := group(f.Name, repetition, 1)
		list.LogicalType, list.ConvertedType = listType, converted(convertedList)
		l.elements = append(l.elements, list, group("list", format.Repeated, 1))
		inner.parquet, inner.def, inner.rep = with(inner.parquet, "list"), inner.def+1, inner.rep+1
		return l.inner(n, schema.Field{Name: arrowmap.ElementName, Type: t.Element, Nullable: t.ContainsNull}, dt.(*arrow.ListType).Elem(), inner)
	case *schema.Map:
		m := group(f.Name, repetition, 1)
		m.LogicalType, m.ConvertedType = mapType, converted(convertedMap)
		l.elements = append(l.elements, m, group("key_value", format.Repeated, 2))
		inner.parquet, inner.def, inner.rep = with(inner.parquet, "key_value"), inner.def+1, inner.rep+1
		mt := dt.(*arrow.MapType)
		if err := l.inner(n, schema.Field{Name: arrowmap.KeyName, Type: t.Key}, mt.KeyType(), inner); err != nil {
			return err
		}
		return l.inner(n, schema.Field{Name: arrowmap.ValueName, Type: t.Value, Nullable: t.ValueContainsNull}, mt.ItemType(), inner)
	}
	if f.Type == schema.Type(schema.Variant) {
		l.elements = append(l.elements, group(f.Name, repetition, 2))
		return l.structFields(n, variantFields, dt.(*arrow.StructType), inner)
	}
	return l.addLeaf(n, repetition, inner)
}

var variantFields = &schema.Struct{Fields: []schema.Field{{Name: "value", Type: schema.Binary}, {Name: "metadata", Type: schema.Binary}}}

func (l *layout) structFields(n *node, t *schema.Struct, dt *arrow.StructType, p parent) error {
	for i, f := range t.Fields {
		if err := l.child(n, f, dt.Field(i).Type, p); err != nil {
			return err
		}
	}
	return nil
}

// inner lays out an element, key or value.
func (l *layout) inner(n *node, f schema.Field, dt arrow.DataType, p parent) error {
	p.nested, p.id = p.nested.in(f.Name)
	return l.child(n, f, dt, p)
}

func (l *layout) child(n *node, f schema.Field, dt arrow.DataType, p parent) error {
	child, err := l.field(f, dt, p)
	n.children = append(n.children, child)
	return err
}

func (l *layout) addLeaf(n *node, repetition format.FieldRepetitionType, p parent) error {
	e, err := leafElement(n.typ)
	if err != nil {
		return &arrowmap.UnsupportedTypeError{Column: n.name, Type: fmt.Sprint(n.typ), Reason: err.Error()}
	}
	e.Name = n.name
	e.RepetitionType.V, e.RepetitionType.Valid = repetition, true
	n.leaf = &leaf{node: n, index: len(l.leaves), parquet: p.parquet, physical: e.Type.V, length: int(e.TypeLength.V), inRepeated: n.rep > 0}
	l.leaves = append(l.leaves, n.leaf)
	l.elements = append(l.elements, e)
	return nil
}

func with(path []string, name string) []string {
	return append(path[:len(path):len(path)], name)
}
