package stream_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ingestd/ingestd/stream"
)

// timeline runs a query in a bubble where time is made up, for so long, and gives when each batch
// was planned, since the start.
func timeline(t *testing.T, length time.Duration, setup func(*world, *stream.Query), feed func(context.Context, *world)) (at []time.Duration, rows []int64) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		q, _ := w.query(t)
		q.Limits = stream.Limits{}
		start := time.Now() // a multiple of all intervals used here
		var mu sync.Mutex
		q.Hook = func(_ context.Context, s stream.Step) error {
			if s == stream.StepPlanned {
				mu.Lock()
				at = append(at, time.Since(start))
				mu.Unlock()
			}
			return nil
		}
		q.OnProgress = func(p stream.Progress) {
			if p.NumInputRows > 0 {
				rows = append(rows, p.NumInputRows)
			}
		}
		setup(w, q)
		ctx, cancel := context.WithTimeout(t.Context(), length)
		defer cancel()
		var wg sync.WaitGroup
		wg.Go(func() { feed(ctx, w) })
		go func() { <-ctx.Done(); q.Stop() }()
		mustRun(t, q)
		wg.Wait()
	})
	return at, rows
}

// every appends a record each d, the first after d.
func every(d time.Duration) func(context.Context, *world) {
	return func(ctx context.Context, w *world) {
		tick := time.NewTicker(d)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				w.log.Append("events/0", "x")
			}
		}
	}
}

func wantTimes(t *testing.T, got []time.Duration, want ...time.Duration) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("batches at %v, want %v", got, want)
	}
	for i := range got {
		if got[i] != want[i] {
			t.Fatalf("batches at %v, want %v", got, want)
		}
	}
}

const s = time.Second

func TestProcessingTimeIsAligned(t *testing.T) {
	at, _ := timeline(t, 35*s, func(w *world, q *stream.Query) {
		w.log.Append("events/0", "x")
		q.Trigger = stream.ProcessingTime(10 * s)
	}, every(3*s))
	wantTimes(t, at, 0, 10*s, 20*s, 30*s)
}

func TestABatchThatOverrunsIsFollowedAtOnce(t *testing.T) {
	at, _ := timeline(t, 45*s, func(w *world, q *stream.Query) {
		w.log.Append("events/0", "x")
		q.Trigger = stream.ProcessingTime(10 * s)
		plan := q.Hook
		first := true
		q.Hook = func(ctx context.Context, step stream.Step) error {
			if step == stream.StepWritten && first {
				first = false
				time.Sleep(23 * s) // the batch is slow; time is made up
			}
			return plan(ctx, step)
		}
	}, every(3*s))
	wantTimes(t, at, 0, 23*s, 30*s, 40*s)
}

func TestWithoutAnIntervalBatchesFollowData(t *testing.T) {
	at, rows := timeline(t, 30*s, func(_ *world, q *stream.Query) { q.Trigger = stream.ProcessingTime(0) }, every(7*s))
	if len(at) != 4 || len(rows) != 4 {
		t.Fatalf("batches at %v of %v rows", at, rows)
	}
	for i, d := range at {
		if late := d - time.Duration(i+1)*7*s; late < 0 || late > 100*time.Millisecond {
			t.Errorf("batch %d ran %v after its record came", i, late)
		}
	}
}

func TestABatchIsClosedByAge(t *testing.T) {
	at, rows := timeline(t, 61*s, func(w *world, q *stream.Query) {
		q.Trigger = stream.ProcessingTime(0)
		q.Limits.MaxAge = 10 * s
	}, every(s))
	if len(at) < 5 || len(at) > 6 {
		t.Fatalf("batches at %v", at)
	}
	for i := 1; i < len(rows); i++ {
		if rows[i] < 10 || rows[i] > 11 {
			t.Errorf("batches of %v rows", rows)
		}
	}
}

func TestABatchIsClosedByRows(t *testing.T) {
	_, rows := timeline(t, 60*s, func(_ *world, q *stream.Query) {
		q.Trigger = stream.ProcessingTime(0)
		q.Limits.MaxAge = time.Hour
		q.Limits.MaxRows = 7
	}, every(s))
	if len(rows) < 8 {
		t.Fatalf("batches of %v rows", rows)
	}
	for _, n := range rows {
		if n != 7 {
			t.Errorf("batches of %v rows", rows)
		}
	}
}

func TestMinRowsHoldABatchBack(t *testing.T) {
	_, rows := timeline(t, 60*s, func(_ *world, q *stream.Query) {
		q.Trigger = stream.ProcessingTime(0)
		q.Limits.MinRows = 20
	}, every(s))
	if len(rows) != 2 || rows[0] != 20 || rows[1] != 20 {
		t.Errorf("batches of %v rows", rows)
	}
}

func TestAgeAndIntervalOfTheSameLengthDoNotAddUp(t *testing.T) {
	at, _ := timeline(t, 45*s, func(_ *world, q *stream.Query) {
		q.Trigger = stream.ProcessingTime(10 * s)
		q.Limits.MaxAge = 10 * s
	}, every(3*s))
	wantTimes(t, at, 10*s, 20*s, 30*s, 40*s)
}

func TestIdleProgressComesEachTenSeconds(t *testing.T) {
	var idle int
	timeline(t, 65*s, func(_ *world, q *stream.Query) {
		q.Trigger = stream.ProcessingTime(0)
		q.OnProgress = func(p stream.Progress) { idle++ }
	}, func(context.Context, *world) {})
	if idle != 6 {
		t.Errorf("%d events in 65 s", idle)
	}
}

func TestTriggersAreNamedAsInSpark(t *testing.T) {
	for want, tr := range map[string]stream.Trigger{
		"Once": stream.Once(), "AvailableNow": stream.AvailableNow(), "ProcessingTime(10s)": stream.ProcessingTime(10 * s), "ProcessingTime(0s)": {},
	} {
		if got := tr.String(); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}
