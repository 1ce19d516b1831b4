package debezium

import (
	"strings"

	"github.com/ingestd/ingestd/stream/format/internal/jsontext"
)

// keySet is the columns that name a row.
type keySet struct {
	names  []string
	joined string         // the names, as one text that no other names make
	schema *connectSchema // of the record's key; nil where it has none with it, or the names are configured
}

func newKeySet(names []string, c *connectSchema) *keySet {
	return &keySet{names: names, joined: strings.Join(names, "\x00"), schema: c}
}

// jsonKeys finds out from the keys of records what names a row.
type jsonKeys struct {
	s          *jsontext.Scanner
	keys       wrapped[keySet]
	configured *keySet        // nil where the records' keys tell
	schema     *connectSchema // of the key in hand; nil where it has none with it
	last       *keySet        // of keys without a schema
	bySet      map[string]*keySet
}

// parseKey reads the schema of a key; nil for null.
func parseKey(raw []byte) (*keySet, error) {
	c, err := parseConnect(raw)
	if c == nil || err != nil {
		return nil, err
	}
	k := newKeySet(nil, c)
	for _, f := range c.Fields {
		k.names = append(k.names, f.Field)
	}
	return newKeySet(k.names, c), nil
}

// read gives the columns that name the row of a record with this key, and the row that the key itself is, none where it is no
// object. The reason is empty where there are some.
func (j *jsonKeys) read(key []byte) (set *keySet, row image, reason string) {
	if set, row, reason = j.own(key); j.configured != nil {
		if reason != "" {
			row = image{}
		}
		return j.configured, row, ""
	}
	return set, row, reason
}

// own is read by the record's key alone.
func (j *jsonKeys) own(key []byte) (set *keySet, row image, reason string) {
	const none = "an event without a key; give the columns of the key in the option keys"
	j.schema = nil
	if len(key) == 0 {
		return nil, row, none
	}
	s := j.s
	s.B = key
	set, p, behind, reason := j.keys.open(s)
	if set != nil {
		j.schema = set.schema
	}
	if reason != "" {
		return nil, row, "key: " + reason
	}
	if p >= len(key) || key[p] == 'n' {
		return nil, row, none
	}
	if key[p] != '{' {
		return nil, row, "a key that is no object of columns; give the columns of the key in the option keys"
	}
	q := 0
	if set == nil {
		set, q = j.bare(p)
	} else {
		q = s.Skip(p, 1)
	}
	if q < 0 || !closed(s, q, behind) {
		return nil, row, "key: " + s.Failure.Reason()
	}
	if len(set.names) == 0 {
		return nil, row, none
	}
	return set, image{p, q}, ""
}

// bare reads the names of a key without a schema.
func (j *jsonKeys) bare(p int) (*keySet, int) {
	n, same := 0, j.last != nil
	q := j.s.Members(p, func(name []byte, p int) int {
		same = same && n < len(j.last.names) && string(name) == j.last.names[n]
		n++
		return j.s.Skip(p, 1)
	})
	if q < 0 || same && n == len(j.last.names) {
		return j.last, q
	}
	var names []string
	j.s.Members(p, func(name []byte, p int) int {
		names = append(names, string(name))
		return j.s.Skip(p, 1)
	})
	set := newKeySet(names, nil)
	if known, ok := j.bySet[set.joined]; ok {
		set = known
	} else if len(j.bySet) < maxGroups {
		j.bySet[set.joined] = set
	}
	j.last = set
	return set, q
}
