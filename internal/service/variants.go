package service

import (
	"fmt"
	"iter"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/ingestd/ingestd/table/variant"
	"github.com/ingestd/ingestd/txlog/schema"
)

// asText is the Arrow type of rows of type t in which each variant is a text, and whether there is one.
func asText(t schema.Type, dt arrow.DataType) (arrow.DataType, bool) {
	switch t := t.(type) {
	case *schema.Struct:
		st, ok := dt.(*arrow.StructType)
		if !ok {
			return dt, false
		}
		fields, found := textFields(t, st.Fields())
		return arrow.StructOf(fields...), found
	case *schema.Array:
		list, ok := dt.(*arrow.ListType)
		if !ok {
			return dt, false
		}
		elem := list.ElemField()
		var found bool
		elem.Type, found = asText(t.Element, elem.Type)
		return arrow.ListOfField(elem), found
	case *schema.Map:
		m, ok := dt.(*arrow.MapType)
		if !ok {
			return dt, false
		}
		item, found := asText(t.Value, m.ItemType())
		if !found {
			return dt, false
		}
		return arrow.MapOf(m.KeyType(), item), true
	}
	if t == schema.Variant {
		return arrow.BinaryTypes.String, true
	}
	return dt, false
}

func textFields(s *schema.Struct, fields []arrow.Field) (out []arrow.Field, found bool) {
	for _, f := range fields {
		if field := s.Field(f.Name); field != nil {
			text, is := asText(field.Type, f.Type)
			if is {
				f.Type, f.Metadata = text, arrow.Metadata{}
			}
			found = found || is
		}
		out = append(out, f)
	}
	return out, found
}

// withText makes JSON texts of the variants in rows of a table of schema s.
func withText(s *schema.Struct, rows iter.Seq2[arrow.RecordBatch, error]) iter.Seq2[arrow.RecordBatch, error] {
	return func(yield func(arrow.RecordBatch, error) bool) {
		for rec, err := range rows {
			if err == nil {
				var shown arrow.RecordBatch
				shown, err = batchText(s, rec)
				rec.Release()
				rec = shown
			}
			if !yield(rec, err) || err != nil {
				return
			}
		}
	}
}

func batchText(s *schema.Struct, rec arrow.RecordBatch) (arrow.RecordBatch, error) {
	fields, _ := textFields(s, rec.Schema().Fields())
	columns := make([]arrow.Array, rec.NumCols())
	defer func() {
		for _, c := range columns {
			if c != nil {
				c.Release()
			}
		}
	}()
	for i, f := range fields {
		var err error
		if columns[i], err = arrayText(s.Field(f.Name), rec.Column(i), f.Type); err != nil {
			return nil, fmt.Errorf("column %s: %w", f.Name, err)
		}
	}
	return array.NewRecordBatch(arrow.NewSchema(fields, nil), columns, rec.NumRows()), nil
}

func arrayText(f *schema.Field, a arrow.Array, to arrow.DataType) (arrow.Array, error) {
	if f == nil || arrow.TypeEqual(a.DataType(), to) {
		a.Retain()
		return a, nil
	}
	if f.Type == schema.Variant {
		return variantText(a)
	}
	data, err := partsText(f.Type, a.Data(), to)
	if err != nil {
		return nil, err
	}
	defer data.Release()
	return array.MakeFromData(data), nil
}

// partsText makes texts of the variants below a struct, list or map.
func partsText(t schema.Type, d arrow.ArrayData, to arrow.DataType) (arrow.ArrayData, error) {
	if arrow.TypeEqual(d.DataType(), to) {
		d.Retain()
		return d, nil
	}
	var types []schema.Type
	var targets []arrow.DataType
	switch t := t.(type) {
	case *schema.Struct:
		for i, f := range to.(*arrow.StructType).Fields() {
			types, targets = append(types, schema.Type(nil)), append(targets, f.Type)
			if field := t.Field(f.Name); field != nil {
				types[i] = field.Type
			}
		}
	case *schema.Array:
		types, targets = []schema.Type{t.Element}, []arrow.DataType{to.(*arrow.ListType).Elem()}
	case *schema.Map:
		entry := &schema.Struct{Fields: []schema.Field{{Name: "key", Type: t.Key}, {Name: "value", Type: t.Value}}}
		types, targets = []schema.Type{entry}, []arrow.DataType{to.(*arrow.MapType).Elem()}
	default: // a variant
		a := array.MakeFromData(d)
		defer a.Release()
		text, err := variantText(a)
		if err != nil {
			return nil, err
		}
		defer text.Release()
		text.Data().Retain()
		return text.Data(), nil
	}
	children := make([]arrow.ArrayData, len(types))
	defer func() {
		for _, c := range children {
			if c != nil {
				c.Release()
			}
		}
	}()
	for i := range types {
		var err error
		if children[i], err = partsText(types[i], d.Children()[i], targets[i]); err != nil {
			return nil, err
		}
	}
	return array.NewData(to, d.Len(), d.Buffers(), children, d.NullN(), d.Offset()), nil
}

func variantText(a arrow.Array) (arrow.Array, error) {
	st, ok := a.(*array.Struct)
	if !ok || st.NumField() != 2 {
		return nil, fmt.Errorf("a variant is %s", a.DataType())
	}
	at := map[string]*array.Binary{}
	for i, f := range st.DataType().(*arrow.StructType).Fields() {
		at[f.Name], _ = st.Field(i).(*array.Binary)
	}
	metadata, value := at["metadata"], at["value"]
	if metadata == nil || value == nil {
		return nil, fmt.Errorf("a variant is %s", a.DataType())
	}
	b := array.NewStringBuilder(memory.DefaultAllocator)
	defer b.Release()
	for i := range st.Len() {
		if st.IsNull(i) {
			b.AppendNull()
			continue
		}
		text, err := variant.JSON(metadata.Value(i), value.Value(i))
		if err != nil {
			return nil, err
		}
		b.Append(text)
	}
	return b.NewArray(), nil
}
