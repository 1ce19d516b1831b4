package datafile

import (
	"io"
	"sync"
)

const blockSize = 256 << 10

// blocks holds the finished pages of a column until its turn comes in the file, in pieces of one
// size that are used again by other columns and files, so that memory is what the pages need and
// growing copies nothing.
type blocks struct {
	full []*[blockSize]byte
	used int // of the last
}

var blockPool = sync.Pool{New: func() any { return new([blockSize]byte) }}

func (b *blocks) write(p []byte) {
	for len(p) > 0 {
		if len(b.full) == 0 || b.used == blockSize {
			b.full = append(b.full, blockPool.Get().(*[blockSize]byte))
			b.used = 0
		}
		n := copy(b.full[len(b.full)-1][b.used:], p)
		b.used += n
		p = p[n:]
	}
}

// drain writes everything out and gives the memory back, also after an error.
func (b *blocks) drain(w io.Writer) error {
	var err error
	for i, block := range b.full {
		n := blockSize
		if i == len(b.full)-1 {
			n = b.used
		}
		if err == nil {
			_, err = w.Write(block[:n])
		}
		blockPool.Put(block)
		b.full[i] = nil
	}
	b.full, b.used = b.full[:0], 0
	return err
}

// drop gives the memory back.
func (b *blocks) drop() {
	for i, block := range b.full {
		blockPool.Put(block)
		b.full[i] = nil
	}
	b.full, b.used = b.full[:0], 0
}
