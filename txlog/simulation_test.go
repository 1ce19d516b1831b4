package txlog

import (
	"context"
	"errors"
	"fmt"
	"math/rand"
	"sync"
	"testing"

	"github.com/ingestd/ingestd/objstore/fault"
	"github.com/ingestd/ingestd/objstore/mem"
	"github.com/ingestd/ingestd/txlog/action"
)

// scheduler lets one writer run at a time, from one call of the store to the next, in an order
// drawn from a seed. So a run with many writers is the same each time.
type scheduler struct {
	rand   *rand.Rand
	parked chan int        // a writer waits before a call, or (negative) has finished
	wake   []chan struct{} // one per writer
}

func (s *scheduler) before(id int) func(context.Context, fault.Call) error {
	return func(context.Context, fault.Call) error {
		s.parked <- id
		<-s.wake[id]
		return nil
	}
}

func (s *scheduler) run(writers []func()) {
	var wg sync.WaitGroup
	var ready []int
	for id, w := range writers {
		wg.Go(func() {
			w()
			s.parked <- -1 - id
		})
		ready = append(ready, <-s.parked)
	}
	for len(ready) > 0 {
		i := s.rand.Intn(len(ready))
		id := ready[i]
		ready = append(ready[:i], ready[i+1:]...)
		if id < 0 {
			continue
		}
		s.wake[id] <- struct{}{}
		if next := <-s.parked; next >= 0 {
			ready = append(ready, next)
		}
	}
	wg.Wait()
}

// writer commits batches exactly once, as a sink does: a file and the progress of the writer in
// each, demanding that the progress is what the batch started from.
type writer struct {
	id, batches int
	snap        *Snapshot
	deleted     []string // files that it deleted since their commit was provably rejected
	attempts    int
}

func (w *writer) run(ctx context.Context) error {
	app := fmt.Sprint("writer", w.id)
	for tries := 0; ; tries++ {
		if tries > 10_000 {
			return errors.New("no progress")
		}
		s, err := w.snap.Update(ctx)
		if err != nil {
			continue
		}
		w.snap = s
		done, ok := s.Txn(app)
		if done == int64(w.batches) {
			return nil
		}
		w.attempts++
		file := fmt.Sprintf("%s-%d-%d", app, done+1, w.attempts)
		tx := s.Begin(Operation{Name: "STREAMING UPDATE"})
		tx.RequireTxn(app, done, ok)
		tx.Stage(&action.Txn{AppID: app, Version: done + 1}, add(file))
		c, err := tx.Commit(ctx)
		if err == nil {
			w.snap = c.Snapshot
		} else if errors.Is(err, ErrProvablyRejected) {
			w.deleted = append(w.deleted, file)
		}
	}
}

func TestManyWritersOnABadStoreCommitEachBatchOnce(t *testing.T) {
	const writers, batches = 4, 6
	for seed := range int64(40) {
		t.Run(fmt.Sprint("seed", seed), func(t *testing.T) {
			inner, c := newStore()
			newTable(t, inner, c)
			sched := &scheduler{rand: rand.New(rand.NewSource(seed)), parked: make(chan int)}
			var ws []*writer
			var stores []*fault.Store
			var runs []func()
			for id := range writers {
				snap, err := New(inner, testOptions(c)).Snapshot(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				sched.wake = append(sched.wake, make(chan struct{}))
				store := fault.Wrap(inner, fault.Options{Before: sched.before(id), Random: &fault.Random{Seed: uint64(seed)<<8 + uint64(id), Rate: 0.25, Effects: badPuts}})
				opts := testOptions(c)
				opts.NewID = ids(id)
				snap.log = New(store, opts)
				w := &writer{id: id, batches: batches, snap: snap}
				ws, stores = append(ws, w), append(stores, store)
				runs = append(runs, func() {
					if err := w.run(context.Background()); err != nil {
						t.Error(err)
					}
					for range 20 { // puts that are late land now
						_, _ = store.Head(context.Background(), "x")
					}
				})
			}
			sched.run(runs)
			expectExactlyOnce(t, inner, c, ws, batches)
			if t.Failed() {
				for id, s := range stores {
					t.Logf("writer %d: %v", id, s.Log())
				}
			}
		})
	}
}

var badPuts = []fault.Rule{
	{Op: fault.Put, Effect: fault.Lost}, {Op: fault.Put, Effect: fault.Phantom}, {Op: fault.Put, Effect: fault.Late, Arg: "2"},
	{Op: fault.Put, Effect: fault.Late, Arg: "9"}, {Op: fault.Put, Effect: fault.Fail}, {Op: fault.Get, Effect: fault.Fail}, {Op: fault.Get, Effect: fault.Torn},
}

// ids are unique over all writers, and the same each time.
func ids(writer int) func() string {
	n := 0
	return func() string { n++; return fmt.Sprint("tx-", writer, "-", n) }
}

func expectExactlyOnce(t *testing.T, store *mem.Store, c *clock, ws []*writer, batches int) {
	t.Helper()
	s, err := New(store, testOptions(c)).Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if s.Version() != int64(len(ws)*batches) {
		t.Errorf("version %d, want %d", s.Version(), len(ws)*batches)
	}
	live := map[string]int{}
	for _, f := range filesOf(t, s) {
		var w, batch, attempt int
		if _, err := fmt.Sscanf(f, "writer%d-%d-%d", &w, &batch, &attempt); err != nil {
			t.Fatal(err)
		}
		live[fmt.Sprintf("writer%d-%d", w, batch)]++
		for _, gone := range ws[w].deleted {
			if gone == f {
				t.Errorf("%s was deleted as provably rejected and is in the table", f)
			}
		}
	}
	for _, w := range ws {
		for b := 1; b <= batches; b++ {
			if n := live[fmt.Sprintf("writer%d-%d", w.id, b)]; n != 1 {
				t.Errorf("batch %d of writer %d is there %d times", b, w.id, n)
			}
		}
	}
}
