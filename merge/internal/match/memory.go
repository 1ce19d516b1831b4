package match

import (
	"context"
	"sync"
)

// Memory is an account of the bytes that sources hold, which many may share. Where it is exhausted, the source that holds most goes to disk,
// whichever asks. What is held never goes beyond the limit, but for a part of a source that is greater by itself: that is read when nothing
// else is held. It is safe for concurrent use.
//
// Counted are the rows that sources keep and those that are read back of them, not what is made of these.
type Memory struct {
	limit int64

	mu         sync.Mutex
	held, peak int64
	idle       map[*Source]int64 // what those hold that can go to disk
	freed      chan struct{}     // closed when something is given back
}

// NewMemory makes an account of so many bytes; 0 is DefaultBudget.
func NewMemory(limit int64) *Memory {
	if limit <= 0 {
		limit = DefaultBudget
	}
	return &Memory{limit: limit, idle: map[*Source]int64{}, freed: make(chan struct{})}
}

// Limit is how many bytes may be held.
func (m *Memory) Limit() int64 { return m.limit }

// Peak is the most that was held at a time.
func (m *Memory) Peak() int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.peak
}

// Held is what is held now.
func (m *Memory) Held() int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.held
}

// Take takes n bytes that are free, and says whether they were.
func (m *Memory) Take(n int64) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.takeFree(n)
}

// Give gives back n bytes.
func (m *Memory) Give(n int64) {
	if n == 0 {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.held -= n
	close(m.freed)
	m.freed = make(chan struct{})
}

// takeFree is Take; m.mu is held.
func (m *Memory) takeFree(n int64) bool {
	if m.held+n > m.limit {
		return false
	}
	m.grant(n)
	return true
}

func (m *Memory) grant(n int64) {
	m.held += n
	m.peak = max(m.peak, m.held)
}

// take takes n bytes, for which other sources, or the one that asks, go to disk; false where that is not enough.
func (m *Memory) take(ctx context.Context, n int64) bool {
	for n <= m.limit {
		taken, largest, _ := m.ask(n)
		if taken || largest == nil {
			return taken
		}
		largest.evict(ctx)
	}
	return false
}

// await takes n bytes, for which sources go to disk, and waits for those that cannot. Who waits must hold nothing.
func (m *Memory) await(ctx context.Context, n int64) error {
	for {
		taken, largest, freed := m.ask(n)
		switch {
		case taken:
			return nil
		case largest != nil:
			largest.evict(ctx)
			continue
		}
		m.mu.Lock()
		if m.held == 0 {
			m.grant(n)
			m.mu.Unlock()
			return nil
		}
		m.mu.Unlock()
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-freed:
		}
	}
}

// ask takes n bytes where they are free; else it names the source that holds most of those that can go to disk (nil: none does), and what to
// wait for.
func (m *Memory) ask(n int64) (taken bool, largest *Source, freed <-chan struct{}) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.takeFree(n) {
		return true, nil, nil
	}
	most := int64(0)
	for s, has := range m.idle {
		if has > most {
			largest, most = s, has
		}
	}
	return false, largest, m.freed
}

// owns notes how much a source holds that can go to disk. The source's lock is held.
func (m *Memory) owns(s *Source, n int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if n == 0 {
		delete(m.idle, s)
		return
	}
	m.idle[s] = n
}

// mayGo says whether a source holds something that can go to disk. The source's lock is held.
func (m *Memory) mayGo(s *Source) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.idle[s] > 0
}
