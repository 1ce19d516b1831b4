package sql

import (
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	duckdb "github.com/duckdb/duckdb-go-bindings"
)

var (
	timestampUTC = &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "UTC"}
	timestampNTZ = &arrow.TimestampType{Unit: arrow.Microsecond}
)

// primitives are the types that DuckDB and Arrow share one to one.
var primitives = map[arrow.Type]duckdb.Type{
	arrow.BOOL:         duckdb.TypeBoolean,
	arrow.INT8:         duckdb.TypeTinyInt,
	arrow.INT16:        duckdb.TypeSmallInt,
	arrow.INT32:        duckdb.TypeInteger,
	arrow.INT64:        duckdb.TypeBigInt,
	arrow.FLOAT32:      duckdb.TypeFloat,
	arrow.FLOAT64:      duckdb.TypeDouble,
	arrow.STRING:       duckdb.TypeVarchar,
	arrow.LARGE_STRING: duckdb.TypeVarchar,
	arrow.BINARY:       duckdb.TypeBlob,
	arrow.LARGE_BINARY: duckdb.TypeBlob,
	arrow.DATE32:       duckdb.TypeDate,
	arrow.NULL:         duckdb.TypeInteger, // Delta's void: always null
}

// duckType gives the DuckDB type of Arrow values. The caller destroys it.
func duckType(dt arrow.DataType) (duckdb.LogicalType, error) {
	if t, ok := primitives[dt.ID()]; ok {
		return duckdb.CreateLogicalType(t), nil
	}
	switch dt := dt.(type) {
	case *arrow.DictionaryType:
		return duckType(dt.ValueType)
	case *arrow.TimestampType:
		if dt.Unit == arrow.Microsecond && dt.TimeZone == "" {
			return duckdb.CreateLogicalType(duckdb.TypeTimestamp), nil
		}
		if dt.Unit == arrow.Microsecond {
			return duckdb.CreateLogicalType(duckdb.TypeTimestampTZ), nil
		}
	case *arrow.Decimal128Type:
		return duckdb.CreateDecimalType(uint8(dt.Precision), uint8(dt.Scale)), nil
	case *arrow.MapType:
		key, err := duckType(dt.KeyType())
		if err != nil {
			return key, err
		}
		defer duckdb.DestroyLogicalType(&key)
		item, err := duckType(dt.ItemType())
		if err != nil {
			return item, err
		}
		defer duckdb.DestroyLogicalType(&item)
		return duckdb.CreateMapType(key, item), nil
	case *arrow.ListType:
		elem, err := duckType(dt.Elem())
		if err != nil {
			return elem, err
		}
		defer duckdb.DestroyLogicalType(&elem)
		return duckdb.CreateListType(elem), nil
	case *arrow.StructType:
		return duckStruct(dt)
	}
	return duckdb.LogicalType{}, fmt.Errorf("arrow type %s has no SQL type", dt)
}

func duckStruct(dt *arrow.StructType) (duckdb.LogicalType, error) {
	if dt.NumFields() == 0 {
		return duckdb.LogicalType{}, fmt.Errorf("a struct without fields has no SQL type")
	}
	types := make([]duckdb.LogicalType, 0, dt.NumFields())
	defer func() {
		for i := range types {
			duckdb.DestroyLogicalType(&types[i])
		}
	}()
	names := make([]string, dt.NumFields())
	for i, f := range dt.Fields() {
		t, err := duckType(f.Type)
		if err != nil {
			return t, err
		}
		types, names[i] = append(types, t), f.Name
	}
	return duckdb.CreateStructType(types, names), nil
}

// arrowType gives the Arrow type that values of a DuckDB type become in results.
func arrowType(lt duckdb.LogicalType) (arrow.DataType, error) {
	switch t := duckdb.GetTypeId(lt); t {
	case duckdb.TypeBoolean:
		return arrow.FixedWidthTypes.Boolean, nil
	case duckdb.TypeTinyInt:
		return arrow.PrimitiveTypes.Int8, nil
	case duckdb.TypeSmallInt, duckdb.TypeUTinyInt:
		return arrow.PrimitiveTypes.Int16, nil
	case duckdb.TypeInteger, duckdb.TypeUSmallInt, duckdb.TypeSQLNull:
		return arrow.PrimitiveTypes.Int32, nil
	case duckdb.TypeBigInt, duckdb.TypeUInteger, duckdb.TypeHugeInt:
		return arrow.PrimitiveTypes.Int64, nil
	case duckdb.TypeUBigInt:
		return &arrow.Decimal128Type{Precision: 20}, nil
	case duckdb.TypeFloat:
		return arrow.PrimitiveTypes.Float32, nil
	case duckdb.TypeDouble:
		return arrow.PrimitiveTypes.Float64, nil
	case duckdb.TypeVarchar, duckdb.TypeEnum, duckdb.TypeUUID, duckdb.TypeTime, duckdb.TypeInterval:
		return arrow.BinaryTypes.String, nil
	case duckdb.TypeBlob:
		return arrow.BinaryTypes.Binary, nil
	case duckdb.TypeDate:
		return arrow.FixedWidthTypes.Date32, nil
	case duckdb.TypeTimestampTZ:
		return timestampUTC, nil
	case duckdb.TypeTimestamp, duckdb.TypeTimestampS, duckdb.TypeTimestampMS, duckdb.TypeTimestampNS:
		return timestampNTZ, nil
	case duckdb.TypeDecimal:
		return &arrow.Decimal128Type{Precision: int32(duckdb.DecimalWidth(lt)), Scale: int32(duckdb.DecimalScale(lt))}, nil
	case duckdb.TypeList, duckdb.TypeArray, duckdb.TypeMap, duckdb.TypeStruct:
		return arrowNested(t, lt)
	default:
		return nil, fmt.Errorf("its type has no place in a Delta table; cast it, for example CAST(x AS VARCHAR)")
	}
}

func arrowNested(t duckdb.Type, lt duckdb.LogicalType) (arrow.DataType, error) {
	child := func(lt duckdb.LogicalType) (arrow.DataType, error) {
		defer duckdb.DestroyLogicalType(&lt)
		return arrowType(lt)
	}
	switch t {
	case duckdb.TypeList:
		elem, err := child(duckdb.ListTypeChildType(lt))
		if err != nil {
			return nil, err
		}
		return arrow.ListOf(elem), nil
	case duckdb.TypeArray:
		elem, err := child(duckdb.ArrayTypeChildType(lt))
		if err != nil {
			return nil, err
		}
		return arrow.ListOf(elem), nil
	case duckdb.TypeMap:
		key, err := child(duckdb.MapTypeKeyType(lt))
		if err != nil {
			return nil, err
		}
		item, err := child(duckdb.MapTypeValueType(lt))
		if err != nil {
			return nil, err
		}
		return arrow.MapOf(key, item), nil
	}
	fields := make([]arrow.Field, duckdb.StructTypeChildCount(lt))
	for i := range fields {
		ft, err := child(duckdb.StructTypeChildType(lt, duckdb.IdxT(i)))
		if err != nil {
			return nil, err
		}
		fields[i] = arrow.Field{Name: duckdb.StructTypeChildName(lt, duckdb.IdxT(i)), Type: ft, Nullable: true}
	}
	return arrow.StructOf(fields...), nil
}
