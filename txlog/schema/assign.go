package schema

import (
	"encoding/json"
	"maps"
	"strconv"
	"strings"

	"github.com/ingestd/ingestd/txlog/internal/jsonenc"
)

// AssignMapping gives every field that has none an id and a physical name, parents before their fields,
// as column mapping wants it ("Column Mapping" of the protocol). Ids begin after maxID and after all that
// are there. With nestedIDs, elements, keys and values get ids too, which icebergCompatV2 wants
// ("Writer Requirements for IcebergCompatV2"). newName makes physical names. The second result is the
// new delta.columnMapping.maxColumnId; the schema is s itself where nothing was missing.
func (s *Struct) AssignMapping(maxID int64, newName func() string, nestedIDs bool) (*Struct, int64) {
	a := &assigner{next: max(maxID, s.MaxFieldID()), newName: newName}
	out := a.fields(s, a.mapField).(*Struct)
	if nestedIDs {
		out = a.fields(out, a.nestField).(*Struct)
	}
	if !a.changed {
		return s, a.next
	}
	return out, a.next
}

// MaxFieldID is the highest id of column mapping in the schema, those of elements, keys and values included; 0 for none.
func (s *Struct) MaxFieldID() int64 {
	var highest int64
	for _, f := range s.Walk() {
		if id, ok := f.FieldID(); ok {
			highest = max(highest, id)
		}
		for _, id := range f.NestedIDs() {
			highest = max(highest, id)
		}
	}
	return highest
}

// NestedIDs are the ids of what is in the arrays and maps of a field, by path: its physical name, then
// "element", "key" and "value", with dots between ("delta.columnMapping.nested.ids"). Nil where it has none.
func (f *Field) NestedIDs() map[string]int64 {
	raw, ok := f.Metadata[KeyNestedIDs]
	if !ok {
		return nil
	}
	var ids map[string]int64
	if json.Unmarshal(raw, &ids) != nil {
		return nil
	}
	return ids
}

// With is the field with one more entry in its metadata; f stays as it is.
func (f Field) With(key string, value json.RawMessage) Field {
	m := maps.Clone(f.Metadata)
	if m == nil {
		m = map[string]json.RawMessage{}
	}
	m[key] = value
	f.Metadata = m
	return f
}

type assigner struct {
	next    int64
	newName func() string
	changed bool
}

// fields is t with do applied to every field of it, parents first.
func (a *assigner) fields(t Type, do func(Field) Field) Type {
	switch t := t.(type) {
	case *Struct:
		out := &Struct{Fields: make([]Field, len(t.Fields))}
		for i, f := range t.Fields {
			f = do(f)
			f.Type = a.fields(f.Type, do)
			out.Fields[i] = f
		}
		return out
	case *Array:
		return &Array{Element: a.fields(t.Element, do), ContainsNull: t.ContainsNull}
	case *Map:
		return &Map{Key: a.fields(t.Key, do), Value: a.fields(t.Value, do), ValueContainsNull: t.ValueContainsNull}
	}
	return t
}

func (a *assigner) mapField(f Field) Field {
	if _, has := f.FieldID(); !has {
		a.next++
		f = f.With(KeyFieldID, strconv.AppendInt(nil, a.next, 10))
		a.changed = true
	}
	if _, has := f.Metadata[KeyPhysicalName]; !has {
		f = f.With(KeyPhysicalName, jsonenc.AppendString(nil, a.newName()))
		a.changed = true
	}
	return f
}

// nestField gives ids to the elements, keys and values of a field, down to the next struct.
func (a *assigner) nestField(f Field) Field {
	ids := maps.Clone(f.NestedIDs())
	if ids == nil {
		ids = map[string]int64{}
	}
	before := len(ids)
	a.nest(f.Type, f.PhysicalName(), ids)
	if len(ids) == before {
		return f
	}
	a.changed = true
	raw, _ := json.Marshal(ids) // numbers by name always have a JSON form
	return f.With(KeyNestedIDs, raw)
}

func (a *assigner) nest(t Type, path string, ids map[string]int64) {
	one := func(name string, inner Type) {
		at := strings.Join([]string{path, name}, ".")
		if _, has := ids[at]; !has {
			a.next++
			ids[at] = a.next
		}
		a.nest(inner, at, ids)
	}
	switch t := t.(type) {
	case *Array:
		one("element", t.Element)
	case *Map:
		one("key", t.Key)
		one("value", t.Value)
	}
}
