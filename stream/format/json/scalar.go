package json

import (
	"github.com/apache/arrow-go/v18/arrow"

	"github.com/ingestd/ingestd/internal/arrowbuf"
	"github.com/ingestd/ingestd/stream/format/internal/jsontext"
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
	b := s.B
	if mant, frac, q := jsontext.PlainNumber(b, p); q > 0 && frac == 0 {
		if t := T(mant); int64(t) == int64(mant) {
			x.col.Set(i, t)
			return q
		}
	}
	if p >= len(b) || b[p] != '-' && b[p]-'0' > 9 {
		return s.Mismatch(p, x.ddl)
	}
	n, q := s.Number(p)
	if q < 0 {
		return q
	}
	if !n.Integer {
		return s.Fail(p, jsontext.KindType, x.ddl, "a number with fraction or exponent")
	}
	v, ok := n.Int64()
	if t := T(v); ok && int64(t) == v {
		x.col.Set(i, t)
		return q
	}
	return s.Fail(p, jsontext.KindRange, x.ddl, "a number")
}

// float reads the number, or the string of Spark's that spells one, at p.
func (s *scanner) float(p int, ddl string) (n jsontext.Number, text []byte, q int) {
	b := s.B
	switch {
	case p < len(b) && (b[p] == '"' || b[p] == '\'') && !s.Strict:
		t, q := s.Text(p)
		if q < 0 {
			return n, nil, q
		}
		n, ok := jsontext.Special(t)
		if !ok {
			return n, nil, s.Fail(p, jsontext.KindType, ddl, "a string")
		}
		return n, nil, q
	case p < len(b) && (b[p]-'0' <= 9 || b[p] == '-' || b[p] == '+' || b[p] == 'N' || b[p] == 'I'):
		n, q = s.Number(p)
		if q < 0 {
			return n, nil, q
		}
		if q-p > jsontext.MaxNumber {
			return n, nil, s.Fail(p, jsontext.KindRange, ddl, "a number of more than 1000 characters")
		}
		return n, b[p:q], q
	}
	return n, nil, s.Mismatch(p, ddl)
}

// doubleNode reads DOUBLE.
type doubleNode struct{ fixed[float64] }

func (x *doubleNode) read(s *scanner, p, i int) int {
	if mant, frac, q := jsontext.PlainNumber(s.B, p); q > 0 {
		x.col.Set(i, float64(mant)/jsontext.Pow10[frac]) // exact: see number.float64
		return q
	}
	n, text, q := s.float(p, "DOUBLE")
	if q < 0 {
		return q
	}
	if !n.Finite() {
		x.col.Set(i, n.NotFinite())
		return q
	}
	f, ok := n.Float64(text)
	if !ok {
		return s.Fail(p, jsontext.KindRange, "DOUBLE", "a number")
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
	if !n.Finite() {
		x.col.Set(i, float32(n.NotFinite()))
		return q
	}
	f, ok := n.Float32(text)
	if !ok {
		return s.Fail(p, jsontext.KindRange, "FLOAT", "a number")
	}
	x.col.Set(i, f)
	return q
}

// boolNode reads BOOLEAN: true and false, nothing else.
type boolNode struct{ col arrowbuf.Bools }

func (x *boolNode) read(s *scanner, p, i int) int {
	if p < len(s.B) {
		switch s.B[p] {
		case 't':
			if p = s.Literal(p, "true"); p >= 0 {
				x.col.Set(i, true)
			}
			return p
		case 'f':
			if p = s.Literal(p, "false"); p >= 0 {
				x.col.Set(i, false)
			}
			return p
		}
	}
	return s.Mismatch(p, "BOOLEAN")
}

func (x *boolNode) null(i int)                   { x.col.SetNull(i) }
func (x *boolNode) truncate(i int)               { x.col.Truncate(i) }
func (x *boolNode) reserve(n int)                { x.col.Reserve(n) }
func (x *boolNode) finish(n int) arrow.ArrayData { return x.col.Finish(n) }
func (x *boolNode) drop()                        { x.col.Drop() }
