package arrowrows

import (
	"context"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
)

// Plain gives a column without a dictionary.
func Plain(ctx context.Context, col arrow.Array) (arrow.Array, error) {
	if d, ok := col.(*array.Dictionary); ok {
		return Take(ctx, d.Dictionary(), d.Indices())
	}
	col.Retain()
	return col, nil
}

// PlainRows gives a batch without dictionaries, in the [PlainSchema] of its own.
func PlainRows(ctx context.Context, rec arrow.RecordBatch) (arrow.RecordBatch, error) {
	cols := make([]arrow.Array, rec.NumCols())
	defer func() { Release(cols) }()
	for i, c := range rec.Columns() {
		var err error
		if cols[i], err = Plain(ctx, c); err != nil {
			return nil, err
		}
	}
	return array.NewRecordBatch(PlainSchema(rec.Schema()), cols, rec.NumRows()), nil
}

// PlainSchema is a schema without dictionaries.
func PlainSchema(s *arrow.Schema) *arrow.Schema {
	fields := s.Fields()
	for i, f := range fields {
		if d, ok := f.Type.(*arrow.DictionaryType); ok {
			fields[i].Type = d.ValueType
		}
	}
	meta := s.Metadata()
	return arrow.NewSchema(fields, &meta)
}
