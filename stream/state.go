package stream

import (
	"sync"
	"time"
)

// State says how a query is doing, for readiness checks and metrics. The counts are of this run.
type State struct {
	Started     time.Time // when positions were known the first time: the query is ready; zero before
	Ended       time.Time // zero while it runs
	LastBatch   int64     // -1 before the first
	LastBatchAt time.Time // when it was committed
	LastError   error     // the newest; it stays after recovery
	LastErrorAt time.Time
	Healthy     bool // nothing has failed since the last success

	Batches      int64
	InputRows    int64
	RejectedRows int64
	OutputRows   int64
	Retries      int64 // batches tried again
	Fenced       int64 // times that another process was ahead
	DueFailures  int64 // failures of work off the commit path
}

// stateKeeper guards a State.
type stateKeeper struct {
	mu sync.Mutex
	s  State
	on bool // s is initialised
}

func (k *stateKeeper) with(f func(*State)) State {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.on {
		k.on, k.s.LastBatch, k.s.Healthy = true, -1, true
	}
	f(&k.s)
	return k.s
}

func (k *stateKeeper) get() State { return k.with(func(*State) {}) }

func (k *stateKeeper) started(now time.Time) {
	k.with(func(s *State) {
		if s.Started.IsZero() {
			s.Started = now
		}
	})
}

func (k *stateKeeper) ended(now time.Time, err error) {
	k.with(func(s *State) {
		s.Ended = now
		if err != nil {
			s.LastError, s.LastErrorAt, s.Healthy = err, now, false
		}
	})
}

func (k *stateKeeper) failed(now time.Time, err error) {
	k.with(func(s *State) { s.LastError, s.LastErrorAt, s.Healthy = err, now, false })
}

func (k *stateKeeper) healthy()   { k.with(func(s *State) { s.Healthy = true }) }
func (k *stateKeeper) retried()   { k.with(func(s *State) { s.Retries++ }) }
func (k *stateKeeper) fenced()    { k.with(func(s *State) { s.Fenced++ }) }
func (k *stateKeeper) dueFailed() { k.with(func(s *State) { s.DueFailures++ }) }

func (k *stateKeeper) committed(now time.Time, id int64, n *tally, out int64) {
	k.with(func(s *State) {
		s.LastBatch, s.LastBatchAt = id, now
		s.Batches++
		s.InputRows += n.records.Load()
		s.RejectedRows += n.rejected.Load()
		s.OutputRows += out
	})
}
