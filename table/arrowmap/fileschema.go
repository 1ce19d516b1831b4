package arrowmap

import (
	"slices"
	"strings"

	"github.com/ingestd/ingestd/txlog/schema"
)

// FileSchema gives the columns that a data file of the table holds: all but the partition columns
// and the void fields, which never are in files ("Void Type"). Partition names are matched
// without regard to case.
//
// A void inside an array or map, a struct of nothing but voids, and a table without any column
// left cannot be written: an *UnsupportedTypeError.
func FileSchema(s *schema.Struct, partitionBy []string) (*schema.Struct, error) {
	data := &schema.Struct{}
	for _, f := range s.Fields {
		if !slices.ContainsFunc(partitionBy, func(p string) bool { return strings.EqualFold(p, f.Name) }) {
			data.Fields = append(data.Fields, f)
		}
	}
	return withoutVoid(data, "")
}

func withoutVoid(s *schema.Struct, path string) (*schema.Struct, error) {
	out := &schema.Struct{Fields: make([]schema.Field, 0, len(s.Fields))}
	for _, f := range s.Fields {
		at := join(path, f.Name)
		switch t := f.Type.(type) {
		case schema.Primitive:
			if t == schema.Void {
				continue
			}
		case *schema.Struct:
			inner, err := withoutVoid(t, at)
			if err != nil {
				return nil, err
			}
			f.Type = inner
		default:
			if err := noVoid(t, at); err != nil {
				return nil, err
			}
		}
		out.Fields = append(out.Fields, f)
	}
	if len(out.Fields) == 0 {
		return nil, &UnsupportedTypeError{Column: path, Type: s.String(),
			Reason: "nothing but void columns can be written to a file; give at least one another type"}
	}
	return out, nil
}

// noVoid refuses a void anywhere below an array or a map.
func noVoid(t schema.Type, path string) error {
	switch t := t.(type) {
	case schema.Primitive:
		if t == schema.Void {
			return &UnsupportedTypeError{Column: path, Type: t.String(),
				Reason: "a void inside an array or map cannot be written; give it another type"}
		}
	case *schema.Array:
		return noVoid(t.Element, join(path, ElementName))
	case *schema.Map:
		if err := noVoid(t.Key, join(path, KeyName)); err != nil {
			return err
		}
		return noVoid(t.Value, join(path, ValueName))
	case *schema.Struct:
		for _, f := range t.Fields {
			if err := noVoid(f.Type, join(path, f.Name)); err != nil {
				return err
			}
		}
	}
	return nil
}
