package jsontext

import "math/bits"

// Scanner is the record in hand. Functions take the position to read at and give the position
// after what they read, or -1 after a call of Fail.
type Scanner struct {
	B       []byte // the record
	Failure Failure
	Strict  bool   // only the JSON of RFC 8259
	scratch []byte // the text of a string with escapes
}

// MaxDepth is how deep values may be nested, the record's own object included: the limit of the
// parser below Spark's.
const MaxDepth = 1000

// Space skips white space.
func (s *Scanner) Space(p int) int {
	for p < len(s.B) {
		switch s.B[p] {
		case ' ', '\t', '\n', '\r':
			p++
		default:
			return p
		}
	}
	return p
}

// Literal reads one of true, false, null.
func (s *Scanner) Literal(p int, word string) int {
	if len(s.B)-p >= len(word) && string(s.B[p:p+len(word)]) == word {
		return p + len(word)
	}
	return s.Syntax(p, "a value")
}

// Skip reads any value and forgets it; depth is how many objects and arrays it stands in.
func (s *Scanner) Skip(p, depth int) int {
	if p >= len(s.B) {
		return s.Syntax(p, "a value")
	}
	switch c := s.B[p]; c {
	case '"', '\'':
		_, p = s.Text(p)
		return p
	case '{', '[':
		if depth >= MaxDepth {
			return s.Fail(p, KindDepth, "", "")
		}
		if c == '{' {
			return s.skipObject(p, depth+1)
		}
		return s.skipArray(p, depth+1)
	case 't':
		return s.Literal(p, "true")
	case 'f':
		return s.Literal(p, "false")
	case 'n':
		return s.Literal(p, "null")
	}
	_, p = s.Number(p)
	return p
}

func (s *Scanner) skipObject(p, depth int) int {
	p = s.Space(p + 1)
	if p < len(s.B) && s.B[p] == '}' {
		return p + 1
	}
	for {
		if _, p = s.Text(p); p < 0 {
			return p
		}
		if p = s.Colon(p); p < 0 {
			return p
		}
		if p = s.Skip(p, depth); p < 0 {
			return p
		}
		more := false
		if p, more = s.Next(p, '}'); !more {
			return p
		}
	}
}

func (s *Scanner) skipArray(p, depth int) int {
	p = s.Space(p + 1)
	if p < len(s.B) && s.B[p] == ']' {
		return p + 1
	}
	for {
		if p = s.Skip(p, depth); p < 0 {
			return p
		}
		more := false
		if p, more = s.Next(p, ']'); !more {
			return p
		}
	}
}

// Members reads the object at p, whose brace is known to be there: member is called with each name, valid until it reads
// a text, and the position of the value, and gives the position after it.
func (s *Scanner) Members(p int, member func(name []byte, p int) int) int {
	if p = s.Space(p + 1); p < len(s.B) && s.B[p] == '}' {
		return p + 1
	}
	for {
		if p >= len(s.B) || s.B[p] != '"' && (s.B[p] != '\'' || s.Strict) {
			return s.Syntax(p, "a field name")
		}
		name, q := s.Text(p)
		if q < 0 {
			return q
		}
		if p = s.Colon(q); p < 0 {
			return p
		}
		if p = member(name, p); p < 0 {
			return p
		}
		more := false
		if p, more = s.Next(p, '}'); !more {
			return p
		}
	}
}

// Colon reads the colon after a field name, and the white space around it.
func (s *Scanner) Colon(p int) int {
	p = s.Space(p)
	if p >= len(s.B) || s.B[p] != ':' {
		return s.Syntax(p, "':'")
	}
	return s.Space(p + 1)
}

// Next reads what follows a member: a comma and white space, then more is true, or the end of the
// object or array.
func (s *Scanner) Next(p int, end byte) (_ int, more bool) {
	p = s.Space(p)
	if p < len(s.B) {
		switch s.B[p] {
		case ',':
			return s.Space(p + 1), true
		case end:
			return p + 1, false
		}
	}
	if end == '}' {
		return s.Syntax(p, "',' or '}'"), false
	}
	return s.Syntax(p, "',' or ']'"), false
}

const (
	lows  = 0x0101010101010101
	highs = 0x8080808080808080
)

// stops marks the first byte of w that ends a run of plain text: a quote, a backslash or a control
// character. Marks above the first may be false.
func stops(w uint64) uint64 {
	// With one bit turned the quote, 0x22, comes right above the control characters, as 0x20.
	low := w ^ 0x02*lows
	back := w ^ '\\'*lows
	return ((low-0x21*lows)&^w | (back-lows)&^back) & highs
}

// firstStop is the index of the first byte that stops marked.
func firstStop(marks uint64) int { return bits.TrailingZeros64(marks) >> 3 }
