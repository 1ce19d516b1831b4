package jsontext

import (
	"math"
	"strconv"
	"unsafe"
)

// MaxNumber is how many characters a number may have where its value is wanted: the limit of the
// parser below Spark's.
const MaxNumber = 1000

// Number is a JSON number as it was read: (-1)^neg * mant * 10^exp, exactly unless inexact.
type Number struct {
	mant     uint64
	exp      int
	Neg      bool
	Integer  bool // has neither a fraction nor an exponent
	inexact  bool // more than 19 digits: mant holds the first ones
	infinite bool // one of Spark's spellings of infinity
	NaN      bool
}

// Number reads a number.
func (s *Scanner) Number(p int) (n Number, _ int) {
	b := s.B
	start := p
	if p < len(b) && b[p] == '-' {
		n.Neg = true
		p++
	}
	n.Integer = true
	digits := p
	for p < len(b) && b[p]-'0' <= 9 {
		n.mant = n.mant*10 + uint64(b[p]-'0')
		p++
	}
	count := p - digits
	if count == 0 || b[digits] == '0' && count > 1 {
		return s.oddNumber(start, digits, count)
	}
	if p < len(b) && b[p] == '.' {
		n.Integer = false
		p++
		frac := p
		for p < len(b) && b[p]-'0' <= 9 {
			n.mant = n.mant*10 + uint64(b[p]-'0')
			p++
		}
		if p == frac {
			return n, s.Syntax(p, "a digit")
		}
		n.exp = frac - p
		count += p - frac
	}
	if p < len(b) && b[p]|0x20 == 'e' {
		n.Integer = false
		var e int
		if e, p = s.exponent(p + 1); p < 0 {
			return n, p
		}
		n.exp += e
	}
	if count > 19 {
		n.recount(b[start:p])
	}
	return n, p
}

// PlainNumber reads the numbers that nearly all are: mant / 10^frac, no sign, no exponent and at most 15
// digits. Where it gives q 0 the number is another one, or none.
func PlainNumber(b []byte, p int) (mant uint64, frac, q int) {
	start := p
	for p < len(b) && b[p]-'0' <= 9 {
		mant = mant*10 + uint64(b[p]-'0')
		p++
	}
	count := p - start
	if count == 0 || count > 1 && b[start] == '0' {
		return 0, 0, 0
	}
	if p < len(b) && b[p] == '.' {
		p++
		point := p
		for p < len(b) && b[p]-'0' <= 9 {
			mant = mant*10 + uint64(b[p]-'0')
			p++
		}
		frac = p - point
		if count += frac; frac == 0 {
			return 0, 0, 0
		}
	}
	if count > 15 || p < len(b) && b[p]|0x20 == 'e' {
		return 0, 0, 0
	}
	return mant, frac, p
}

func (s *Scanner) exponent(p int) (e, _ int) {
	neg := false
	if p < len(s.B) && (s.B[p] == '+' || s.B[p] == '-') {
		neg = s.B[p] == '-'
		p++
	}
	digits := p
	for p < len(s.B) && s.B[p]-'0' <= 9 {
		e = min(e*10+int(s.B[p]-'0'), 1<<30)
		p++
	}
	if p == digits {
		return 0, s.Syntax(p, "a digit")
	}
	if neg {
		e = -e
	}
	return e, p
}

// recount reads the digits of a long number again, with care that mant does not overflow.
func (n *Number) recount(text []byte) {
	exp := n.exp
	n.mant = 0
	kept := 0
	for _, c := range text {
		if c|0x20 == 'e' {
			break
		}
		if c == '-' || c == '.' || kept == 0 && c == '0' {
			continue
		}
		if kept < 19 {
			n.mant = n.mant*10 + uint64(c-'0')
			kept++
			continue
		}
		exp++
		n.inexact = n.inexact || c != '0'
	}
	n.exp = exp
}

// oddNumber reads what is no number of RFC 8259: Spark takes NaN and spellings of infinity.
func (s *Scanner) oddNumber(start, digits, count int) (n Number, _ int) {
	if count > 1 {
		return n, s.Fail(start, KindSyntax, "", "a number with a leading zero")
	}
	if s.Strict {
		return n, s.Syntax(start, "a value")
	}
	rest := s.B[start:]
	for _, w := range nonNumbers {
		if len(rest) >= len(w.text) && string(rest[:len(w.text)]) == w.text {
			return w.Number, start + len(w.text)
		}
	}
	if digits > start {
		return n, s.Syntax(digits, "a digit")
	}
	return n, s.Syntax(start, "a value")
}

var nonNumbers = []struct {
	text string
	Number
}{
	{"NaN", Number{NaN: true}},
	{"Infinity", Number{infinite: true}}, {"+Infinity", Number{infinite: true}}, {"+INF", Number{infinite: true}},
	{"-Infinity", Number{infinite: true, Neg: true}}, {"-INF", Number{infinite: true, Neg: true}},
}

// Special gives the number that a string spells for a DOUBLE or FLOAT column.
func Special(text []byte) (Number, bool) {
	for _, w := range nonNumbers {
		if string(text) == w.text {
			return w.Number, true
		}
	}
	return Number{}, false
}

// Finite says that n is a number at all.
func (n *Number) Finite() bool { return !n.NaN && !n.infinite }

// NotFinite gives the value of n where it is not finite.
func (n *Number) NotFinite() float64 {
	switch {
	case n.NaN:
		return math.NaN()
	case n.Neg:
		return math.Inf(-1)
	}
	return math.Inf(1)
}

// Int64 gives the value of a number that is an integer; ok is false where it does not fit.
func (n *Number) Int64() (v int64, ok bool) {
	if n.inexact || n.exp != 0 {
		return 0, false
	}
	if n.Neg {
		return -int64(n.mant), n.mant <= 1<<63
	}
	return int64(n.mant), n.mant < 1<<63
}

// Pow10 are the powers of ten that doubles hold exactly.
var Pow10 = [...]float64{1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22}

// Float64 gives the double next to n, whose text is given; ok is false beyond the largest.
func (n *Number) Float64(text []byte) (f float64, ok bool) {
	if n.mant < 1<<53 && !n.inexact {
		// Both are doubles exactly, so one operation rounds once (Clinger's fast path).
		switch {
		case n.exp == 0:
			f = float64(n.mant)
		case n.exp < 0 && n.exp >= -22:
			f = float64(n.mant) / Pow10[-n.exp]
		case n.exp > 0 && n.exp <= 22:
			f = float64(n.mant) * Pow10[n.exp]
		default:
			return slowFloat(text, 64)
		}
		if n.Neg && !(n.Integer && n.mant == 0) { // -0 is the integer 0, as for Spark
			f = -f
		}
		return f, true
	}
	return slowFloat(text, 64)
}

// Float32 is Float64 for a float: the number is rounded once, not by way of a double.
func (n *Number) Float32(text []byte) (f float32, ok bool) {
	if n.mant < 1<<24 && !n.inexact && n.exp >= -10 && n.exp <= 0 {
		f = float32(n.mant) / float32(Pow10[-n.exp])
		if n.Neg && !(n.Integer && n.mant == 0) {
			f = -f
		}
		return f, true
	}
	wide, ok := slowFloat(text, 32)
	return float32(wide), ok
}

// slowFloat reads any number exactly.
func slowFloat(text []byte, size int) (float64, bool) {
	f, err := strconv.ParseFloat(unsafe.String(unsafe.SliceData(text), len(text)), size)
	return f, err == nil
}
