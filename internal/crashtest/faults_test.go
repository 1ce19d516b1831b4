package crashtest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ingestd/ingestd/internal/config"
	"github.com/ingestd/ingestd/internal/service"
	"github.com/ingestd/ingestd/internal/shop"
	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/objstore/fault"
	"github.com/ingestd/ingestd/objstore/local"
	"github.com/ingestd/ingestd/objstore/mem"
	"github.com/ingestd/ingestd/stream"
	"github.com/ingestd/ingestd/stream/checkpoint"
	"github.com/ingestd/ingestd/stream/sink/delta"
)

// stores are those of one query, which may fail.
type stores struct {
	table, letters, checkpoint *fault.Store
	properties                 map[string]string // of the table
}

// each calls f with every store and its name.
func (s *stores) each(f func(name string, store *fault.Store)) {
	f("table", s.table)
	f("dead letters", s.letters)
	if s.checkpoint != nil {
		f("checkpoint", s.checkpoint)
	}
}

// newStores wraps three stores of inner; opts may differ by their names.
func newStores(inner func(name string) objstore.Store, withCheckpoint bool, opts func(name string) fault.Options) *stores {
	wrap := func(name string) *fault.Store { return fault.Wrap(inner(name), opts(name)) }
	s := &stores{table: wrap("table"), letters: wrap("dead letters")}
	if withCheckpoint {
		s.checkpoint = wrap("checkpoint")
	}
	return s
}

func noFaults(string) fault.Options { return fault.Options{} }

func inMemory(name string) objstore.Store { return mem.New(mem.WithURL("memory://" + name)) }

// life is one process: it runs the query on the stores until all that is there is in, or until it dies.
func (s *stores) life(ctx context.Context, brokers []string, topic string, limit int64) error {
	strict := true
	c := &config.Query{
		Name: "q",
		Source: config.Source{Kafka: &config.Kafka{Brokers: brokers, Topics: []string{topic}, MaxOffsetsPerTrigger: limit,
			StartingOffsets: config.OffsetSpec{Keyword: "earliest"}, FailOnDataLoss: &strict}},
		Format:  config.Format{JSON: &config.JSON{Schema: shop.DDL, OnError: "dead_letter"}},
		Sink:    config.Sink{Delta: &config.Delta{Table: "memory://replaced"}},
		Trigger: config.Trigger{AvailableNow: true},
	}
	q, err := service.Builder{Stdout: io.Discard, Logger: slog.New(slog.DiscardHandler)}.Query(ctx, c)
	if err != nil {
		return err
	}
	q.Sink = delta.New(delta.Options{Store: s.table, Properties: s.properties, Checkpointed: s.checkpoint != nil})
	q.DeadLetters = delta.NewDeadLetters(delta.Options{Store: s.letters})
	q.Retry = stream.Retry{Attempts: 50}
	q.After = func(time.Duration) <-chan time.Time { // no pause between attempts
		now := make(chan time.Time)
		close(now)
		return now
	}
	if s.checkpoint != nil {
		if q.Checkpoint, err = checkpoint.Open(ctx, s.checkpoint, checkpoint.Options{Retain: 2}); err != nil {
			return errors.Join(err, q.Source.Close())
		}
	}
	return q.Run(ctx)
}

// live starts life after life, as a supervisor would, until one ends well, at most this many. Each cuts its batches
// differently.
func (s *stores) live(ctx context.Context, w *faultWorld, most int) error {
	var err error
	for n := range most {
		if err = s.life(ctx, w.brokers, w.topic, w.limit+int64(n)%3); err == nil {
			return nil
		}
		s.each(func(_ string, f *fault.Store) { f.Revive() })
	}
	return fmt.Errorf("none of %d lives ends well, the last one: %w", most, err)
}

// faultWorld is a topic and what it holds.
type faultWorld struct {
	brokers []string
	topic   string
	ledger  *Ledger
	limit   int64 // of a batch
}

func newFaultWorld(t *testing.T, n int, limit int64) *faultWorld {
	t.Helper()
	cluster := newCluster(t)
	fill(t, cluster, "events", n, 7)
	ledger, err := ReadTopic(t.Context(), cluster.ListenAddrs(), "events")
	if err != nil {
		t.Fatal(err)
	}
	return &faultWorld{cluster.ListenAddrs(), "events", ledger, limit}
}

// check looks at what is really in the stores.
func (w *faultWorld) check(ctx context.Context, s *stores) error {
	s.each(func(_ string, f *fault.Store) { f.Settle(ctx) })
	_, err := Table{Query: "q", Rows: s.table.Unwrap(), DeadLetters: s.letters.Unwrap(), Ledger: w.ledger}.Check(ctx)
	return err
}

// readEffects, putEffects and deleteEffects are what can become of a call, as far as it makes a difference to the caller.
var (
	readEffects = []fault.Rule{{Effect: fault.Fail}, {Effect: fault.Torn}, {Effect: fault.Crash}}
	putEffects  = []fault.Rule{
		{Effect: fault.Fail}, {Effect: fault.Fail, Arg: "nospace"}, {Effect: fault.Lost}, {Effect: fault.Phantom},
		{Effect: fault.Late, Arg: "1"}, {Effect: fault.Late, Arg: "8"}, {Effect: fault.Lag, Arg: "3"},
		{Effect: fault.Crash}, {Effect: fault.CrashAfter},
	}
	deleteEffects = []fault.Rule{{Effect: fault.Fail}, {Effect: fault.Lost}, {Effect: fault.Torn}, {Effect: fault.Crash}, {Effect: fault.CrashAfter}}
)

