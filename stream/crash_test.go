package stream_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"

	"pgregory.net/rapid"

	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/objstore/mem"
	"github.com/ingestd/ingestd/stream"
)

// A query that is killed at any step, of any batch, and begun anew has every record once.
func TestKilledAtAnyStep(t *testing.T) {
	for name, mk := range map[string]func() *world{
		"bare":              func() *world { return newWorld(t) },
		"with a checkpoint": func() *world { return newWorld(t).withCheckpoint() },
	} {
		t.Run(name, func(t *testing.T) {
			seen := map[stream.Step]bool{}
			for n := int64(1); ; n++ {
				w := mk().fill(7)
				var at atomic.Int64
				var mu sync.Mutex
				q, _ := w.query(t)
				q.Hook = func(_ context.Context, s stream.Step) error {
					if at.Add(1) == n {
						mu.Lock()
						defer mu.Unlock()
						seen[s] = true
						return errKilled
					}
					return nil
				}
				err := q.Run(t.Context())
				if err != nil && !errors.Is(err, errKilled) {
					t.Fatal(err)
				}
				q, _ = w.query(t)
				mustRun(t, q)
				w.expectAll(t)
				if t.Failed() {
					t.Fatalf("killed at step %d", n)
				}
				if err == nil {
					break
				}
			}
			want := 9
			if name == "bare" {
				want = 7
			}
			if len(seen) != want {
				t.Errorf("killed at %v, want %d kinds of steps", seen, want)
			}
		})
	}
}

// A kill that comes again and again, also during recovery.
func TestKilledAgainAndAgain(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := newWorld(t)
		if rapid.Bool().Draw(rt, "checkpoint") {
			w.withCheckpoint()
		}
		w.fill(rapid.IntRange(0, 12).Draw(rt, "records"))
		for range rapid.IntRange(1, 6).Draw(rt, "kills") {
			left := int64(rapid.IntRange(1, 25).Draw(rt, "steps"))
			q, _ := w.query(t)
			q.Limits.MaxRows = rapid.Int64Range(1, 40).Draw(rt, "batch") // each run cuts otherwise
			q.Hook = func(context.Context, stream.Step) error {
				if atomic.AddInt64(&left, -1) < 0 {
					return errKilled
				}
				return nil
			}
			if err := q.Run(t.Context()); err != nil && !errors.Is(err, errKilled) {
				rt.Fatal(err)
			}
			w.fill(rapid.IntRange(0, 3).Draw(rt, "more"))
		}
		q, _ := w.query(t)
		if err := q.Run(t.Context()); err != nil {
			rt.Fatal(err)
		}
		w.expectAll(rt)
	})
}

// faultyStore fails puts before or after their effect.
type faultyStore struct {
	objstore.Store
	fail func(call string) error
}

func (s *faultyStore) Put(ctx context.Context, key string, b objstore.Body, c objstore.Cond) (objstore.Info, error) {
	if err := s.fail("put"); err != nil {
		return objstore.Info{}, err
	}
	info, err := s.Store.Put(ctx, key, b, c)
	if err != nil {
		return info, err
	}
	return info, s.fail("was put")
}

// Faults of every part, before and after the effect, some with an unknown outcome, while two
// queries run: every record is there once.
func TestRandomFaults(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := newWorld(t).fill(rapid.IntRange(1, 12).Draw(rt, "records"))
		var armed atomic.Bool
		seed := rapid.Uint64().Draw(rt, "seed")
		var mu sync.Mutex
		dice := rand.New(rand.NewPCG(seed, 0))
		fail := func(call string) error {
			mu.Lock()
			defer mu.Unlock()
			switch dice.IntN(20) {
			case 0:
				return flaky{}
			case 1:
				return fmt.Errorf("%s: %w", call, objstore.ErrOutcomeUnknown)
			}
			return nil
		}
		w.letters.Fail = func() error { return fail("letters") }
		if rapid.Bool().Draw(rt, "checkpoint") {
			w.store = &faultyStore{mem.New(), func(call string) error {
				if !armed.Load() {
					return nil
				}
				return fail(call)
			}}
		}
		var wg sync.WaitGroup
		for i := range rapid.IntRange(1, 2).Draw(rt, "processes") {
			armed.Store(false)
			q, src := w.query(t)
			armed.Store(true)
			q.Rand = rand.New(rand.NewPCG(seed, uint64(i)))
			q.Retry.Attempts = 1000
			src.Fail = fail
			q.Sink = &faultySink{q.Sink, fail}
			wg.Go(func() {
				if err := q.Run(t.Context()); err != nil {
					rt.Errorf("run: %v", err)
				}
			})
		}
		wg.Wait()
		w.expectAll(rt)
	})
}
