package alter

import (
	"errors"
	"fmt"
	"strings"

	"github.com/ingestd/ingestd/txlog/schema"
)

// Path is where a column is: names from the top down through structs; inside of arrays and maps
// the segments are "element", "key" and "value" ("Field Path" of the protocol).
type Path []string

// String is the path as ParsePath reads it.
func (p Path) String() string {
	parts := make([]string, len(p))
	for i, name := range p {
		parts[i] = quote(name)
	}
	return strings.Join(parts, ".")
}

func quote(name string) string {
	if name != "" && !strings.ContainsAny(name, "`. ,;(){}\n\t=") {
		return name
	}
	return "`" + strings.ReplaceAll(name, "`", "``") + "`"
}

// ParsePath reads a path as in SQL: "a.b", and names with other characters in `backquotes`.
func ParsePath(text string) (Path, error) {
	var p Path
	rest := text
	for {
		name, after, err := firstName(strings.TrimSpace(rest))
		if err != nil {
			return nil, fmt.Errorf("column %q: %w", text, err)
		}
		p = append(p, name)
		if after == "" {
			return p, nil
		}
		if after[0] != '.' {
			return nil, fmt.Errorf("column %q: expected a dot before %q", text, after)
		}
		rest = after[1:]
	}
}

func firstName(s string) (name, rest string, err error) {
	if !strings.HasPrefix(s, "`") {
		if i := strings.IndexByte(s, '.'); i >= 0 {
			s, rest = s[:i], s[i:]
		}
		if s = strings.TrimSpace(s); s == "" {
			return "", "", errors.New("a name is missing")
		}
		return s, rest, nil
	}
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] != '`':
			b.WriteByte(s[i])
		case i+1 < len(s) && s[i+1] == '`':
			b.WriteByte('`')
			i++
		case b.Len() == 0:
			return "", "", errors.New("a name is empty")
		default:
			return b.String(), strings.TrimSpace(s[i+1:]), nil
		}
	}
	return "", "", errors.New("a backquote is not closed")
}

// within gives t with what is at path put through f. Names match without regard to case.
// Errors: *ColumnError, and those of f.
func within(t schema.Type, path Path, f func(schema.Type) (schema.Type, error)) (schema.Type, error) {
	return descend(t, path, 0, f)
}

func descend(t schema.Type, path Path, depth int, f func(schema.Type) (schema.Type, error)) (schema.Type, error) {
	if depth == len(path) {
		return f(t)
	}
	name := path[depth]
	switch t := t.(type) {
	case *schema.Struct:
		i := t.Index(name)
		if i < 0 {
			return nil, notFound(path, depth, t)
		}
		inner, err := descend(t.Fields[i].Type, path, depth+1, f)
		if err != nil {
			return nil, err
		}
		out := &schema.Struct{Fields: append([]schema.Field(nil), t.Fields...)}
		out.Fields[i].Type = inner
		return out, nil
	case *schema.Array:
		if strings.EqualFold(name, "element") {
			e, err := descend(t.Element, path, depth+1, f)
			return &schema.Array{Element: e, ContainsNull: t.ContainsNull}, err
		}
	case *schema.Map:
		out := *t
		var err error
		switch strings.ToLower(name) {
		case "key":
			out.Key, err = descend(t.Key, path, depth+1, f)
			return &out, err
		case "value":
			out.Value, err = descend(t.Value, path, depth+1, f)
			return &out, err
		}
	}
	return nil, notFound(path, depth, t)
}

// edit gives the schema with the struct field at path put through f, which may replace it by any number of fields.
// Errors: *ColumnError where path is no field of a struct, and those of f.
func edit(s *schema.Struct, path Path, f func(parent *schema.Struct, i int) (*schema.Struct, error)) (*schema.Struct, error) {
	if len(path) == 0 {
		return nil, &ColumnError{Reason: "no column is named"}
	}
	last := len(path) - 1
	out, err := within(s, path[:last], func(t schema.Type) (schema.Type, error) {
		parent, ok := t.(*schema.Struct)
		if !ok {
			return nil, &ColumnError{path, fmt.Sprintf("it is part of %s and not a field of its own", t)}
		}
		i := parent.Index(path[last])
		if i < 0 {
			return nil, notFound(path, last, parent)
		}
		copied := &schema.Struct{Fields: append([]schema.Field(nil), parent.Fields...)}
		return f(copied, i)
	})
	if err != nil {
		return nil, err
	}
	return out.(*schema.Struct), nil
}

// spelled is the path as the schema spells it, and the type at its end.
func spelled(s *schema.Struct, path Path) (Path, schema.Type, error) {
	out := make(Path, 0, len(path))
	var t schema.Type = s
	for depth, name := range path {
		switch at := t.(type) {
		case *schema.Struct:
			f := at.Field(name)
			if f == nil {
				return nil, nil, notFound(path, depth, t)
			}
			name, t = f.Name, f.Type
		case *schema.Array:
			if !strings.EqualFold(name, "element") {
				return nil, nil, notFound(path, depth, t)
			}
			name, t = "element", at.Element
		case *schema.Map:
			switch name = strings.ToLower(name); name {
			case "key":
				t = at.Key
			case "value":
				t = at.Value
			default:
				return nil, nil, notFound(path, depth, at)
			}
		default:
			return nil, nil, notFound(path, depth, t)
		}
		out = append(out, name)
	}
	return out, t, nil
}

func notFound(path Path, depth int, in schema.Type) error {
	e := &ColumnError{Column: path}
	switch t := in.(type) {
	case *schema.Struct:
		e.Reason = fmt.Sprintf("there is no %s; there are %s", quote(path[depth]), strings.Join(t.Names(), ", "))
	case *schema.Array:
		e.Reason = fmt.Sprintf("what is in %s is called element", t)
	case *schema.Map:
		e.Reason = fmt.Sprintf("what is in %s is called key and value", t)
	default:
		e.Reason = fmt.Sprintf("%s is %s and has no fields", path[:depth], in)
	}
	return e
}

// ParsePaths reads paths with commas between them.
func ParsePaths(list string) ([]Path, error) {
	var out []Path
	for _, text := range splitList(list) {
		p, err := ParsePath(text)
		if err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, nil
}

// ParseColumn reads a column to be added: DDL, with a path for a field of a struct, as in "address.zip STRING COMMENT 'x'".
// Errors: *schema.DDLError, and those of ParsePath.
func ParseColumn(ddl string) (NewColumn, error) {
	ddl = strings.TrimSpace(ddl)
	end, quoted := len(ddl), false
	for i := range len(ddl) {
		if ddl[i] == '`' {
			quoted = !quoted
		} else if !quoted && strings.IndexByte(" \t\n:", ddl[i]) >= 0 {
			end = i
			break
		}
	}
	path, err := ParsePath(ddl[:end])
	if err != nil {
		return NewColumn{}, err
	}
	last := len(path) - 1
	s, err := schema.ParseDDL("`" + strings.ReplaceAll(path[last], "`", "``") + "`" + ddl[end:])
	if err != nil {
		return NewColumn{}, err
	}
	if len(s.Fields) != 1 {
		return NewColumn{}, &ColumnError{path, "one column at a time; quote the others apart from it"}
	}
	return NewColumn{Parent: path[:last:last], Field: s.Fields[0]}, nil
}
