package schema

import (
	"encoding/json"
	"maps"
	"strings"
)

// AssignIDs gives an id and a physical name to each field at any depth that has none, as column mapping needs
// them ("Writer Requirements for Column Mapping"). Ids go on after last, or after the highest in the schema if that is
// higher; name makes the physical name of a field. The result is the schema and the highest id, which is the
// property delta.columnMapping.maxColumnId. It is s itself where nothing was to be given.
func (s *Struct) AssignIDs(last int64, name func(*Field) string) (*Struct, int64) {
	a := &assigner{last: max(last, s.MaxFieldID()), name: name}
	return a.assign(s).(*Struct), a.last
}

// AssignNestedIDs gives an id to each element of an array and each key and value of a map that has none, in the
// metadata of the field that holds it ("Writer Requirements for IcebergCompatV2"). Fields must have physical names.
func (s *Struct) AssignNestedIDs(last int64) (*Struct, int64) {
	a := &assigner{last: max(last, s.MaxFieldID()), nested: true}
	return a.assign(s).(*Struct), a.last
}

// MaxFieldID is the highest id of a field, nested ids included; 0 where there is none.
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

// NestedIDs are the ids of the elements, keys and values inside of the field, by their path from its physical
// name on ("col-1.element.key"); nil where it has none.
func (f *Field) NestedIDs() map[string]int64 {
	var ids map[string]int64
	if raw, ok := f.Metadata[KeyNestedIDs]; ok && json.Unmarshal(raw, &ids) != nil {
		return nil
	}
	return ids
}

// With is the field with a key of its metadata set; the value is encoded as JSON. The metadata of f stay as they are.
func (f Field) With(key string, value any) Field {
	raw, err := json.Marshal(value)
	if err != nil {
		return f
	}
	f.Metadata = maps.Clone(f.Metadata)
	if f.Metadata == nil {
		f.Metadata = map[string]json.RawMessage{}
	}
	f.Metadata[key] = raw
	return f
}

// Without is the field without keys of its metadata. The metadata of f stay as they are.
func (f Field) Without(keys ...string) Field {
	f.Metadata = maps.Clone(f.Metadata)
	for _, k := range keys {
		delete(f.Metadata, k)
	}
	return f
}

type assigner struct {
	last   int64
	name   func(*Field) string
	nested bool
}

func (a *assigner) next() int64 {
	a.last++
	return a.last
}

func (a *assigner) assign(t Type) Type {
	switch t := t.(type) {
	case *Struct:
		return a.fields(t)
	case *Array:
		if e := a.assign(t.Element); e != t.Element {
			return &Array{Element: e, ContainsNull: t.ContainsNull}
		}
	case *Map:
		k, v := a.assign(t.Key), a.assign(t.Value)
		if k != t.Key || v != t.Value {
			return &Map{Key: k, Value: v, ValueContainsNull: t.ValueContainsNull}
		}
	}
	return t
}

func (a *assigner) fields(s *Struct) Type {
	out := &Struct{Fields: make([]Field, len(s.Fields))}
	changed := false
	for i := range s.Fields {
		f := s.Fields[i]
		given := false
		if a.nested {
			f, given = a.giveNested(f)
		} else {
			f, given = a.give(f)
		}
		t := a.assign(f.Type)
		changed = changed || given || t != f.Type
		f.Type = t
		out.Fields[i] = f
	}
	if !changed {
		return s
	}
	return out
}

func (a *assigner) give(f Field) (Field, bool) {
	given := false
	if _, ok := f.FieldID(); !ok {
		f, given = f.With(KeyFieldID, a.next()), true
	}
	if _, ok := f.Metadata[KeyPhysicalName]; !ok {
		f, given = f.With(KeyPhysicalName, a.name(&f)), true
	}
	return f, given
}

func (a *assigner) giveNested(f Field) (Field, bool) {
	ids := maps.Clone(f.NestedIDs())
	if ids == nil {
		ids = map[string]int64{}
	}
	before := len(ids)
	a.collect(f.Type, f.PhysicalName(), ids)
	if len(ids) == before {
		return f, false
	}
	return f.With(KeyNestedIDs, ids), true
}

// collect gives ids to what is inside of arrays and maps, down to the next struct.
func (a *assigner) collect(t Type, path string, ids map[string]int64) {
	inner := func(t Type, name string) {
		here := strings.Join([]string{path, name}, ".")
		if _, ok := ids[here]; !ok {
			ids[here] = a.next()
		}
		a.collect(t, here, ids)
	}
	switch t := t.(type) {
	case *Array:
		inner(t.Element, "element")
	case *Map:
		inner(t.Key, "key")
		inner(t.Value, "value")
	}
}
