package debezium

import (
	"bytes"
	"strings"

	"github.com/ingestd/ingestd/stream/format/internal/jsontext"
)

// wrapped reads what Connect's JsonConverter writes: {"schema": ..., "payload": ...} or, without schemas, the payload alone.
// What parse makes of a schema is kept by its bytes: as long as a topic's schema stays it is parsed once, and looked at
// as bytes only.
type wrapped[T any] struct {
	parse func(raw []byte) (*T, error)

	head   []byte // of the record before: {"schema":...,"payload":
	schema *T
	known  map[string]parsed[T]
	size   int // bytes of the keys of known
}

type parsed[T any] struct {
	schema *T
	broken string
}

// maxSchemas is how many bytes of schemas are kept.
const maxSchemas = 32 << 20

// tail is what stands behind a payload.
type tail uint8

const (
	end     tail = iota // of the record
	brace               // that ends the wrapping object
	checked             // whatever it is, it has been looked at
)

// open finds the payload of the record in s: its position, what is to come behind it, and its schema, nil where it comes without. reason says
// what is wrong.
func (w *wrapped[T]) open(s *jsontext.Scanner) (schema *T, p int, behind tail, reason string) {
	if len(w.head) > 0 && bytes.HasPrefix(s.B, w.head) {
		return w.schema, len(w.head), brace, ""
	}
	p = s.Space(0)
	if p == len(s.B) {
		return nil, 0, end, "an empty record"
	}
	if s.B[p] != '{' {
		return nil, p, end, ""
	}
	start, stop, payload := w.find(s, p)
	if payload < 0 {
		return nil, p, end, ""
	}
	raw := s.B[start:stop]
	entry, ok := w.known[string(raw)]
	if !ok {
		entry = w.learn(raw)
	}
	if entry.broken != "" {
		return nil, 0, checked, "a broken schema: " + entry.broken
	}
	if start < payload {
		w.head, w.schema = append(w.head[:0], s.B[:payload]...), entry.schema
	}
	return entry.schema, payload, checked, ""
}

// find looks for the two members of a wrapped record; payload is -1 where it is none.
func (w *wrapped[T]) find(s *jsontext.Scanner, p int) (start, stop, payload int) {
	start, payload = -1, -1
	q := s.Members(p, func(name []byte, p int) int {
		switch {
		case string(name) == "schema" && start < 0 && p < len(s.B) && (s.B[p] == '{' || s.B[p] == 'n'):
			start = p
			stop = s.Skip(p, 1)
			return stop
		case string(name) == "payload" && payload < 0:
			payload = p
			return s.Skip(p, 1)
		}
		return -1
	})
	if q < 0 || start < 0 || payload < 0 || s.Space(q) != len(s.B) {
		return 0, 0, -1
	}
	return start, stop, payload
}

func (w *wrapped[T]) learn(raw []byte) parsed[T] {
	if w.size += len(raw); w.known == nil || w.size > maxSchemas {
		w.known, w.size = map[string]parsed[T]{}, len(raw)
	}
	var entry parsed[T]
	schema, err := w.parse(raw)
	if err != nil {
		entry.broken = oneLine(err.Error())
	} else {
		entry.schema = schema
	}
	w.known[string(raw)] = entry
	return entry
}

// oneLine is a text that is fit for a reason.
func oneLine(t string) string {
	b := []byte(t)
	for i, c := range b {
		if c < ' ' {
			b[i] = ' '
		}
	}
	return strings.ToValidUTF8(string(b[:min(len(b), 300)]), "")
}

// closed checks what stands behind a payload that ended at p.
func closed(s *jsontext.Scanner, p int, behind tail) bool {
	if behind == checked {
		return true
	}
	if p = s.Space(p); behind == brace {
		if p >= len(s.B) || s.B[p] != '}' {
			s.Syntax(p, "'}'")
			return false
		}
		p = s.Space(p + 1)
	}
	if p < len(s.B) {
		s.Syntax(p, "the end of the record")
		return false
	}
	return true
}
