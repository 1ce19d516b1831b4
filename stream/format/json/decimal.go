package json

import (
	"bytes"
	"math"
	"math/bits"

	"github.com/apache/arrow-go/v18/arrow/decimal128"
)

// decimalNode reads DECIMAL(p,s) from numbers and from strings that hold one. More digits than the
// scale are rounded half up; what then has more digits than the precision is out of range.
type decimalNode struct {
	fixed[decimal128.Num]
	ddl   string
	scale int
	limit wide // 10^precision
}

func (x *decimalNode) read(s *scanner, p, i int) int {
	b := s.b
	var text []byte
	var q int
	switch {
	case p < len(b) && (b[p] == '"' || b[p] == '\''):
		if text, q = s.text(p); q < 0 {
			return q
		}
		var ok bool
		if text, ok = decimalText(text); !ok {
			return s.fail(p, kindType, x.ddl, "a string")
		}
	case p < len(b) && (b[p]-'0' <= 9 || b[p] == '-'):
		var n number
		if n, q = s.number(p); q < 0 {
			return q
		}
		if !n.finite() {
			return s.fail(p, kindType, x.ddl, "a number that is not finite")
		}
		text = b[p:q]
	default:
		return s.mismatch(p, x.ddl)
	}
	if len(text) > maxNumber {
		return s.fail(p, kindRange, x.ddl, "a number of more than 1000 characters")
	}
	v, ok := scaled(text, x.scale, x.limit)
	if !ok {
		return s.fail(p, kindRange, x.ddl, "a number")
	}
	x.col.Set(i, v)
	return q
}

// decimalText checks that t is what Java's BigDecimal takes once the commas are out.
func decimalText(t []byte) ([]byte, bool) {
	if bytes.IndexByte(t, ',') >= 0 {
		t = bytes.ReplaceAll(t, []byte(","), nil)
	}
	i, digits := 0, 0
	sign := func() {
		if i < len(t) && (t[i] == '-' || t[i] == '+') {
			i++
		}
	}
	run := func() (n int) {
		for i < len(t) && t[i]-'0' <= 9 {
			i++
			n++
		}
		return n
	}
	sign()
	digits = run()
	if i < len(t) && t[i] == '.' {
		i++
		digits += run()
	}
	if digits == 0 {
		return nil, false
	}
	if i < len(t) && t[i]|0x20 == 'e' {
		i++
		sign()
		if run() == 0 {
			return nil, false
		}
	}
	return t, i == len(t)
}

// scaled gives the number in text times 10^scale, rounded half up; ok is false at limit and above.
func scaled(text []byte, scale int, limit wide) (_ decimal128.Num, ok bool) {
	mant, exp := text, 0
	for i, c := range text {
		if c|0x20 == 'e' {
			mant, exp = text[:i], exponentOf(text[i+1:])
			if exp > math.MaxInt32 || exp < -math.MaxInt32 { // none of Java's BigDecimal, not even of 0
				return decimal128.Num{}, false
			}
			break
		}
	}
	whole := len(mant) // characters before the point
	if at := bytes.IndexByte(mant, '.'); at >= 0 {
		whole = at
	}
	// Digits whose place is 10^-scale or higher are kept; the first one below rounds.
	keep := exp + scale
	var v wide
	neg := false
	place := whole - 1 // power of ten of the character's place, before exp
	for _, c := range mant {
		switch c {
		case '-', '+':
			neg = c == '-'
			place--
			continue
		case '.':
			continue
		}
		at := place + keep
		place--
		if at == -1 && c >= '5' {
			v = v.plus(1)
		}
		if at < 0 {
			break
		}
		if v, ok = v.times10(uint64(c - '0')); !ok {
			return decimal128.Num{}, false
		}
	}
	for z := place + keep; z >= 0 && v != (wide{}); z-- {
		if v, ok = v.times10(0); !ok {
			return decimal128.Num{}, false
		}
	}
	if !v.less(limit) {
		return decimal128.Num{}, false
	}
	num := decimal128.New(int64(v.hi), v.lo)
	if neg {
		num = num.Negate()
	}
	return num, true
}

func exponentOf(t []byte) (e int) {
	neg := t[0] == '-'
	for _, c := range t {
		if c-'0' <= 9 {
			e = min(e*10+int(c-'0'), math.MaxInt32+1)
		}
	}
	if neg {
		return -e
	}
	return e
}

// wide is an unsigned integer of 127 bits.
type wide struct{ hi, lo uint64 }

// times10 gives 10*w + d; ok is false where it does not fit.
func (w wide) times10(d uint64) (_ wide, ok bool) {
	if w.hi > (1<<63-1)/10-1 {
		return w, false
	}
	carry, lo := bits.Mul64(w.lo, 10)
	hi := w.hi*10 + carry
	lo, c := bits.Add64(lo, d, 0)
	return wide{hi + c, lo}, true
}

func (w wide) plus(d uint64) wide {
	lo, c := bits.Add64(w.lo, d, 0)
	return wide{w.hi + c, lo}
}

func (w wide) less(o wide) bool { return w.hi < o.hi || w.hi == o.hi && w.lo < o.lo }

// power10 gives 10^n, for n up to 38.
func power10(n int) wide {
	w := wide{lo: 1}
	for range n {
		w, _ = w.times10(0)
	}
	return w
}
