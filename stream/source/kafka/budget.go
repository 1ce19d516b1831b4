package kafka

import (
	"context"
	"sync"
)

// budget bounds the bytes that are fetched and not given back.
type budget struct {
	mu    sync.Mutex
	limit int64
	used  int64
	wake  chan struct{} // closed at each release
}

func newBudget(limit int64) *budget { return &budget{limit: limit, wake: make(chan struct{})} }

// acquire takes n bytes, waiting until they are free. When nothing is in use it takes any n.
func (b *budget) acquire(ctx context.Context, n int64) error {
	for {
		b.mu.Lock()
		if b.used == 0 || b.used+n <= b.limit {
			b.used += n
			b.mu.Unlock()
			return nil
		}
		wake := b.wake
		b.mu.Unlock()
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-wake:
		}
	}
}

// adjust adds n to what is in use, without waiting; negative n gives back.
func (b *budget) adjust(n int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.used += n
	if n < 0 {
		close(b.wake)
		b.wake = make(chan struct{})
	}
}
