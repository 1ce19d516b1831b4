package json

import (
	"github.com/apache/arrow-go/v18/arrow"

	"github.com/ingestd/ingestd/stream/format/internal/jsontext"
)

// node reads the values of one column, or of a part of one, into slots. The rules of the slots are
// those of package arrowbuf: they are written upwards, and the one in hand may be written again
// after truncate.
type node interface {
	// read reads the value at p, where neither white space nor null stands, into slot i.
	read(s *scanner, p, i int) int
	// null makes slot i null.
	null(i int)
	// truncate forgets slot i and those above it.
	truncate(i int)
	// reserve makes room for n slots.
	reserve(n int)
	// finish hands over the first n slots.
	finish(n int) arrow.ArrayData
	// drop gives the memory back.
	drop()
}

// member is a node in its place: a field of an object, the element of an array, the value of a map.
type member struct {
	node
	name     string // as failures name it
	nullable bool
}

// value reads any value at p, null included, into slot i.
func (m *member) value(s *scanner, p, i int) int {
	if p < len(s.B) && s.B[p] == 'n' {
		q := s.Literal(p, "null")
		if q < 0 {
			return q
		}
		if !m.nullable {
			return s.Fail(p, jsontext.KindNull, "", "")
		}
		m.null(i)
		return q
	}
	return m.read(s, p, i)
}
