package variant

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/decimal"
	"github.com/apache/arrow-go/v18/parquet/variant"
	"github.com/google/uuid"
)

// maxDepth is how deep a variant may be nested to be shown.
const maxDepth = 1000

// JSON is the text of a variant, see [AppendJSON].
func JSON(metadata, value []byte) (string, error) {
	b, err := AppendJSON(nil, metadata, value)
	return string(b), err
}

// AppendJSON appends a variant as JSON in one line, as Spark's to_json writes it: dates, times, binaries (base64) and
// numbers that JSON does not have as strings, timestamps in UTC with their offset, those without a zone without one.
// Errors: *CorruptError.
func AppendJSON(dst, metadata, value []byte) ([]byte, error) {
	err := guard(func() error {
		v, err := variant.New(metadata, value)
		if err != nil {
			return err
		}
		dst, err = appendValue(dst, v, 0)
		return err
	})
	if err != nil {
		return nil, &CorruptError{Row: -1, Err: err}
	}
	return dst, nil
}

func appendValue(dst []byte, v variant.Value, depth int) ([]byte, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("it is nested deeper than %d", maxDepth)
	}
	switch x := v.Value().(type) {
	case nil:
		return append(dst, "null"...), nil
	case bool:
		return strconv.AppendBool(dst, x), nil
	case int8:
		return strconv.AppendInt(dst, int64(x), 10), nil
	case int16:
		return strconv.AppendInt(dst, int64(x), 10), nil
	case int32:
		return strconv.AppendInt(dst, int64(x), 10), nil
	case int64:
		return strconv.AppendInt(dst, x, 10), nil
	case float32:
		return appendFloat(dst, float64(x), 32), nil
	case float64:
		return appendFloat(dst, x, 64), nil
	case variant.DecimalValue[decimal.Decimal32]:
		return appendDecimal(dst, strconv.FormatInt(int64(int32(x.Value.(decimal.Decimal32))), 10), x.Scale)
	case variant.DecimalValue[decimal.Decimal64]:
		return appendDecimal(dst, strconv.FormatInt(int64(x.Value.(decimal.Decimal64)), 10), x.Scale)
	case variant.DecimalValue[decimal.Decimal128]:
		return appendDecimal(dst, x.Value.(decimal.Decimal128).BigInt().String(), x.Scale)
	case string:
		return appendString(dst, x), nil
	case []byte:
		return appendString(dst, base64.StdEncoding.EncodeToString(x)), nil
	case uuid.UUID:
		return appendString(dst, x.String()), nil
	case arrow.Date32:
		return appendString(dst, x.FormattedString()), nil
	case arrow.Time64:
		return appendString(dst, x.ToTime(arrow.Microsecond).Format("15:04:05.999999")), nil
	case arrow.Timestamp:
		return appendString(dst, formatTimestamp(x, v.Type())), nil
	case variant.ArrayValue:
		return appendArray(dst, x, depth)
	case variant.ObjectValue:
		return appendObject(dst, x, depth)
	}
	return nil, fmt.Errorf("a value of the unknown type %d", v.Type())
}

func appendArray(dst []byte, a variant.ArrayValue, depth int) ([]byte, error) {
	dst = append(dst, '[')
	for i := range a.Len() {
		if i > 0 {
			dst = append(dst, ',')
		}
		e, err := a.Value(i)
		if err != nil {
			return nil, err
		}
		if dst, err = appendValue(dst, e, depth+1); err != nil {
			return nil, err
		}
	}
	return append(dst, ']'), nil
}

func appendObject(dst []byte, o variant.ObjectValue, depth int) ([]byte, error) {
	dst = append(dst, '{')
	for i := range o.NumElements() {
		if i > 0 {
			dst = append(dst, ',')
		}
		f, err := o.FieldAt(i)
		if err != nil {
			return nil, err
		}
		dst = append(appendString(dst, f.Key), ':')
		if dst, err = appendValue(dst, f.Value, depth+1); err != nil {
			return nil, err
		}
	}
	return append(dst, '}'), nil
}

func formatTimestamp(ts arrow.Timestamp, t variant.Type) string {
	at := time.UnixMicro(int64(ts)).UTC()
	if t == variant.TimestampNanos || t == variant.TimestampNanosNTZ {
		at = time.Unix(0, int64(ts)).UTC()
	}
	text := at.Format("2006-01-02 15:04:05.999999999")
	if t == variant.TimestampMicros || t == variant.TimestampNanos {
		text += "+00:00"
	}
	return text
}

func appendFloat(dst []byte, f float64, bits int) []byte {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		text := map[bool]string{true: "Infinity", false: "-Infinity"}[f > 0]
		if math.IsNaN(f) {
			text = "NaN"
		}
		return appendString(dst, text)
	}
	// As Java writes doubles: with a digit after the point, so that a double stays one when it is read back.
	abs := math.Abs(f)
	if abs == 0 || abs >= 1e-3 && abs < 1e7 {
		return append(dst, withPoint(strconv.FormatFloat(f, 'f', -1, bits))...)
	}
	mantissa, exponent, _ := strings.Cut(strconv.FormatFloat(f, 'E', -1, bits), "E")
	sign := strings.TrimRight(exponent[:1], "+")
	return append(dst, withPoint(mantissa)+"E"+sign+strings.TrimLeft(exponent[1:], "0")...)
}

func withPoint(text string) string {
	if strings.Contains(text, ".") {
		return text
	}
	return text + ".0"
}

// appendDecimal writes a decimal of unscaled digits without zeros at its end.
func appendDecimal(dst []byte, digits string, scale uint8) ([]byte, error) {
	if scale > 38 {
		return nil, fmt.Errorf("a decimal of scale %d", scale)
	}
	if digits[0] == '-' {
		dst, digits = append(dst, '-'), digits[1:]
	}
	if scale == 0 {
		return append(dst, digits...), nil
	}
	if missing := int(scale) + 1 - len(digits); missing > 0 {
		digits = strings.Repeat("0", missing) + digits
	}
	point := len(digits) - int(scale)
	text := strings.TrimRight(digits[:point]+"."+digits[point:], "0")
	return append(dst, strings.TrimSuffix(text, ".")...), nil
}

func appendString(dst []byte, s string) []byte {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(s); err != nil { // never of a string
		return strconv.AppendQuote(dst, s)
	}
	return append(dst, strings.TrimSuffix(b.String(), "\n")...)
}
