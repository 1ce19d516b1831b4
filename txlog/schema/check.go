package schema

import (
	"fmt"
	"slices"
	"strings"
)

// InvalidError says why a schema cannot be that of a table.
type InvalidError struct {
	Column string // path of the column, dotted
	Reason string // with the way out
}

// Error tells column and reason.
func (e *InvalidError) Error() string { return fmt.Sprintf("column %s: %s", e.Column, e.Reason) }

// Check says whether the schema is valid for a table: names unique at each level without regard to
// case and not empty, decimals in range. Errors: *InvalidError.
func (s *Struct) Check() error { return checkType(s, "") }

func checkType(t Type, path string) error {
	switch t := t.(type) {
	case Decimal:
		if err := t.check(); err != nil {
			return &InvalidError{path, fmt.Sprintf("%s: %v", t, err)}
		}
	case *Array:
		return checkType(t.Element, join(path, "element"))
	case *Map:
		if err := checkType(t.Key, join(path, "key")); err != nil {
			return err
		}
		return checkType(t.Value, join(path, "value"))
	case *Struct:
		return checkStruct(t, path)
	}
	return nil
}

func checkStruct(s *Struct, path string) error {
	seen := make(map[string]string, len(s.Fields))
	for _, f := range s.Fields {
		here := join(path, f.Name)
		if f.Name == "" {
			return &InvalidError{join(path, "``"), "a column without a name"}
		}
		if f.Type == nil {
			return &InvalidError{here, "a column without a type"}
		}
		if other, dup := seen[Fold(f.Name)]; dup {
			return &InvalidError{here, fmt.Sprintf("there is also %q; names must differ in more than case, so rename one", other)}
		}
		seen[Fold(f.Name)] = f.Name
		if err := checkType(f.Type, here); err != nil {
			return err
		}
	}
	return nil
}

// forbidden are the characters that cannot be in the name of a Parquet column, as Spark has it.
const forbidden = " ,;{}()\n\t="

// CheckFileNames says whether the names can stand in data files as they are. Only a table without
// column mapping needs that. Errors: *InvalidError.
func (s *Struct) CheckFileNames() error {
	for path, f := range s.Walk() {
		if i := strings.IndexAny(f.Name, forbidden); i >= 0 {
			return &InvalidError{strings.Join(path, "."),
				fmt.Sprintf("%q cannot be in a column name of a table without column mapping (nor any of %q); rename it", f.Name[i], forbidden)}
		}
	}
	return nil
}

// CheckPartitionColumns says whether the table may be partitioned by cols: each a distinct
// top-level column of a simple type that has values (not variant, not void), and some column left over for
// the files. Errors: *InvalidError.
func (s *Struct) CheckPartitionColumns(cols []string) error {
	for i, c := range cols {
		f := s.Field(c)
		if f == nil {
			return &InvalidError{c, fmt.Sprintf("the table cannot be partitioned by it: there is no such column; the columns are %s", strings.Join(s.Names(), ", "))}
		}
		if slices.ContainsFunc(cols[:i], func(o string) bool { return Fold(o) == Fold(c) }) {
			return &InvalidError{c, "it is named twice among the partition columns"}
		}
		switch t := f.Type.(type) {
		case *Struct, *Array, *Map:
			return &InvalidError{c, fmt.Sprintf("a table cannot be partitioned by %s; choose a column of a simple type", t)}
		case Primitive:
			if t == Variant || t == Void {
				return &InvalidError{c, fmt.Sprintf("a table cannot be partitioned by %s; choose a column of a simple type", t)}
			}
		}
	}
	if len(cols) > 0 && len(cols) == len(s.Fields) {
		return &InvalidError{cols[0], "all columns are partition columns; at least one must be left for the data files"}
	}
	return nil
}
