package schema

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// DDLError says what in a DDL string cannot be understood, and where.
type DDLError struct {
	Offset       int // in bytes from the start
	Line, Column int // from 1; columns count characters
	Reason       string
}

// Error tells place and reason.
func (e *DDLError) Error() string {
	return fmt.Sprintf("schema, line %d, column %d: %s", e.Line, e.Column, e.Reason)
}

type tokenKind int

const (
	tokEnd    tokenKind = iota
	tokWord             // a name or keyword
	tokQuoted           // `a name`
	tokString           // 'text' or "text"
	tokPunct            // one of <>(),:
)

type token struct {
	kind tokenKind
	text string // unquoted
	pos  int
}

func (t token) String() string {
	switch t.kind {
	case tokEnd:
		return "the end"
	case tokString:
		return "the string '" + t.text + "'"
	}
	return "'" + t.text + "'"
}

// lexer cuts DDL into tokens. White space and "-- comments" separate.
type lexer struct {
	src string
	pos int
}

func (l *lexer) fail(pos int, format string, args ...any) error {
	before := l.src[:min(pos, len(l.src))]
	line := strings.Count(before, "\n")
	col := utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:])
	return &DDLError{Offset: pos, Line: line + 1, Column: col + 1, Reason: fmt.Sprintf(format, args...)}
}

func (l *lexer) skipSpace() {
	for l.pos < len(l.src) {
		r, n := utf8.DecodeRuneInString(l.src[l.pos:])
		switch {
		case unicode.IsSpace(r):
			l.pos += n
		case strings.HasPrefix(l.src[l.pos:], "--"):
			if i := strings.IndexByte(l.src[l.pos:], '\n'); i >= 0 {
				l.pos += i
			} else {
				l.pos = len(l.src)
			}
		default:
			return
		}
	}
}

func isWordRune(r rune) bool {
	return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.Is(unicode.Mn, r)
}

func (l *lexer) next() (token, error) {
	l.skipSpace()
	start := l.pos
	if start == len(l.src) {
		return token{tokEnd, "", start}, nil
	}
	r, n := utf8.DecodeRuneInString(l.src[start:])
	switch {
	case strings.ContainsRune("<>(),:", r):
		l.pos += n
		return token{tokPunct, string(r), start}, nil
	case r == '`':
		return l.quoted(start)
	case r == '\'' || r == '"':
		return l.str(start, byte(r))
	case isWordRune(r):
		for l.pos < len(l.src) {
			r, n := utf8.DecodeRuneInString(l.src[l.pos:])
			if !isWordRune(r) {
				break
			}
			l.pos += n
		}
		return token{tokWord, l.src[start:l.pos], start}, nil
	}
	return token{}, l.fail(start, "unexpected %q; a name with other characters than letters, digits and _ must stand in `backquotes`", r)
}

// quoted reads `a name`; a doubled backquote stands for one.
func (l *lexer) quoted(start int) (token, error) {
	var b strings.Builder
	for i := start + 1; i < len(l.src); i++ {
		if l.src[i] != '`' {
			b.WriteByte(l.src[i])
			continue
		}
		if i+1 < len(l.src) && l.src[i+1] == '`' {
			b.WriteByte('`')
			i++
			continue
		}
		l.pos = i + 1
		if b.Len() == 0 {
			return token{}, l.fail(start, "an empty name")
		}
		return token{tokQuoted, b.String(), start}, nil
	}
	return token{}, l.fail(start, "the ` is never closed")
}

// str reads a string literal, with backslash escapes and doubled quotes.
func (l *lexer) str(start int, q byte) (token, error) {
	var b strings.Builder
	for i := start + 1; i < len(l.src); i++ {
		switch c := l.src[i]; {
		case c == '\\' && i+1 < len(l.src):
			i++
			b.WriteByte(unescape(l.src[i]))
		case c == q && i+1 < len(l.src) && l.src[i+1] == q:
			b.WriteByte(q)
			i++
		case c == q:
			l.pos = i + 1
			return token{tokString, b.String(), start}, nil
		default:
			b.WriteByte(c)
		}
	}
	return token{}, l.fail(start, "the string is never closed")
}

func unescape(c byte) byte {
	switch c {
	case 'n':
		return '\n'
	case 't':
		return '\t'
	case 'r':
		return '\r'
	case 'b':
		return '\b'
	case '0':
		return 0
	}
	return c
}
