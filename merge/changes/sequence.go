package changes

import (
	"encoding/binary"
	"math"

	"github.com/apache/arrow-go/v18/arrow/decimal128"
)

// Sequence builds the value of [SequenceColumn]: parts in the order in which they count, each of one kind at its
// place in all changes of a table, so that the bytes of two sequences compare as their parts do.
type Sequence []byte

// Kinds of parts. One that is unknown comes before all others.
const (
	unknownPart byte = iota
	numberPart
	textPart
	decimalPart
	floatPart
	structPart // the parts of one follow
)

// Number adds a number: an LSN, an SCN, a position in a log.
func (s Sequence) Number(n int64) Sequence {
	return binary.BigEndian.AppendUint64(append(s, numberPart), uint64(n)^1<<63)
}

// Text adds a text or bytes, compared by their bytes: the name of a binary log.
func (s Sequence) Text(t string) Sequence {
	s = append(s, textPart)
	for i := range len(t) {
		if s = append(s, t[i]); t[i] == 0 {
			s = append(s, 0xff)
		}
	}
	return append(s, 0, 0)
}

// Decimal adds a decimal, of one scale in all changes of a table.
func (s Sequence) Decimal(n decimal128.Num) Sequence {
	s = binary.BigEndian.AppendUint64(append(s, decimalPart), uint64(n.HighBits())^1<<63)
	return binary.BigEndian.AppendUint64(s, n.LowBits())
}

// Float adds a floating number, as Spark orders them: NaN is one value and the greatest, -0.0 is 0.0.
func (s Sequence) Float(f float64) Sequence {
	if math.IsNaN(f) {
		f = math.NaN()
	}
	bits := math.Float64bits(f + 0) // -0.0 + 0 is 0.0
	if bits>>63 == 1 {
		bits = ^bits
	} else {
		bits |= 1 << 63
	}
	return binary.BigEndian.AppendUint64(append(s, floatPart), bits)
}

// Unknown adds a part that is not known.
func (s Sequence) Unknown() Sequence { return append(s, unknownPart) }