func effectsOf(op fault.Op) []fault.Rule {
	switch op {
	case fault.Put:
		return putEffects
	case fault.Delete:
		return deleteEffects
	}
	return readEffects
}

// Every call to every store fails in every way; whoever dies of it is started again.
func TestEveryCallToAStoreFails(t *testing.T) {
	t.Parallel()
	w := newFaultWorld(t, 14, 7)
	for _, withCheckpoint := range []bool{false, true} {
		for name, calls := range w.calls(t, withCheckpoint) {
			if len(calls) == 0 {
				t.Errorf("nothing calls the store of the %s", name)
			}
			for _, c := range calls {
				t.Run(fmt.Sprintf("checkpoint %v/%s/%d %s %s", withCheckpoint, name, c.N, c.Op, strings.ReplaceAll(c.Key, "/", "|")), func(t *testing.T) {
					t.Parallel()
					for _, e := range effectsOf(c.Op) {
						w.survive(t, name, fault.Rule{Call: c.N, Effect: e.Effect, Arg: e.Arg}, withCheckpoint)
					}
				})
			}
		}
	}
}

// calls are those of a run without faults, by store.
func (w *faultWorld) calls(t *testing.T, withCheckpoint bool) map[string][]fault.Call {
	t.Helper()
	calls := map[string][]fault.Call{}
	var mu sync.Mutex
	s := newStores(inMemory, withCheckpoint, func(name string) fault.Options {
		return fault.Options{After: func(_ context.Context, c fault.Call, _ error) {
			mu.Lock()
			defer mu.Unlock()
			calls[name] = append(calls[name], c)
		}}
	})
	s.checkpointTable("table")
	if err := s.live(t.Context(), w, 1); err != nil {
		t.Fatal(err)
	}
	if err := w.check(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	return calls
}

// checkpointTable has the table checkpointed often, where its store is the one that fails and the query has no checkpoint
// of its own: with the race detector it is slow.
func (s *stores) checkpointTable(failing string) {
	if failing == "table" && s.checkpoint == nil {
		s.properties = map[string]string{"delta.checkpointInterval": "2"}
	}
}

// survive has one call to one store fail.
func (w *faultWorld) survive(t *testing.T, in string, r fault.Rule, withCheckpoint bool) {
	t.Helper()
	s := newStores(inMemory, withCheckpoint, func(name string) fault.Options {
		if name == in {
			return fault.Options{Rules: []fault.Rule{r}}
		}
		return fault.Options{}
	})
	s.checkpointTable(in)
	err := s.live(t.Context(), w, 4)
	if err == nil {
		err = w.check(t.Context(), s)
	}
	if err != nil {
		t.Errorf("%s in the store of the %s: %v", r, in, err)
	}
}

// Half of a data file or of a checkpoint stays where the put of it breaks off, as in a store without atomic puts.
func TestTornFiles(t *testing.T) {
	t.Parallel()
	w := newFaultWorld(t, 40, 7)
	for n := 1; n <= 8; n++ {
		for _, key := range []string{"*.parquet", "_delta_log/_last_checkpoint"} {
			r := fault.Rule{Op: fault.Put, Key: key, Nth: n, Effect: fault.Torn}
			s := newStores(inMemory, false, func(string) fault.Options { return fault.Options{Rules: []fault.Rule{r}, NonAtomic: true} })
			s.checkpointTable("table")
			err := s.live(t.Context(), w, 3)
			if err == nil {
				err = w.check(t.Context(), s)
			}
			if err != nil {
				t.Errorf("%s: %v", r, err)
			}
		}
	}
}

// Many faults in a run, while two processes run the query, on a disk and in memory.
func TestTwoQueriesUnderManyFaults(t *testing.T) {
	t.Parallel()
	w := newFaultWorld(t, 60, 7)
	effects := slices.DeleteFunc(slices.Concat(putEffects, readEffects), func(r fault.Rule) bool {
		return r.Effect == fault.Crash || r.Effect == fault.CrashAfter // both would die of it for ever
	})
	for seed := range uint64(16) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			inner := inMemory
			if seed%2 == 1 {
				dir := t.TempDir()
				inner = func(name string) objstore.Store {
					store, err := local.New(dir + "/" + name)
					if err != nil {
						t.Fatal(err)
					}
					return store
				}
			}
			dice := rand.New(rand.NewPCG(seed, 2))
			s := newStores(inner, seed%4 < 2, func(string) fault.Options {
				return fault.Options{Random: &fault.Random{Seed: dice.Uint64(), Rate: 0.08, Effects: effects}}
			})
			s.checkpointTable("table")
			errs := make([]error, 2)
			var wg sync.WaitGroup
			for i := range errs {
				wg.Go(func() { errs[i] = s.live(t.Context(), w, 60) })
			}
			wg.Wait()
			if err := errors.Join(append(errs, w.check(t.Context(), s))...); err != nil {
				t.Error(err)
			}
		})
	}
}
