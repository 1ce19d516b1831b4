package stream_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ingestd/ingestd/stream"
	"github.com/ingestd/ingestd/stream/sink/memory"
)

func TestQueriesThatFightOverOneTableDoubleNothing(t *testing.T) {
	for name, mk := range map[string]func() *world{
		"bare":              func() *world { return newWorld(t) },
		"with a checkpoint": func() *world { return newWorld(t).withCheckpoint() },
	} {
		t.Run(name, func(t *testing.T) {
			w := mk().fill(60)
			var wg sync.WaitGroup
			var fenced atomic.Int64
			for range 3 {
				q, _ := w.query(t)
				wg.Go(func() {
					if err := q.Run(t.Context()); err != nil {
						t.Error(err)
					}
					fenced.Add(q.State().Fenced)
				})
			}
			wg.Wait()
			w.expectAll(t)
			t.Logf("fenced %d times", fenced.Load())
		})
	}
}

// A process that is paused in the middle of a batch and wakes after another has done it all.
func TestAPausedProcessWakes(t *testing.T) {
	for _, at := range []stream.Step{stream.StepStarted, stream.StepPlanned, stream.StepDecoded, stream.StepWritten, stream.StepDeadLetters, stream.StepCommitted} {
		for name, mk := range map[string]func() *world{
			"bare":              func() *world { return newWorld(t) },
			"with a checkpoint": func() *world { return newWorld(t).withCheckpoint() },
		} {
			t.Run(string(at)+" "+name, func(t *testing.T) {
				w := mk().fill(9)
				asleep, wake := make(chan struct{}), make(chan struct{})
				var slept sync.Once
				paused, src := w.query(t)
				paused.Hook = func(_ context.Context, s stream.Step) error {
					if s == at {
						slept.Do(func() { close(asleep); <-wake })
					}
					return nil
				}
				done := make(chan error)
				go func() { done <- paused.Run(t.Context()) }()
				<-asleep
				q, _ := w.query(t)
				mustRun(t, q)
				w.expectAll(t)
				w.fill(2)
				close(wake)
				if err := <-done; err != nil {
					t.Fatal(err)
				}
				q, _ = w.query(t)
				mustRun(t, q)
				w.expectAll(t)
				if n := src.Open(); n != 0 {
					t.Errorf("%d chunks were not given back", n)
				}
				if s := paused.State(); s.Fenced == 0 && at != stream.StepCommitted && at != stream.StepStarted {
					t.Errorf("state %+v: it was not fenced", s)
				}
			})
		}
	}
}

func TestStopFinishesTheBatchInHand(t *testing.T) {
	w := newWorld(t).fill(30)
	q, src := w.query(t)
	q.Trigger = stream.ProcessingTime(time.Hour)
	q.Hook = func(_ context.Context, s stream.Step) error {
		if s == stream.StepDecoded {
			q.Stop()
			q.Stop()
		}
		return nil
	}
	mustRun(t, q)
	if s := q.State(); s.Batches != 1 || len(w.rows())+len(w.letters.Rows()) != 9 {
		t.Errorf("%d batches, %d rows", s.Batches, len(w.rows()))
	}
	if src.Committed() == nil || src.Open() != 0 {
		t.Error("the batch in hand was not finished")
	}
	q, _ = w.query(t)
	q.Stop()
	mustRun(t, q)
	if n := q.State().Batches; n != 0 {
		t.Errorf("%d batches after a stop before the start", n)
	}
}

func TestCancelDropsTheBatchInHand(t *testing.T) {
	w := newWorld(t).fill(30)
	q, src := w.query(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	why := context.DeadlineExceeded
	q.Hook = func(_ context.Context, s stream.Step) error {
		if s == stream.StepDecoded {
			cancel(why)
		}
		return nil
	}
	if err := q.Run(ctx); err == nil {
		t.Error("no error")
	}
	if len(w.rows()) != 0 || src.Open() != 0 {
		t.Errorf("%d rows, %d chunks open", len(w.rows()), src.Open())
	}
}

// A query that ends at what there was at its start finds that another process has meanwhile gone beyond that.
func TestABoundedQueryNeverTakesTheSinkBack(t *testing.T) {
	for name, trigger := range map[string]stream.Trigger{"available now": stream.AvailableNow(), "once": stream.Once()} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t).fill(9)
			slow, _ := w.query(t)
			slow.Trigger = trigger
			var once sync.Once
			slow.Hook = func(_ context.Context, s stream.Step) error {
				if s == stream.StepPlanned {
					once.Do(func() {
						w.fill(9)
						quick, _ := w.query(t)
						mustRun(t, quick)
					})
				}
				return nil
			}
			mustRun(t, slow)
			w.fill(1)
			last, _ := w.query(t)
			mustRun(t, last)
			w.expectAll(t)
		})
	}
}

func TestTheSourceIsToldOfItsOwnPartitions(t *testing.T) {
	w := newWorld(t).fill(3)
	if err := memory.New(w.table).Start(t.Context(), "q", stream.Offsets{"_dead_letter/0": 5}); err != nil {
		t.Fatal(err)
	}
	q, src := w.query(t)
	mustRun(t, q)
	w.expectAll(t)
	if got := src.Committed(); len(got) != 3 || got["events/2"] != 3 {
		t.Errorf("the source was told %v", got)
	}
}
