package parts

import (
	"fmt"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
)

// typeName is an Arrow type in the words of Delta's DDL.
func typeName(ty arrow.DataType) string {
	switch ty := ty.(type) {
	case *arrow.StructType:
		fields := make([]string, ty.NumFields())
		for i, field := range ty.Fields() {
			fields[i] = field.Name + ":" + typeName(field.Type)
		}
		return "struct<" + strings.Join(fields, ",") + ">"
	case *arrow.MapType:
		return "map<" + typeName(ty.KeyType()) + "," + typeName(ty.ItemType()) + ">"
	case arrow.ListLikeType:
		return "array<" + typeName(ty.Elem()) + ">"
	case *arrow.DictionaryType:
		return typeName(ty.ValueType)
	case arrow.ExtensionType:
		return typeName(ty.StorageType())
	case arrow.DecimalType:
		return fmt.Sprintf("decimal(%d,%d)", ty.GetPrecision(), ty.GetScale())
	case *arrow.TimestampType:
		if ty.TimeZone == "" {
			return "timestamp_ntz"
		}
		return "timestamp"
	}
	if name, ok := flatNames[ty.ID()]; ok {
		return name
	}
	return ty.String()
}

var flatNames = map[arrow.Type]string{
	arrow.NULL:              "void",
	arrow.BOOL:              "boolean",
	arrow.INT8:              "tinyint",
	arrow.INT16:             "smallint",
	arrow.INT32:             "int",
	arrow.INT64:             "bigint",
	arrow.FLOAT32:           "float",
	arrow.FLOAT64:           "double",
	arrow.DATE32:            "date",
	arrow.STRING:            "string",
	arrow.LARGE_STRING:      "string",
	arrow.STRING_VIEW:       "string",
	arrow.BINARY:            "binary",
	arrow.LARGE_BINARY:      "binary",
	arrow.BINARY_VIEW:       "binary",
	arrow.FIXED_SIZE_BINARY: "binary",
}
