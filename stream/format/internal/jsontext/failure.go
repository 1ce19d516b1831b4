package jsontext

import "strconv"

// Kind is why a value was not taken.
type Kind uint8

// The kinds.
const (
	KindSyntax  Kind = iota // the record is not JSON; nothing of it can be rescued
	KindDepth               // nested too deep; the same
	KindType                // JSON, but not of the column's type
	KindRange               // of the type, but it does not fit
	KindNull                // null where the schema says NOT NULL
	KindValue               // of the type, but what it says was not taken: found tells why
	KindMissing             // absent where the schema says NOT NULL
)

// Failure is the first thing wrong with a record. It never holds a value: what is in a record may
// be nobody's business, and reasons go to logs.
type Failure struct {
	kind  Kind
	at    int
	want  string // the type wanted, or what JSON wants at this place
	found string
	path  []string // innermost first
}

// Fail records what is wrong at p.
func (s *Scanner) Fail(p int, k Kind, want, found string) int {
	s.Failure = Failure{kind: k, at: p, want: want, found: found, path: s.Failure.path[:0]}
	return -1
}

// Syntax fails because JSON wants something else at p.
func (s *Scanner) Syntax(p int, want string) int {
	if p >= len(s.B) {
		return s.Fail(p, KindSyntax, want, "the end of the record")
	}
	return s.Fail(p, KindSyntax, want, "something else")
}

// Mismatch fails because the value at p is not of the type wanted; where the value is no value at
// all, that is what is wrong.
func (s *Scanner) Mismatch(p int, want string) int {
	found := "something else"
	if p < len(s.B) {
		switch c := s.B[p]; {
		case c == '"' || c == '\'' && !s.Strict:
			found = "a string"
		case c == '{':
			found = "an object"
		case c == '[':
			found = "an array"
		case c == 't' || c == 'f':
			found = "a boolean"
		case c == 'n':
			found = "null"
		case c == '-' || '0' <= c && c <= '9':
			found = "a number"
		}
	}
	if q := s.Skip(p, 0); q < 0 {
		return q
	}
	return s.Fail(p, KindType, want, found)
}

// Within notes that what failed was inside name.
func (s *Scanner) Within(name string) {
	s.Failure.path = append(s.Failure.path, name)
}

// Fatal says that no part of the record can be used.
func (f *Failure) Fatal() bool { return f.kind == KindSyntax || f.kind == KindDepth }

// Reason is the line for the dead letter.
func (f *Failure) Reason() string {
	at := " at byte " + strconv.Itoa(f.at)
	switch f.kind {
	case KindSyntax:
		if f.want == "" {
			return "not JSON: " + f.found + at
		}
		return "not JSON: expected " + f.want + " but found " + f.found + at
	case KindDepth:
		return "nested deeper than " + strconv.Itoa(MaxDepth) + " levels" + at
	}
	path := ""
	for i, name := range f.path {
		if i > 0 && path[0] != '[' {
			path = "." + path
		}
		path = name + path
	}
	switch f.kind {
	case KindNull:
		return path + ": null but the schema says NOT NULL" + at
	case KindMissing:
		return path + ": missing but the schema says NOT NULL"
	case KindValue:
		return path + ": " + f.found + at
	case KindRange:
		return path + ": " + f.found + " out of range of " + f.want + at
	}
	if path == "" {
		return "expected " + f.want + " but found " + f.found + at
	}
	return path + ": expected " + f.want + " but found " + f.found + at
}
