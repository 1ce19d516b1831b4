package debezium

import (
	"slices"

	"github.com/ingestd/ingestd/internal/arrowbuf"
	"github.com/ingestd/ingestd/stream/format/internal/jsontext"
)

// jsonRow reads rows, objects with a member for each column, into the columns of a group.
type jsonRow struct {
	fields []rowField
	byName map[string]int
	next   []int // next[k] is the field that last came after field k-1, which is the one to try; next[0] that which came first
	stamp  uint64
	skip   map[string]bool     // members that were added
	added  func(string) string // flat rows: says what a member stands for that is no column; empty for one
	lax    bool                // all that are not known are none
	open   bool                // a member that is not known, or lacks, is no failure: the row is of another shape

	keyOnly     bool   // read the key alone
	foreign     bool   // what is read is the key of a record: it may have other members
	header      bool   // what is read is a key in a header, where decimals are numbers
	reshape     bool   // what failed is that the row is of another shape
	unavailable []byte // bits of columns whose value the log does not have
}

type rowField struct {
	member
	name     string
	quoted   string   // as it stands before a value: "name":
	key      bool     // of the key
	holders  []string // what stands for a value that the log does not have
	stamp    uint64   // of the row that had it last
	unknown  bool     // its type is not known yet
	optional bool
}

// read reads the row at p into slot i; it gives the position after it, or -1.
func (x *jsonRow) read(s *jsontext.Scanner, p, i int) int {
	x.stamp++
	x.reshape = false
	clear(x.unavailable)
	if p >= len(s.B) || s.B[p] != '{' {
		return s.Mismatch(p, "an object")
	}
	prev := 0
	if p = s.Space(p + 1); p < len(s.B) && s.B[p] == '}' {
		p++
		return x.complete(s, p, i)
	}
	for {
		k, q := x.name(s, p, prev)
		if q < 0 {
			return q
		}
		if k < 0 {
			p = s.Skip(q, 1)
		} else {
			prev = k + 1
			p = x.field(s, q, i, k)
		}
		if p < 0 {
			return p
		}
		more := false
		if p, more = s.Next(p, '}'); !more {
			if p < 0 {
				return p
			}
			return x.complete(s, p, i)
		}
	}
}

// name reads the name at p, that of field k, and gives the position of its value. k is -1 for a member that is no column.
func (x *jsonRow) name(s *jsontext.Scanner, p, prev int) (k, q int) {
	k = x.next[prev]
	if k >= 0 {
		if quoted := x.fields[k].quoted; quoted != "" && len(s.B)-p > len(quoted) && string(s.B[p:p+len(quoted)]) == quoted {
			return k, s.Space(p + len(quoted))
		}
	}
	if !isText(s, p) {
		return 0, s.Syntax(p, "a field name")
	}
	name, q := s.Text(p)
	if q < 0 {
		return 0, q
	}
	k, ok := x.byName[string(name)]
	if ok {
		x.next[prev] = k
		return k, s.Colon(q)
	}
	if x.lax || x.foreign || x.skip[string(name)] {
		return -1, s.Colon(q)
	}
	if x.added != nil && x.added(string(name)) != "" {
		x.skip[string(name)] = true
		return -1, s.Colon(q)
	}
	if x.open {
		x.reshape = true
	}
	return 0, s.Fail(p, jsontext.KindType, "the columns of the schema", "another one")
}

// field reads the value at p of field k.
func (x *jsonRow) field(s *jsontext.Scanner, p, i, k int) int {
	f := &x.fields[k]
	if f.stamp == x.stamp {
		s.Fail(p, jsontext.KindValue, "", "a column that comes twice")
		s.Within(f.name)
		return -1
	}
	f.stamp = x.stamp
	if x.keyOnly && !f.key {
		f.null(i)
		return s.Skip(p, 1)
	}
	if p < len(s.B) && s.B[p] == 'n' && f.optional && !f.key {
		q := s.Literal(p, "null")
		if q >= 0 {
			f.null(i)
		}
		return q
	}
	for _, h := range f.holders {
		if len(s.B)-p >= len(h) && string(s.B[p:p+len(h)]) == h {
			if f.key {
				s.Fail(p, jsontext.KindValue, "", "a column of the key whose value the log does not have")
				s.Within(f.name)
				return -1
			}
			x.unavailable[k>>3] |= 1 << (k & 7)
			f.null(i)
			return p + len(h)
		}
	}
	q := 0
	if any, ok := f.node.(jsonAny); ok && x.header && isNumber(s, p) {
		q = any.unscaled(s, p, i)
	} else {
		q = f.value(s, p, i)
	}
	if q < 0 {
		x.reshape = x.open && f.unknown
		s.Within(f.name)
	}
	return q
}

// complete ends a row: columns that it lacks are null, where they may be.
func (x *jsonRow) complete(s *jsontext.Scanner, p, i int) int {
	for k := range x.fields {
		f := &x.fields[k]
		if f.stamp == x.stamp {
			continue
		}
		if x.open && !x.keyOnly {
			x.reshape = true
			return s.Fail(p, jsontext.KindMissing, "", "")
		}
		if f.key || !f.optional && !x.keyOnly {
			s.Fail(p, jsontext.KindMissing, "", "")
			s.Within(f.name)
			return -1
		}
		f.null(i)
	}
	return p
}

// anyUnavailable says whether a column of the row read last is.
func (x *jsonRow) anyUnavailable() bool {
	for _, b := range x.unavailable {
		if b != 0 {
			return true
		}
	}
	return false
}

func (x *jsonRow) truncate(i int) {
	for k := range x.fields {
		x.fields[k].truncate(i)
	}
}

// newJSONRow makes the columns of fields, of which keys are the key.
func newJSONRow(opts *Options, pool *arrowbuf.Pool, seed func() uint64, fields []planField, keys []string) (*jsonRow, error) {
	c := &compiler{pool: pool, seed: seed}
	x := &jsonRow{byName: make(map[string]int, len(fields)), skip: map[string]bool{}, next: make([]int, len(fields)+1), unavailable: make([]byte, (len(fields)+7)/8)}
	for k, f := range fields {
		isKey := false
		for _, key := range keys {
			isKey = isKey || key == f.name
		}
		m, err := c.member(f.plan, !f.required && !isKey, true)
		if err != nil {
			return nil, err
		}
		x.byName[f.name] = k
		x.next[k] = k
		x.fields = append(x.fields, rowField{
			member: m, name: f.name, quoted: quoted(f.name), key: isKey, holders: opts.holders(f.plan),
			unknown: f.enc == asUnknown, optional: !f.required,
		})
	}
	x.next[len(fields)] = -1
	return x, nil
}

// quoted is a name as it stands before a value; empty where it needs escapes.
func quoted(name string) string {
	for _, c := range []byte(name) {
		if c < ' ' || c == '"' || c == '\\' || c >= 0x80 {
			return ""
		}
	}
	return `"` + name + `":`
}

// hasMore says whether there are columns beside the key.
func (x *jsonRow) hasMore() bool {
	return slices.ContainsFunc(x.fields, func(f rowField) bool { return !f.key })
}

// knowsKey says that nothing is known of the row that was read but its key.
func (x *jsonRow) knowsKey() {
	for k := range x.fields {
		if !x.fields[k].key {
			x.unavailable[k>>3] |= 1 << (k & 7)
		}
	}
}
