package convert

import (
	"strings"

	"github.com/ingestd/ingestd/txlog/schema"
)

// shape is the columns of some of the files, all nullable, and the first file that has them.
type shape struct {
	file    string
	columns *schema.Struct
}

// mergeAll gives the columns of all files: those of the first, then what others have besides, in the order of the files. Types must be
// the same, as for Spark, but decimals of one scale, of which the longest holds, and void, which any other replaces.
// Errors: *ConflictError.
func mergeAll(shapes []*shape) (*schema.Struct, error) {
	m := merger{seen: map[string]string{}}
	all := &schema.Struct{}
	for _, s := range shapes {
		m.file = s.file
		t, err := m.merge(all, s.columns, nil)
		if err != nil {
			return nil, err
		}
		all = t.(*schema.Struct)
	}
	return all, nil
}

type merger struct {
	file string
	seen map[string]string // the file that a column's type is from, by path
}

func (m *merger) merge(have, more schema.Type, path []string) (schema.Type, error) {
	switch h := have.(type) {
	case *schema.Struct:
		if s, ok := more.(*schema.Struct); ok {
			return m.structs(h, s, path)
		}
	case *schema.Array:
		if a, ok := more.(*schema.Array); ok {
			e, err := m.merge(h.Element, a.Element, with(path, "element"))
			return &schema.Array{Element: e, ContainsNull: true}, err
		}
	case *schema.Map:
		if p, ok := more.(*schema.Map); ok {
			k, err := m.merge(h.Key, p.Key, with(path, "key"))
			if err != nil {
				return nil, err
			}
			v, err := m.merge(h.Value, p.Value, with(path, "value"))
			return &schema.Map{Key: k, Value: v, ValueContainsNull: true}, err
		}
	case schema.Decimal:
		if d, ok := more.(schema.Decimal); ok && d.Scale == h.Scale {
			return schema.Decimal{Precision: max(d.Precision, h.Precision), Scale: d.Scale}, nil
		}
	}
	switch {
	case have == schema.Type(schema.Void):
		m.note(more, path)
		return more, nil
	case more == schema.Type(schema.Void), have == more:
		return have, nil
	}
	return nil, &ConflictError{Column: strings.Join(path, "."), File: m.origin(path), Type: have, Other: m.file, OtherIs: more}
}

func (m *merger) structs(have, more *schema.Struct, path []string) (schema.Type, error) {
	out := &schema.Struct{Fields: append([]schema.Field(nil), have.Fields...)}
	for _, f := range more.Fields {
		i := out.Index(f.Name)
		if i < 0 {
			m.note(f.Type, with(path, f.Name))
			out.Fields = append(out.Fields, f)
			continue
		}
		t, err := m.merge(out.Fields[i].Type, f.Type, with(path, out.Fields[i].Name))
		if err != nil {
			return nil, err
		}
		out.Fields[i].Type = t
	}
	return out, nil
}

func (m *merger) note(_ schema.Type, path []string) { m.seen[fold(path)] = m.file }

// origin is the file that gave a column, or the nearest around it, its type.
func (m *merger) origin(path []string) string {
	for n := len(path); n > 0; n-- {
		if f, ok := m.seen[fold(path[:n])]; ok {
			return f
		}
	}
	return ""
}

func fold(path []string) string { return schema.Fold(strings.Join(path, "\x00")) }

func with(path []string, name string) []string { return append(path[:len(path):len(path)], name) }

// nullable is t with all that is in it nullable, and without metadata of its fields.
func nullable(t schema.Type) schema.Type {
	switch t := t.(type) {
	case *schema.Struct:
		s := &schema.Struct{Fields: make([]schema.Field, len(t.Fields))}
		for i, f := range t.Fields {
			s.Fields[i] = schema.Field{Name: f.Name, Type: nullable(f.Type), Nullable: true}
		}
		return s
	case *schema.Array:
		return &schema.Array{Element: nullable(t.Element), ContainsNull: true}
	case *schema.Map:
		return &schema.Map{Key: nullable(t.Key), Value: nullable(t.Value), ValueContainsNull: true}
	}
	return t
}
