package json

import (
	"math"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/ingestd/ingestd/internal/arrowbuf"
)

// fixed is what nodes of values of one width share.
type fixed[T arrowbuf.Value] struct {
	col arrowbuf.Fixed[T]
	dt  arrow.DataType
}

func newFixed[T arrowbuf.Value](c *compiler, dt arrow.DataType) fixed[T] {
	return fixed[T]{col: arrowbuf.NewFixed[T](c.pool), dt: dt}
}

func (f *fixed[T]) null(i int)                   { f.col.SetNull(i) }
func (f *fixed[T]) truncate(i int)               { f.col.Truncate(i) }
func (f *fixed[T]) reserve(n int)                { f.col.Reserve(n) }
func (f *fixed[T]) finish(n int) arrow.ArrayData { return f.col.Finish(f.dt, n) }
func (f *fixed[T]) drop()                        { f.col.Drop() }

// intNode reads TINYINT to BIGINT: numbers without fraction and exponent that fit.
type intNode[T int8 | int16 | int32 | int64] struct {
	fixed[T]
	ddl string
}

func (x *intNode[T]) read(s *scanner, p, i int) int {
	b := s.b
	if mant, frac, q := plainNumber(b, p); q > 0 && frac == 0 {
		if t := T(mant); int64(t) == int64(mant) {
			x.col.Set(i, t)
			return q
		}
	}
	if p >= len(b) || b[p] != '-' && b[p]-'0' > 9 {
		return s.mismatch(p, x.ddl)
	}
	n, q := s.number(p)
	if q < 0 {
		return q
	}
	if !n.integer {
		return s.fail(p, kindType, x.ddl, "a number with fraction or exponent")
	}
	v, ok := n.int64()
	if t := T(v); ok && int64(t) == v {
		x.col.Set(i, t)
		return q
	}
	return s.fail(p, kindRange, x.ddl, "a number")
}

// float reads the number, or the string of Spark's that spells one, at p.
func (s *scanner) float(p int, ddl string) (n number, text []byte, q int) {
	b := s.b
	switch {
	case p < len(b) && (b[p] == '"' || b[p] == '\'') && !s.strict:
		t, q := s.text(p)
		if q < 0 {
			return n, nil, q
		}
		n, ok := special(t)
		if !ok {
			return n, nil, s.fail(p, kindType, ddl, "a string")
		}
		return n, nil, q
	case p < len(b) && (b[p]-'0' <= 9 || b[p] == '-' || b[p] == '+' || b[p] == 'N' || b[p] == 'I'):
		n, q = s.number(p)
		if q < 0 {
			return n, nil, q
		}
		if q-p > maxNumber {
			return n, nil, s.fail(p, kindRange, ddl, "a number of more than 1000 characters")
		}
		return n, b[p:q], q
	}
	return n, nil, s.mismatch(p, ddl)
}

// notFinite gives the value of n where it is not finite.
func (n *number) notFinite() float64 {
	switch {
	case n.nan:
		return math.NaN()
	case n.neg:
		return math.Inf(-1)
	}
	return math.Inf(1)
}

// doubleNode reads DOUBLE.
type doubleNode struct{ fixed[float64] }

func (x *doubleNode) read(s *scanner, p, i int) int {
	if mant, frac, q := plainNumber(s.b, p); q > 0 {
		x.col.Set(i, float64(mant)/pow10[frac]) // exact: see number.float64
		return q
	}
	n, text, q := s.float(p, "DOUBLE")
	if q < 0 {
		return q
	}
	if !n.finite() {
		x.col.Set(i, n.notFinite())
		return q
	}
	f, ok := n.float64(text)
	if !ok {
		return s.fail(p, kindRange, "DOUBLE", "a number")
	}
	x.col.Set(i, f)
	return q
}

// floatNode reads FLOAT.
type floatNode struct{ fixed[float32] }

func (x *floatNode) read(s *scanner, p, i int) int {
	n, text, q := s.float(p, "FLOAT")
	if q < 0 {
		return q
	}
	if !n.finite() {
		x.col.Set(i, float32(n.notFinite()))
		return q
	}
	f, ok := n.float32(text)
	if !ok {
		return s.fail(p, kindRange, "FLOAT", "a number")
	}
	x.col.Set(i, f)
	return q
}

// boolNode reads BOOLEAN: true and false, nothing else.
type boolNode struct{ col arrowbuf.Bools }

func (x *boolNode) read(s *scanner, p, i int) int {
	if p < len(s.b) {
		switch s.b[p] {
		case 't':
			if p = s.literal(p, "true"); p >= 0 {
				x.col.Set(i, true)
			}
			return p
		case 'f':
			if p = s.literal(p, "false"); p >= 0 {
				x.col.Set(i, false)
			}
			return p
		}
	}
	return s.mismatch(p, "BOOLEAN")
}

func (x *boolNode) null(i int)                   { x.col.SetNull(i) }
func (x *boolNode) truncate(i int)               { x.col.Truncate(i) }
func (x *boolNode) reserve(n int)                { x.col.Reserve(n) }
func (x *boolNode) finish(n int) arrow.ArrayData { return x.col.Finish(n) }
func (x *boolNode) drop()                        { x.col.Drop() }
