package changes

import (
	"encoding/binary"
	"errors"
)

// span is from where to where a version was the row, by the sequences of changes. Of a table that keeps each version it stands beside the version, where
// else the sequence alone does.
type span struct {
	start, end []byte // nil: not known, and none
}

// The first byte of a span says what it has.
const (
	spanStart = 1 << iota
	spanEnd
)

var errSpan = errors.New("the hidden sequences of a version are broken")

// encode appends the span: a byte that says what there is, the length of the start and the start, and the end.
func (s span) encode(to []byte) []byte {
	has := byte(0)
	if s.start != nil {
		has |= spanStart
	}
	if s.end != nil {
		has |= spanEnd
	}
	to = append(to, has)
	if s.start != nil {
		to = append(binary.AppendUvarint(to, uint64(len(s.start))), s.start...)
	}
	return append(to, s.end...)
}

// decodeSpan reads what encode has made, into memory of its own.
func decodeSpan(b []byte) (s span, err error) {
	if len(b) == 0 || b[0] > spanStart|spanEnd {
		return s, errSpan
	}
	has, b := b[0], b[1:]
	if has&spanStart != 0 {
		n, size := binary.Uvarint(b)
		if size <= 0 || n > uint64(len(b)-size) {
			return s, errSpan
		}
		s.start = append([]byte{}, b[size:size+int(n)]...)
		b = b[size+int(n):]
	}
	switch {
	case has&spanEnd != 0:
		s.end = append([]byte{}, b...)
	case len(b) > 0:
		return s, errSpan
	}
	return s, nil
}
