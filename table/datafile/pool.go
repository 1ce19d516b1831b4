package datafile

import "sync"

// Encoders and buffers are used again by later files: the tables and pages of a large column cost
// more to grow than to fill.
var (
	textsPool   = sync.Pool{New: func() any { return &texts{page: make([]byte, headroom)} }}
	int32Pool   = sync.Pool{New: func() any { return &numbers[int32]{page: make([]byte, headroom)} }}
	int64Pool   = sync.Pool{New: func() any { return &numbers[int64]{page: make([]byte, headroom)} }}
	float32Pool = sync.Pool{New: func() any { return &numbers[float32]{page: make([]byte, headroom)} }}
	float64Pool = sync.Pool{New: func() any { return &numbers[float64]{page: make([]byte, headroom)} }}
	buffersPool = sync.Pool{New: func() any { return new(buffers) }}
)

// keepAtMost is the most memory that one buffer takes into a pool; a rare giant value must not stay.
const keepAtMost = 8 << 20

// trim lets go of a buffer that has grown too large to keep.
func trim[T any](s []T, size int) []T {
	if cap(s)*size > keepAtMost {
		return make([]T, headroom)[:min(len(s), headroom)]
	}
	return s
}

func numbersPool[T number]() *sync.Pool {
	var zero T
	switch any(zero).(type) {
	case int32:
		return &int32Pool
	case int64:
		return &int64Pool
	case float32:
		return &float32Pool
	default:
		return &float64Pool
	}
}

// buffers is the scratch memory of a chunk.
type buffers struct {
	buf    []byte // levels, pages
	packed []byte // compressed pages
	rows   []int32
	defs   []uint8
	reps   []uint8
}

// release gives everything that a chunk holds back to the pools; it must not be used again.
func (c *chunk) release() {
	c.out.drop()
	c.defs.reset()
	c.reps.reset()
	b := c.scratch
	b.defs, b.reps = trim(c.defs.vals, 1), trim(c.reps.vals, 1)
	b.buf, b.packed, b.rows = trim(b.buf, 1), trim(b.packed, 1), trim(b.rows, 4)
	buffersPool.Put(c.scratch)
	c.scratch = nil
	switch e := c.enc.(type) {
	case *texts:
		e.endPage()
		e.endChunk()
		e.page, e.dict.entries = trim(e.page, 1), trim(e.dict.entries, 1)
		e.decided, e.useDict, e.file = false, false, byteSpan{}
		textsPool.Put(e)
	case *numbers[int32]:
		e.release()
	case *numbers[int64]:
		e.release()
	case *numbers[float32]:
		e.release()
	case *numbers[float64]:
		e.release()
	}
	c.enc = nil
}

func (e *numbers[T]) release() {
	e.endPage()
	e.endChunk()
	e.page = trim(e.page, 1)
	e.decided, e.useDict, e.file = false, false, span[T]{}
	numbersPool[T]().Put(e)
}
