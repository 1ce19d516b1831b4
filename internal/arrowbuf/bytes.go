package arrowbuf

import (
	"unsafe"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// Bytes is a column of strings or of binary values, up to 2 GiB in all: the caller sees to it that
// no more comes in (a batch of records of less than that holds no more).
type Bytes struct {
	Nulls
	offs   []int32 // offs[i] to offs[i+1] is slot i
	rawOff []byte
	data   []byte // as long as there is room
	width  int    // bytes of a slot, as the last batch had it
}

// NewBytes makes an empty column over pool.
func NewBytes(pool *Pool) Bytes { return Bytes{Nulls: NewNulls(pool)} }

// Reserve makes room for n slots, of the width that the last batch had.
func (c *Bytes) Reserve(n int) {
	c.reserveOffsets(n)
	if need := n * c.width; need > len(c.data) {
		c.data = c.pool.Reallocate(need, c.data)
	}
}

func (c *Bytes) reserveOffsets(n int) {
	if n < len(c.offs) {
		return
	}
	fresh := len(c.offs) == 0
	c.rawOff = c.pool.Reallocate(4*(n+1), c.rawOff)
	c.offs = unsafe.Slice((*int32)(unsafe.Pointer(unsafe.SliceData(c.rawOff))), n+1)
	if fresh {
		c.offs[0] = 0
	}
}

// Set copies v into slot i.
func (c *Bytes) Set(i int, v []byte) {
	if i+1 >= len(c.offs) {
		c.reserveOffsets(max(32, 2*len(c.offs), i+1))
	}
	at := int(c.offs[i])
	end := at + len(v)
	if end > len(c.data) {
		c.growData(end)
	}
	copy(c.data[at:], v)
	c.offs[i+1] = int32(end)
}

//go:noinline
func (c *Bytes) growData(need int) {
	c.data = c.pool.Reallocate(max(256, len(c.data)+len(c.data)/2, need), c.data)
}

// SetNull makes slot i null.
func (c *Bytes) SetNull(i int) {
	c.Set(i, nil)
	c.Nulls.Set(i)
}

// At gives slot i, valid until the next Set.
func (c *Bytes) At(i int) []byte { return c.data[c.offs[i]:c.offs[i+1]] }

// Finish hands over n slots as an array of type dt, utf8 or binary.
func (c *Bytes) Finish(dt arrow.DataType, n int) arrow.ArrayData {
	c.reserveOffsets(max(n, 1))
	used := int(c.offs[n])
	if n > 0 {
		c.width = used/n + used/n/16 + 1
	}
	if c.data == nil {
		c.data = c.pool.Allocate(1)
	}
	valid, nulls := c.Nulls.Finish(n)
	offs := memory.NewBufferWithAllocator(c.rawOff[:4*(n+1)], c.pool)
	data := memory.NewBufferWithAllocator(c.data[:used], c.pool)
	c.offs, c.rawOff, c.data = nil, nil, nil
	defer release(valid, offs, data)
	return array.NewData(dt, n, []*memory.Buffer{valid, offs, data}, nil, nulls, 0)
}

// Drop gives the memory back.
func (c *Bytes) Drop() {
	c.Nulls.Drop()
	c.pool.Free(c.rawOff)
	c.pool.Free(c.data)
	c.offs, c.rawOff, c.data = nil, nil, nil
}
