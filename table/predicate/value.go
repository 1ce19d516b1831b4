package predicate

import (
	"cmp"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
	"time"
)

// Kind is the type of a Value.
type Kind uint8

// The kinds of values. Integers of every width are Int, float and double are Float.
const (
	None Kind = iota // no value: unknown
	BoolKind
	IntKind
	FloatKind
	DecimalKind
	StringKind
	BinaryKind
	DateKind
	TimestampKind    // an instant
	TimestampNTZKind // a wall clock
)

// Value is a typed literal, or a bound of a column. The zero Value is no value (not SQL's NULL).
type Value struct {
	kind Kind
	i    int64    // Bool, Int, Date (days), Timestamp and TimestampNTZ (microseconds); Decimal: scale
	f    float64  // Float
	s    string   // String, Binary
	big  *big.Int // Decimal: unscaled
}

// Bool is a boolean.
func Bool(b bool) Value {
	if b {
		return Value{kind: BoolKind, i: 1}
	}
	return Value{kind: BoolKind}
}

// Int is a byte, short, integer or long.
func Int(i int64) Value { return Value{kind: IntKind, i: i} }

// Float is a float or double. A float must come as the double that equals it.
func Float(f float64) Value { return Value{kind: FloatKind, f: f} }

// Decimal is unscaled * 10^-scale.
func Decimal(unscaled *big.Int, scale int) Value {
	return Value{kind: DecimalKind, big: new(big.Int).Set(unscaled), i: int64(scale)}
}

// String is a string, compared by its UTF-8 bytes.
func String(s string) Value { return Value{kind: StringKind, s: s} }

// Binary is a string of bytes.
func Binary(b []byte) Value { return Value{kind: BinaryKind, s: string(b)} }

// Date is days since 1970-01-01.
func Date(days int32) Value { return Value{kind: DateKind, i: int64(days)} }

// Timestamp is an instant, microseconds since 1970-01-01 UTC.
func Timestamp(micros int64) Value { return Value{kind: TimestampKind, i: micros} }

// TimestampNTZ is a wall clock, microseconds since 1970-01-01 00:00:00.
func TimestampNTZ(micros int64) Value { return Value{kind: TimestampNTZKind, i: micros} }

// Kind tells the type of v.
func (v Value) Kind() Kind { return v.kind }

// IsNone tells whether v is no value.
func (v Value) IsNone() bool { return v.kind == None }

func (v Value) isNaN() bool { return v.kind == FloatKind && math.IsNaN(v.f) }

// String spells v as a SQL literal.
func (v Value) String() string {
	switch v.kind {
	case BoolKind:
		return strconv.FormatBool(v.i != 0)
	case IntKind:
		return strconv.FormatInt(v.i, 10)
	case FloatKind:
		if math.IsNaN(v.f) || math.IsInf(v.f, 0) {
			return fmt.Sprintf("DOUBLE '%v'", v.f)
		}
		return strconv.FormatFloat(v.f, 'e', -1, 64)
	case DecimalKind:
		return decimalString(v.big, int(v.i))
	case StringKind:
		return "'" + strings.ReplaceAll(v.s, "'", "''") + "'"
	case BinaryKind:
		return fmt.Sprintf("X'%X'", v.s)
	case DateKind:
		return "DATE '" + time.Unix(v.i*86400, 0).UTC().Format("2006-01-02") + "'"
	case TimestampKind:
		return "TIMESTAMP '" + time.UnixMicro(v.i).UTC().Format("2006-01-02 15:04:05.999999") + " UTC'"
	case TimestampNTZKind:
		return "TIMESTAMP_NTZ '" + time.UnixMicro(v.i).UTC().Format("2006-01-02 15:04:05.999999") + "'"
	case None:
	}
	return "?"
}

func decimalString(unscaled *big.Int, scale int) string {
	digits := new(big.Int).Abs(unscaled).String()
	if len(digits) <= scale {
		digits = strings.Repeat("0", scale-len(digits)+1) + digits
	}
	s := digits[:len(digits)-scale]
	if scale > 0 {
		s += "." + digits[len(digits)-scale:]
	}
	if unscaled.Sign() < 0 {
		s = "-" + s
	}
	return s
}

