package json

import (
	"github.com/apache/arrow-go/v18/arrow/decimal128"

	"github.com/ingestd/ingestd/stream/format/internal/jsontext"
	"github.com/ingestd/ingestd/stream/format/internal/textval"
)

// decimalNode reads DECIMAL(p,s) from numbers and from strings that hold one. More digits than the
// scale are rounded half up; what then has more digits than the precision is out of range.
type decimalNode struct {
	fixed[decimal128.Num]
	ddl   string
	scale int
	limit textval.Wide // 10^precision
}

func (x *decimalNode) read(s *scanner, p, i int) int {
	b := s.B
	var text []byte
	var q int
	switch {
	case p < len(b) && (b[p] == '"' || b[p] == '\''):
		if text, q = s.Text(p); q < 0 {
			return q
		}
		var ok bool
		if text, ok = textval.DecimalText(text); !ok {
			return s.Fail(p, jsontext.KindType, x.ddl, "a string")
		}
	case p < len(b) && (b[p]-'0' <= 9 || b[p] == '-'):
		var n jsontext.Number
		if n, q = s.Number(p); q < 0 {
			return q
		}
		if !n.Finite() {
			return s.Fail(p, jsontext.KindType, x.ddl, "a number that is not finite")
		}
		text = b[p:q]
	default:
		return s.Mismatch(p, x.ddl)
	}
	if len(text) > jsontext.MaxNumber {
		return s.Fail(p, jsontext.KindRange, x.ddl, "a number of more than 1000 characters")
	}
	v, ok := textval.Scaled(text, x.scale, x.limit)
	if !ok {
		return s.Fail(p, jsontext.KindRange, x.ddl, "a number")
	}
	x.col.Set(i, v)
	return q
}
