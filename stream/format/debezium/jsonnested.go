package debezium

import (
	"bytes"

	"github.com/ingestd/ingestd/stream/format/internal/jsontext"
)

// jsonMap reads a map: an object where its keys are strings, else an array of pairs. A key that comes twice is refused.
type jsonMap struct {
	col        *lists
	key, value member
	keys       textColumn // of objects
	seen       map[string]struct{}
}

func (x *jsonMap) read(s *jsontext.Scanner, p, i int) int {
	at := x.col.offs.Start(i)
	k := at
	clear(x.seen)
	var q int
	if x.keys == nil {
		q = x.pairs(s, p, &k)
	} else {
		if p >= len(s.B) || s.B[p] != '{' {
			return s.Mismatch(p, "an object")
		}
		q = s.Members(p, func(name []byte, p int) int {
			if x.twice(name) {
				return refuse(s, p, "a map with a key that comes twice")
			}
			if why := x.keys.setText(k, name); why != "" {
				return refuse(s, p, why)
			}
			q := x.value.value(s, p, k)
			if k++; q < 0 {
				s.Within("value")
			}
			return q
		})
	}
	if q >= 0 {
		x.col.offs.End(i, k)
	}
	return q
}

func (x *jsonMap) twice(key []byte) bool {
	if _, ok := x.seen[string(key)]; ok {
		return true
	}
	if x.seen == nil {
		x.seen = map[string]struct{}{}
	}
	x.seen[string(key)] = struct{}{}
	return false
}

// pairs reads [[key, value], ...].
func (x *jsonMap) pairs(s *jsontext.Scanner, p int, k *int) int {
	if p >= len(s.B) || s.B[p] != '[' {
		return s.Mismatch(p, "an array of pairs")
	}
	if p = s.Space(p + 1); p < len(s.B) && s.B[p] == ']' {
		return p + 1
	}
	for {
		if p >= len(s.B) || s.B[p] != '[' {
			return s.Mismatch(p, "a pair")
		}
		at := s.Space(p + 1)
		if p = x.key.value(s, at, *k); p < 0 {
			return p
		}
		if x.twice(bytes.TrimSpace(s.B[at:p])) {
			return refuse(s, at, "a map with a key that comes twice")
		}
		var more bool
		if p, more = s.Next(p, ']'); !more {
			return s.Syntax(max(p, at), "',' and a value")
		}
		if p = x.value.value(s, p, *k); p < 0 {
			return p
		}
		*k++
		if p, more = s.Next(p, ']'); more || p < 0 {
			return s.Syntax(max(p, at), "the end of a pair")
		}
		if p, more = s.Next(p, ']'); !more {
			return p
		}
	}
}

// jsonStruct reads STRUCT.
type jsonStruct struct {
	fields []jsonField
	byName map[string]int
	stamp  uint64
}

type jsonField struct {
	member
	name  string
	stamp uint64 // of the object that had it last
}

func (x *jsonStruct) read(s *jsontext.Scanner, p, i int) int {
	if p >= len(s.B) || s.B[p] != '{' {
		return s.Mismatch(p, "an object")
	}
	x.stamp++
	q := s.Members(p, func(name []byte, p int) int {
		k, ok := x.byName[string(name)]
		if !ok {
			return refuse(s, p, "a member that the schema does not have")
		}
		f := &x.fields[k]
		if f.stamp == x.stamp {
			return refuse(s, p, "a member that comes twice")
		}
		f.stamp = x.stamp
		q := f.value(s, p, i)
		if q < 0 {
			s.Within(f.name)
		}
		return q
	})
	if q < 0 {
		return q
	}
	for k := range x.fields {
		if f := &x.fields[k]; f.stamp != x.stamp {
			if !f.nullable {
				s.Fail(p, jsontext.KindMissing, "", "")
				s.Within(f.name)
				return -1
			}
			f.null(i)
		}
	}
	return q
}
