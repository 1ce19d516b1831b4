package txlog

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"math/rand"
	"sync/atomic"
	"testing/iotest"
	"time"

	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/objstore/mem"
)

// scheduler lets one actor run at a time, from one call of the store to the next, in an order drawn from a
// seed. So a run with many writers is the same each time. Actors are coroutines: none runs beside another.
type scheduler struct {
	rand    *rand.Rand
	yields  []func(bool) bool // of the actors; true: it waits until all do
	allIdle func()            // called when they do
	each    func()            // called before each step
}

// park is called by an actor and returns when it is its turn.
func (s *scheduler) park(id int) { s.yields[id](false) }

// barrier is called by an actor and returns when all that still run have called it.
func (s *scheduler) barrier(id int) { s.yields[id](true) }

func (s *scheduler) run(actors []func()) {
	s.yields = make([]func(bool) bool, len(actors))
	next := make([]func() (bool, bool), len(actors))
	var ready, idle []int
	for id, act := range actors {
		n, stop := iter.Pull(func(yield func(bool) bool) {
			s.yields[id] = yield
			act()
		})
		defer stop()
		next[id] = n
		ready = append(ready, id)
	}
	for len(ready)+len(idle) > 0 {
		if len(ready) == 0 {
			s.allIdle()
			ready, idle = idle, nil
		}
		s.each()
		i := s.rand.Intn(len(ready))
		id := ready[i]
		ready = append(ready[:i], ready[i+1:]...)
		switch waits, ok := next[id](); {
		case ok && waits:
			idle = append(idle, id)
		case ok:
			ready = append(ready, id)
		}
	}
}

var (
	errSimulated = errors.New("simulated failure")
	errCrash     = errors.New("the process has died")
)

// simStore is the store as one actor sees it: its calls wait for their turn, and some fail, lose their answer
// or take effect later. Calls on a context of its own, those of goroutines that the log starts to read
// several files at once, are done at once: their order is not told by the seed.
type simStore struct {
	*mem.Store
	w    *sim
	id   int
	ctx  context.Context
	dead atomic.Bool
}

func (s *simStore) fail(op, key string, err error, retry bool) error {
	return &objstore.OpError{Op: op, Key: key, Store: s.URL(), Err: err, Retry: retry}
}

// turn waits, and draws what becomes of the call: an effect of effects, or "".
func (s *simStore) turn(ctx context.Context, op, key string, effects ...string) (string, error) {
	if s.dead.Load() {
		return "", s.fail(op, key, errCrash, false)
	}
	if ctx != s.ctx {
		return "", nil
	}
	s.w.sched.park(s.id)
	effect := ""
	switch r := s.w.rand.Float64(); {
	case r < s.w.rate/40:
		effect = "crash"
		s.dead.Store(true)
	case r < s.w.rate:
		effect = effects[s.w.rand.Intn(len(effects))]
	}
	s.w.note("%d %s %s %s", s.id, op, key, effect)
	switch effect {
	case "crash":
		return "", s.fail(op, key, errCrash, false)
	case "fail":
		return "", s.fail(op, key, errSimulated, true)
	}
	return effect, nil
}

func (s *simStore) Get(ctx context.Context, key string, r objstore.Range) (io.ReadCloser, objstore.Info, error) {
	effect, err := s.turn(ctx, "get", key, "fail", "torn")
	if err != nil {
		return nil, objstore.Info{}, err
	}
	body, info, err := s.Store.Get(ctx, key, r)
	if err == nil && effect == "torn" {
		body = io.NopCloser(io.MultiReader(io.LimitReader(body, info.Size/2), iotest.ErrReader(s.fail("get", key, errSimulated, true))))
	}
	return body, info, err
}

func (s *simStore) Head(ctx context.Context, key string) (objstore.Info, error) {
	if _, err := s.turn(ctx, "head", key, "fail"); err != nil {
		return objstore.Info{}, err
	}
	return s.Store.Head(ctx, key)
}

func (s *simStore) List(ctx context.Context, prefix, after string) iter.Seq2[objstore.Info, error] {
	if _, err := s.turn(ctx, "list", prefix, "fail"); err != nil {
		return func(yield func(objstore.Info, error) bool) { yield(objstore.Info{}, err) }
	}
	return s.Store.List(ctx, prefix, after)
}

func (s *simStore) Delete(ctx context.Context, keys ...string) error {
	effect, err := s.turn(ctx, "delete", fmt.Sprint(keys), "fail", "lost", "half")
	if err != nil {
		return err
	}
	if effect == "half" {
		keys = keys[:len(keys)/2]
	}
	if err = s.Store.Delete(ctx, keys...); err == nil && effect != "" {
		err = s.fail("delete", "", errSimulated, true)
	}
	return err
}

func (s *simStore) Put(ctx context.Context, key string, b objstore.Body, c objstore.Cond) (objstore.Info, error) {
	effect, err := s.turn(ctx, "put", key, "fail", "lost", "lost", "phantom", "late", "late", "echo", "nospace")
	if err != nil {
		return objstore.Info{}, err
	}
	rc, err := b.Open()
	if err != nil {
		return objstore.Info{}, err
	}
	text, err := io.ReadAll(rc)
	if err = errors.Join(err, rc.Close()); err != nil {
		return objstore.Info{}, err
	}
	do := func() (objstore.Info, error) { return s.w.put(key, text, c) }
	unknown := s.fail("put", key, objstore.ErrOutcomeUnknown, false)
	switch effect {
	case "nospace":
		return objstore.Info{}, s.fail("put", key, objstore.ErrNoSpace, false)
	case "phantom":
		return objstore.Info{}, unknown
	case "lost":
		_, _ = do()
		return objstore.Info{}, unknown
	case "late":
		s.w.late = append(s.w.late, func() { _, _ = do() })
		return objstore.Info{}, unknown
	case "echo": // the store has tried twice by itself, and met its own object
		if _, err := do(); err != nil {
			return objstore.Info{}, err
		}
		return objstore.Info{}, s.fail("put", key, objstore.ErrPrecondition, false)
	}
	return do()
}

// put does a put and keeps every commit that was ever made: the log itself is cleaned up.
func (w *sim) put(key string, text []byte, c objstore.Cond) (objstore.Info, error) {
	info, err := w.store.Put(context.Background(), key, objstore.Bytes(text), c)
	if v, ok := commitVersion(key); ok && err == nil {
		if old, twice := w.commits[v]; twice {
			w.failf("version %d was written twice: %s and then %s", v, old, text)
		}
		w.commits[v] = bytes.Clone(text)
		w.times[v] = info.ModTime
	}
	return info, err
}

// commitVersion is the version of which the key is the commit.
func commitVersion(key string) (int64, bool) {
	var v int64
	_, err := fmt.Sscanf(key, logDir+"%020d.json", &v)
	return v, err == nil && key == commitKey(v)
}

// step is what happens by itself between the steps of actors: time goes on, and late puts arrive.
func (w *sim) step() {
	w.clock = w.clock.Add(time.Duration(w.rand.Intn(3000)) * time.Microsecond)
	if len(w.late) > 0 && w.rand.Intn(8) == 0 {
		i := w.rand.Intn(len(w.late))
		do := w.late[i]
		w.late = append(w.late[:i], w.late[i+1:]...)
		w.note("a late put arrives")
		do()
	}
}
