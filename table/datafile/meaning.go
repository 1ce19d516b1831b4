package datafile

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/extensions"
	"github.com/parquet-go/parquet-go/format"
)

// meaning is what columns mean where Arrow's reader is shown something plainer. Columns are told by their leaves, which are counted
// as Parquet does, depth first; a variant by the first that is in it.
type meaning struct{ int96, variants map[int]bool }

func meaningOf(meta *format.FileMetaData) meaning {
	m := meaning{map[int]bool{}, map[int]bool{}}
	leaf := 0
	for i, e := range meta.Schema {
		if _, ok := e.LogicalType.Value.(*format.VariantType); ok {
			m.variants[leaf] = true
		}
		if i == 0 || e.NumChildren.V > 0 {
			continue
		}
		if e.Type.Valid && e.Type.V == format.Int96 {
			m.int96[leaf] = true
		}
		leaf++
	}
	return m
}

// restore is the Arrow schema of the file with the types that its columns mean.
func (m meaning) restore(s *arrow.Schema) *arrow.Schema {
	if len(m.int96)+len(m.variants) == 0 {
		return s
	}
	leaf := 0
	meta := s.Metadata()
	return arrow.NewSchema(m.fields(s.Fields(), &leaf), &meta)
}

func (m meaning) fields(fields []arrow.Field, leaf *int) []arrow.Field {
	out := make([]arrow.Field, len(fields))
	for i, f := range fields {
		f.Type = m.typ(f.Type, leaf)
		out[i] = f
	}
	return out
}

func (m meaning) typ(dt arrow.DataType, leaf *int) arrow.DataType {
	switch t := dt.(type) {
	case *arrow.StructType:
		_, hasMetadata := t.FieldByName("metadata") // and so it is the variant itself, not a struct whose first field is one
		variant := m.variants[*leaf] && hasMetadata
		inner := m.fields(t.Fields(), leaf)
		if variant {
			return extensions.NewDefaultVariantType()
		}
		return arrow.StructOf(inner...)
	case *arrow.MapType:
		inner := m.fields([]arrow.Field{t.KeyField(), t.ItemField()}, leaf)
		return arrow.MapOfFields(inner[0], inner[1])
	case *arrow.ListType:
		return arrow.ListOfField(m.fields([]arrow.Field{t.ElemField()}, leaf)[0])
	case arrow.ExtensionType:
		m.typ(t.StorageType(), leaf)
		return dt
	}
	is := m.int96[*leaf]
	*leaf++
	if is {
		return arrow.FixedWidthTypes.Timestamp_us
	}
	return dt
}
