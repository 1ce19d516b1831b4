package stats

import (
	"slices"

	"github.com/ingestd/ingestd/txlog/schema"
)

// File is what is known of a data file.
type File struct {
	NumRecords  int64    // -1: not known
	TightBounds *bool    // nil: not said, which means true
	Columns     []Column // in schema order; those that nothing is known of may be missing
}

// Column is what is known of a column, or of a field of a struct.
type Column struct {
	Path []string // physical names
	Type schema.Type
	// Min and Max bound all values that are not null, as package scalar has values; nil: not known.
	// Writers differ on NaN, which is greater than all else: it may be there and above Max.
	Min, Max  any
	NullCount int64 // -1: not known
}

// Column finds what is known of a column; false where nothing is.
func (f *File) Column(path ...string) (Column, bool) {
	for _, c := range f.Columns {
		if slices.Equal(c.Path, path) {
			return c, true
		}
	}
	return Column{NullCount: -1}, false
}

// HasBounds tells whether the log keeps least and greatest values of a type: numbers, strings and
// points in time, but not booleans, binaries, and what has elements.
func HasBounds(t schema.Type) bool {
	switch t {
	case schema.Boolean, schema.Binary, schema.Variant, schema.Void:
		return false
	}
	switch t.(type) {
	case schema.Primitive, schema.Decimal:
		return true
	}
	return false
}
