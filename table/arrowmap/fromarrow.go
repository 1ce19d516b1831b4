package arrowmap

import (
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/ingestd/ingestd/txlog/schema"
)

// FromArrow gives the Delta schema that can hold batches of an Arrow schema: the narrowest type
// that takes every value. Unsigned integers go to the next wider signed type and uint64 to
// decimal(20,0); a timestamp of any unit is a timestamp with a time zone and a timestamp_ntz
// without; dictionaries, run-ends and extensions count as the type of their values; null is void.
// Types that Delta has no room for (times, durations, unions, decimals over 38 digits) are an
// *UnsupportedTypeError. Names are taken as they are; the caller checks that they are unique.
func FromArrow(s *arrow.Schema) (*schema.Struct, error) { return fromFields(s.Fields(), "") }

// FromArrowType gives the Delta type of one Arrow type, as [FromArrow].
func FromArrowType(dt arrow.DataType) (schema.Type, error) { return fromType(dt, "") }

func fromFields(fields []arrow.Field, path string) (*schema.Struct, error) {
	s := &schema.Struct{Fields: make([]schema.Field, len(fields))}
	for i, f := range fields {
		t, err := fromType(f.Type, join(path, f.Name))
		if err != nil {
			return nil, err
		}
		s.Fields[i] = schema.Field{Name: f.Name, Type: t, Nullable: f.Nullable}
	}
	return s, nil
}

func fromType(dt arrow.DataType, path string) (schema.Type, error) {
	if t, ok := fromPrimitive[dt.ID()]; ok {
		return t, nil
	}
	switch dt := dt.(type) {
	case *arrow.TimestampType:
		if dt.TimeZone == "" {
			return schema.TimestampNTZ, nil
		}
		return schema.Timestamp, nil
	case arrow.DecimalType:
		return fromDecimal(dt, path)
	case *arrow.StructType:
		if isMarkedVariant(dt) {
			return schema.Variant, nil
		}
		return fromFields(dt.Fields(), path)
	case *arrow.MapType:
		return fromMap(dt, path)
	case arrow.ListLikeType: // lists of all kinds; a map is one too, and was above
		e := dt.ElemField()
		t, err := fromType(e.Type, join(path, ElementName))
		if err != nil {
			return nil, err
		}
		return &schema.Array{Element: t, ContainsNull: e.Nullable}, nil
	case *arrow.DictionaryType:
		return fromType(dt.ValueType, path)
	case *arrow.RunEndEncodedType:
		return fromType(dt.Encoded(), path)
	case arrow.ExtensionType:
		if dt.ExtensionName() == "parquet.variant" || dt.ExtensionName() == "arrow.parquet.variant" {
			return schema.Variant, nil
		}
		return fromType(dt.StorageType(), path)
	}
	return nil, &UnsupportedTypeError{Column: path, Type: dt.String(), Reason: reason(dt)}
}

// isMarkedVariant tells whether the producer of a struct, Spark or we, says that it is a variant.
func isMarkedVariant(dt *arrow.StructType) bool {
	metadata, ok := dt.FieldByName("metadata")
	if !ok || !isVariant(dt) {
		return false
	}
	mark, _ := metadata.Metadata.GetValue(variantMark)
	return mark == "true"
}

func fromDecimal(dt arrow.DecimalType, path string) (schema.Type, error) {
	p, s := int(dt.GetPrecision()), int(dt.GetScale())
	if s < 0 { // digits before the point that are always zero
		p, s = p-s, 0
	}
	p = max(p, s)
	if p > 38 {
		return nil, &UnsupportedTypeError{Column: path, Type: dt.String(), Reason: "a decimal has at most 38 digits in Delta; cast it to fewer, or to double or string"}
	}
	return schema.Decimal{Precision: p, Scale: s}, nil
}

func fromMap(dt *arrow.MapType, path string) (schema.Type, error) {
	key, err := fromType(dt.KeyType(), join(path, KeyName))
	if err != nil {
		return nil, err
	}
	value, err := fromType(dt.ItemType(), join(path, ValueName))
	if err != nil {
		return nil, err
	}
	return &schema.Map{Key: key, Value: value, ValueContainsNull: dt.ItemField().Nullable}, nil
}

func reason(dt arrow.DataType) string {
	switch dt.ID() {
	case arrow.TIME32, arrow.TIME64:
		return "Delta has no time of day; cast it to string, or to a timestamp with a date"
	case arrow.DURATION, arrow.INTERVAL_MONTHS, arrow.INTERVAL_DAY_TIME, arrow.INTERVAL_MONTH_DAY_NANO:
		return "Delta has no interval; cast it to a number of units, or to string"
	}
	return fmt.Sprintf("no Delta type holds %s; cast it to string, or select its parts", dt.ID())
}

var fromPrimitive = map[arrow.Type]schema.Type{
	arrow.NULL:              schema.Void,
	arrow.BOOL:              schema.Boolean,
	arrow.INT8:              schema.Byte,
	arrow.INT16:             schema.Short,
	arrow.INT32:             schema.Integer,
	arrow.INT64:             schema.Long,
	arrow.UINT8:             schema.Short,
	arrow.UINT16:            schema.Integer,
	arrow.UINT32:            schema.Long,
	arrow.UINT64:            schema.Decimal{Precision: 20, Scale: 0},
	arrow.FLOAT16:           schema.Float,
	arrow.FLOAT32:           schema.Float,
	arrow.FLOAT64:           schema.Double,
	arrow.STRING:            schema.String,
	arrow.LARGE_STRING:      schema.String,
	arrow.STRING_VIEW:       schema.String,
	arrow.BINARY:            schema.Binary,
	arrow.LARGE_BINARY:      schema.Binary,
	arrow.BINARY_VIEW:       schema.Binary,
	arrow.FIXED_SIZE_BINARY: schema.Binary,
	arrow.DATE32:            schema.Date,
	arrow.DATE64:            schema.Date,
}
