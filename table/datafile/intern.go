package datafile

import (
	"bytes"
	"encoding/binary"
	"hash/maphash"
	"math/bits"
	"unsafe"
)

// strings of one seed hash alike for the life of the process; the order of a dictionary does not
// depend on it.
var hashSeed = maphash.MakeSeed()

// byteDict is the dictionary of a string or binary column of one row group. Its values lie as the
// dictionary page wants them: a length of 4 bytes and the bytes.
type byteDict struct {
	slots []uint64 // open addressing: 32 bits of hash, then the index plus 1; 0 is free
	page  []byte
	at    []uint32 // where each value begins in page
}

func (d *byteDict) len() int { return len(d.at) }

func (d *byteDict) reset() {
	clear(d.slots)
	d.page, d.at = d.page[:0], d.at[:0]
}

func (d *byteDict) value(i uint32) []byte {
	at := d.at[i]
	n := binary.LittleEndian.Uint32(d.page[at:])
	return d.page[at+4 : at+4+n]
}

// intern gives the index of v, and whether it is new.
func (d *byteDict) intern(v []byte) (uint32, bool) {
	if 2*len(d.at) >= len(d.slots) {
		d.grow()
	}
	h := maphash.Bytes(hashSeed, v)
	tag := h &^ 0xFFFFFFFF
	mask := uint64(len(d.slots) - 1)
	for s := h & mask; ; s = (s + 1) & mask {
		slot := d.slots[s]
		if slot == 0 {
			i := uint32(len(d.at))
			d.slots[s] = tag | uint64(i+1)
			d.at = append(d.at, uint32(len(d.page)))
			d.page = binary.LittleEndian.AppendUint32(d.page, uint32(len(v)))
			d.page = append(d.page, v...)
			return i, true
		}
		if slot&^0xFFFFFFFF == tag {
			if i := uint32(slot) - 1; bytes.Equal(d.value(i), v) {
				return i, false
			}
		}
	}
}

func (d *byteDict) grow() {
	old := d.slots
	d.slots = make([]uint64, max(256, 2*len(old)))
	mask := uint64(len(d.slots) - 1)
	for i := range d.at {
		h := maphash.Bytes(hashSeed, d.value(uint32(i)))
		s := h & mask
		for d.slots[s] != 0 {
			s = (s + 1) & mask
		}
		d.slots[s] = h&^0xFFFFFFFF | uint64(i+1)
	}
}

// number is what lies as it is in a page of fixed-width values.
type number interface {
	int32 | int64 | float32 | float64
}

// numberDict is the dictionary of a column of numbers of one row group. Numbers are told apart by
// their bits, so NaN and both zeros are values like others.
type numberDict[T number] struct {
	slots  []uint32 // index plus 1; 0 is free
	values []T
}

func (d *numberDict[T]) reset() {
	clear(d.slots)
	d.values = d.values[:0]
}

func (d *numberDict[T]) intern(v T) (uint32, bool) {
	if 2*len(d.values) >= len(d.slots) {
		d.grow()
	}
	b := bitsOf(v)
	mask := uint32(len(d.slots) - 1)
	for s := spread(b) & mask; ; s = (s + 1) & mask {
		i := d.slots[s]
		if i == 0 {
			d.values = append(d.values, v)
			d.slots[s] = uint32(len(d.values))
			return uint32(len(d.values) - 1), true
		}
		if bitsOf(d.values[i-1]) == b {
			return i - 1, false
		}
	}
}

func (d *numberDict[T]) grow() {
	d.slots = make([]uint32, max(256, 2*len(d.slots)))
	mask := uint32(len(d.slots) - 1)
	for i, v := range d.values {
		s := spread(bitsOf(v)) & mask
		for d.slots[s] != 0 {
			s = (s + 1) & mask
		}
		d.slots[s] = uint32(i + 1)
	}
}

// spread mixes the bits of a number so that the low ones depend on all.
func spread(b uint64) uint32 {
	hi, lo := bits.Mul64(b^0x9E3779B97F4A7C15, 0xD6E8FEB86659FD93)
	return uint32(hi ^ lo)
}

func bitsOf[T number](v T) uint64 {
	if unsafe.Sizeof(v) == 4 {
		return uint64(*(*uint32)(unsafe.Pointer(&v)))
	}
	return *(*uint64)(unsafe.Pointer(&v))
}
