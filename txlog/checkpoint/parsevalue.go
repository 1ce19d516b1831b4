package checkpoint

import (
	"math/big"
	"strconv"
	"strings"
	"time"

	"github.com/ingestd/ingestd/txlog/schema"
	"github.com/parquet-go/parquet-go"
)

// parseValue reads a value as statistics and partition values spell it ("Partition Value
// Serialization"), for a column that valueNode made.
func parseValue(t schema.Type, s string) (parquet.Value, bool) {
	if d, ok := t.(schema.Decimal); ok {
		return parseDecimal(d, s)
	}
	p, _ := t.(schema.Primitive)
	switch p {
	case schema.String, schema.Binary:
		return stringValue(s), true
	case schema.Boolean:
		b, err := strconv.ParseBool(s)
		return parquet.BooleanValue(b), err == nil
	case schema.Byte:
		n, err := strconv.ParseInt(s, 10, 8)
		return parquet.Int32Value(int32(n)), err == nil
	case schema.Short:
		n, err := strconv.ParseInt(s, 10, 16)
		return parquet.Int32Value(int32(n)), err == nil
	case schema.Integer:
		n, err := strconv.ParseInt(s, 10, 32)
		return parquet.Int32Value(int32(n)), err == nil
	case schema.Long:
		n, err := strconv.ParseInt(s, 10, 64)
		return parquet.Int64Value(n), err == nil
	case schema.Float:
		f, err := strconv.ParseFloat(s, 32)
		return parquet.FloatValue(float32(f)), err == nil
	case schema.Double:
		f, err := strconv.ParseFloat(s, 64)
		return parquet.DoubleValue(f), err == nil
	case schema.Date:
		at, err := time.Parse("2006-01-02", s)
		return parquet.Int32Value(int32(at.Unix() / 86400)), err == nil
	case schema.Timestamp, schema.TimestampNTZ:
		at, ok := parseTime(s)
		return parquet.Int64Value(at.UnixMicro()), ok
	}
	return parquet.Value{}, false
}

// parseTime reads "2020-01-02 03:04:05[.123456]" and ISO 8601 with or without a zone. Without one it is UTC.
func parseTime(s string) (time.Time, bool) {
	for _, layout := range []string{"2006-01-02T15:04:05.999999999Z07:00", "2006-01-02 15:04:05.999999999", "2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05.999999999Z07:00", "2006-01-02"} {
		if at, err := time.Parse(layout, s); err == nil {
			return at, true
		}
	}
	return time.Time{}, false
}

// parseDecimal reads a number such as "-12.30" or "1E+3" that the type can hold exactly.
func parseDecimal(d schema.Decimal, s string) (parquet.Value, bool) {
	if strings.ContainsAny(s, "/_xXpP") || len(s) > 80 {
		return parquet.Value{}, false
	}
	if _, exp, ok := strings.Cut(strings.ToLower(s), "e"); ok {
		if e, err := strconv.Atoi(exp); err != nil || e > 40 || e < -80 {
			return parquet.Value{}, false
		}
	}
	r, ok := new(big.Rat).SetString(s)
	if !ok {
		return parquet.Value{}, false
	}
	r.Mul(r, new(big.Rat).SetInt(pow10(d.Scale)))
	if !r.IsInt() || new(big.Int).Abs(r.Num()).Cmp(pow10(d.Precision)) >= 0 {
		return parquet.Value{}, false
	}
	n := r.Num()
	switch {
	case d.Precision <= 9:
		return parquet.Int32Value(int32(n.Int64())), true
	case d.Precision <= 18:
		return parquet.Int64Value(n.Int64()), true
	}
	b := make([]byte, decimalBytes(d.Precision))
	if n.Sign() < 0 {
		n = new(big.Int).Add(n, new(big.Int).Lsh(big.NewInt(1), uint(len(b))*8))
	}
	return parquet.FixedLenByteArrayValue(n.FillBytes(b)), true
}

func pow10(n int) *big.Int { return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil) }
