package arrowmap

import (
	"strconv"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/ingestd/ingestd/internal/arrowrows"
	"github.com/ingestd/ingestd/txlog/schema"
)

// fieldIDKey is where Arrow keeps the field_id of Parquet.
const fieldIDKey = "PARQUET:field_id"

// Logical gives a batch as it was read from a data file the names that the table has for its columns, at every
// level: a column is that of the table whose physical name or field id it has ("Reader Requirements for Column
// Mapping"). What the table does not have gets a name that no column of a table can have. Values are shared.
//
// Schema in: the file's. Schema out: the same types, with the names of s. The caller releases the result.
func Logical(rec arrow.RecordBatch, s *schema.Struct, m schema.Mapping) arrow.RecordBatch {
	if m == schema.MappingNone || m == "" {
		rec.Retain()
		return rec
	}
	in := rec.Schema().Fields()
	fields := logicalFields(in, s, m)
	cols := make([]arrow.Array, len(in))
	for i, f := range fields {
		cols[i] = WithNames(rec.Column(i), f.Type)
	}
	defer arrowrows.Release(cols)
	return array.NewRecordBatch(arrow.NewSchema(fields, nil), cols, rec.NumRows())
}

// logicalFields renames the fields of a file that are fields of a table.
func logicalFields(in []arrow.Field, s *schema.Struct, m schema.Mapping) []arrow.Field {
	out := make([]arrow.Field, len(in))
	for i, f := range in {
		f.Name = "\x00" + strconv.Itoa(i)
		out[i] = f
	}
	for i := range s.Fields {
		f := &s.Fields[i]
		if at := physicalField(in, f, m); at >= 0 {
			out[at].Name, out[at].Type = f.Name, logicalType(in[at].Type, f.Type, m)
		}
	}
	return out
}

// physicalField finds a field of the table in a file: by its id, or, where it has none (the columns of row
// tracking), by its name, exactly or else without regard to case; -1 where it is not.
func physicalField(in []arrow.Field, f *schema.Field, m schema.Mapping) int {
	if want, ok := f.FieldID(); ok && m == schema.MappingID {
		for i := range in {
			text, has := in[i].Metadata.GetValue(fieldIDKey)
			if id, err := strconv.ParseInt(text, 10, 64); has && err == nil && id == want {
				return i
			}
		}
		return -1
	}
	name, found := f.PhysicalName(), -1
	for i := range in {
		switch {
		case in[i].Name == name:
			return i
		case found < 0 && strings.EqualFold(in[i].Name, name):
			found = i
		}
	}
	return found
}

// logicalType is a type of a file with the names of a type of the table, as far as both have the same shape.
func logicalType(dt arrow.DataType, t schema.Type, m schema.Mapping) arrow.DataType {
	switch t := t.(type) {
	case *schema.Struct:
		if st, ok := dt.(*arrow.StructType); ok {
			return arrow.StructOf(logicalFields(st.Fields(), t, m)...)
		}
	case *schema.Array:
		if lt, ok := dt.(*arrow.ListType); ok {
			e := lt.ElemField()
			e.Type = logicalType(e.Type, t.Element, m)
			return arrow.ListOfField(e)
		}
	case *schema.Map:
		if mt, ok := dt.(*arrow.MapType); ok {
			key, item := mt.KeyField(), mt.ItemField()
			key.Type, item.Type = logicalType(key.Type, t.Key, m), logicalType(item.Type, t.Value, m)
			return arrow.MapOfFields(key, item)
		}
	}
	return dt
}

// WithNames gives an array a type of the same layout, in which fields of structs have other names. The caller
// releases the result, which shares the values.
func WithNames(arr arrow.Array, dt arrow.DataType) arrow.Array {
	if arr.DataType() == dt {
		arr.Retain()
		return arr
	}
	data := named(arr.Data(), dt)
	defer data.Release()
	return array.MakeFromData(data)
}

func named(d arrow.ArrayData, dt arrow.DataType) arrow.ArrayData {
	if d.DataType() == dt { // dictionaries and such are never renamed
		d.Retain()
		return d
	}
	var types []arrow.DataType
	switch t := dt.(type) {
	case *arrow.StructType:
		for _, f := range t.Fields() {
			types = append(types, f.Type)
		}
	case *arrow.ListType:
		types = []arrow.DataType{t.Elem()}
	case *arrow.MapType:
		types = []arrow.DataType{t.Elem()}
	}
	children := d.Children()
	if len(types) == len(children) && len(children) > 0 {
		children = make([]arrow.ArrayData, len(types))
		for i, c := range d.Children() {
			children[i] = named(c, types[i])
		}
		defer releaseData(children)
	}
	return array.NewData(dt, d.Len(), d.Buffers(), children, d.NullN(), d.Offset())
}
