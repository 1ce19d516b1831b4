package debezium

import (
	"encoding/base64"
	"strconv"

	"github.com/ingestd/ingestd/internal/arrowbuf"
	"github.com/ingestd/ingestd/stream/format/internal/jsontext"
)

// node reads the JSON of the values of one column, or of a part of one. The positions are those of [jsontext.Scanner].
type node interface {
	// read reads the value at p, which is not null, into slot i.
	read(s *jsontext.Scanner, p, i int) int
}

// member is a node in its place.
type member struct {
	node
	column
	nullable bool
}

// value reads any value at p, null included, into slot i.
func (m *member) value(s *jsontext.Scanner, p, i int) int {
	if p < len(s.B) && s.B[p] == 'n' {
		q := s.Literal(p, "null")
		if q < 0 {
			return q
		}
		if !m.nullable {
			return s.Fail(p, jsontext.KindValue, "", "null, which the schema does not allow")
		}
		m.null(i)
		return q
	}
	return m.read(s, p, i)
}

// refuse fails with a problem.
func refuse(s *jsontext.Scanner, p int, why problem) int {
	return s.Fail(p, jsontext.KindValue, "", why)
}

func isNumber(s *jsontext.Scanner, p int) bool {
	return p < len(s.B) && (s.B[p] == '-' || s.B[p]-'0' <= 9)
}

func isText(s *jsontext.Scanner, p int) bool { return p < len(s.B) && s.B[p] == '"' }

// wholeNumber reads a number without fraction and exponent.
func wholeNumber(s *jsontext.Scanner, p int) (int64, int) {
	if mant, frac, q := jsontext.PlainNumber(s.B, p); q > 0 && frac == 0 {
		return int64(mant), q
	}
	if !isNumber(s, p) {
		return 0, s.Mismatch(p, "a whole number")
	}
	n, q := s.Number(p)
	if q < 0 {
		return 0, q
	}
	v, ok := n.Int64()
	if !n.Integer || !ok {
		return 0, s.Fail(p, jsontext.KindType, "a whole number of 64 bits", "another number")
	}
	return v, q
}

type jsonInt struct{ col intColumn }

func (x jsonInt) read(s *jsontext.Scanner, p, i int) int {
	v, q := wholeNumber(s, p)
	if q < 0 {
		return q
	}
	if why := x.col.setInt(i, v); why != "" {
		return refuse(s, p, why)
	}
	return q
}

type jsonText struct{ col textColumn }

func (x jsonText) read(s *jsontext.Scanner, p, i int) int {
	if !isText(s, p) {
		return s.Mismatch(p, "a string")
	}
	t, q := s.Text(p)
	if q < 0 {
		return q
	}
	if why := x.col.setText(i, t); why != "" {
		return refuse(s, p, why)
	}
	return q
}

// jsonAny reads a column whose type was inferred as STRING: what is no string is kept as its JSON.
type jsonAny struct{ col textColumn }

func (x jsonAny) read(s *jsontext.Scanner, p, i int) int {
	if p < len(s.B) && (s.B[p] == '{' || s.B[p] == '[') {
		t, q := s.AnyText(p, 1)
		if q >= 0 {
			x.col.setText(i, t)
		}
		return q
	}
	return jsonText(x).read(s, p, i)
}

// unscaled reads the number at p as records have a Decimal whose schema they do not bring: the bytes of its digits as one number, in Base64.
func (x jsonAny) unscaled(s *jsontext.Scanner, p, i int) int {
	_, q := s.Number(p)
	if q < 0 {
		return q
	}
	n, _, why := parts(s.B[p:q])
	if why == "" {
		why = x.col.setText(i, base64.StdEncoding.AppendEncode(nil, twosComplement(n)))
	}
	if why != "" {
		return refuse(s, p, why)
	}
	return q
}

// jsonBytes reads bytes, which Kafka Connect writes in Base64.
type jsonBytes struct {
	col bytesColumn
	buf []byte
}

func (x *jsonBytes) read(s *jsontext.Scanner, p, i int) int {
	b, q := x.bytes(s, p)
	if q < 0 {
		return q
	}
	if why := x.col.setBytes(i, b); why != "" {
		return refuse(s, p, why)
	}
	return q
}

// bytes reads the string at p; what it gives is overwritten by the next call.
func (x *jsonBytes) bytes(s *jsontext.Scanner, p int) ([]byte, int) {
	if !isText(s, p) {
		return nil, s.Mismatch(p, "bytes in Base64")
	}
	t, q := s.Text(p)
	if q < 0 {
		return nil, q
	}
	var err error
	if x.buf, err = base64.StdEncoding.AppendDecode(x.buf[:0], t); err != nil {
		return nil, s.Fail(p, jsontext.KindType, "bytes in Base64", "another string")
	}
	return x.buf, q
}

