package changes

import (
	"encoding/binary"
	"errors"
)

// span is from where to where a version was the row, by the sequences of changes, and what of its values the change did not say. Of a table that keeps each
// version it stands beside the version, where else the sequence alone does.
type span struct {
	start, end []byte   // nil: not known, and none
	takes      []string // columns whose values are those of the version before, sorted
}

// The first byte of a span says what it has.
const (
	spanStart = 1 << iota
	spanEnd
	spanTakes
)

var errSpan = errors.New("the hidden sequences of a version are broken")

// encode appends the span: a byte that says what there is, then the start, the end, and how many columns and their names, each with its length
// before it.
func (s span) encode(to []byte) []byte {
	has := len(to)
	to = append(to, 0)
	if s.start != nil {
		to[has] |= spanStart
		to = appendPart(to, s.start)
	}
	if s.end != nil {
		to[has] |= spanEnd
		to = appendPart(to, s.end)
	}
	if len(s.takes) > 0 {
		to[has] |= spanTakes
		to = binary.AppendUvarint(to, uint64(len(s.takes)))
		for _, name := range s.takes {
			to = appendPart(to, name)
		}
	}
	return to
}

func appendPart[T []byte | string](to []byte, part T) []byte {
	return append(binary.AppendUvarint(to, uint64(len(part))), part...)
}

// decodeSpan reads what encode has made, into memory of its own. Error: errSpan.
func decodeSpan(b []byte) (s span, err error) {
	r := spanReader{rest: b}
	has := r.byte()
	if has&spanStart != 0 {
		s.start = append([]byte{}, r.part()...)
	}
	if has&spanEnd != 0 {
		s.end = append([]byte{}, r.part()...)
	}
	if has&spanTakes != 0 {
		for n := r.number(); n > 0 && !r.broken; n-- {
			s.takes = append(s.takes, string(r.part()))
		}
	}
	if r.broken || len(r.rest) > 0 || has > spanStart|spanEnd|spanTakes {
		return span{}, errSpan
	}
	return s, nil
}

// spanReader reads the parts of a span.
type spanReader struct {
	rest   []byte
	broken bool
}

func (r *spanReader) byte() (b byte) {
	if len(r.rest) == 0 {
		r.broken = true
		return 0
	}
	b, r.rest = r.rest[0], r.rest[1:]
	return b
}

func (r *spanReader) number() uint64 {
	n, size := binary.Uvarint(r.rest)
	if size <= 0 {
		r.broken = true
		return 0
	}
	r.rest = r.rest[size:]
	return n
}

func (r *spanReader) part() (p []byte) {
	n := r.number()
	if n > uint64(len(r.rest)) {
		r.broken = true
		return nil
	}
	p, r.rest = r.rest[:n], r.rest[n:]
	return p
}
