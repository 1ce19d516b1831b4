package json

import "math/bits"

// scanner is the record in hand. Functions take the position to read at and give the position
// after what they read, or -1 after a call of fail.
type scanner struct {
	b       []byte
	scratch []byte // the text of a string with escapes
	failure failure
	stamp   uint64 // counts objects read, to see which fields the one in hand has had
	strict  bool
	rescue  bool
	extra   bool   // rescuing: the column in hand has fields that the schema lacks
	rescued []byte // rescuing: the object so far, without its closing brace
}

// maxDepth is how deep values may be nested, the record's own object included: the limit of the
// parser below Spark's.
const maxDepth = 1000

// space skips white space.
func (s *scanner) space(p int) int {
	for p < len(s.b) {
		switch s.b[p] {
		case ' ', '\t', '\n', '\r':
			p++
		default:
			return p
		}
	}
	return p
}

// literal reads one of true, false, null.
func (s *scanner) literal(p int, word string) int {
	if len(s.b)-p >= len(word) && string(s.b[p:p+len(word)]) == word {
		return p + len(word)
	}
	return s.syntax(p, "a value")
}

// skip reads any value and forgets it; depth is how many objects and arrays it stands in.
func (s *scanner) skip(p, depth int) int {
	if p >= len(s.b) {
		return s.syntax(p, "a value")
	}
	switch c := s.b[p]; c {
	case '"', '\'':
		_, p = s.text(p)
		return p
	case '{', '[':
		if depth >= maxDepth {
			return s.fail(p, kindDepth, "", "")
		}
		if c == '{' {
			return s.skipObject(p, depth+1)
		}
		return s.skipArray(p, depth+1)
	case 't':
		return s.literal(p, "true")
	case 'f':
		return s.literal(p, "false")
	case 'n':
		return s.literal(p, "null")
	}
	_, p = s.number(p)
	return p
}

func (s *scanner) skipObject(p, depth int) int {
	p = s.space(p + 1)
	if p < len(s.b) && s.b[p] == '}' {
		return p + 1
	}
	for {
		if _, p = s.text(p); p < 0 {
			return p
		}
		if p = s.colon(p); p < 0 {
			return p
		}
		if p = s.skip(p, depth); p < 0 {
			return p
		}
		more := false
		if p, more = s.next(p, '}'); !more {
			return p
		}
	}
}

func (s *scanner) skipArray(p, depth int) int {
	p = s.space(p + 1)
	if p < len(s.b) && s.b[p] == ']' {
		return p + 1
	}
	for {
		if p = s.skip(p, depth); p < 0 {
			return p
		}
		more := false
		if p, more = s.next(p, ']'); !more {
			return p
		}
	}
}

// colon reads the colon after a field name, and the white space around it.
func (s *scanner) colon(p int) int {
	p = s.space(p)
	if p >= len(s.b) || s.b[p] != ':' {
		return s.syntax(p, "':'")
	}
	return s.space(p + 1)
}

// next reads what follows a member: a comma and white space, then more is true, or the end of the
// object or array.
func (s *scanner) next(p int, end byte) (_ int, more bool) {
	p = s.space(p)
	if p < len(s.b) {
		switch s.b[p] {
		case ',':
			return s.space(p + 1), true
		case end:
			return p + 1, false
		}
	}
	if end == '}' {
		return s.syntax(p, "',' or '}'"), false
	}
	return s.syntax(p, "',' or ']'"), false
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
