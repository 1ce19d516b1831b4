package datafile

import (
	"encoding/binary"
	"math/bits"
)

// levels are the definition or repetition levels of one page. As long as all are the same, as
// in a column without nulls, only their number is kept.
type levels struct {
	top  uint8   // the highest level of the column; 0: levels are not written
	same uint8   // the level that all n have, while vals is empty
	n    int     //
	vals []uint8 // all n, once they differ
}

// repeat appends n times v.
func (l *levels) repeat(v uint8, n int) {
	if l.top == 0 || n == 0 {
		return
	}
	if len(l.vals) == 0 && (l.n == 0 || l.same == v) {
		l.same = v
		l.n += n
		return
	}
	l.spell()
	for range n {
		l.vals = append(l.vals, v)
	}
	l.n += n
}

// add appends levels one by one.
func (l *levels) add(vals []uint8) {
	if l.top == 0 {
		return
	}
	l.spell()
	l.vals = append(l.vals, vals...)
	l.n += len(vals)
}

// grow appends n levels for the caller to set.
func (l *levels) grow(n int) []uint8 {
	l.spell()
	for cap(l.vals)-len(l.vals) < n {
		l.vals = append(l.vals[:cap(l.vals)], 0)[:len(l.vals)]
	}
	at := len(l.vals)
	l.vals = l.vals[:at+n]
	l.n += n
	return l.vals[at:]
}

// spell writes out the levels that were only counted.
func (l *levels) spell() {
	if len(l.vals) > 0 {
		return
	}
	for range l.n {
		l.vals = append(l.vals, l.same)
	}
}

func (l *levels) reset() { l.n, l.vals = 0, l.vals[:0] }

// append writes the levels as a data page of version 1 has them: their length, then RLE.
func (l *levels) append(dst []byte) []byte {
	if l.top == 0 {
		return dst
	}
	start := len(dst)
	dst = append(dst, 0, 0, 0, 0)
	width := bits.Len8(l.top)
	if len(l.vals) == 0 {
		dst = appendRun(dst, uint32(l.same), l.n, width)
	} else {
		dst = appendHybrid(dst, l.vals, width)
	}
	binary.LittleEndian.PutUint32(dst[start:], uint32(len(dst)-start-4))
	return dst
}
