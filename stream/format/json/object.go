package json

import (
	"encoding/binary"
	"strings"
	"unicode/utf8"

	"github.com/ingestd/ingestd/stream/format/internal/jsontext"
)

// object reads the members of a JSON object into the same slot of its fields. It is what records
// and STRUCT columns share.
type object struct {
	fields []field
	byName map[string]*field
	depth  int // of its members
	root   bool

	// after[k] is the field that last came after the k-th one, counted from 1; after[0] is that
	// which last came first. Senders keep to an order, so it is the one to try.
	after []*field
}

type field struct {
	member
	keyMatch
	ord   int    // counted from 1
	stamp uint64 // of the object that had it last
}

// keyMatch is a field's name as senders write it, in quotes and with the colon: what is looked for
// before the name is read in earnest. Two words are compared where they cover it, since a call for
// every name of every record shows.
type keyMatch struct {
	key         string // empty where the name needs escapes, so that it never matches
	first, last uint64 // its first and last eight bytes
	tail        int    // where the last ones begin; 0 unless the two cover the key
}

func newKeyMatch(name string) keyMatch {
	if strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == '"' || r == '\\' || r == utf8.RuneError }) {
		return keyMatch{}
	}
	m := keyMatch{key: `"` + name + `":`}
	if n := len(m.key); n > 8 && n <= 16 {
		b := []byte(m.key)
		m.first, m.last, m.tail = binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[n-8:]), n-8
	}
	return m
}

// read reads the object at p, whose brace is known to be there, into slot i.
func (o *object) read(s *scanner, p, i int) int {
	b := s.B
	s.stamp++
	stamp := s.stamp
	count, prev := 0, 0
	if p = s.Space(p + 1); p < len(b) && b[p] == '}' {
		return o.complete(s, p+1, i, stamp, 0)
	}
	for {
		f := o.after[prev]
		hit := false
		if r := b[p:]; f.tail > 0 && len(r) >= 24 {
			hit = binary.LittleEndian.Uint64(r) == f.first && binary.LittleEndian.Uint64(r[f.tail&15:]) == f.last
		} else {
			hit = len(f.key) > 0 && len(r) > len(f.key) && string(r[:len(f.key)]) == f.key
		}
		at := p
		if hit {
			p += len(f.key)
			if b[p] <= ' ' {
				p = s.Space(p)
			}
		} else {
			if f, p = o.lookup(s, p); p < 0 {
				return p
			}
			if f != nil {
				o.after[prev] = f
			}
		}
		if f == nil || f.node == nil {
			if p = o.unknown(s, at, p); p < 0 {
				return p
			}
			if f != nil {
				prev = f.ord
			}
			goto next
		}
		if f.stamp == stamp {
			f.truncate(i) // the last one counts
		} else {
			f.stamp = stamp
			count++
		}
		prev = f.ord
		{
			q := 0
			if p < len(b) && b[p] != 'n' {
				q = f.read(s, p, i)
			} else {
				q = f.value(s, p, i)
			}
			if q < 0 || s.extra {
				if q = o.misfit(s, f, p, q, i); q < 0 {
					return q
				}
			}
			p = q
		}
	next:
		if p < len(b) && b[p] == ',' {
			p++
			if p < len(b) && b[p] <= ' ' {
				p = s.Space(p)
			}
			continue
		}
		more := false
		if p, more = s.Next(p, '}'); !more {
			if p < 0 {
				return p
			}
			return o.complete(s, p, i, stamp, count)
		}
	}
}

// maxStrangers is how many names that the schema lacks an object knows, so that they too are found
// where they are expected. Senders have so many fields, or no end of them.
const maxStrangers = 128

// lookup reads the field name at p; the field is nil, or has no node, where the schema has none of that name.
func (o *object) lookup(s *scanner, p int) (*field, int) {
	if p >= len(s.B) || s.B[p] != '"' && (s.B[p] != '\'' || s.Strict) {
		return nil, s.Syntax(p, "a field name")
	}
	name, p := s.Text(p)
	if p < 0 {
		return nil, p
	}
	f := o.byName[string(name)]
	if f == nil && len(name) <= 64 && len(o.after)-len(o.fields) <= maxStrangers {
		f = &field{member: member{name: string(name)}, keyMatch: newKeyMatch(string(name)), ord: len(o.after)}
		o.byName[f.name] = f
		o.after = append(o.after, o.after[len(o.fields)])
	}
	return f, s.Colon(p)
}

// complete ends an object that had count fields: those that it lacks are null.
func (o *object) complete(s *scanner, p, i int, stamp uint64, count int) int {
	if count == len(o.fields) {
		return p
	}
	for k := range o.fields {
		f := &o.fields[k]
		if f.stamp == stamp {
			continue
		}
		if !f.nullable {
			s.Fail(p, jsontext.KindMissing, "", "")
			s.Within(f.name)
			return -1
		}
		f.null(i)
	}
	return p
}

// unknown skips the value at p of a field that the schema lacks, whose name is at name.
func (o *object) unknown(s *scanner, name, p int) int {
	q := s.Skip(p, o.depth)
	if q < 0 || !s.rescue {
		return q
	}
	if o.root {
		s.keep(s.B[name:q])
	} else {
		s.extra = true
	}
	return q
}

// misfit handles the field f whose value at p gave q: it failed or, where the record is to be
// rescued, had fields that the schema lacks. In a record to be rescued the column becomes null where it failed.
func (o *object) misfit(s *scanner, f *field, p, q, i int) int {
	if q >= 0 && !o.root { // the column that this is in will be kept
		return q
	}
	if q < 0 {
		s.Within(f.name)
		if !o.root || !s.rescue || s.Failure.Fatal() || !f.nullable {
			return -1
		}
		if q = s.Skip(p, o.depth); q < 0 {
			return q
		}
		f.truncate(i)
		f.null(i)
	}
	s.extra = false
	s.rescued = append(appendKey(s.keepComma(), f), s.B[p:q]...)
	return q
}

// drop gives the memory of all fields back.
func (o *object) drop() {
	for k := range o.fields {
		o.fields[k].drop()
	}
}
