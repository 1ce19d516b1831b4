package debezium

import (
	"bytes"
	"math/big"

	"github.com/apache/arrow-go/v18/arrow/decimal128"

	"github.com/ingestd/ingestd/stream/format/internal/jsontext"
	"github.com/ingestd/ingestd/stream/format/internal/textval"
)

// maxUnscaled is how many bytes the unscaled number of a decimal may have, and maxScale how far its point may be: what databases
// have is far below, and text of a number that is hostile stays small.
const (
	maxUnscaled = 8 << 10
	maxScale    = 20_000
)

// decimalType is DECIMAL(precision, scale) as values are checked against it.
type decimalType struct {
	scale int
	limit textval.Wide // 10^precision
}

// fromBytes gives unscaled / 10^scale, where unscaled is a number of two's complement, the highest byte first.
func (d *decimalType) fromBytes(unscaled []byte, scale int) (decimal128.Num, problem) {
	n, ok := int128(unscaled)
	if ok && scale == d.scale {
		if !fits(n, d.limit) {
			return n, outOfRange
		}
		return n, ""
	}
	if len(unscaled) == 0 || len(unscaled) > maxUnscaled || scale > maxScale || scale < -maxScale {
		return n, "no decimal"
	}
	return d.fromBig(bigOf(unscaled), scale)
}

func (d *decimalType) fromBig(n *big.Int, scale int) (decimal128.Num, problem) {
	if n.Sign() == 0 {
		return decimal128.Num{}, ""
	}
	switch by := d.scale - scale; {
	case by > maxPrecision:
		return decimal128.Num{}, outOfRange
	case by > 0:
		n.Mul(n, new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(by)), nil))
	case by < 0:
		rest := new(big.Int)
		n.QuoRem(n, new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(-by)), nil), rest)
		if rest.Sign() != 0 {
			return decimal128.Num{}, "more decimals than the column keeps"
		}
	}
	if n.BitLen() > 127 {
		return decimal128.Num{}, outOfRange
	}
	out := decimal128.FromBigInt(n)
	if !fits(out, d.limit) {
		return out, outOfRange
	}
	return out, ""
}

// fromText reads the text of a number. More decimals than the column has are refused, unless they are zeros.
func (d *decimalType) fromText(t []byte) (decimal128.Num, problem) {
	n, scale, why := parts(t)
	if why != "" {
		return decimal128.Num{}, why
	}
	return d.fromBig(n, scale)
}

// parts gives the digits of a number as one number, and how many of them are decimals.
func parts(t []byte) (n *big.Int, scale int, why problem) {
	if len(t) > jsontext.MaxNumber || bytes.IndexByte(t, ',') >= 0 {
		return nil, 0, "no decimal"
	}
	t, ok := textval.DecimalText(t)
	if !ok {
		return nil, 0, "no decimal"
	}
	mant, exp := t, 0
	if at := bytes.IndexAny(t, "eE"); at >= 0 {
		neg := false
		for _, c := range t[at+1:] {
			switch {
			case c == '-':
				neg = true
			case c != '+':
				exp = min(exp*10+int(c-'0'), 1<<20)
			}
		}
		if neg {
			exp = -exp
		}
		mant = t[:at]
	}
	if at := bytes.IndexByte(mant, '.'); at >= 0 {
		scale = len(mant) - at - 1
		mant = append(append(make([]byte, 0, len(mant)), mant[:at]...), mant[at+1:]...)
	}
	scale -= exp
	if scale > maxScale || scale < -maxScale {
		return nil, 0, outOfRange
	}
	n, ok = new(big.Int).SetString(string(bytes.TrimPrefix(mant, []byte("+"))), 10)
	if !ok {
		return nil, 0, "no decimal"
	}
	return n, scale, ""
}

// int128 reads two's complement of up to 16 bytes.
func int128(b []byte) (decimal128.Num, bool) {
	if len(b) == 0 || len(b) > 16 {
		return decimal128.Num{}, false
	}
	hi, lo := int64(0), uint64(0)
	if b[0]&0x80 != 0 {
		hi, lo = -1, ^uint64(0)
	}
	for _, c := range b {
		hi = hi<<8 | int64(lo>>56)
		lo = lo<<8 | uint64(c)
	}
	return decimal128.New(hi, lo), true
}

func fits(n decimal128.Num, limit textval.Wide) bool {
	if n.Sign() < 0 {
		n = n.Negate()
		if n.Sign() < 0 { // the lowest number has no opposite
			return false
		}
	}
	return textval.WideOf(uint64(n.HighBits()), n.LowBits()).Less(limit)
}

func bigOf(b []byte) *big.Int {
	n := new(big.Int).SetBytes(b)
	if b[0]&0x80 != 0 {
		n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(8*len(b))))
	}
	return n
}

// appendDecimal writes unscaled / 10^scale with all its decimals and without an exponent.
func appendDecimal(out, unscaled []byte, scale int) ([]byte, problem) {
	if len(unscaled) == 0 || len(unscaled) > maxUnscaled || scale > maxScale || scale < -maxScale {
		return out, "no decimal"
	}
	return appendBig(out, bigOf(unscaled), scale), ""
}

// appendBig writes n / 10^scale, where scale is bounded.
func appendBig(out []byte, n *big.Int, scale int) []byte {
	if n.Sign() < 0 {
		out = append(out, '-')
		n.Neg(n)
	}
	if scale < 0 {
		if n.Sign() != 0 {
			n.Mul(n, new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(-scale)), nil))
		}
		scale = 0
	}
	digits := n.Append(nil, 10)
	if missing := scale + 1 - len(digits); missing > 0 {
		digits = append(bytes.Repeat([]byte{'0'}, missing), digits...)
	}
	out = append(out, digits[:len(digits)-scale]...)
	if scale > 0 {
		out = append(append(out, '.'), digits[len(digits)-scale:]...)
	}
	return out
}

// twosComplement is a number as Java's BigInteger gives its bytes: as few as there can be, the highest first.
func twosComplement(n *big.Int) []byte {
	size := n.BitLen()/8 + 1
	if n.Sign() < 0 {
		size = new(big.Int).Not(n).BitLen()/8 + 1
		n = new(big.Int).Add(n, new(big.Int).Lsh(big.NewInt(1), uint(8*size)))
	}
	return n.FillBytes(make([]byte, size))
}