// jsonDecimal reads what Kafka Connect writes of a Decimal: bytes, or a number where decimal.format is NUMERIC.
type jsonDecimal struct {
	jsonBytes
	texts textColumn // the same column
}

func (x *jsonDecimal) read(s *jsontext.Scanner, p, i int) int {
	if isNumber(s, p) {
		return jsonDecimalNumber{x.texts}.read(s, p, i)
	}
	return x.jsonBytes.read(s, p, i)
}

// jsonDecimalNumber reads a number digit for digit.
type jsonDecimalNumber struct{ col textColumn }

func (x jsonDecimalNumber) read(s *jsontext.Scanner, p, i int) int {
	if !isNumber(s, p) {
		return s.Mismatch(p, "a number")
	}
	_, q := s.Number(p)
	if q < 0 {
		return q
	}
	if why := x.col.setText(i, s.B[p:q]); why != "" {
		return refuse(s, p, why)
	}
	return q
}

// jsonVariable reads a VariableScaleDecimal.
type jsonVariable struct {
	col scaledColumn
	jsonBytes
}

func (x *jsonVariable) read(s *jsontext.Scanner, p, i int) int {
	if p >= len(s.B) || s.B[p] != '{' {
		return s.Mismatch(p, "an object of scale and value")
	}
	scale, hasScale, hasValue := int64(0), false, false
	q := s.Members(p, func(name []byte, p int) int {
		switch string(name) {
		case "scale":
			hasScale = true
			scale, p = wholeNumber(s, p)
			return p
		case "value":
			hasValue = true
			_, p = x.bytes(s, p)
			return p
		}
		return s.Fail(p, jsontext.KindType, "an object of scale and value", "another member")
	})
	if q < 0 {
		return q
	}
	if !hasScale || !hasValue {
		return s.Fail(p, jsontext.KindType, "an object of scale and value", "another object")
	}
	if scale > maxScale || scale < -maxScale {
		return refuse(s, p, "no decimal")
	}
	if why := x.col.setScaled(i, x.buf, int(scale)); why != "" {
		return refuse(s, p, why)
	}
	return q
}

// jsonFloat reads FLOAT and DOUBLE. What is no number is a string: "NaN", "Infinity", "-Infinity".
type jsonFloat[T float32 | float64] struct{ col *arrowbuf.Fixed[T] }

func (x jsonFloat[T]) read(s *jsontext.Scanner, p, i int) int {
	if isText(s, p) {
		t, q := s.Text(p)
		if q < 0 {
			return q
		}
		n, ok := jsontext.Special(t)
		if !ok {
			return s.Fail(p, jsontext.KindType, "a number", "another string")
		}
		x.col.Set(i, T(n.NotFinite()))
		return q
	}
	if !isNumber(s, p) {
		return s.Mismatch(p, "a number")
	}
	n, q := s.Number(p)
	if q < 0 {
		return q
	}
	ok := q-p <= jsontext.MaxNumber
	var v T
	if ok {
		switch v := any(&v).(type) {
		case *float64:
			*v, ok = n.Float64(s.B[p:q])
		case *float32:
			*v, ok = n.Float32(s.B[p:q])
		}
	}
	if !ok {
		return refuse(s, p, outOfRange)
	}
	x.col.Set(i, v)
	return q
}

type jsonBool struct{ col *arrowbuf.Bools }

func (x jsonBool) read(s *jsontext.Scanner, p, i int) int {
	word := "false"
	if p < len(s.B) && s.B[p] == 't' {
		word = "true"
	} else if p >= len(s.B) || s.B[p] != 'f' {
		return s.Mismatch(p, "a boolean")
	}
	if p = s.Literal(p, word); p >= 0 {
		x.col.Set(i, word == "true")
	}
	return p
}

// jsonRefused reads nothing.
type jsonRefused struct{ why problem }

func (x jsonRefused) read(s *jsontext.Scanner, p, _ int) int { return refuse(s, p, x.why) }

type jsonList struct {
	col     *lists
	element member
}

func (x *jsonList) read(s *jsontext.Scanner, p, i int) int {
	if p >= len(s.B) || s.B[p] != '[' {
		return s.Mismatch(p, "an array")
	}
	at := x.col.offs.Start(i)
	if p = s.Space(p + 1); p < len(s.B) && s.B[p] == ']' {
		x.col.offs.End(i, at)
		return p + 1
	}
	for k := at; ; k++ {
		if p = x.element.value(s, p, k); p < 0 {
			s.Within("[" + strconv.Itoa(k-at) + "]")
			return p
		}
		more := false
		if p, more = s.Next(p, ']'); !more {
			x.col.offs.End(i, k+1)
			return p
		}
	}
}
