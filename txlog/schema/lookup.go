package schema

import (
	"iter"
	"strings"
)

// Fold is the form of a column name under which names are compared: Spark resolves columns without
// regard to case.
func Fold(name string) string { return strings.ToLower(name) }

// Index is the position of the field of that name, without regard to case, or -1.
func (s *Struct) Index(name string) int {
	for i := range s.Fields {
		if s.Fields[i].Name == name {
			return i
		}
	}
	folded := Fold(name)
	for i := range s.Fields {
		if Fold(s.Fields[i].Name) == folded {
			return i
		}
	}
	return -1
}

// Field is the field of that name, without regard to case, or nil.
func (s *Struct) Field(name string) *Field {
	if i := s.Index(name); i >= 0 {
		return &s.Fields[i]
	}
	return nil
}

// Lookup follows a path of names through structs, or nil. Lists and maps end a path: what is
// inside of them is not one column.
func (s *Struct) Lookup(path ...string) *Field {
	for i, name := range path {
		f := s.Field(name)
		if f == nil || i == len(path)-1 {
			return f
		}
		next, ok := f.Type.(*Struct)
		if !ok {
			return nil
		}
		s = next
	}
	return nil
}

// Names are the names of the fields, in order.
func (s *Struct) Names() []string {
	names := make([]string, len(s.Fields))
	for i := range s.Fields {
		names[i] = s.Fields[i].Name
	}
	return names
}

// Walk yields every field at every level, parents first, with its path; inside of arrays and maps
// the path has the segments "element", "key" and "value" ("Field Path" of the protocol). The path
// is valid only until the next step.
func (s *Struct) Walk() iter.Seq2[[]string, *Field] {
	return func(yield func([]string, *Field) bool) { walk(s, make([]string, 0, 8), yield) }
}

func walk(t Type, path []string, yield func([]string, *Field) bool) bool {
	switch t := t.(type) {
	case *Struct:
		for i := range t.Fields {
			f := &t.Fields[i]
			p := append(path, f.Name)
			if !yield(p, f) || !walk(f.Type, p, yield) {
				return false
			}
		}
	case *Array:
		return walk(t.Element, append(path, "element"), yield)
	case *Map:
		return walk(t.Key, append(path, "key"), yield) && walk(t.Value, append(path, "value"), yield)
	}
	return true
}

// Contains says whether t is, or has at any depth, a type for which is holds.
func Contains(t Type, is func(Type) bool) bool {
	if is(t) {
		return true
	}
	switch t := t.(type) {
	case *Struct:
		for i := range t.Fields {
			if Contains(t.Fields[i].Type, is) {
				return true
			}
		}
	case *Array:
		return Contains(t.Element, is)
	case *Map:
		return Contains(t.Key, is) || Contains(t.Value, is)
	}
	return false
}
