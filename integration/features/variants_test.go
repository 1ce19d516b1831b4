//go:build integration

package features

import (
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/ingestd/ingestd/integration/parts"
	"github.com/ingestd/ingestd/table/arrowmap"
	"github.com/ingestd/ingestd/table/variant"
)

// asJSON is the form of batches with variants at any depth as JSON, as Spark's side (read in engine_spark.py) has them:
// the same variant may be stored in different bytes.
func asJSON(s *arrow.Schema, batches []arrow.RecordBatch) (parts.Rows, error) {
	fields := slices.Clone(s.Fields())
	for i, f := range fields {
		fields[i].Type = typeAsJSON(f.Type)
	}
	s = arrow.NewSchema(fields, nil)
	texts := make([]arrow.RecordBatch, 0, len(batches))
	for _, b := range batches {
		cols := make([]arrow.Array, b.NumCols())
		for i, c := range b.Columns() {
			d, err := dataAsJSON(c.Data())
			if err != nil {
				return parts.Rows{}, err
			}
			cols[i] = array.MakeFromData(d)
		}
		texts = append(texts, array.NewRecordBatch(s, cols, b.NumRows()))
	}
	return parts.Canon(s, texts...), nil
}

// typeAsJSON is a type with strings for variants. Lists and maps are the only other types of a scan that have types inside.
func typeAsJSON(dt arrow.DataType) arrow.DataType {
	if arrow.TypeEqual(dt, arrowmap.VariantType) {
		return arrow.BinaryTypes.String
	}
	switch dt := dt.(type) {
	case *arrow.StructType:
		fields := dt.Fields()
		for i, f := range fields {
			fields[i].Type = typeAsJSON(f.Type)
		}
		return arrow.StructOf(fields...)
	case *arrow.MapType:
		return arrow.MapOf(typeAsJSON(dt.KeyType()), typeAsJSON(dt.ItemType()))
	case *arrow.ListType:
		return arrow.ListOf(typeAsJSON(dt.Elem()))
	}
	return dt
}

func dataAsJSON(d arrow.ArrayData) (arrow.ArrayData, error) {
	if arrow.TypeEqual(d.DataType(), arrowmap.VariantType) {
		return variantsAsJSON(array.NewStructData(d))
	}
	if len(d.Children()) == 0 {
		return d, nil
	}
	var inside []arrow.ArrayData
	for _, c := range d.Children() {
		text, err := dataAsJSON(c)
		if err != nil {
			return nil, err
		}
		inside = append(inside, text)
	}
	return array.NewData(typeAsJSON(d.DataType()), d.Len(), d.Buffers(), inside, d.NullN(), d.Offset()), nil
}

func variantsAsJSON(a *array.Struct) (arrow.ArrayData, error) {
	value, metadata := a.Field(0).(*array.Binary), a.Field(1).(*array.Binary)
	b := array.NewStringBuilder(memory.DefaultAllocator)
	for i := range a.Len() {
		if a.IsNull(i) {
			b.AppendNull()
			continue
		}
		text, err := variant.JSON(metadata.Value(i), value.Value(i))
		if err != nil {
			return nil, err
		}
		b.Append(text)
	}
	return b.NewArray().Data(), nil
}
