package arrowbuf

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// Bools is a column of booleans.
type Bools struct {
	Nulls
	vals []byte
}

// NewBools makes an empty column over pool.
func NewBools(pool *Pool) Bools { return Bools{Nulls: NewNulls(pool)} }

// Reserve makes room for n slots.
func (c *Bools) Reserve(n int) {
	if old := len(c.vals); (n+7)/8 > old {
		c.vals = c.pool.Reallocate((n+7)/8, c.vals)
		clear(c.vals[old:])
	}
}

// Set writes slot i.
func (c *Bools) Set(i int, v bool) {
	if i>>3 >= len(c.vals) {
		c.Reserve(max(256, 16*len(c.vals), i+1))
	}
	if v {
		c.vals[i>>3] |= 1 << (i & 7)
	} else {
		c.vals[i>>3] &^= 1 << (i & 7)
	}
}

// SetNull makes slot i null.
func (c *Bools) SetNull(i int) {
	c.Set(i, false)
	c.Nulls.Set(i)
}

// Finish hands over n slots.
func (c *Bools) Finish(n int) arrow.ArrayData {
	c.Reserve(max(n, 1))
	valid, nulls := c.Nulls.Finish(n)
	values := memory.NewBufferWithAllocator(c.vals[:(n+7)/8], c.pool)
	c.vals = nil
	defer release(values, valid)
	return array.NewData(arrow.FixedWidthTypes.Boolean, n, []*memory.Buffer{valid, values}, nil, nulls, 0)
}

// Drop gives the memory back.
func (c *Bools) Drop() {
	c.Nulls.Drop()
	c.pool.Free(c.vals)
	c.vals = nil
}
