package textval

import (
	"bytes"
	"math"
	"math/bits"

	"github.com/apache/arrow-go/v18/arrow/decimal128"
)

// DecimalText checks that t is what Java's BigDecimal takes once the commas are out.
func DecimalText(t []byte) ([]byte, bool) {
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

// Scaled gives the number in text times 10^scale, rounded half up; ok is false at limit and above.
func Scaled(text []byte, scale int, limit Wide) (_ decimal128.Num, ok bool) {
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
	var v Wide
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
	for z := place + keep; z >= 0 && v != (Wide{}); z-- {
		if v, ok = v.times10(0); !ok {
			return decimal128.Num{}, false
		}
	}
	if !v.Less(limit) {
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

// Wide is an unsigned integer of 127 bits.
type Wide struct{ hi, lo uint64 }

// times10 gives 10*w + d; ok is false where it does not fit.
func (w Wide) times10(d uint64) (_ Wide, ok bool) {
	if w.hi > (1<<63-1)/10-1 {
		return w, false
	}
	carry, lo := bits.Mul64(w.lo, 10)
	hi := w.hi*10 + carry
	lo, c := bits.Add64(lo, d, 0)
	return Wide{hi + c, lo}, true
}

func (w Wide) plus(d uint64) Wide {
	lo, c := bits.Add64(w.lo, d, 0)
	return Wide{w.hi + c, lo}
}

// Less compares.
func (w Wide) Less(o Wide) bool { return w.hi < o.hi || w.hi == o.hi && w.lo < o.lo }

// Power10 gives 10^n, for n up to 38.
func Power10(n int) Wide {
	w := Wide{lo: 1}
	for range n {
		w, _ = w.times10(0)
	}
	return w
}

// WideOf is hi * 2^64 + lo; hi is below 2^63.
func WideOf(hi, lo uint64) Wide { return Wide{hi, lo} }
