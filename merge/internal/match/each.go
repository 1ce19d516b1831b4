package match

import (
	"context"
	"runtime"
	"sync/atomic"

	"golang.org/x/sync/errgroup"
)

// Each calls do for each item, n at a time (0: GOMAXPROCS), and gives the first error.
func Each[T any](ctx context.Context, items []T, n int, do func(context.Context, T) error) error {
	if n <= 0 {
		n = runtime.GOMAXPROCS(0)
	}
	g, inner := errgroup.WithContext(ctx)
	g.SetLimit(n)
	for _, item := range items {
		if inner.Err() != nil {
			break
		}
		g.Go(func() error { return do(inner, item) })
	}
	if err := g.Wait(); err != nil {
		return err
	}
	return ctx.Err()
}

// Bits is a set of rows that many goroutines may add to.
type Bits []atomic.Uint64

// NewBits makes an empty set of some of n rows.
func NewBits(n int) Bits { return make(Bits, (n+63)/64) }

// Set adds a row.
func (b Bits) Set(i int) { b[i/64].Or(1 << (i % 64)) }

// Has says whether a row is in the set.
func (b Bits) Has(i int) bool { return b[i/64].Load()&(1<<(i%64)) != 0 }
