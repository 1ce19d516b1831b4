package datafile

import (
	"math/bits"
	"unsafe"
)

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
	if len(d.values) > 0 {
		clear(d.slots)
	}
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
	d.slots = make([]uint32, max(256, 4*len(d.slots)))
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
