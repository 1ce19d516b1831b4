package stream

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"runtime"
	"sync"
	"time"

	"github.com/ingestd/ingestd/stream/checkpoint"
)

// Query is a streaming query: a source, what is done to its records, and a sink. Fill it, Run it
// once. Run closes everything that it was given.
type Query struct {
	// Name is the query's identity: its progress is kept under it.
	Name string

	Source    Source
	Decoder   Decoder
	Operators []Operator // rows flow through them in order
	Sink      Sink
	// DeadLetters takes the records that cannot be decoded; nil: such a record ends the query (*BadRecordError).
	DeadLetters DeadLetters

	Trigger Trigger
	Limits  Limits
	// Checkpoint fixes batches before they run. A sink that holds positions needs none.
	Checkpoint *checkpoint.Checkpoint
	// Workers decode and run operators; 0 is one for each processor.
	Workers int
	// Retry says how often a batch is tried.
	Retry Retry

	// OnProgress gets each progress event, from Run's goroutine; it must be quick.
	OnProgress func(Progress)
	// Hook is for tests; see Step.
	Hook Hook

	// Now, After and Rand are the clock and the source of jitter; nil is the real ones.
	Now   func() time.Time
	After func(time.Duration) <-chan time.Time
	Rand  *rand.Rand
	// NewID makes the run's id; nil is a random UUID.
	NewID  func() string
	Logger *slog.Logger // nil discards

	stopOnce, stopMade sync.Once
	stopping           chan struct{}
	state              stateKeeper
}

// Stop lets the batch in hand finish and ends Run, which then returns nil. Where no batch is in hand what Run waits for,
// a broker that does not answer say, is left. It does not wait, and may be called at any time, also before Run, and more than once.
func (q *Query) Stop() { q.stopOnce.Do(func() { close(q.stop()) }) }

func (q *Query) stop() chan struct{} {
	q.stopMade.Do(func() { q.stopping = make(chan struct{}) })
	return q.stopping
}

// State says how the query is doing. It may be called at any time, from any goroutine.
func (q *Query) State() State { return q.state.get() }

// defaults fills in what was left out.
func (q *Query) defaults() error {
	for what, missing := range map[string]bool{
		"a name": q.Name == "", "a source": q.Source == nil, "a decoder": q.Decoder == nil, "a sink": q.Sink == nil,
	} {
		if missing {
			return fmt.Errorf("a query needs %s", what)
		}
	}
	if q.Workers <= 0 {
		q.Workers = runtime.GOMAXPROCS(0)
	}
	q.Retry = q.Retry.withDefaults()
	if q.Now == nil {
		q.Now = time.Now
	}
	if q.After == nil {
		q.After = time.After
	}
	if q.Rand == nil {
		q.Rand = rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64()))
	}
	if q.Logger == nil {
		q.Logger = slog.New(slog.DiscardHandler)
	}
	q.Logger = q.Logger.With("query", q.Name)
	return nil
}

// Run runs the query until Stop, until a bounded trigger has done its work, or until an error that
// cannot be retried or was retried too often. When ctx ends Run drops the batch in hand and returns
// the context's error. Errors name the query, the batch and the step, and wrap what adapters gave.
func (q *Query) Run(ctx context.Context) error {
	if err := q.defaults(); err != nil {
		return err
	}
	err := q.run(ctx)
	q.state.ended(q.Now(), err)
	if err != nil {
		return fmt.Errorf("query %s: %w", q.Name, err)
	}
	return nil
}

func (q *Query) run(ctx context.Context) (err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	idle, release := q.untilStop(ctx)
	defer release()
	r, err := q.open(ctx, idle)
	defer func() {
		if _, kill := errors.AsType[*killed](err); kill {
			cancel(err)
		}
		err = errors.Join(err, r.close())
	}()
	if err != nil {
		return r.unlessStopped(ctx, err)
	}
	return r.loop(ctx)
}

// untilStop is ctx for work outside of a batch: Stop ends it. The caller calls release.
func (q *Query) untilStop(ctx context.Context) (idle context.Context, release func()) {
	idle, cancel := context.WithCancel(ctx)
	var watching sync.WaitGroup
	watching.Go(func() {
		select {
		case <-q.stop():
			cancel()
		case <-idle.Done():
		}
	})
	return idle, func() {
		cancel()
		watching.Wait()
	}
}
