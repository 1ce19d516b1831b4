package table

import (
	"slices"

	"github.com/ingestd/ingestd/txlog/schema"
)

// withVariants is incoming with a variant wherever the table has one and incoming a struct of just two binaries, value
// and metadata, which is what a variant is in Arrow ("Variant data in Parquet").
func withVariants(incoming, table schema.Type) schema.Type {
	switch t := table.(type) {
	case schema.Primitive:
		if in, ok := incoming.(*schema.Struct); ok && t == schema.Variant && isVariant(in) {
			return schema.Variant
		}
	case *schema.Struct:
		in, ok := incoming.(*schema.Struct)
		if !ok {
			break
		}
		out := &schema.Struct{Fields: slices.Clone(in.Fields)}
		for i := range out.Fields {
			if f := t.Field(out.Fields[i].Name); f != nil {
				out.Fields[i].Type = withVariants(out.Fields[i].Type, f.Type)
			}
		}
		return out
	case *schema.Array:
		if in, ok := incoming.(*schema.Array); ok {
			return &schema.Array{Element: withVariants(in.Element, t.Element), ContainsNull: in.ContainsNull}
		}
	case *schema.Map:
		if in, ok := incoming.(*schema.Map); ok {
			return &schema.Map{Key: in.Key, Value: withVariants(in.Value, t.Value), ValueContainsNull: in.ValueContainsNull}
		}
	}
	return incoming
}

func isVariant(s *schema.Struct) bool {
	value, metadata := s.Field("value"), s.Field("metadata")
	return len(s.Fields) == 2 && value != nil && metadata != nil &&
		value.Type == schema.Type(schema.Binary) && metadata.Type == schema.Type(schema.Binary)
}
