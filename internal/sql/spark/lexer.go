package spark

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

type kind int

const (
	endOfText kind = iota
	name           // an identifier or keyword
	quoted         // an identifier in backticks
	text           // a string, its escapes undone
	number         // digits, with what follows them: 1.5e3, 10L
	symbol         // an operator or a bracket
)

type token struct {
	kind    kind
	text    string
	at, end int
}

// symbols are Spark's, the longest first.
var symbols = []string{"<=>", ">>>", "<=", ">=", "<>", "!=", "==", "||", "::", "<<", ">>", "->",
	"=", "<", ">", "+", "-", "*", "/", "%", "(", ")", "[", "]", ",", ".", "!", "~", "&", "|", "^", ":"}

// scanner splits a text into tokens.
type scanner struct {
	text string
	pos  int
}

// tokens splits all of a text. The last token is endOfText.
func tokens(s string) ([]token, error) {
	if !utf8.ValidString(s) {
		return nil, &SyntaxError{Message: "the text is not UTF-8"}
	}
	sc := &scanner{text: s}
	var all []token
	for {
		t, err := sc.next()
		if err != nil {
			return nil, err
		}
		if all = append(all, t); t.kind == endOfText {
			return all, nil
		}
	}
}

func (s *scanner) next() (token, error) {
	if err := s.skip(); err != nil {
		return token{}, err
	}
	at := s.pos
	if at == len(s.text) {
		return token{kind: endOfText, at: at, end: at}, nil
	}
	made := func(k kind, text string) (token, error) { return token{k, text, at, s.pos}, nil }
	switch c := s.text[at]; {
	case (c == 'r' || c == 'R') && at+1 < len(s.text) && (s.text[at+1] == '\'' || s.text[at+1] == '"'):
		s.pos++
		raw, err := s.rawString()
		if err != nil {
			return token{}, err
		}
		return made(text, raw)
	case c == '\'' || c == '"':
		value, err := s.string()
		if err != nil {
			return token{}, err
		}
		return made(text, value)
	case c == '`':
		value, err := s.backticked()
		if err != nil {
			return token{}, err
		}
		return made(quoted, value)
	case isDigit(c) || c == '.' && at+1 < len(s.text) && isDigit(s.text[at+1]) && !s.afterName():
		s.number()
		return made(number, s.text[at:s.pos])
	case isLetter(c):
		for s.pos < len(s.text) && (isLetter(s.text[s.pos]) || isDigit(s.text[s.pos])) {
			s.pos++
		}
		return made(name, s.text[at:s.pos])
	}
	for _, sym := range symbols {
		if strings.HasPrefix(s.text[at:], sym) {
			s.pos += len(sym)
			return made(symbol, sym)
		}
	}
	return token{}, &SyntaxError{Offset: at, Message: unexpected(s.text, at)}
}

