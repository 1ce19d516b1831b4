package table

import (
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/ingestd/ingestd/table/arrowmap"
	"github.com/ingestd/ingestd/txlog/schema"
)

// accept gives the schema that the table has after rows of an incoming schema were appended. Columns
// are matched by name without regard to case; types may only widen (int in bigint, as Spark's ANSI
// store assignment has it for upcasts). Columns that the table lacks are added with merge, else refused;
// with merge, types of the table widen too where m lets them, which is recorded.
// The result is table itself where nothing is added. A column that is nothing but NULL (void) and that the
// table lacks is passed over, as Spark does.
// Errors: *schema.MergeError naming column and both types, *ExtraColumnsError, *MissingColumnError.
func accept(table, incoming *schema.Struct, merge bool, m schema.Merger) (*schema.Struct, error) {
	if schema.Contains(table, func(t schema.Type) bool { return t == schema.Type(schema.Variant) }) {
		incoming = withVariants(incoming, table).(*schema.Struct)
	}
	incoming = withoutVoid(incoming, table)
	if !merge {
		m.Widen = nil
	}
	merged, err := m.Merge(table, incoming)
	if err != nil {
		return nil, err
	}
	if err := requirePresent(table, incoming, nil); err != nil {
		return nil, err
	}
	if merged == table {
		return table, nil
	}
	if !merge {
		return nil, &ExtraColumnsError{Columns: added(table, merged, nil), Table: table.Names()}
	}
	return schema.RecordTypeChanges(table, merged), merged.Check()
}

// merger is how the schema of the table may change with the rows that come: types widen where
// delta.enableTypeWidening is true, as far as Iceberg has it too where the table must be readable as one.
func (sh *shape) merger() schema.Merger {
	if !sh.props.TypeWidening() {
		return schema.Merger{}
	}
	can := schema.CanWidenUnasked
	if sh.props.IcebergCompat() > 0 {
		can = func(from, to schema.Type) bool {
			return schema.CanWidenUnasked(from, to) && schema.CanWidenInIceberg(from, to)
		}
	}
	return schema.Merger{Widen: func(table, incoming schema.Type) (schema.Type, bool) { return incoming, can(table, incoming) }}
}

// SchemaOf is the schema of a table made for rows of an Arrow schema. Columns and fields of type null are left
// out: nobody knows what they will be, and most engines read no void columns.
// Errors: *arrowmap.UnsupportedTypeError.
func SchemaOf(rows *arrow.Schema) (*schema.Struct, error) {
	s, err := arrowmap.FromArrow(rows)
	if err != nil {
		return nil, err
	}
	return withoutVoid(s, &schema.Struct{}), nil
}

// withoutVoid is s without void columns and fields, but for those that table has.
func withoutVoid(s, table *schema.Struct) *schema.Struct {
	out := &schema.Struct{Fields: make([]schema.Field, 0, len(s.Fields))}
	for _, f := range s.Fields {
		known := table.Field(f.Name)
		if f.Type == schema.Type(schema.Void) && known == nil {
			continue
		}
		if inner, ok := f.Type.(*schema.Struct); ok {
			of := &schema.Struct{}
			if known != nil {
				if t, ok := known.Type.(*schema.Struct); ok {
					of = t
				}
			}
			if inner = withoutVoid(inner, of); len(inner.Fields) == 0 && known == nil {
				continue
			}
			f.Type = inner
		}
		out.Fields = append(out.Fields, f)
	}
	return out
}

// requirePresent says whether incoming has every column that is NOT NULL and that is not filled in. A struct that may be null
// is not asked for its fields where it is missing itself.
func requirePresent(table, incoming *schema.Struct, path []string) error {
	for _, f := range table.Fields {
		at := append(path[:len(path):len(path)], f.Name)
		in := incoming.Field(f.Name)
		if in == nil {
			if !f.Nullable && !(len(path) == 0 && filled(&f)) {
				return &MissingColumnError{Column: strings.Join(at, ".")}
			}
			continue
		}
		if err := requireNested(f.Type, in.Type, at); err != nil {
			return err
		}
	}
	return nil
}

func requireNested(table, incoming schema.Type, path []string) error {
	switch t := table.(type) {
	case *schema.Struct:
		if in, ok := incoming.(*schema.Struct); ok {
			return requirePresent(t, in, path)
		}
	case *schema.Array:
		if in, ok := incoming.(*schema.Array); ok {
			return requireNested(t.Element, in.Element, append(path, arrowmap.ElementName))
		}
	case *schema.Map:
		if in, ok := incoming.(*schema.Map); ok {
			if err := requireNested(t.Key, in.Key, append(path, arrowmap.KeyName)); err != nil {
				return err
			}
			return requireNested(t.Value, in.Value, append(path, arrowmap.ValueName))
		}
	}
	return nil
}

// added lists what merged has more than table, as DDL.
func added(table, merged *schema.Struct, path []string) []string {
	var names []string
	for _, f := range merged.Fields {
		at := append(path[:len(path):len(path)], f.Name)
		old := table.Field(f.Name)
		if old == nil {
			names = append(names, strings.Join(at, ".")+" "+strings.ToUpper(f.Type.String()))
			continue
		}
		names = append(names, addedNested(old.Type, f.Type, at)...)
	}
	return names
}

func addedNested(table, merged schema.Type, path []string) []string {
	switch t := table.(type) {
	case *schema.Struct:
		if m, ok := merged.(*schema.Struct); ok {
			return added(t, m, path)
		}
	case *schema.Array:
		if m, ok := merged.(*schema.Array); ok {
			return addedNested(t.Element, m.Element, append(path, arrowmap.ElementName))
		}
	case *schema.Map:
		if m, ok := merged.(*schema.Map); ok {
			return append(addedNested(t.Key, m.Key, append(slices.Clone(path), arrowmap.KeyName)),
				addedNested(t.Value, m.Value, append(slices.Clone(path), arrowmap.ValueName))...)
		}
	}
	if schema.SameType(table, merged) {
		return nil
	}
	return []string{strings.Join(path, ".") + " " + strings.ToUpper(merged.String())} // void that becomes something
}
