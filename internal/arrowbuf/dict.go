package arrowbuf

import (
	"encoding/binary"
	"math/bits"
)

// dict numbers distinct byte strings in the order in which they come. Emptying it costs nothing.
//
// Strings of up to 16 bytes are told apart by two words and the length alone, so that a hit never
// reads the values; longer ones by a hash of those words, and then by the bytes.
type dict struct {
	values  Bytes
	n       int     // values
	entries []entry // open addressing, a power of two, at most half full
	epoch   uint16  // entries of other epochs are free
	seed    uint64
}

type entry struct {
	lo, hi uint64
	meta   uint32 // epoch<<16 | length, at most 65535
	code   int32
}

// maxProbes is how many entries are looked at before the table is held to be under attack, or badly
// seeded: with random values and half full, a run so long does not happen.
const maxProbes = 128

func newDict(pool *Pool, seed uint64) dict { return dict{values: NewBytes(pool), epoch: 1, seed: seed} }

// words makes two words of v that, with its length, tell strings of up to 16 bytes apart.
func words(v []byte) (lo, hi uint64) {
	switch n := len(v); {
	case n > 16:
		return longWords(v)
	case n >= 8:
		return binary.LittleEndian.Uint64(v), binary.LittleEndian.Uint64(v[n-8:])
	case n >= 4:
		return uint64(binary.LittleEndian.Uint32(v)), uint64(binary.LittleEndian.Uint32(v[n-4:]))
	case n > 0:
		return uint64(v[0]) | uint64(v[n>>1])<<8 | uint64(v[n-1])<<16, 0
	}
	return 0, 0
}

const (
	mix1 = 0x9E3779B97F4A7C15
	mix2 = 0xD6E8FEB86659FD93
)

func longWords(v []byte) (lo, hi uint64) {
	tail := v[len(v)-16:]
	lo, hi = binary.LittleEndian.Uint64(tail), binary.LittleEndian.Uint64(tail[8:])
	for len(v) > 16 {
		a, b := binary.LittleEndian.Uint64(v), binary.LittleEndian.Uint64(v[8:])
		h, l := bits.Mul64(lo^a^mix1, hi^b^mix2)
		lo, hi = h+a, l^bits.RotateLeft64(b, 29)
		v = v[16:]
	}
	return lo, hi
}

// code gives the number of v; ok is false when the table should be given up.
func (d *dict) code(v []byte) (code int32, ok bool) {
	if 2*d.n >= len(d.entries) {
		d.rehash()
	}
	lo, hi := words(v)
	h, l := bits.Mul64(lo^d.seed, hi^mix2^uint64(len(v))<<56)
	meta := uint32(d.epoch)<<16 | uint32(min(len(v), 0xffff))
	mask := uint64(len(d.entries) - 1)
	i := (h ^ l) & mask
	for probes := 0; ; probes++ {
		e := &d.entries[i]
		if e.lo == lo && e.hi == hi && e.meta == meta && (len(v) <= 16 || string(d.values.At(int(e.code))) == string(v)) {
			return e.code, true
		}
		if e.meta>>16 != uint32(d.epoch) {
			*e = entry{lo: lo, hi: hi, meta: meta, code: int32(d.n)}
			d.values.Set(d.n, v)
			d.n++
			return e.code, true
		}
		if probes == maxProbes {
			return 0, false
		}
		i = (i + 1) & mask
	}
}

// rehash doubles the table.
func (d *dict) rehash() {
	old := d.entries
	d.entries = make([]entry, max(256, 2*len(old)))
	mask := uint64(len(d.entries) - 1)
	for _, e := range old {
		if e.meta>>16 != uint32(d.epoch) {
			continue
		}
		n := e.meta & 0xffff
		if n == 0xffff {
			n = uint32(len(d.values.At(int(e.code))))
		}
		h, l := bits.Mul64(e.lo^d.seed, e.hi^mix2^uint64(n)<<56)
		i := (h ^ l) & mask
		for d.entries[i].meta>>16 == uint32(d.epoch) {
			i = (i + 1) & mask
		}
		d.entries[i] = e
	}
}

// reset forgets all values but keeps the table.
func (d *dict) reset() {
	d.n = 0
	if d.epoch++; d.epoch == 0 {
		clear(d.entries)
		d.epoch = 1
	}
}
