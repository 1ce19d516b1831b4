package schema

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/ingestd/ingestd/txlog/internal/jsonenc"
)

// maxDepth bounds the nesting of types that are read, so that hostile input cannot exhaust the stack.
const maxDepth = 100

// ParseError says what in a schema JSON is not a Delta schema, and where.
type ParseError struct {
	Path   string // of the field, such as "a.b.element"; empty for the whole
	Reason string
}

// Error tells path and reason.
func (e *ParseError) Error() string {
	if e.Path == "" {
		return "table schema: " + e.Reason
	}
	return fmt.Sprintf("table schema: column %s: %s", e.Path, e.Reason)
}

// UnknownTypeError names a type that this version does not know; it comes wrapped in the path of
// its column. A newer writer may have made the table.
type UnknownTypeError struct{ Path, Type string }

// Error tells column and type.
func (e *UnknownTypeError) Error() string {
	return fmt.Sprintf("table schema: column %s has the type %q, which this version does not know", e.Path, e.Type)
}

// Parse reads the JSON of a schema ("Schema Serialization Format" of the protocol). Field metadata
// is kept as it stands. Names are not checked: see [Struct.Check].
// Errors: *ParseError, *UnknownTypeError.
func Parse(text string) (*Struct, error) {
	t, err := parseType(json.RawMessage(text), "", 0)
	if err != nil {
		return nil, err
	}
	s, ok := t.(*Struct)
	if !ok {
		return nil, &ParseError{"", "the outermost type is " + t.String() + ", not a struct"}
	}
	return s, nil
}

// jsonType is the object form of a type.
type jsonType struct {
	Type              string
	Fields            []jsonField
	ElementType       json.RawMessage
	ContainsNull      *bool
	KeyType           json.RawMessage
	ValueType         json.RawMessage
	ValueContainsNull *bool
}

type jsonField struct {
	Name     *string
	Type     json.RawMessage
	Nullable *bool
	Metadata map[string]json.RawMessage
}

func parseType(raw json.RawMessage, path string, depth int) (Type, error) {
	if depth > maxDepth {
		return nil, &ParseError{path, "types are nested too deeply"}
	}
	if len(raw) == 0 {
		return nil, &ParseError{path, "the type is missing"}
	}
	if raw[0] == '"' {
		var name string
		if err := json.Unmarshal(raw, &name); err != nil {
			return nil, &ParseError{path, err.Error()}
		}
		return parsePrimitive(name, path)
	}
	var j jsonType
	if err := json.Unmarshal(raw, &j); err != nil {
		return nil, &ParseError{path, "not JSON of a type: " + err.Error()}
	}
	switch j.Type {
	case "struct":
		return parseStruct(j.Fields, path, depth)
	case "array":
		e, err := parseType(j.ElementType, join(path, "element"), depth+1)
		if err != nil {
			return nil, err
		}
		return &Array{Element: e, ContainsNull: isTrue(j.ContainsNull)}, nil
	case "map":
		k, err := parseType(j.KeyType, join(path, "key"), depth+1)
		if err != nil {
			return nil, err
		}
		v, err := parseType(j.ValueType, join(path, "value"), depth+1)
		if err != nil {
			return nil, err
		}
		return &Map{Key: k, Value: v, ValueContainsNull: isTrue(j.ValueContainsNull)}, nil
	case "":
		return nil, &ParseError{path, `a type object without "type"`}
	}
	return nil, &UnknownTypeError{path, j.Type}
}

// isTrue: a flag that is absent counts as true, the weaker promise.
func isTrue(b *bool) bool { return b == nil || *b }

