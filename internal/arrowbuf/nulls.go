package arrowbuf

import (
	"math/bits"

	"github.com/apache/arrow-go/v18/arrow/memory"
)

// Nulls remembers which slots of a column are null. A column without nulls costs nothing.
type Nulls struct {
	pool *Pool
	bits []byte // 1 is a value, as in Arrow; nil while there is no null
	high int    // no slot from here on is null
}

// NewNulls makes an empty one over pool.
func NewNulls(pool *Pool) Nulls { return Nulls{pool: pool} }

// Set makes slot i null.
func (v *Nulls) Set(i int) {
	if i>>3 >= len(v.bits) {
		v.grow(i)
	}
	v.bits[i>>3] &^= 1 << (i & 7)
	v.high = max(v.high, i+1)
}

func (v *Nulls) grow(i int) {
	old := len(v.bits)
	v.bits = v.pool.Reallocate(max(64, old*2, i/8+1), v.bits)
	fill := v.bits[old:]
	for j := range fill {
		fill[j] = 0xff
	}
}

// Truncate makes slot i and those above it values again.
func (v *Nulls) Truncate(i int) {
	for ; v.high > i; v.high-- {
		v.bits[(v.high-1)>>3] |= 1 << ((v.high - 1) & 7)
	}
}

// IsNull says whether slot i is null.
func (v *Nulls) IsNull(i int) bool {
	return i < v.high && v.bits[i>>3]&(1<<(i&7)) == 0
}

// Finish hands over the validity bitmap of n slots, nil where none is null.
func (v *Nulls) Finish(n int) (*memory.Buffer, int) {
	v.Truncate(n)
	nulls := 0
	for _, b := range v.bits[:min(len(v.bits), (v.high+7)/8)] {
		nulls += bits.OnesCount8(^b)
	}
	if nulls == 0 {
		v.Drop()
		return nil, 0
	}
	if need := (n + 7) / 8; need > len(v.bits) {
		v.grow(n - 1)
	}
	buf := memory.NewBufferWithAllocator(v.bits[:(n+7)/8], v.pool)
	v.bits, v.high = nil, 0
	return buf, nulls
}

// Drop gives the memory back.
func (v *Nulls) Drop() {
	if v.bits != nil {
		v.pool.Free(v.bits)
	}
	v.bits, v.high = nil, 0
}
