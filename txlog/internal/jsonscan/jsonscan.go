// Package jsonscan reads JSON straight from bytes, one value after the other, without building a
// tree: commits of a log hold hundreds of thousands of small objects of which most fields are
// skipped. It knows no actions. It accepts all valid JSON; what is merely skipped is checked for
// structure only, not for the inside of strings and numbers.
package jsonscan

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
)

// maxDepth bounds nesting, so that hostile input cannot exhaust the stack.
const maxDepth = 500

// SyntaxError is text that is not the JSON that was asked for.
type SyntaxError struct {
	Offset int // bytes from the start
	Reason string
}

// Error tells offset and reason.
func (e *SyntaxError) Error() string { return fmt.Sprintf("at byte %d: %s", e.Offset, e.Reason) }

// Scanner reads from a buffer. The zero Scanner is at the end. Not for concurrent use.
type Scanner struct {
	b     []byte
	i     int
	depth int
}

// New is a Scanner at the start of b, which it keeps.
func New(b []byte) *Scanner { return &Scanner{b: b} }

// Offset is where the scanner stands.
func (s *Scanner) Offset() int { return s.i }

// Fail is a SyntaxError at the place where the scanner stands.
func (s *Scanner) Fail(format string, args ...any) error {
	return &SyntaxError{s.i, fmt.Sprintf(format, args...)}
}

func (s *Scanner) space() {
	for s.i < len(s.b) {
		switch s.b[s.i] {
		case ' ', '\n', '\r', '\t':
			s.i++
		default:
			return
		}
	}
}

// More says whether anything but white space is left.
func (s *Scanner) More() bool {
	s.space()
	return s.i < len(s.b)
}

// peek is the next byte after white space, or 0 at the end.
func (s *Scanner) peek() byte {
	s.space()
	if s.i < len(s.b) {
		return s.b[s.i]
	}
	return 0
}

func (s *Scanner) found() string {
	if s.i >= len(s.b) {
		return "the end"
	}
	return strconv.QuoteRune(rune(s.b[s.i]))
}

func (s *Scanner) enter() error {
	if s.depth++; s.depth > maxDepth {
		return s.Fail("nested too deeply")
	}
	return nil
}

// Object reads an object; field is called with each key, standing before its value, and must
// consume the value. The key is valid until the call returns.
func (s *Scanner) Object(field func(key []byte) error) error {
	if s.peek() != '{' {
		return s.Fail("expected an object, found %s", s.found())
	}
	if err := s.enter(); err != nil {
		return err
	}
	s.i++
	if s.peek() == '}' {
		s.i++
		s.depth--
		return nil
	}
	for {
		key, err := s.Bytes()
		if err != nil {
			return err
		}
		if s.peek() != ':' {
			return s.Fail("expected ':', found %s", s.found())
		}
		s.i++
		if err := field(key); err != nil {
			return err
		}
		switch s.peek() {
		case ',':
			s.i++
		case '}':
			s.i++
			s.depth--
			return nil
		default:
			return s.Fail("expected ',' or '}', found %s", s.found())
		}
	}
}

// Array reads an array; element is called before each element and must consume it.
func (s *Scanner) Array(element func() error) error {
	if s.peek() != '[' {
		return s.Fail("expected an array, found %s", s.found())
	}
	if err := s.enter(); err != nil {
		return err
	}
	s.i++
	if s.peek() == ']' {
		s.i++
		s.depth--
		return nil
	}
	for {
		if err := element(); err != nil {
			return err
		}
		switch s.peek() {
		case ',':
			s.i++
		case ']':
			s.i++
			s.depth--
			return nil
		default:
			return s.Fail("expected ',' or ']', found %s", s.found())
		}
	}
}

// Null consumes a null, if that is next.
func (s *Scanner) Null() bool { return s.peek() == 'n' && s.literal("null") }

func (s *Scanner) literal(word string) bool {
	if len(s.b)-s.i < len(word) || string(s.b[s.i:s.i+len(word)]) != word {
		return false
	}
	s.i += len(word)
	return true
}

// Bool reads true or false.
func (s *Scanner) Bool() (bool, error) {
	switch s.peek() {
	case 't':
		if s.literal("true") {
			return true, nil
		}
	case 'f':
		if s.literal("false") {
			return false, nil
		}
	}
	return false, s.Fail("expected true or false, found %s", s.found())
}

func (s *Scanner) number() []byte {
	start := s.i
	for s.i < len(s.b) {
		switch c := s.b[s.i]; {
		case c >= '0' && c <= '9', c == '-', c == '+', c == '.', c == 'e', c == 'E':
			s.i++
		default:
			return s.b[start:s.i]
		}
	}
	return s.b[start:]
}

// Int reads an integer of 64 bits.
func (s *Scanner) Int() (int64, error) {
	s.space()
	start := s.i
	text := s.number()
	n, ok := parseInt(text)
	if !ok {
		s.i = start
		if len(text) == 0 {
			return 0, s.Fail("expected an integer, found %s", s.found())
		}
		return 0, s.Fail("expected an integer of 64 bits, found %s", text)
	}
	return n, nil
}

func parseInt(text []byte) (int64, bool) {
	digits := bytes.TrimPrefix(text, []byte("-"))
	if len(digits) == 0 || len(digits) > 18 {
		n, err := strconv.ParseInt(string(text), 10, 64)
		return n, err == nil
	}
	var n int64
	for _, c := range digits {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	if len(digits) < len(text) {
		n = -n
	}
	return n, true
}

// Skip consumes any value.
func (s *Scanner) Skip() error {
	switch c := s.peek(); {
	case c == '"':
		_, _, err := s.rawString()
		return err
	case c == '{':
		return s.Object(func([]byte) error { return s.Skip() })
	case c == '[':
		return s.Array(s.Skip)
	case c == 't' && s.literal("true"), c == 'f' && s.literal("false"), c == 'n' && s.literal("null"):
		return nil
	case c == '-' || c >= '0' && c <= '9':
		s.number()
		return nil
	}
	return s.Fail("expected a value, found %s", s.found())
}

// Raw consumes any value and gives its text, a part of the buffer. Unlike Skip it checks all of it.
func (s *Scanner) Raw() ([]byte, error) {
	s.space()
	start := s.i
	if err := s.Skip(); err != nil {
		return nil, err
	}
	if raw := s.b[start:s.i]; json.Valid(raw) {
		return raw, nil
	}
	s.i = start
	return nil, s.Fail("not valid JSON")
}
