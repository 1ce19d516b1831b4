package schema

import (
	"fmt"
	"strings"
)

// MergeError says that data cannot be written to a column as it is.
type MergeError struct {
	Column          string // dotted path
	Table, Incoming Type
}

// Error tells the column, both types and the way out.
func (e *MergeError) Error() string {
	if e.Table == Type(Variant) {
		return fmt.Sprintf("column %s is variant in the table and %s in the data: give it as a struct of two binaries, metadata and value, take the rows from a Delta table "+
			"in which it is a variant (ingestd append --source), or write it to a new column", e.Column, e.Incoming)
	}
	text := fmt.Sprintf("column %s is %s in the table and %s in the data: cast it, as in CAST(%s AS %s), or write it to a new column",
		e.Column, e.Table, e.Incoming, e.Column, strings.ToUpper(e.Table.String()))
	if CanWidenUnasked(e.Table, e.Incoming) {
		text += fmt.Sprintf(", or let the column become %s: set delta.enableTypeWidening=true on the table and merge the schema (merge_schema: true, --merge-schema)",
			strings.ToUpper(e.Incoming.String()))
	}
	return text
}

// Widen decides whether the type of a column may change, and to what. It is asked for leaves whose
// types differ, where the table's cannot hold the other. The zero Merger has none: nothing widens.
type Widen func(table, incoming Type) (Type, bool)

// Merger merges schemas for schema evolution. The zero Merger is the rule of tables without type widening.
type Merger struct{ Widen Widen }

// Merge is Merger{}.Merge.
func Merge(table, incoming *Struct) (*Struct, error) { return Merger{}.Merge(table, incoming) }

// Merge is the schema of the table after data of the incoming schema was added with schema
// evolution (Spark's mergeSchema):
//   - columns and nested fields match without regard to case, and keep the table's name, position,
//     nullability and metadata;
//   - those that the table has not are added at the end of their struct, nullable, since older rows have none;
//   - a type that the table's can hold without loss (int in bigint, float in double, a smaller
//     decimal) leaves the table's; the data is cast when it is written;
//   - void takes the other type.
//
// The result is table itself where nothing is added. Errors: *MergeError; *InvalidError where
// incoming has a name twice.
func (m Merger) Merge(table, incoming *Struct) (*Struct, error) {
	if err := incoming.Check(); err != nil {
		return nil, err
	}
	t, err := m.merge(table, incoming, "")
	if err != nil {
		return nil, err
	}
	return t.(*Struct), nil
}

func (m Merger) merge(table, incoming Type, path string) (Type, error) {
	switch t := table.(type) {
	case *Struct:
		if in, ok := incoming.(*Struct); ok {
			return m.mergeStruct(t, in, path)
		}
	case *Array:
		if in, ok := incoming.(*Array); ok {
			e, err := m.merge(t.Element, in.Element, join(path, "element"))
			if err != nil || e == t.Element {
				return t, err
			}
			return &Array{Element: e, ContainsNull: t.ContainsNull}, nil
		}
	case *Map:
		if in, ok := incoming.(*Map); ok {
			return m.mergeMap(t, in, path)
		}
	}
	switch {
	case incoming == Type(Void):
		return table, nil
	case table == Type(Void):
		return asNullable(incoming), nil
	case Holds(table, incoming):
		return table, nil
	}
	if m.Widen != nil {
		if t, ok := m.Widen(table, incoming); ok {
			return t, nil
		}
	}
	return nil, &MergeError{Column: path, Table: table, Incoming: incoming}
}

func (m Merger) mergeMap(t, in *Map, path string) (Type, error) {
	k, err := m.merge(t.Key, in.Key, join(path, "key"))
	if err != nil {
		return nil, err
	}
	v, err := m.merge(t.Value, in.Value, join(path, "value"))
	if err != nil || (k == t.Key && v == t.Value) {
		return t, err
	}
	return &Map{Key: k, Value: v, ValueContainsNull: t.ValueContainsNull}, nil
}

func (m Merger) mergeStruct(table, incoming *Struct, path string) (Type, error) {
	fields := append([]Field(nil), table.Fields...)
	changed := false
	for _, in := range incoming.Fields {
		i := table.Index(in.Name)
		if i < 0 {
			fields = append(fields, Field{Name: in.Name, Type: asNullable(in.Type), Nullable: true, Metadata: in.Metadata})
			changed = true
			continue
		}
		t, err := m.merge(fields[i].Type, in.Type, join(path, fields[i].Name))
		if err != nil {
			return nil, err
		}
		if t != fields[i].Type {
			fields[i].Type, changed = t, true
		}
	}
	if !changed {
		return table, nil
	}
	return &Struct{Fields: fields}, nil
}

// asNullable is t with every nested field, element and value nullable.
func asNullable(t Type) Type {
	switch t := t.(type) {
	case *Struct:
		s := &Struct{Fields: append([]Field(nil), t.Fields...)}
		for i := range s.Fields {
			s.Fields[i].Nullable = true
			s.Fields[i].Type = asNullable(s.Fields[i].Type)
		}
		return s
	case *Array:
		return &Array{Element: asNullable(t.Element), ContainsNull: true}
	case *Map:
		return &Map{Key: asNullable(t.Key), Value: asNullable(t.Value), ValueContainsNull: true}
	}
	return t
}

// integral is the rank of the integer types and the decimal digits that they may need.
var integral = map[Type]struct{ rank, digits int }{
	Byte: {1, 3}, Short: {2, 5}, Integer: {3, 10}, Long: {4, 19},
}

// Holds says whether every value of type other can be held in type t exactly: the same type, a
// smaller integer, a float in a double, a decimal with no more digits on either side of the point.
func Holds(t, other Type) bool {
	if t == other {
		return true
	}
	from, fromInt := integral[other]
	switch t := t.(type) {
	case Primitive:
		if to, ok := integral[t]; ok && fromInt {
			return from.rank <= to.rank
		}
		return t == Double && (other == Type(Float) || fromInt && from.rank <= 3)
	case Decimal:
		if fromInt {
			return t.Precision-t.Scale >= from.digits
		}
		d, ok := other.(Decimal)
		return ok && d.Scale <= t.Scale && d.Precision-d.Scale <= t.Precision-t.Scale
	}
	return false
}
