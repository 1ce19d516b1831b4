package jsonscan

import (
	"bytes"
	"unicode/utf16"
	"unicode/utf8"
)

// rawString consumes a string and gives what stands between the quotes, and whether it has escapes.
func (s *Scanner) rawString() (text []byte, escaped bool, err error) {
	if s.peek() != '"' {
		return nil, false, s.Fail("expected a string, found %s", s.found())
	}
	start := s.i + 1
	for from := start; ; {
		n := bytes.IndexByte(s.b[from:], '"')
		if n < 0 {
			return nil, false, s.Fail("the string is never closed")
		}
		end := from + n
		backslashes := 0
		for end-backslashes > start && s.b[end-backslashes-1] == '\\' {
			backslashes++
		}
		if backslashes%2 == 0 {
			s.i = end + 1
			text = s.b[start:end]
			return text, escaped || bytes.IndexByte(text, '\\') >= 0, nil
		}
		escaped = true
		from = end + 1
	}
}

// Bytes reads a string; the result is a part of the buffer, or a copy where there were escapes.
func (s *Scanner) Bytes() ([]byte, error) {
	text, escaped, err := s.rawString()
	if err != nil || !escaped {
		return text, err
	}
	out, ok := unescape(make([]byte, 0, len(text)), text)
	if !ok {
		return nil, s.Fail("a bad escape in the string that ends here")
	}
	return out, nil
}

// String reads a string. Escaped surrogates without their partner become U+FFFD.
func (s *Scanner) String() (string, error) {
	b, err := s.Bytes()
	return string(b), err
}

func unescape(dst, text []byte) ([]byte, bool) {
	for len(text) > 0 {
		i := bytes.IndexByte(text, '\\')
		if i < 0 {
			return append(dst, text...), true
		}
		dst = append(dst, text[:i]...)
		if text = text[i+1:]; len(text) == 0 {
			return nil, false
		}
		c := text[0]
		text = text[1:]
		switch c {
		case '"', '\\', '/':
			dst = append(dst, c)
		case 'b':
			dst = append(dst, '\b')
		case 'f':
			dst = append(dst, '\f')
		case 'n':
			dst = append(dst, '\n')
		case 'r':
			dst = append(dst, '\r')
		case 't':
			dst = append(dst, '\t')
		case 'u':
			r, ok := hex4(text)
			if !ok {
				return nil, false
			}
			text = text[4:]
			if utf16.IsSurrogate(r) {
				r2, ok := rune(0), false
				if len(text) >= 6 && text[0] == '\\' && text[1] == 'u' {
					r2, ok = hex4(text[2:])
				}
				if r = utf16.DecodeRune(r, r2); ok && r != utf8.RuneError {
					text = text[6:]
				}
			}
			dst = utf8.AppendRune(dst, r)
		default:
			return nil, false
		}
	}
	return dst, true
}

func hex4(b []byte) (rune, bool) {
	if len(b) < 4 {
		return 0, false
	}
	var r rune
	for _, c := range b[:4] {
		switch {
		case c >= '0' && c <= '9':
			r = r<<4 | rune(c-'0')
		case c >= 'a' && c <= 'f':
			r = r<<4 | rune(c-'a'+10)
		case c >= 'A' && c <= 'F':
			r = r<<4 | rune(c-'A'+10)
		default:
			return 0, false
		}
	}
	return r, true
}
