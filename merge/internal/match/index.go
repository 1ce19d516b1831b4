package match

import "math/bits"

// Index is a hash table over the keys of the rows of a source. It is built by one goroutine, and may then be asked by many.
//
// A slot has the upper half of a hash and the number of a row plus one: so most keys that are not there cost one look at
// memory. Rows of one key hang together.
type Index struct {
	keys  []*Keys
	place []place
	hash  []uint64
	next  []uint32 // the next row of the same key plus one
	slots []uint64
	mask  uint64
}

// place is a row of a source: its chunk and its place there.
type place struct{ chunk, row int32 }

// NewIndex makes the table over the keys of the chunks of a source; rows are numbered through the chunks. It takes the keys over.
func NewIndex(chunks []*Keys) *Index {
	x := &Index{keys: chunks}
	for c, k := range chunks {
		x.hash = k.Hash(x.hash)
		for i := range k.Len() {
			x.place = append(x.place, place{int32(c), int32(i)})
		}
	}
	x.next = make([]uint32, len(x.hash))
	size := uint64(1) << bits.Len64(uint64(2*len(x.hash)+1))
	x.slots, x.mask = make([]uint64, size), size-1
	for r := len(x.hash) - 1; r >= 0; r-- { // backwards, so that the first of a key comes first
		if x.hash[r] != 0 {
			x.insert(r)
		}
	}
	return x
}

const upper = 0xFFFFFFFF00000000

func (x *Index) insert(r int) {
	h := x.hash[r]
	for s := h & x.mask; ; s = (s + 1) & x.mask {
		e := x.slots[s]
		if e == 0 {
			x.slots[s] = h&upper | uint64(r+1)
			return
		}
		first := int(uint32(e)) - 1
		if e&upper == h&upper && x.hash[first] == h && x.same(r, first) {
			x.next[r] = uint32(first + 1)
			x.slots[s] = h&upper | uint64(r+1)
			return
		}
	}
}

func (x *Index) same(a, b int) bool {
	pa, pb := x.place[a], x.place[b]
	return x.keys[pa.chunk].equal(int(pa.row), x.keys[pb.chunk], int(pb.row))
}

// Len is the number of rows.
func (x *Index) Len() int { return len(x.hash) }

// First is the first row with the key of row i of k, whose hash is h; -1 where there is none.
func (x *Index) First(h uint64, k *Keys, i int) int {
	if h == 0 {
		return -1
	}
	for s := h & x.mask; ; s = (s + 1) & x.mask {
		e := x.slots[s]
		if e == 0 {
			return -1
		}
		if e&upper != h&upper {
			continue
		}
		r := int(uint32(e)) - 1
		if p := x.place[r]; x.hash[r] == h && k.equal(i, x.keys[p.chunk], int(p.row)) {
			return r
		}
	}
}

// Next is the next row with the key of row r; -1 where there is none.
func (x *Index) Next(r int) int { return int(x.next[r]) - 1 }

// Release gives the keys back.
func (x *Index) Release() {
	for _, k := range x.keys {
		k.Release()
	}
	x.keys = nil
}

// Keys are those of the chunks, the receiver's to look at.
func (x *Index) Keys() []*Keys { return x.keys }
