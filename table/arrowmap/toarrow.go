package arrowmap

import (
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/ingestd/ingestd/txlog/schema"
)

// The Arrow types of Delta's temporal types.
var (
	// TimestampType is the Arrow type of timestamp: an instant in microseconds.
	TimestampType arrow.DataType = &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "UTC"}
	// TimestampNTZType is the Arrow type of timestamp_ntz: a wall clock in microseconds.
	TimestampNTZType arrow.DataType = &arrow.TimestampType{Unit: arrow.Microsecond}
	// VariantType is the Arrow type of variant, unshredded ("Variant data in Parquet"). Its field metadata tells that it is
	// one, in the words in which Spark does.
	VariantType arrow.DataType = arrow.StructOf(
		arrow.Field{Name: "value", Type: arrow.BinaryTypes.Binary},
		arrow.Field{Name: "metadata", Type: arrow.BinaryTypes.Binary, Metadata: arrow.NewMetadata([]string{variantMark}, []string{"true"})},
	)
)

const variantMark = "variant"

// Names of the fields inside lists and maps, as Spark names them in Parquet files.
const (
	ElementName = "element"
	KeyName     = "key"
	ValueName   = "value"
)

// ToArrow gives the Arrow schema of a table or of a part of it: the same fields in the same order
// with the same nullability. Field metadata of the table is not carried over.
// A type that this version does not know is an *UnsupportedTypeError.
func ToArrow(s *schema.Struct) (*arrow.Schema, error) {
	fields, err := toFields(s, "")
	if err != nil {
		return nil, err
	}
	return arrow.NewSchema(fields, nil), nil
}

// ToArrowType gives the Arrow type of one Delta type. Errors as [ToArrow].
func ToArrowType(t schema.Type) (arrow.DataType, error) { return toType(t, "") }

func toFields(s *schema.Struct, path string) ([]arrow.Field, error) {
	fields := make([]arrow.Field, len(s.Fields))
	for i, f := range s.Fields {
		dt, err := toType(f.Type, join(path, f.Name))
		if err != nil {
			return nil, err
		}
		fields[i] = arrow.Field{Name: f.Name, Type: dt, Nullable: f.Nullable}
	}
	return fields, nil
}

func toType(t schema.Type, path string) (arrow.DataType, error) {
	switch t := t.(type) {
	case schema.Primitive:
		if dt, ok := primitives[t]; ok {
			return dt, nil
		}
	case schema.Decimal:
		if t.Precision >= 1 && t.Precision <= 38 && t.Scale >= 0 && t.Scale <= t.Precision {
			return &arrow.Decimal128Type{Precision: int32(t.Precision), Scale: int32(t.Scale)}, nil
		}
	case *schema.Struct:
		fields, err := toFields(t, path)
		if err != nil {
			return nil, err
		}
		return arrow.StructOf(fields...), nil
	case *schema.Array:
		dt, err := toType(t.Element, join(path, ElementName))
		if err != nil {
			return nil, err
		}
		return arrow.ListOfField(arrow.Field{Name: ElementName, Type: dt, Nullable: t.ContainsNull}), nil
	case *schema.Map:
		key, err := toType(t.Key, join(path, KeyName))
		if err != nil {
			return nil, err
		}
		value, err := toType(t.Value, join(path, ValueName))
		if err != nil {
			return nil, err
		}
		return arrow.MapOfFields(
			arrow.Field{Name: KeyName, Type: key},
			arrow.Field{Name: ValueName, Type: value, Nullable: t.ValueContainsNull}), nil
	}
	return nil, &UnsupportedTypeError{Column: path, Type: fmt.Sprint(t), Reason: "not a Delta type that this version knows"}
}

var primitives = map[schema.Primitive]arrow.DataType{
	schema.String:       arrow.BinaryTypes.String,
	schema.Long:         arrow.PrimitiveTypes.Int64,
	schema.Integer:      arrow.PrimitiveTypes.Int32,
	schema.Short:        arrow.PrimitiveTypes.Int16,
	schema.Byte:         arrow.PrimitiveTypes.Int8,
	schema.Float:        arrow.PrimitiveTypes.Float32,
	schema.Double:       arrow.PrimitiveTypes.Float64,
	schema.Boolean:      arrow.FixedWidthTypes.Boolean,
	schema.Binary:       arrow.BinaryTypes.Binary,
	schema.Date:         arrow.FixedWidthTypes.Date32,
	schema.Timestamp:    TimestampType,
	schema.TimestampNTZ: TimestampNTZType,
	schema.Variant:      VariantType,
	schema.Void:         arrow.Null,
}

// join makes the dotted path of a nested field.
func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}