func parseStruct(fields []jsonField, path string, depth int) (Type, error) {
	s := &Struct{Fields: make([]Field, 0, len(fields))}
	for i, f := range fields {
		if f.Name == nil {
			return nil, &ParseError{path, fmt.Sprintf("field %d has no name", i)}
		}
		t, err := parseType(f.Type, join(path, *f.Name), depth+1)
		if err != nil {
			return nil, err
		}
		if len(f.Metadata) == 0 {
			f.Metadata = nil
		}
		s.Fields = append(s.Fields, Field{Name: *f.Name, Type: t, Nullable: isTrue(f.Nullable), Metadata: f.Metadata})
	}
	return s, nil
}

func parsePrimitive(name, path string) (Type, error) {
	switch p := Primitive(name); p {
	case String, Long, Integer, Short, Byte, Float, Double, Boolean, Binary, Date, Timestamp, TimestampNTZ, Variant, Void:
		return p, nil
	}
	switch name {
	case "null": // Spark before 3.1
		return Void, nil
	case "decimal":
		return Decimal{10, 0}, nil
	}
	if rest, ok := strings.CutPrefix(name, "decimal("); ok {
		d, err := parseDecimal(strings.TrimSuffix(rest, ")"))
		if err != nil {
			return nil, &ParseError{path, fmt.Sprintf("%q: %v", name, err)}
		}
		return d, nil
	}
	return nil, &UnknownTypeError{path, name}
}

func parseDecimal(s string) (Decimal, error) {
	p, sc, ok := strings.Cut(s, ",")
	precision, err1 := strconv.Atoi(strings.TrimSpace(p))
	scale, err2 := strconv.Atoi(strings.TrimSpace(sc))
	if !ok || err1 != nil || err2 != nil {
		return Decimal{}, errors.New("a decimal is decimal(precision,scale)")
	}
	d := Decimal{precision, scale}
	return d, d.check()
}

func (d Decimal) check() error {
	if d.Precision < 1 || d.Precision > 38 || d.Scale < 0 || d.Scale > d.Precision {
		return errors.New("precision must be 1 to 38 and scale 0 to the precision")
	}
	return nil
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// JSON is the schema as the metaData action carries it, with keys in Spark's order and the
// metadata of a field in the order of its keys. [Parse] gives an equal schema back.
func (s *Struct) JSON() string { return string(appendType(nil, s)) }

// MarshalJSON is [Struct.JSON].
func (s *Struct) MarshalJSON() ([]byte, error) { return appendType(nil, s), nil }

func appendType(dst []byte, t Type) []byte {
	switch t := t.(type) {
	case Primitive:
		return jsonenc.AppendString(dst, string(t))
	case Decimal:
		return jsonenc.AppendString(dst, t.String())
	case *Struct:
		return appendStruct(dst, t)
	case *Array:
		dst = append(dst, `{"type":"array","elementType":`...)
		dst = appendType(dst, t.Element)
		dst = append(dst, `,"containsNull":`...)
		dst = strconv.AppendBool(dst, t.ContainsNull)
		return append(dst, '}')
	case *Map:
		dst = append(dst, `{"type":"map","keyType":`...)
		dst = appendType(dst, t.Key)
		dst = append(dst, `,"valueType":`...)
		dst = appendType(dst, t.Value)
		dst = append(dst, `,"valueContainsNull":`...)
		dst = strconv.AppendBool(dst, t.ValueContainsNull)
		return append(dst, '}')
	}
	return append(dst, "null"...)
}

func appendStruct(dst []byte, s *Struct) []byte {
	dst = append(dst, `{"type":"struct","fields":[`...)
	for i, f := range s.Fields {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, `{"name":`...)
		dst = jsonenc.AppendString(dst, f.Name)
		dst = append(dst, `,"type":`...)
		dst = appendType(dst, f.Type)
		dst = append(dst, `,"nullable":`...)
		dst = strconv.AppendBool(dst, f.Nullable)
		dst = append(dst, `,"metadata":`...)
		dst = jsonenc.AppendMap(dst, f.Metadata, func(d []byte, v json.RawMessage) []byte { return append(d, compact(v)...) })
		dst = append(dst, '}')
	}
	return append(dst, "]}"...)
}
