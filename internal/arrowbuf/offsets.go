package arrowbuf

import (
	"unsafe"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// Offsets is a column of lists or maps without its values: slot i is the values from Start(i) to
// where End put its end.
type Offsets struct {
	Nulls
	offs []int32
	raw  []byte
}

// NewOffsets makes an empty column over pool.
func NewOffsets(pool *Pool) Offsets { return Offsets{Nulls: NewNulls(pool)} }

// Reserve makes room for n slots.
func (c *Offsets) Reserve(n int) {
	if n < len(c.offs) {
		return
	}
	fresh := len(c.offs) == 0
	c.raw = c.pool.Reallocate(4*(n+1), c.raw)
	c.offs = unsafe.Slice((*int32)(unsafe.Pointer(unsafe.SliceData(c.raw))), n+1)
	if fresh {
		c.offs[0] = 0
	}
}

// Start is the first value of slot i; those before it must have been written.
func (c *Offsets) Start(i int) int {
	if i >= len(c.offs) {
		c.Reserve(max(32, 2*len(c.offs), i))
	}
	return int(c.offs[i])
}

// End ends slot i before value at.
func (c *Offsets) End(i, at int) {
	if i+1 >= len(c.offs) {
		c.Reserve(max(32, 2*len(c.offs), i+1))
	}
	c.offs[i+1] = int32(at)
}

// SetNull makes slot i null.
func (c *Offsets) SetNull(i int) {
	c.End(i, c.Start(i))
	c.Nulls.Set(i)
}

// Finish hands over n slots as an array of type dt, a list or a map of values.
func (c *Offsets) Finish(dt arrow.DataType, n int, values arrow.ArrayData) arrow.ArrayData {
	c.Reserve(max(n, 1))
	valid, nulls := c.Nulls.Finish(n)
	offs := memory.NewBufferWithAllocator(c.raw[:4*(n+1)], c.pool)
	c.offs, c.raw = nil, nil
	defer release(valid, offs)
	return array.NewData(dt, n, []*memory.Buffer{valid, offs}, []arrow.ArrayData{values}, nulls, 0)
}

// Drop gives the memory back.
func (c *Offsets) Drop() {
	c.Nulls.Drop()
	c.pool.Free(c.raw)
	c.offs, c.raw = nil, nil
}
