package shopdb

import (
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// Tables are the names of the tables; all are of the schema public.
func (d *Database) Tables() []string {
	var names []string
	for _, t := range d.tables {
		names = append(names, t.name)
	}
	return names
}

// Rows are the rows of a table after the last event that Next gave, by id: bigint as int64, text and jsonb as utf8, numeric(p, s) as
// decimal128(p, s), boolean as bool, date as date32, timestamps as timestamp[us], those with zone of UTC. Nil for a table that there is not. The caller releases it.
func (d *Database) Rows(name string) arrow.RecordBatch {
	i := slices.IndexFunc(d.tables, func(t *table) bool { return t.name == name })
	if i < 0 {
		return nil
	}
	t := d.tables[i]
	fields := make([]arrow.Field, len(t.columns))
	for i, c := range t.columns {
		fields[i] = arrow.Field{Name: c.name, Type: c.arrow(), Nullable: !c.notNull}
	}
	b := array.NewRecordBuilder(memory.DefaultAllocator, arrow.NewSchema(fields, nil))
	defer b.Release()
	rows := slices.SortedFunc(slices.Values(t.rows), func(a, b row) int { return int(a.id() - b.id()) })
	for _, r := range rows {
		for i, v := range r {
			v.appendTo(b.Field(i))
		}
	}
	return b.NewRecordBatch()
}

func (c column) arrow() arrow.DataType {
	switch c.kind {
	case numeric:
		return &arrow.Decimal128Type{Precision: c.precision, Scale: 2}
	case boolean:
		return arrow.FixedWidthTypes.Boolean
	case date:
		return arrow.FixedWidthTypes.Date32
	case timestamp:
		return &arrow.TimestampType{Unit: arrow.Microsecond}
	case timestamptz:
		return arrow.FixedWidthTypes.Timestamp_us
	case text, jsonb:
		return arrow.BinaryTypes.String
	}
	return arrow.PrimitiveTypes.Int64
}

func (v cell) appendTo(b array.Builder) {
	if v.null {
		b.AppendNull()
		return
	}
	switch b := b.(type) {
	case *array.Int64Builder:
		b.Append(v.number)
	case *array.StringBuilder:
		b.Append(v.text)
	case *array.Decimal128Builder:
		b.Append(decimal128.FromI64(v.number))
	case *array.BooleanBuilder:
		b.Append(v.number != 0)
	case *array.Date32Builder:
		b.Append(arrow.Date32(v.number))
	case *array.TimestampBuilder:
		b.Append(arrow.Timestamp(v.number))
	}
}
