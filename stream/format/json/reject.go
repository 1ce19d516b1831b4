package json

import "strconv"

// kind is why a value was not taken.
type kind uint8

const (
	kindSyntax  kind = iota // the record is not JSON; nothing of it can be rescued
	kindDepth               // nested too deep; the same
	kindType                // JSON, but not of the column's type
	kindRange               // of the type, but it does not fit
	kindNull                // null where the schema says NOT NULL
	kindMissing             // absent where the schema says NOT NULL
)

// failure is the first thing wrong with a record. It never holds a value: what is in a record may
// be nobody's business, and reasons go to logs.
type failure struct {
	kind  kind
	at    int
	want  string // the type wanted, or what JSON wants at this place
	found string
	path  []string // innermost first
}

// fail records what is wrong at p.
func (s *scanner) fail(p int, k kind, want, found string) int {
	s.failure = failure{kind: k, at: p, want: want, found: found, path: s.failure.path[:0]}
	return -1
}

// syntax fails because JSON wants something else at p.
func (s *scanner) syntax(p int, want string) int {
	if p >= len(s.b) {
		return s.fail(p, kindSyntax, want, "the end of the record")
	}
	return s.fail(p, kindSyntax, want, "something else")
}

// mismatch fails because the value at p is not of the type wanted; where the value is no value at
// all, that is what is wrong.
func (s *scanner) mismatch(p int, want string) int {
	found := "something else"
	if p < len(s.b) {
		switch c := s.b[p]; {
		case c == '"' || c == '\'' && !s.strict:
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
	if q := s.skip(p, 0); q < 0 {
		return q
	}
	return s.fail(p, kindType, want, found)
}

// within notes that what failed was inside name.
func (s *scanner) within(name string) {
	s.failure.path = append(s.failure.path, name)
}

// fatal says that no part of the record can be used.
func (f *failure) fatal() bool { return f.kind == kindSyntax || f.kind == kindDepth }

// reason is the line for the dead letter.
func (f *failure) reason() string {
	at := " at byte " + strconv.Itoa(f.at)
	switch f.kind {
	case kindSyntax:
		if f.want == "" {
			return "not JSON: " + f.found + at
		}
		return "not JSON: expected " + f.want + " but found " + f.found + at
	case kindDepth:
		return "nested deeper than " + strconv.Itoa(maxDepth) + " levels" + at
	}
	path := ""
	for i, name := range f.path {
		if i > 0 && path[0] != '[' {
			path = "." + path
		}
		path = name + path
	}
	switch f.kind {
	case kindNull:
		return path + ": null but the schema says NOT NULL" + at
	case kindMissing:
		return path + ": missing but the schema says NOT NULL"
	case kindRange:
		return path + ": " + f.found + " out of range of " + f.want + at
	}
	if path == "" {
		return "expected " + f.want + " but found " + f.found + at
	}
	return path + ": expected " + f.want + " but found " + f.found + at
}
