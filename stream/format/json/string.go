package json

import (
	"github.com/apache/arrow-go/v18/arrow"

	"github.com/ingestd/ingestd/internal/arrowbuf"
	"github.com/ingestd/ingestd/stream/format/internal/jsontext"
)

// stringNode reads STRING columns at the top level, dictionary-encoded where that pays.
type stringNode struct {
	col   arrowbuf.Strings
	depth int
}

func (x *stringNode) read(s *scanner, p, i int) int {
	var t []byte
	var q int
	if p < len(s.B) && s.B[p] == '"' {
		t, q = s.Text(p)
	} else {
		t, q = s.AnyText(p, x.depth)
	}
	if q >= 0 {
		x.col.Set(i, t)
	}
	return q
}

func (x *stringNode) null(i int)                   { x.col.SetNull(i) }
func (x *stringNode) truncate(i int)               { x.col.Truncate(i) }
func (x *stringNode) reserve(n int)                { x.col.Reserve(n) }
func (x *stringNode) finish(n int) arrow.ArrayData { return x.col.Finish(n) }
func (x *stringNode) drop()                        { x.col.Drop() }

// bytesCol is what nodes of plain strings and of binary values share.
type bytesCol struct {
	col arrowbuf.Bytes
	dt  arrow.DataType
}

func (x *bytesCol) null(i int)                   { x.col.SetNull(i) }
func (x *bytesCol) truncate(i int)               { x.col.Truncate(i) }
func (x *bytesCol) reserve(n int)                { x.col.Reserve(n) }
func (x *bytesCol) finish(n int) arrow.ArrayData { return x.col.Finish(x.dt, n) }
func (x *bytesCol) drop()                        { x.col.Drop() }

// textNode reads STRING inside other types.
type textNode struct {
	bytesCol
	depth int
}

func (x *textNode) read(s *scanner, p, i int) int {
	t, q := s.AnyText(p, x.depth)
	if q >= 0 {
		x.col.Set(i, t)
	}
	return q
}

// binaryNode reads BINARY: strings in Base64.
type binaryNode struct {
	bytesCol
	buf []byte
}

func (x *binaryNode) read(s *scanner, p, i int) int {
	if p >= len(s.B) || s.B[p] != '"' && s.B[p] != '\'' {
		return s.Mismatch(p, "BINARY in Base64")
	}
	t, q := s.Text(p)
	if q < 0 {
		return q
	}
	var ok bool
	if x.buf, ok = appendBase64(x.buf[:0], t); !ok {
		return s.Fail(p, jsontext.KindType, "BINARY in Base64", "another string")
	}
	x.col.Set(i, x.buf)
	return q
}

// appendBase64 decodes as the parser below Spark's does: the standard alphabet, padding demanded,
// white space between groups of four skipped, more text after padding decoded too, and bits
// beyond the last byte not looked at.
func appendBase64(out, t []byte) ([]byte, bool) {
	for i := 0; ; {
		for i < len(t) && t[i] <= ' ' {
			i++
		}
		if i == len(t) {
			return out, true
		}
		if len(t)-i < 4 {
			return out, false
		}
		a, b, c, d := sextet[t[i]], sextet[t[i+1]], sextet[t[i+2]], sextet[t[i+3]]
		switch {
		case a|b > 63:
			return out, false
		case t[i+2] == '=' && t[i+3] == '=':
			out = append(out, a<<2|b>>4)
		case c > 63:
			return out, false
		case t[i+3] == '=':
			out = append(out, a<<2|b>>4, b<<4|c>>2)
		case d > 63:
			return out, false
		default:
			out = append(out, a<<2|b>>4, b<<4|c>>2, c<<6|d)
		}
		i += 4
	}
}

var sextet = func() (t [256]byte) {
	for i := range t {
		t[i] = 0xff
	}
	for i, c := range "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/" {
		t[c] = byte(i)
	}
	return t
}()
