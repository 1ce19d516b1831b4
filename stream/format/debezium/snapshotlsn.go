package debezium

import (
	"math"
	"sync/atomic"
)

// highest is the highest number seen.
type highest struct{ v atomic.Int64 }

func newHighest() *highest {
	h := &highest{}
	h.v.Store(math.MinInt64)
	return h
}

func (h *highest) load() int64 { return h.v.Load() }

func (h *highest) raise(to int64) {
	for at := h.v.Load(); at < to; at = h.v.Load() {
		if h.v.CompareAndSwap(at, to) {
			return
		}
	}
}

// maxServers is of how many servers the LSNs of snapshots are kept in mind.
const maxServers = 1024

// snapshotOf is the LSN of the newest snapshot of a server that was seen.
func (d *Decoder) snapshotOf(server []byte) *highest {
	if h, ok := d.snapshots.Load(string(server)); ok {
		return h.(*highest)
	}
	if d.servers.Add(1) > maxServers {
		return newHighest()
	}
	h, _ := d.snapshots.LoadOrStore(string(server), newHighest())
	return h.(*highest)
}
