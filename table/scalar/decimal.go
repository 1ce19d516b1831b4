package scalar

import (
	"errors"
	"math/big"
	"strconv"
	"strings"

	"github.com/apache/arrow-go/v18/arrow/decimal128"

	"github.com/ingestd/ingestd/txlog/schema"
)

// parseDecimal reads 1.50, -.5, 1E+3 and 0E-7 exactly: digits that the scale has no room for must
// be zero.
func parseDecimal(text string, t schema.Decimal) (any, error) {
	mantissa, exponent := text, 0
	if e := strings.IndexAny(text, "eE"); e >= 0 {
		x, err := strconv.Atoi(text[e+1:])
		if err != nil || x < -1000 || x > 1000 {
			return nil, errors.New("a decimal number is expected")
		}
		mantissa, exponent = text[:e], x
	}
	sign := strings.HasPrefix(mantissa, "-")
	whole, fraction, _ := strings.Cut(strings.TrimLeft(mantissa, "+-"), ".")
	digits := whole + fraction
	if len(mantissa)-len(strings.TrimLeft(mantissa, "+-")) > 1 || digits == "" || strings.Trim(digits, "0123456789") != "" || len(digits) > 1000 {
		return nil, errors.New("a decimal number is expected")
	}
	shift := t.Scale - len(fraction) + exponent
	if shift < 0 {
		cut := max(0, len(digits)+shift)
		if strings.Trim(digits[cut:], "0") != "" {
			return nil, errors.New("it has more digits after the point")
		}
		digits, shift = digits[:cut], 0
	}
	digits = strings.TrimLeft(digits, "0")
	if digits == "" {
		return decimal128.Num{}, nil
	}
	if len(digits)+shift > t.Precision {
		return nil, errRange
	}
	n, _ := new(big.Int).SetString(digits+strings.Repeat("0", shift), 10)
	if sign {
		n.Neg(n)
	}
	return decimal128.FromBigInt(n), nil
}

// formatDecimal writes all digits of the scale and no exponent.
func formatDecimal(n decimal128.Num, scale int) string {
	digits := n.BigInt().String()
	sign := ""
	if digits[0] == '-' {
		sign, digits = "-", digits[1:]
	}
	if scale == 0 {
		return sign + digits
	}
	if len(digits) <= scale {
		digits = strings.Repeat("0", scale+1-len(digits)) + digits
	}
	return sign + digits[:len(digits)-scale] + "." + digits[len(digits)-scale:]
}
