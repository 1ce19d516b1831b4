package scalar

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/decimal128"

	"github.com/ingestd/ingestd/txlog/schema"
)

var errUTF8 = errors.New("bytes that are not UTF-8 have no text that all engines read")

// Format spells a value as [Parse] and other engines read it: numbers as Java prints them,
// timestamps in ISO 8601 at UTC with microseconds, timestamp_ntz with a space and, where it is not
// zero, a fraction. v must be of the Go type that stands for t and not nil. Errors: *ValueError
// (binary that is not UTF-8, a type that has no text).
func Format(t schema.Type, v any) (string, error) {
	s, err := format(t, v)
	if err != nil {
		return "", &ValueError{Type: t, Text: fmt.Sprint(v), Err: err}
	}
	return s, nil
}

func format(t schema.Type, v any) (string, error) {
	switch v := v.(type) {
	case string:
		return v, nil
	case int64:
		return strconv.FormatInt(v, 10), nil
	case bool:
		return strconv.FormatBool(v), nil
	case []byte:
		if !utf8.Valid(v) {
			return "", errUTF8
		}
		return string(v), nil
	case float64:
		if t == schema.Float {
			return FormatFloat(v, 32), nil
		}
		return FormatFloat(v, 64), nil
	case arrow.Date32:
		return FormatDate(v), nil
	case arrow.Timestamp:
		if t == schema.Timestamp {
			return FormatTimestamp(v, "T", 6) + "Z", nil
		}
		digits := 0
		if v%microsPerSecond != 0 {
			digits = 6
		}
		return FormatTimestamp(v, " ", digits), nil
	case decimal128.Num:
		if d, ok := t.(schema.Decimal); ok {
			return formatDecimal(v, d.Scale), nil
		}
	}
	return "", errType
}

// FormatFloat spells a float (32 bits) or double (64) as Java's toString does: 1.0, 1.0E10, NaN,
// Infinity; the shortest digits that read back the same.
func FormatFloat(f float64, bits int) string {
	switch abs := math.Abs(f); {
	case math.IsNaN(f):
		return "NaN"
	case math.IsInf(f, 1):
		return "Infinity"
	case math.IsInf(f, -1):
		return "-Infinity"
	case abs == 0 || abs >= 1e-3 && abs < 1e7:
		s := strconv.FormatFloat(f, 'f', -1, bits)
		if !strings.Contains(s, ".") {
			s += ".0"
		}
		return s
	}
	mantissa, exponent, _ := strings.Cut(strconv.FormatFloat(f, 'e', -1, bits), "e")
	if !strings.Contains(mantissa, ".") {
		mantissa += ".0"
	}
	n, _ := strconv.Atoi(exponent)
	return fmt.Sprintf("%sE%d", mantissa, n)
}
