package arrowrows

import (
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
)

// Columns gives a batch of some columns of another, which has each once.
func Columns(rec arrow.RecordBatch, names []string) (arrow.RecordBatch, error) {
	fields, cols := make([]arrow.Field, len(names)), make([]arrow.Array, len(names))
	for i, name := range names {
		n := rec.Schema().FieldIndices(name)
		if len(n) != 1 {
			return nil, fmt.Errorf("the rows have column %q %d times", name, len(n))
		}
		fields[i], cols[i] = rec.Schema().Field(n[0]), rec.Column(n[0])
	}
	return array.NewRecordBatch(arrow.NewSchema(fields, nil), cols, rec.NumRows()), nil
}

// Names are those of the columns of a schema, in their order; never nil.
func Names(s *arrow.Schema) []string {
	out := make([]string, s.NumFields())
	for i, f := range s.Fields() {
		out[i] = f.Name
	}
	return out
}

// Release gives arrays back; some may be nil.
func Release(cols []arrow.Array) {
	for _, c := range cols {
		if c != nil {
			c.Release()
		}
	}
}
