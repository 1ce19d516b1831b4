package changes

import "encoding/binary"

// Sequence builds the value of [SequenceColumn]: parts in the order in which they count, each of one kind at its
// place in all changes of a table, so that the bytes of two sequences compare as their parts do.
type Sequence []byte

// Kinds of parts. One that is unknown comes before all others.
const (
	unknownPart byte = iota
	numberPart
	textPart
)

// Number adds a number: an LSN, an SCN, a position in a log.
func (s Sequence) Number(n int64) Sequence {
	return binary.BigEndian.AppendUint64(append(s, numberPart), uint64(n)^1<<63)
}

// Text adds a text, compared by its bytes: the name of a binary log.
func (s Sequence) Text(t string) Sequence {
	s = append(s, textPart)
	for i := range len(t) {
		if s = append(s, t[i]); t[i] == 0 {
			s = append(s, 0xff)
		}
	}
	return append(s, 0, 0)
}

// Unknown adds a part that is not known.
func (s Sequence) Unknown() Sequence { return append(s, unknownPart) }
