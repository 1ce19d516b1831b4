package json

import (
	"strconv"
	"unsafe"
)

// maxNumber is how many characters a number may have where its value is wanted: the limit of the
// parser below Spark's.
const maxNumber = 1000

// number is a JSON number as it was read: (-1)^neg * mant * 10^exp, exactly unless inexact.
type number struct {
	mant     uint64
	exp      int
	neg      bool
	integer  bool // has neither a fraction nor an exponent
	inexact  bool // more than 19 digits: mant holds the first ones
	infinite bool // one of Spark's spellings of infinity
	nan      bool
}

// number reads a number.
func (s *scanner) number(p int) (n number, _ int) {
	b := s.b
	start := p
	if p < len(b) && b[p] == '-' {
		n.neg = true
		p++
	}
	n.integer = true
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
		n.integer = false
		p++
		frac := p
		for p < len(b) && b[p]-'0' <= 9 {
			n.mant = n.mant*10 + uint64(b[p]-'0')
			p++
		}
		if p == frac {
			return n, s.syntax(p, "a digit")
		}
		n.exp = frac - p
		count += p - frac
	}
	if p < len(b) && b[p]|0x20 == 'e' {
		n.integer = false
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

// plainNumber reads the numbers that nearly all are: mant / 10^frac, no sign, no exponent and at most 15
// digits. Where it gives q 0 the number is another one, or none.
func plainNumber(b []byte, p int) (mant uint64, frac, q int) {
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

func (s *scanner) exponent(p int) (e, _ int) {
	neg := false
	if p < len(s.b) && (s.b[p] == '+' || s.b[p] == '-') {
		neg = s.b[p] == '-'
		p++
	}
	digits := p
	for p < len(s.b) && s.b[p]-'0' <= 9 {
		e = min(e*10+int(s.b[p]-'0'), 1<<30)
		p++
	}
	if p == digits {
		return 0, s.syntax(p, "a digit")
	}
	if neg {
		e = -e
	}
	return e, p
}

// recount reads the digits of a long number again, with care that mant does not overflow.
func (n *number) recount(text []byte) {
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
func (s *scanner) oddNumber(start, digits, count int) (n number, _ int) {
	if count > 1 {
		return n, s.fail(start, kindSyntax, "", "a number with a leading zero")
	}
	if s.strict {
		return n, s.syntax(start, "a value")
	}
	rest := s.b[start:]
	for _, w := range nonNumbers {
		if len(rest) >= len(w.text) && string(rest[:len(w.text)]) == w.text {
			return w.number, start + len(w.text)
		}
	}
	if digits > start {
		return n, s.syntax(digits, "a digit")
	}
	return n, s.syntax(start, "a value")
}

var nonNumbers = []struct {
	text string
	number
}{
	{"NaN", number{nan: true}},
	{"Infinity", number{infinite: true}}, {"+Infinity", number{infinite: true}}, {"+INF", number{infinite: true}},
	{"-Infinity", number{infinite: true, neg: true}}, {"-INF", number{infinite: true, neg: true}},
}

// special gives the number that a string spells for a DOUBLE or FLOAT column.
func special(text []byte) (number, bool) {
	for _, w := range nonNumbers {
		if string(text) == w.text {
			return w.number, true
		}
	}
	return number{}, false
}

// finite says that n is a number at all.
func (n *number) finite() bool { return !n.nan && !n.infinite }

// int64 gives the value of a number that is an integer; ok is false where it does not fit.
func (n *number) int64() (v int64, ok bool) {
	if n.inexact || n.exp != 0 {
		return 0, false
	}
	if n.neg {
		return -int64(n.mant), n.mant <= 1<<63
	}
	return int64(n.mant), n.mant < 1<<63
}

var pow10 = [...]float64{1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22}

// float64 gives the double next to n, whose text is given; ok is false beyond the largest.
func (n *number) float64(text []byte) (f float64, ok bool) {
	if n.mant < 1<<53 && !n.inexact {
		// Both are doubles exactly, so one operation rounds once (Clinger's fast path).
		switch {
		case n.exp == 0:
			f = float64(n.mant)
		case n.exp < 0 && n.exp >= -22:
			f = float64(n.mant) / pow10[-n.exp]
		case n.exp > 0 && n.exp <= 22:
			f = float64(n.mant) * pow10[n.exp]
		default:
			return slowFloat(text, 64)
		}
		if n.neg && !(n.integer && n.mant == 0) { // -0 is the integer 0, as for Spark
			f = -f
		}
		return f, true
	}
	return slowFloat(text, 64)
}

// float32 is float64 for a float: the number is rounded once, not by way of a double.
func (n *number) float32(text []byte) (f float32, ok bool) {
	if n.mant < 1<<24 && !n.inexact && n.exp >= -10 && n.exp <= 0 {
		f = float32(n.mant) / float32(pow10[-n.exp])
		if n.neg && !(n.integer && n.mant == 0) {
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
