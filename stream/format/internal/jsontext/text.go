package jsontext

import (
	"encoding/binary"
	"unicode/utf16"
	"unicode/utf8"
)

// Text reads a string that begins with its quote. What it gives is part of the record, or of a
// scratch buffer that the next call writes again.
func (s *Scanner) Text(p int) ([]byte, int) {
	b := s.B
	if p >= len(b) || b[p] != '"' {
		if p < len(b) && b[p] == '\'' && !s.Strict {
			return s.escaped(p, p+1, '\'')
		}
		return nil, s.Syntax(p, "a string")
	}
	p++
	i := p
	var seen uint64 // all bytes, to see whether any is not ASCII
	for i+8 <= len(b) {
		w := binary.LittleEndian.Uint64(b[i:])
		if marks := stops(w); marks != 0 {
			n := firstStop(marks)
			seen |= w & (1<<(n*8) - 1)
			i += n
			if b[i] == '"' && seen&highs == 0 {
				return b[p:i], i + 1
			}
			return s.hardText(p, i)
		}
		seen |= w
		i += 8
	}
	return s.hardText(p, i)
}

// AnyText gives the text of the value at p: what a string says, and any other value as it stands in
// the record.
func (s *Scanner) AnyText(p, depth int) ([]byte, int) {
	if p < len(s.B) && s.B[p] != '"' && s.B[p] != '\'' {
		q := s.Skip(p, depth)
		if q < 0 {
			return nil, q
		}
		return s.B[p:q], q
	}
	return s.Text(p)
}

// hardText reads on where the fast path ends: p is the first byte of the string, all before i is
// neither a quote, a backslash nor a control character.
func (s *Scanner) hardText(p, i int) ([]byte, int) {
	b := s.B
	for ; i < len(b); i++ {
		if c := b[i]; c == '"' {
			if !utf8.Valid(b[p:i]) {
				return nil, s.badUTF8(p, i)
			}
			return b[p:i], i + 1
		} else if c == '\\' || c < ' ' {
			return s.escaped(p-1, i, '"')
		}
	}
	return nil, s.Syntax(i, "the end of a string")
}

func (s *Scanner) badUTF8(p, end int) int {
	for p < end {
		r, n := utf8.DecodeRune(s.B[p:end])
		if r == utf8.RuneError && n == 1 {
			break
		}
		p += n
	}
	return s.Fail(p, KindSyntax, "", "bytes that are not UTF-8")
}

// escaped reads a string whose quote stands at open into the scratch buffer; all before i is plain.
func (s *Scanner) escaped(open, i int, quote byte) ([]byte, int) {
	b := s.B
	out := append(s.scratch[:0], b[open+1:i]...)
	defer func() { s.scratch = out[:0] }()
	for i < len(b) {
		c := b[i]
		switch {
		case c == quote:
			if !utf8.Valid(b[open+1 : i]) { // escapes are ASCII, so what is wrong in the text is wrong here
				return nil, s.badUTF8(open+1, i)
			}
			return out, i + 1
		case c == '\\':
			var ok bool
			if out, i, ok = s.escape(out, i); !ok {
				return nil, i
			}
		case c < ' ':
			return nil, s.Fail(i, KindSyntax, "", "a control character that is not escaped")
		default:
			out = append(out, c)
			i++
		}
	}
	return nil, s.Syntax(i, "the end of a string")
}

// escape reads the escape at i and appends what it stands for.
func (s *Scanner) escape(out []byte, i int) ([]byte, int, bool) {
	if i+1 >= len(s.B) {
		return out, s.Syntax(i+1, "the end of a string"), false
	}
	c := s.B[i+1]
	switch c {
	case '"', '\\', '/':
	case 'b':
		c = '\b'
	case 'f':
		c = '\f'
	case 'n':
		c = '\n'
	case 'r':
		c = '\r'
	case 't':
		c = '\t'
	case 'u':
		return s.unicode(out, i)
	case '\'':
		if !s.Strict {
			break
		}
		fallthrough
	default:
		return out, s.Fail(i, KindSyntax, "", "an escape that JSON does not have"), false
	}
	return append(out, c), i + 2, true
}

// unicode reads \uXXXX, and a second one where the two are a surrogate pair. A surrogate alone
// stands for nothing and becomes U+FFFD.
func (s *Scanner) unicode(out []byte, i int) ([]byte, int, bool) {
	r, ok := s.hex4(i + 2)
	if !ok {
		return out, s.Fail(i, KindSyntax, "", `\u without four hexadecimal digits`), false
	}
	i += 6
	if utf16.IsSurrogate(r) {
		if i+1 < len(s.B) && s.B[i] == '\\' && s.B[i+1] == 'u' {
			if low, ok := s.hex4(i + 2); ok {
				if pair := utf16.DecodeRune(r, low); pair != utf8.RuneError {
					return utf8.AppendRune(out, pair), i + 6, true
				}
			}
		}
		r = utf8.RuneError
	}
	return utf8.AppendRune(out, r), i, true
}

func (s *Scanner) hex4(i int) (r rune, ok bool) {
	if i+4 > len(s.B) {
		return 0, false
	}
	for _, c := range s.B[i : i+4] {
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c && c <= 'f':
			c -= 'a' - 10
		case 'A' <= c && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}