// Compare orders a and b as SQL does, where that is certain: ok is false for values of types that
// have no common order, or whose conversion an engine may round.
//
// NaN equals itself and is greater than all else (Spark, DuckDB). An integer and a double compare as
// doubles, as both engines do; integers and decimals compare exactly.
func Compare(a, b Value) (order int, ok bool) {
	if a.kind == b.kind {
		return compareSame(a, b)
	}
	switch {
	case a.kind == DateKind && b.kind == TimestampNTZKind:
		return compareDate(a.i, b.i), true
	case a.kind == TimestampNTZKind && b.kind == DateKind:
		return -compareDate(b.i, a.i), true
	case a.kind == FloatKind || b.kind == FloatKind:
		x, okx := a.asFloat()
		y, oky := b.asFloat()
		return compareFloats(x, y), okx && oky
	case a.isExactNumber() && b.isExactNumber():
		return compareDecimals(a, b), true
	}
	return 0, false
}

const microsPerDay = 86_400_000_000

// compareDate orders the midnight that a date begins with, which may lie beyond all timestamps, and a timestamp.
func compareDate(days, micros int64) int {
	day := micros / microsPerDay
	if micros%microsPerDay < 0 {
		day--
	}
	if days != day {
		return cmp.Compare(days, day)
	}
	return cmp.Compare(0, micros-day*microsPerDay)
}

func compareSame(a, b Value) (int, bool) {
	switch a.kind {
	case BoolKind, IntKind, DateKind, TimestampKind, TimestampNTZKind:
		return cmp.Compare(a.i, b.i), true
	case FloatKind:
		return compareFloats(a.f, b.f), true
	case DecimalKind:
		return compareDecimals(a, b), true
	case StringKind, BinaryKind:
		return strings.Compare(a.s, b.s), true
	case None:
	}
	return 0, false
}

// compareFloats puts NaN last and makes -0 equal 0.
func compareFloats(x, y float64) int {
	switch xn, yn := math.IsNaN(x), math.IsNaN(y); {
	case xn && yn:
		return 0
	case xn:
		return 1
	case yn:
		return -1
	}
	return cmp.Compare(x, y)
}

func (v Value) isExactNumber() bool { return v.kind == IntKind || v.kind == DecimalKind }

// asFloat converts to double where there is only one way to round: rounding an integer is monotone,
// and so is the division of a decimal of at most 53 bits by an exact power of ten.
func (v Value) asFloat() (float64, bool) {
	switch v.kind {
	case FloatKind:
		return v.f, true
	case IntKind:
		return float64(v.i), true
	case DecimalKind:
		if v.big.BitLen() <= 53 && v.i <= 22 {
			return float64(v.big.Int64()) / math.Pow10(int(v.i)), true
		}
	case None, BoolKind, StringKind, BinaryKind, DateKind, TimestampKind, TimestampNTZKind:
	}
	return 0, false
}

func compareDecimals(a, b Value) int {
	x, xs := a.unscaled()
	y, ys := b.unscaled()
	if xs < ys {
		x = new(big.Int).Mul(x, pow10(ys-xs))
	} else if ys < xs {
		y = new(big.Int).Mul(y, pow10(xs-ys))
	}
	return x.Cmp(y)
}

func (v Value) unscaled() (*big.Int, int64) {
	if v.kind == IntKind {
		return big.NewInt(v.i), 0
	}
	return v.big, v.i
}

func pow10(n int64) *big.Int { return new(big.Int).Exp(big.NewInt(10), big.NewInt(n), nil) }

// Days gives a Date's days since 1970-01-01.
func (v Value) Days() (days int64, ok bool) { return v.i, v.kind == DateKind }

// Double gives a Float's value.
func (v Value) Double() (f float64, ok bool) { return v.f, v.kind == FloatKind }
