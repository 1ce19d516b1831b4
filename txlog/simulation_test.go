package txlog

import (
	"context"
	"flag"
	"fmt"
	"math/rand"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ingestd/ingestd/objstore/mem"
	"github.com/ingestd/ingestd/txlog/action"
)

var simSeed = flag.Int64("seed", -1, "run the simulation of this seed alone, and show its trace")

// sim is one life of a table under many writers and a bad store, all drawn from one seed.
type sim struct {
	seed    int64
	rand    *rand.Rand
	rate    float64 // of faults
	sched   *scheduler
	store   *mem.Store
	clock   time.Time // of the store; writers have clocks that differ from it
	late    []func()
	commits map[int64][]byte
	times   map[int64]time.Time
	tries   map[string]*try
	trace   []string
	failed  []string
}

func newSim(seed int64) *sim {
	w := &sim{
		seed: seed, rand: rand.New(rand.NewSource(seed)), clock: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
		commits: map[int64][]byte{}, times: map[int64]time.Time{}, tries: map[string]*try{},
	}
	w.rate = []float64{0, 0.05, 0.2}[w.rand.Intn(3)]
	w.store = mem.New(mem.WithNow(func() time.Time { return w.clock }))
	w.sched = &scheduler{rand: w.rand, each: w.step, allIdle: w.sleep}
	return w
}

func (w *sim) note(format string, args ...any) {
	w.trace = append(w.trace, fmt.Sprintf(format, args...))
}

func (w *sim) failf(format string, args ...any) {
	w.failed = append(w.failed, fmt.Sprintf(format, args...))
}

// sleep lets days pass while no transaction is under way, so that logs expire and snapshots are old.
func (w *sim) sleep() {
	for _, do := range w.late {
		do()
	}
	w.late, w.clock = nil, w.clock.Add(48*time.Hour)
	w.note("two days pass")
}

func (w *sim) options(id int) Options {
	skew := time.Duration(w.rand.Intn(20_000)-10_000) * time.Millisecond
	n := 0
	return Options{
		Now:   func() time.Time { return w.clock.Add(skew) },
		Rand:  rand.New(rand.NewSource(w.seed + int64(id))),
		Sleep: func(ctx context.Context, _ time.Duration) error { return ctx.Err() },
		NewID: func() string { n++; return fmt.Sprint("tx-", id, "-", n) }, EngineInfo: "sim", MaxCommitAttempts: 20,
	}
}

const simActors = 4

// run makes the table, lets the actors work, and checks what became of it.
func (w *sim) run() {
	w.create()
	var acts []func()
	for id := range simActors {
		a := &actor{w: w, id: id, rand: rand.New(rand.NewSource(w.seed<<8 + int64(id)))}
		a.store = &simStore{Store: w.store, w: w, id: id}
		a.ctx = context.WithValue(context.Background(), actor{}, id) //nolint:fatcontext // each from the same root
		a.store.ctx = a.ctx
		a.log = New(a.store, w.options(id))
		acts = append(acts, a.run)
	}
	w.sched.run(acts)
	for _, do := range w.late {
		do()
	}
	w.verify()
}

// checkpoints says whether the life has any, and so cleaning up; sleeps whether days pass in it. They take most of the time.
func (w *sim) checkpoints() bool { return w.seed%4 == 0 }
func (w *sim) sleeps() bool      { return w.seed%8 < 2 }

func (w *sim) create() {
	tx := New(w.store, w.options(99)).Create(context.Background(), Operation{Name: "CREATE TABLE"})
	interval := "1000"
	if w.checkpoints() {
		interval = "4"
	}
	m := metadata("id BIGINT, p STRING", []string{"p"}, PropCheckpointInterval, interval, PropLogRetention, "interval 1 day",
		PropDeletionVectors, "true", PropIsolationLevel, []string{"Serializable", "WriteSerializable"}[w.rand.Intn(2)])
	if w.rand.Intn(2) == 0 {
		m.Configuration[PropInCommitTimestamps] = "true"
	}
	tx.Stage(testProtocol("rowTracking", "inCommitTimestamp"), m)
	a := &simStore{Store: w.store, w: w}
	tx.log.store = a // its context is another: its calls are not scheduled
	if _, err := tx.Commit(context.Background()); err != nil {
		panic(err)
	}
}

// simulate runs the seed and returns what went wrong, and the trace.
func simulate(seed int64) (failed, trace []string) {
	w := newSim(seed)
	w.run()
	return w.failed, w.trace
}

// seeds is how many seeds the test runs, and how long at most; INGESTD_SIM_SEEDS asks for a number, however long it takes.
func seeds() (n int64, within time.Duration) {
	if n, err := strconv.ParseInt(os.Getenv("INGESTD_SIM_SEEDS"), 10, 64); err == nil {
		return n, 24 * time.Hour
	}
	return 4000, 4 * time.Second
}

// Many writers of all kinds share a table on a store that fails in every way that stores do. Whatever they
// were told, the table is what its commits, one after the other, make of it.
func TestTransactionsAreSerialOnABadStore(t *testing.T) {
	if *simSeed >= 0 {
		failed, trace := simulate(*simSeed)
		t.Log(strings.Join(trace, "\n"))
		if len(failed) > 0 {
			t.Error(strings.Join(failed, "\n"))
		}
		return
	}
	next := make(chan int64)
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for seed := range next {
				if failed, _ := simulate(seed); len(failed) > 0 {
					t.Errorf("seed %d: %s\nto see it again: go test ./txlog -run TestTransactionsAreSerialOnABadStore -v -seed %d", seed, strings.Join(failed, "\n"), seed)
				}
			}
		})
	}
	n, within := seeds()
	start, done := time.Now(), int64(0)
	for ; done < n && !t.Failed() && time.Since(start) < within; done++ {
		next <- done
	}
	t.Logf("%d seeds", done)
	close(next)
	wg.Wait()
}

func TestASeedReplaysExactly(t *testing.T) {
	for _, seed := range []int64{1, 4} {
		_, first := simulate(seed)
		_, again := simulate(seed)
		if !slices.Equal(first, again) {
			for i := range min(len(first), len(again)) {
				if first[i] != again[i] {
					t.Fatalf("seed %d differs from step %d on: %q and %q", seed, i, first[i], again[i])
				}
			}
			t.Fatalf("seed %d: %d and %d steps", seed, len(first), len(again))
		}
	}
}

// decodeAll is the actions of a commit that was made.
func decodeAll(text []byte) []action.Action {
	actions, err := action.Decode(text)
	if err != nil {
		panic(err)
	}
	return actions
}
