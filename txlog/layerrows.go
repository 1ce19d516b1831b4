package txlog

import (
	"context"
	"runtime"
	"sync"

	"github.com/ingestd/ingestd/txlog/action"
)

// decodeChunk is how many actions are decoded at a time.
const decodeChunk = 1024

// decodeChunks is how many chunks may be decoded ahead of the one that is given.
var decodeChunks = min(runtime.GOMAXPROCS(0), 8)

// chunk is some actions of a layer, to be decoded by a goroutine.
type chunk[A any] struct {
	bodies [][]byte
	rows   []*A
	err    error // of the action after rows
	done   chan struct{}
}

func (c *chunk[A]) run(decode func(*action.FileDecoder, []byte) (*A, error)) {
	defer close(c.done)
	var dec action.FileDecoder
	c.rows = make([]*A, 0, len(c.bodies))
	for _, b := range c.bodies {
		a, err := decode(&dec, b)
		if err != nil {
			c.err = err
			return
		}
		c.rows = append(c.rows, a)
	}
}

// give waits for the chunk and yields its rows; false where that is the end.
func (c *chunk[A]) give(yield func(*A, error) bool) bool {
	<-c.done
	for _, a := range c.rows {
		if !yield(a, nil) {
			return false
		}
	}
	if c.err != nil {
		yield(nil, c.err)
	}
	return c.err == nil
}

// layerRows gives the adds, or the removes, of layers in their order. Chunks are decoded side by side, a few ahead;
// none is decoded any more when it returns.
func layerRows[A any](ctx context.Context, ls layers, removes bool, decode func(*action.FileDecoder, []byte) (*A, error), yield func(*A, error) bool) {
	var running sync.WaitGroup
	defer running.Wait()
	var ahead []*chunk[A] // the oldest first
	begin := func(bodies [][]byte) {
		c := &chunk[A]{bodies: bodies, done: make(chan struct{})}
		ahead = append(ahead, c)
		running.Go(func() { c.run(decode) })
	}
	next := func() bool {
		if ctx.Err() != nil {
			yield(nil, ctx.Err())
			return false
		}
		c := ahead[0]
		ahead = ahead[1:]
		return c.give(yield)
	}
	bodies := make([][]byte, 0, decodeChunk)
	for e := range ls.each {
		if e.remove != removes {
			continue
		}
		if bodies = append(bodies, e.body); len(bodies) < decodeChunk {
			continue
		}
		begin(bodies)
		bodies = make([][]byte, 0, decodeChunk)
		if len(ahead) > decodeChunks && !next() {
			return
		}
	}
	if len(bodies) > 0 {
		begin(bodies)
	}
	for len(ahead) > 0 {
		if !next() {
			return
		}
	}
}
