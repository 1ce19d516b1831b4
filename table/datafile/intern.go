package datafile

import (
	"bytes"
	"encoding/binary"
	"hash/maphash"
	"iter"
)

// Strings hash alike for the life of the process; the order of a dictionary does not depend on it.
var hashSeed = maphash.MakeSeed()

// byteDict is the dictionary of a string or binary column of one row group: values in the order in
// which they came, found by open addressing. A look-up touches two places that are far apart, a slot
// and an entry.
type byteDict struct {
	slots   []uint64 // 32 bits of hash, then where the entry begins plus 1; 0 is free
	entries []byte   // for each value its index and its length, 4 bytes each, and its bytes
	n       int

	touched byte // see fetch
}

const entryHead = 8

func (d *byteDict) len() int { return d.n }

func (d *byteDict) reset() {
	if d.n > 0 {
		clear(d.slots)
	}
	d.entries, d.n = d.entries[:0], 0
}

// pageSize is the size of the dictionary page.
func (d *byteDict) pageSize() int { return len(d.entries) - d.n*(entryHead-4) }

// appendPage appends the values as a dictionary page has them: a length of 4 bytes and the bytes.
func (d *byteDict) appendPage(dst []byte) []byte {
	dst = extend(dst, d.pageSize())[:len(dst)]
	for v := range d.values() {
		dst = binary.LittleEndian.AppendUint32(dst, uint32(len(v)))
		dst = append(dst, v...)
	}
	return dst
}

// values are all values in the order of their indices.
func (d *byteDict) values() iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for at := 0; at < len(d.entries); {
			n := int(binary.LittleEndian.Uint32(d.entries[at+4:]))
			if !yield(d.entries[at+entryHead : at+entryHead+n]) {
				return
			}
			at += entryHead + n
		}
	}
}

// intern gives the index of v, and whether it is new.
func (d *byteDict) intern(v []byte) (uint32, bool) {
	return d.internHashed(v, maphash.Bytes(hashSeed, v))
}

func (d *byteDict) internHashed(v []byte, h uint64) (uint32, bool) {
	if 2*d.n >= len(d.slots) {
		d.grow()
	}
	tag := h &^ 0xFFFFFFFF
	mask := uint64(len(d.slots) - 1)
	s := h & mask
	for ; d.slots[s] != 0; s = (s + 1) & mask {
		slot := d.slots[s]
		if slot&^0xFFFFFFFF != tag {
			continue
		}
		e := d.entries[uint32(slot)-1:]
		if n := binary.LittleEndian.Uint32(e[4:]); int(n) == len(v) && bytes.Equal(e[entryHead:entryHead+n], v) {
			return binary.LittleEndian.Uint32(e), false
		}
	}
	i := uint32(d.n)
	d.slots[s] = tag | uint64(len(d.entries)+1)
	d.entries = binary.LittleEndian.AppendUint32(d.entries, i)
	d.entries = binary.LittleEndian.AppendUint32(d.entries, uint32(len(v)))
	d.entries = append(d.entries, v...)
	d.n++
	return i, true
}

func (d *byteDict) grow() {
	factor := 4
	if len(d.slots) >= 64<<10 { // half a megabyte: memory counts more than growing once more
		factor = 2
	}
	d.slots = make([]uint64, max(256, factor*len(d.slots)))
	mask := uint64(len(d.slots) - 1)
	at := 0
	for v := range d.values() {
		h := maphash.Bytes(hashSeed, v)
		s := h & mask
		for d.slots[s] != 0 {
			s = (s + 1) & mask
		}
		d.slots[s] = h&^0xFFFFFFFF | uint64(at+1)
		at += entryHead + len(v)
	}
}

// ahead is how many look-ups are begun together.
const ahead = 32

// fetch hashes up to ahead values and touches the memory that their look-ups will want. A large
// dictionary does not fit into the near caches, and each look-up waits for memory two times; here
// many wait at the same time.
func (d *byteDict) fetch(offsets []int32, data []byte, values []int32, hashes *[ahead]uint64) {
	if len(d.slots) == 0 {
		d.grow()
	}
	var found [ahead]uint32
	mask := uint64(len(d.slots) - 1)
	for k, x := range values {
		hashes[k] = maphash.Bytes(hashSeed, data[offsets[x]:offsets[x+1]])
	}
	for k := range values {
		found[k] = uint32(d.slots[hashes[k]&mask])
	}
	var touched byte
	for k := range values {
		if int(found[k]) < len(d.entries) {
			touched |= d.entries[found[k]]
		}
	}
	d.touched = touched
}
