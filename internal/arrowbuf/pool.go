package arrowbuf

import (
	"math/bits"
	"sync"
	"unsafe"
)

// alignment is what Arrow recommends for buffers.
const alignment = 64

// Pool is an Arrow allocator that keeps freed buffers for the next batch. It is safe for
// concurrent use: arrays are released wherever their consumer runs. Memory is not zeroed.
type Pool struct {
	mu    sync.Mutex
	free  map[int][][]byte // by capacity
	kept  int
	limit int
}

// NewPool makes a pool that keeps at most limit bytes of freed memory; with 0 it keeps nothing and
// leaves all to the garbage collector.
func NewPool(limit int) *Pool { return &Pool{free: map[int][][]byte{}, limit: limit} }

// Allocate gives size bytes, aligned to 64, whose content is undefined.
func (p *Pool) Allocate(size int) []byte {
	c := class(size)
	p.mu.Lock()
	if f := p.free[c]; len(f) > 0 {
		b := f[len(f)-1]
		p.free[c] = f[:len(f)-1]
		p.kept -= c
		p.mu.Unlock()
		return b[:size]
	}
	p.mu.Unlock()
	b := make([]byte, c+alignment)
	skip := int(-uintptr(unsafe.Pointer(unsafe.SliceData(b))) & (alignment - 1))
	return b[skip : skip+size : skip+c]
}

// Reallocate gives size bytes that begin with those of b, and takes b back if it moved.
func (p *Pool) Reallocate(size int, b []byte) []byte {
	if size <= cap(b) {
		return b[:size]
	}
	n := p.Allocate(size)
	copy(n, b)
	p.Free(b)
	return n
}

// Free takes b back.
func (p *Pool) Free(b []byte) {
	c := cap(b)
	if c == 0 || class(c) != c { // not one of ours
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if c > p.limit/2 {
		return
	}
	if p.kept+c > p.limit { // full of sizes that are no longer asked for
		clear(p.free)
		p.kept = 0
	}
	p.free[c] = append(p.free[c], b[:0])
	p.kept += c
}

// Kept is how many bytes of freed memory the pool holds.
func (p *Pool) Kept() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.kept
}

// class rounds a size up so that buffers of batches of about the same size can stand in for each
// other: four steps to the doubling, so at most a quarter is wasted.
func class(size int) int {
	const least = 256
	if size <= least {
		return least
	}
	shift := bits.Len(uint(size-1)) - 3
	return ((size-1)>>shift + 1) << shift
}