// afterName tells that a dot is that of a.b.
func (s *scanner) afterName() bool {
	if s.pos == 0 {
		return false
	}
	c := s.text[s.pos-1]
	return isLetter(c) || isDigit(c) || c == '`' || c == ')' || c == ']'
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isLetter(c byte) bool { return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }

// skip goes past blanks and comments.
func (s *scanner) skip() error {
	for s.pos < len(s.text) {
		switch rest := s.text[s.pos:]; {
		case strings.ContainsRune(" \t\r\n", rune(rest[0])):
			s.pos++
		case strings.HasPrefix(rest, "--"):
			if i := strings.IndexByte(rest, '\n'); i >= 0 {
				s.pos += i
			} else {
				s.pos = len(s.text)
			}
		case strings.HasPrefix(rest, "/*"):
			i := strings.Index(rest, "*/")
			if i < 0 {
				return &SyntaxError{Offset: s.pos, Message: "a comment without end"}
			}
			s.pos += i + 2
		default:
			return nil
		}
	}
	return nil
}

func (s *scanner) number() {
	digits := func() {
		for s.pos < len(s.text) && isDigit(s.text[s.pos]) {
			s.pos++
		}
	}
	digits()
	if s.pos < len(s.text) && s.text[s.pos] == '.' {
		s.pos++
		digits()
	}
	if s.pos < len(s.text) && (s.text[s.pos] == 'e' || s.text[s.pos] == 'E') {
		i := s.pos + 1
		if i < len(s.text) && (s.text[i] == '+' || s.text[i] == '-') {
			i++
		}
		if i < len(s.text) && isDigit(s.text[i]) {
			s.pos = i
			digits()
		}
	}
	for s.pos < len(s.text) && (isLetter(s.text[s.pos]) || isDigit(s.text[s.pos])) {
		s.pos++ // 10L; what is no suffix is found later
	}
}

func (s *scanner) backticked() (string, error) {
	at := s.pos
	var b strings.Builder
	for s.pos++; s.pos < len(s.text); s.pos++ {
		if s.text[s.pos] == '`' {
			if s.pos+1 == len(s.text) || s.text[s.pos+1] != '`' {
				s.pos++
				return b.String(), nil
			}
			s.pos++
		}
		b.WriteByte(s.text[s.pos])
	}
	return "", &SyntaxError{Offset: at, Message: "a name in backticks without end"}
}

func (s *scanner) rawString() (string, error) {
	at, quote := s.pos, s.text[s.pos]
	end := strings.IndexByte(s.text[at+1:], quote)
	if end < 0 {
		return "", &SyntaxError{Offset: at, Message: "a string without end"}
	}
	s.pos = at + end + 2
	return s.text[at+1 : at+1+end], nil
}

// string reads a string and undoes its escapes: a backslash before a letter, and a quote that is there twice. Before % and
// _ the backslash stays, for LIKE.
func (s *scanner) string() (string, error) {
	at, quote := s.pos, s.text[s.pos]
	var b strings.Builder
	for s.pos++; s.pos < len(s.text); s.pos++ {
		switch c := s.text[s.pos]; {
		case c == quote:
			s.pos++
			if s.pos == len(s.text) || s.text[s.pos] != quote {
				return b.String(), nil
			}
			b.WriteByte(quote)
		case c == '\\' && s.pos+1 < len(s.text):
			s.pos++
			if err := s.escape(&b); err != nil {
				return "", err
			}
		default:
			b.WriteByte(c)
		}
	}
	return "", &SyntaxError{Offset: at, Message: "a string without end"}
}

var escapes = map[byte]string{'0': "\x00", 'b': "\b", 'n': "\n", 'r': "\r", 't': "\t", 'Z': "\x1a", '%': `\%`, '_': `\_`}

// escape undoes the escape whose letter is at hand.
func (s *scanner) escape(b *strings.Builder) error {
	c := s.text[s.pos]
	for _, hex := range []struct {
		letter byte
		digits int
	}{{'u', 4}, {'U', 8}} {
		if end := s.pos + 1 + hex.digits; c == hex.letter && end <= len(s.text) {
			if n, err := strconv.ParseUint(s.text[s.pos+1:end], 16, 32); err == nil {
				if n > utf8.MaxRune || !utf8.ValidRune(rune(n)) {
					return &SyntaxError{Offset: s.pos - 1, Message: `\` + s.text[s.pos:end] + " is no character of its own; write the character itself"}
				}
				b.WriteRune(rune(n))
				s.pos = end - 1
				return nil
			}
		}
	}
	if c >= '0' && c <= '1' && s.pos+2 < len(s.text) {
		if n, err := strconv.ParseUint(s.text[s.pos:s.pos+3], 8, 8); err == nil {
			b.WriteRune(rune(n))
			s.pos += 2
			return nil
		}
	}
	if e, ok := escapes[c]; ok {
		b.WriteString(e)
		return nil
	}
	b.WriteByte(c) // of a longer letter the rest follows
	return nil
}
