package arrowbuf

import (
	"unsafe"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// Value is what a [Fixed] column can hold.
type Value interface {
	int8 | int16 | int32 | int64 | float32 | float64 | decimal128.Num
}

// Fixed is a column of values of one width.
type Fixed[T Value] struct {
	Nulls
	vals []T // as long as there is room
	raw  []byte
}

// NewFixed makes an empty column over pool.
func NewFixed[T Value](pool *Pool) Fixed[T] { return Fixed[T]{Nulls: NewNulls(pool)} }

// Reserve makes room for n slots.
func (c *Fixed[T]) Reserve(n int) {
	if n > len(c.vals) {
		var t T
		c.raw = c.pool.Reallocate(n*int(unsafe.Sizeof(t)), c.raw)
		c.vals = unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(c.raw))), n)
	}
}

// Set writes slot i.
func (c *Fixed[T]) Set(i int, v T) {
	if i >= len(c.vals) {
		c.grow(i)
	}
	c.vals[i] = v
}

// SetNull makes slot i null.
func (c *Fixed[T]) SetNull(i int) {
	var zero T
	c.Set(i, zero)
	c.Nulls.Set(i)
}

// At gives slot i.
func (c *Fixed[T]) At(i int) T { return c.vals[i] }

//go:noinline
func (c *Fixed[T]) grow(i int) { c.Reserve(max(32, 2*len(c.vals), i+1)) }

// Finish hands over n slots as an array of type dt, which must be of T's width.
func (c *Fixed[T]) Finish(dt arrow.DataType, n int) arrow.ArrayData {
	values, valid, nulls := c.finish(n)
	defer release(values, valid)
	return array.NewData(dt, n, []*memory.Buffer{valid, values}, nil, nulls, 0)
}

func (c *Fixed[T]) finish(n int) (values, valid *memory.Buffer, nulls int) {
	var t T
	c.Reserve(max(n, 1))
	valid, nulls = c.Nulls.Finish(n)
	values = memory.NewBufferWithAllocator(c.raw[:n*int(unsafe.Sizeof(t))], c.pool)
	c.vals, c.raw = nil, nil
	return values, valid, nulls
}

// Drop gives the memory back.
func (c *Fixed[T]) Drop() {
	c.Nulls.Drop()
	c.pool.Free(c.raw)
	c.vals, c.raw = nil, nil
}

func release(bufs ...*memory.Buffer) {
	for _, b := range bufs {
		if b != nil {
			b.Release()
		}
	}
}
