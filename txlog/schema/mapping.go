package schema

import (
	"encoding/json"
	"strings"
)

// Mapping is the column mapping mode of a table (delta.columnMapping.mode): how its columns are found
// in data files, partition values and statistics ("Column Mapping" of the protocol).
type Mapping string

// The modes. With any but MappingNone, fields have physical names and ids.
const (
	MappingNone Mapping = "none"
	MappingName Mapping = "name" // by physical name
	MappingID   Mapping = "id"   // by the field_id of Parquet; physical names elsewhere
)

// Keys of field metadata ("Column Mapping", "Nested field IDs" of Iceberg compatibility).
const (
	KeyFieldID      = "delta.columnMapping.id"
	KeyPhysicalName = "delta.columnMapping.physicalName"
	KeyNestedIDs    = "delta.columnMapping.nested.ids"
)

// ParseMapping reads the property delta.columnMapping.mode; what it does not know is left as it is.
func ParseMapping(mode string) Mapping {
	if mode == "" {
		return MappingNone
	}
	return Mapping(strings.ToLower(mode))
}

// PhysicalName is the name of the field in files: that of its metadata, else its own.
func (f *Field) PhysicalName() string {
	var name string
	if raw, ok := f.Metadata[KeyPhysicalName]; ok && json.Unmarshal(raw, &name) == nil && name != "" {
		return name
	}
	return f.Name
}

// FieldID is the id of the field under column mapping, and whether it has one.
func (f *Field) FieldID() (int64, bool) {
	var id int64
	raw, ok := f.Metadata[KeyFieldID]
	if !ok || json.Unmarshal(raw, &id) != nil {
		return 0, false
	}
	return id, true
}

// Physical is the schema as files have it: every field at every level under its physical name, types
// and metadata as they are. It is s itself where the mode is none.
func (s *Struct) Physical(m Mapping) *Struct {
	if m == MappingNone || m == "" {
		return s
	}
	return physical(s).(*Struct)
}

func physical(t Type) Type {
	switch t := t.(type) {
	case *Struct:
		out := &Struct{Fields: make([]Field, len(t.Fields))}
		for i := range t.Fields {
			f := t.Fields[i]
			f.Name, f.Type = t.Fields[i].PhysicalName(), physical(f.Type)
			out.Fields[i] = f
		}
		return out
	case *Array:
		return &Array{Element: physical(t.Element), ContainsNull: t.ContainsNull}
	case *Map:
		return &Map{Key: physical(t.Key), Value: physical(t.Value), ValueContainsNull: t.ValueContainsNull}
	}
	return t
}

// PhysicalPath is the path of a field, given by logical names through structs without regard to case, in
// physical names under the mode; false where there is no such field.
func (s *Struct) PhysicalPath(m Mapping, path ...string) ([]string, bool) {
	out := make([]string, 0, len(path))
	for i, name := range path {
		f := s.Field(name)
		if f == nil {
			return nil, false
		}
		if m == MappingNone || m == "" {
			out = append(out, f.Name)
		} else {
			out = append(out, f.PhysicalName())
		}
		if i == len(path)-1 {
			break
		}
		inner, ok := f.Type.(*Struct)
		if !ok {
			return nil, false
		}
		s = inner
	}
	return out, true
}
