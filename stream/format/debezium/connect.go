package debezium

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
)

// connectSchema is a schema of Kafka Connect: what a value is made of and, by its name, what it stands for.
type connectSchema struct {
	Type       string            `json:"type"` // int8 to int64, float, double, boolean, string, bytes, struct, array, map
	Name       string            `json:"name"`
	Optional   bool              `json:"optional"`
	Parameters map[string]string `json:"parameters"`
	Fields     []connectField    `json:"fields"` // of a struct
	Items      *connectSchema    `json:"items"`  // of an array
	Keys       *connectSchema    `json:"keys"`   // of a map
	Values     *connectSchema    `json:"values"`
}

type connectField struct {
	connectSchema
	Field string `json:"field"`
}

// maxSchemaDepth is how deep structs, arrays and maps of a schema may be nested.
const maxSchemaDepth = 64

// parseConnect reads a schema as Connect's JsonConverter writes it; nil for null.
func parseConnect(raw []byte) (*connectSchema, error) {
	var s *connectSchema
	if err := json.Unmarshal(raw, &s); err != nil {
		return nil, fmt.Errorf("not a schema of Kafka Connect: %w", withoutValue(err))
	}
	if s == nil {
		return nil, nil
	}
	return s, s.check("", 0)
}

// withoutValue keeps text of the record out of the error.
func withoutValue(err error) error {
	if t, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return fmt.Errorf("%s is not of the type that it should be, at byte %d", t.Field, t.Offset)
	}
	return err
}

func (s *connectSchema) check(path string, depth int) error {
	if depth > maxSchemaDepth {
		return fmt.Errorf("%s: nested deeper than %d levels", path, maxSchemaDepth)
	}
	part := func(p *connectSchema, name string) error {
		if p == nil {
			return fmt.Errorf("%s: %s without a schema of its %s", orValue(path), s.Type, name)
		}
		return p.check(join(path, name), depth+1)
	}
	switch s.Type {
	case "int8", "int16", "int32", "int64", "float", "float32", "double", "float64", "boolean", "string", "bytes":
		return nil
	case "array":
		return part(s.Items, "items")
	case "map":
		if err := part(s.Keys, "keys"); err != nil {
			return err
		}
		return part(s.Values, "values")
	case "struct":
		seen := make(map[string]bool, len(s.Fields))
		for i := range s.Fields {
			f := &s.Fields[i]
			if f.Field == "" || seen[f.Field] {
				return fmt.Errorf("%s: a field without a name, or two of one name", orValue(path))
			}
			seen[f.Field] = true
			if err := f.check(join(path, f.Field), depth+1); err != nil {
				return err
			}
		}
		return nil
	}
	return fmt.Errorf("%s: %s is no type of Kafka Connect", orValue(path), strconv.Quote(s.Type))
}

// field is the schema of a field of a struct; nil where there is none.
func (s *connectSchema) field(name string) *connectSchema {
	for i := range s.Fields {
		if s.Fields[i].Field == name {
			return &s.Fields[i].connectSchema
		}
	}
	return nil
}

// parameter is a parameter that is a whole number.
func (s *connectSchema) parameter(name string) (int, bool) {
	n, err := strconv.Atoi(s.Parameters[name])
	return n, err == nil
}

func orValue(path string) string {
	if path == "" {
		return "the value"
	}
	return path
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}
