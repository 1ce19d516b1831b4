package variant

import (
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal"
	"github.com/google/uuid"
)

// primitive writes a typed value of a type without parts.
func (a *assembly) primitive(col arrow.Array, i int) error {
	switch c := col.(type) {
	case *array.Boolean:
		return a.b.AppendBool(c.Value(i))
	case *array.Int8:
		return a.b.AppendInt(int64(c.Value(i)))
	case *array.Int16:
		return a.b.AppendInt(int64(c.Value(i)))
	case *array.Int32:
		return a.b.AppendInt(int64(c.Value(i)))
	case *array.Int64:
		return a.b.AppendInt(c.Value(i))
	case *array.Float32:
		return a.b.AppendFloat32(c.Value(i))
	case *array.Float64:
		return a.b.AppendFloat64(c.Value(i))
	case *array.String:
		return a.b.AppendString(c.Value(i))
	case *array.Binary:
		return a.b.AppendBinary(c.Value(i))
	case *array.Date32:
		return a.b.AppendDate(c.Value(i))
	case *array.Time64:
		return a.b.AppendTimeMicro(c.Value(i))
	case *array.Timestamp:
		dt := c.DataType().(*arrow.TimestampType)
		if dt.Unit == arrow.Microsecond || dt.Unit == arrow.Nanosecond {
			return a.b.AppendTimestamp(c.Value(i), dt.Unit == arrow.Microsecond, dt.TimeZone != "")
		}
	case *array.FixedSizeBinary:
		if id, err := uuid.FromBytes(c.Value(i)); err == nil {
			return a.b.AppendUUID(id)
		}
	case *array.Decimal128:
		dt := c.DataType().(*arrow.Decimal128Type)
		v := c.Value(i)
		switch {
		case dt.Precision <= 9:
			return a.b.AppendDecimal4(uint8(dt.Scale), decimal.Decimal32(int32(v.LowBits())))
		case dt.Precision <= 18:
			return a.b.AppendDecimal8(uint8(dt.Scale), decimal.Decimal64(int64(v.LowBits())))
		}
		return a.b.AppendDecimal16(uint8(dt.Scale), v)
	}
	return fmt.Errorf("no variant holds a typed value of type %s", col.DataType())
}
