package json

import (
	"strconv"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/ingestd/ingestd/internal/arrowbuf"
	"github.com/ingestd/ingestd/stream/format/internal/jsontext"
)

// structNode reads STRUCT.
type structNode struct {
	object
	nulls arrowbuf.Nulls
	dt    arrow.DataType
}

func (x *structNode) read(s *scanner, p, i int) int {
	if p >= len(s.B) || s.B[p] != '{' {
		return s.Mismatch(p, "STRUCT")
	}
	return x.object.read(s, p, i)
}

func (x *structNode) null(i int) {
	for k := range x.fields {
		x.fields[k].null(i)
	}
	x.nulls.Set(i)
}

func (x *structNode) truncate(i int) {
	for k := range x.fields {
		x.fields[k].truncate(i)
	}
	x.nulls.Truncate(i)
}

func (x *structNode) reserve(n int) {
	for k := range x.fields {
		x.fields[k].reserve(n)
	}
}

func (x *structNode) finish(n int) arrow.ArrayData {
	children := make([]arrow.ArrayData, len(x.fields))
	for k := range x.fields {
		children[k] = x.fields[k].finish(n)
		defer children[k].Release()
	}
	valid, nulls := x.nulls.Finish(n)
	if valid != nil {
		defer valid.Release()
	}
	return array.NewData(x.dt, n, []*memory.Buffer{valid}, children, nulls, 0)
}

func (x *structNode) drop() {
	x.object.drop()
	x.nulls.Drop()
}

// listNode reads ARRAY.
type listNode struct {
	offs    arrowbuf.Offsets
	element member
	dt      arrow.DataType
}

func (x *listNode) read(s *scanner, p, i int) int {
	if p >= len(s.B) || s.B[p] != '[' {
		return s.Mismatch(p, "ARRAY")
	}
	at := x.offs.Start(i)
	if p = s.Space(p + 1); p < len(s.B) && s.B[p] == ']' {
		x.offs.End(i, at)
		return p + 1
	}
	for k := at; ; k++ {
		if p = x.element.value(s, p, k); p < 0 {
			s.Within("[" + strconv.Itoa(k-at) + "]")
			return p
		}
		more := false
		if p, more = s.Next(p, ']'); !more {
			x.offs.End(i, k+1)
			return p
		}
	}
}

func (x *listNode) null(i int) { x.offs.SetNull(i) }

func (x *listNode) truncate(i int) {
	x.element.truncate(x.offs.Start(i))
	x.offs.Truncate(i)
}

func (x *listNode) reserve(n int) { x.offs.Reserve(n) }

func (x *listNode) finish(n int) arrow.ArrayData {
	values := x.element.finish(x.offs.Start(n))
	defer values.Release()
	return x.offs.Finish(x.dt, n, values)
}

func (x *listNode) drop() {
	x.offs.Drop()
	x.element.drop()
}

// mapNode reads MAP<STRING, ...>, the only maps that JSON has. A key that comes twice is refused,
// as Spark refuses it wherever it builds a map itself (spark.sql.mapKeyDedupPolicy).
type mapNode struct {
	offs    arrowbuf.Offsets
	keys    arrowbuf.Bytes
	value   member
	dt      arrow.DataType
	entries arrow.DataType
	seen    map[string]struct{} // the keys of the map in hand, once they are many
}

// manyKeys is from how many keys on a hash finds duplicates sooner than comparing with each.
const manyKeys = 12

func (x *mapNode) read(s *scanner, p, i int) int {
	if p >= len(s.B) || s.B[p] != '{' {
		return s.Mismatch(p, "MAP")
	}
	at := x.offs.Start(i)
	if p = s.Space(p + 1); p < len(s.B) && s.B[p] == '}' {
		x.offs.End(i, at)
		return p + 1
	}
	for k := at; ; k++ {
		if p >= len(s.B) || s.B[p] != '"' && (s.B[p] != '\'' || s.Strict) {
			return s.Syntax(p, "a field name")
		}
		key, q := s.Text(p)
		if q < 0 {
			return q
		}
		twice := x.has(at, k, key)
		x.keys.Set(k, key)
		if q = s.Colon(q); q < 0 {
			return q
		}
		if q = x.value.value(s, q, k); q < 0 {
			s.Within("value")
			return q
		}
		if twice {
			return s.Fail(p, jsontext.KindType, "MAP", "a key that comes twice")
		}
		more := false
		if p, more = s.Next(q, '}'); !more {
			x.offs.End(i, k+1)
			return p
		}
	}
}

// has says whether key is among those from slot at to k.
func (x *mapNode) has(at, k int, key []byte) bool {
	if k-at < manyKeys {
		for ; at < k; at++ {
			if string(x.keys.At(at)) == string(key) {
				return true
			}
		}
		return false
	}
	if k-at == manyKeys {
		if x.seen == nil {
			x.seen = map[string]struct{}{}
		}
		clear(x.seen)
		for ; at < k; at++ {
			x.seen[string(x.keys.At(at))] = struct{}{}
		}
	}
	if _, ok := x.seen[string(key)]; ok {
		return true
	}
	x.seen[string(key)] = struct{}{}
	return false
}

func (x *mapNode) null(i int) { x.offs.SetNull(i) }

func (x *mapNode) truncate(i int) {
	at := x.offs.Start(i)
	x.keys.Truncate(at)
	x.value.truncate(at)
	x.offs.Truncate(i)
}

func (x *mapNode) reserve(n int) { x.offs.Reserve(n) }

func (x *mapNode) finish(n int) arrow.ArrayData {
	m := x.offs.Start(n)
	keys := x.keys.Finish(arrow.BinaryTypes.String, m)
	defer keys.Release()
	values := x.value.finish(m)
	defer values.Release()
	entries := array.NewData(x.entries, m, []*memory.Buffer{nil}, []arrow.ArrayData{keys, values}, 0, 0)
	defer entries.Release()
	return x.offs.Finish(x.dt, n, entries)
}

func (x *mapNode) drop() {
	x.offs.Drop()
	x.keys.Drop()
	x.value.drop()
}
