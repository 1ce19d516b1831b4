package stream_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/stream"
	"github.com/ingestd/ingestd/stream/checkpoint"
	"github.com/ingestd/ingestd/stream/streamtest"
)

func TestEveryRecordArrivesOnce(t *testing.T) {
	for name, w := range map[string]*world{"bare": newWorld(t), "with a checkpoint": newWorld(t).withCheckpoint()} {
		t.Run(name, func(t *testing.T) {
			w.fill(17)
			q, src := w.query(t)
			mustRun(t, q)
			w.expectAll(t)
			if n := src.Open(); n != 0 {
				t.Errorf("%d chunks were not given back", n)
			}
			if want := (stream.Offsets{"events/0": 17, "events/1": 17, "events/2": 17}); !maps.Equal(src.Committed(), want) {
				t.Errorf("the source was told %v", src.Committed())
			}
			s := q.State()
			if s.Started.IsZero() || s.Ended.IsZero() || s.Batches != s.LastBatch+1 || s.Batches < 5 || s.InputRows != 51 || s.RejectedRows != 9 || s.OutputRows != 42 || !s.Healthy {
				t.Errorf("state %+v", s)
			}
			w.fill(3)
			q, _ = w.query(t)
			mustRun(t, q)
			w.expectAll(t)
		})
	}
}

func TestOnceRunsOneBatch(t *testing.T) {
	w := newWorld(t).fill(17)
	q, _ := w.query(t)
	q.Trigger = stream.Once()
	mustRun(t, q)
	w.expectAll(t)
	if n := q.State().Batches; n != 1 {
		t.Errorf("%d batches", n)
	}
}

func TestAvailableNowLeavesWhatComesLater(t *testing.T) {
	w := newWorld(t).fill(17)
	q, _ := w.query(t)
	q.Hook = func(_ context.Context, s stream.Step) error {
		if s == stream.StepSourceTold {
			w.log.Append("events/0", "late")
		}
		return nil
	}
	mustRun(t, q)
	if n := q.State().InputRows; n != 51 {
		t.Errorf("read %d rows, want the 51 of the start", n)
	}
}

func TestARejectedRecordEndsAQueryWithoutDeadLetters(t *testing.T) {
	w := newWorld(t).fill(17)
	q, src := w.query(t)
	q.DeadLetters = nil
	err := q.Run(t.Context())
	var bad *stream.BadRecordError
	if !errors.As(err, &bad) || bad.Rejected.Record.Offset != 4 || !strings.Contains(err.Error(), "query q: batch 1: record events/") {
		t.Errorf("error %v", err)
	}
	if n := src.Open(); n != 0 {
		t.Errorf("%d chunks were not given back", n)
	}
	if s := q.State(); s.Healthy || s.LastError == nil {
		t.Errorf("state %+v", s)
	}
}

func TestAnErrorThatCannotBeRetriedEndsTheQuery(t *testing.T) {
	w := newWorld(t).fill(17)
	w.log.Append("events/1", "broken")
	q, src := w.query(t)
	if err := q.Run(t.Context()); !errors.Is(err, streamtest.ErrBroken) {
		t.Errorf("error %v", err)
	}
	if n := src.Open(); n != 0 || q.State().Retries != 0 {
		t.Errorf("%d chunks were not given back, %d retries", n, q.State().Retries)
	}
}

func TestABatchIsTriedSoOftenThenTheQueryEnds(t *testing.T) {
	w := newWorld(t).fill(17)
	q, src := w.query(t)
	q.Retry.Attempts = 4
	var n atomic.Int64
	src.Fail = func(call string) error {
		if call == "read" && n.Add(1) > 0 {
			return flaky{}
		}
		return nil
	}
	err := q.Run(t.Context())
	if !errors.Is(err, flaky{}) || !strings.Contains(err.Error(), "gave up after 4 attempts") || n.Load() != 4 {
		t.Errorf("%d attempts, error %v", n.Load(), err)
	}
	// Failures that are not in a row do not add up.
	n.Store(0)
	q, src = w.query(t)
	q.Retry.Attempts = 2
	src.Fail = func(call string) error {
		if call == "commit" {
			n.Store(0)
		} else if call == "read" && n.Add(1) == 1 {
			return flaky{}
		}
		return nil
	}
	mustRun(t, q)
	w.expectAll(t)
	if s := q.State(); s.Retries != s.Batches || !s.Healthy {
		t.Errorf("state %+v", s)
	}
}

func TestLatestIsAskedOnlyOnce(t *testing.T) {
	for name, w := range map[string]*world{"bare": newWorld(t), "with a checkpoint": newWorld(t).withCheckpoint()} {
		t.Run(name, func(t *testing.T) {
			w.fill(5)
			q, src := w.query(t)
			src.StartLatest = true
			mustRun(t, q)
			if got := w.rows(); len(got) != 0 {
				t.Errorf("read %v", got)
			}
			w.log.Append("events/1", "new")
			q, src = w.query(t)
			src.StartLatest = true
			mustRun(t, q)
			if got := valuesOf(w.rows()); !slices.Equal(got, []string{"new"}) {
				t.Errorf("read %v", got)
			}
		})
	}
}

func TestPartitionsThatAppearAreReadFromTheirStart(t *testing.T) {
	w := newWorld(t).fill(5).withCheckpoint()
	q, src := w.query(t)
	src.StartLatest = true
	mustRun(t, q)
	w.log.AddPartition("events/3")
	w.log.Append("events/3", "a", "b")
	q, src = w.query(t)
	src.StartLatest = true
	mustRun(t, q)
	if got := valuesOf(w.rows()); !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("read %v", got)
	}
}

func TestACheckpointAheadOfTheTableIsRefused(t *testing.T) {
	w := newWorld(t).withCheckpoint().fill(5)
	q, _ := w.query(t)
	mustRun(t, q)
	w.table = newWorld(t).table // replaced by an empty one
	q, _ = w.query(t)
	err := q.Run(t.Context())
	var ahead *stream.AheadError
	if !errors.As(err, &ahead) || ahead.Hint != 5 || ahead.Position != -1 || ahead.Partition != "events/0" {
		t.Errorf("error %v", err)
	}
}

func TestALostTopicIsTold(t *testing.T) {
	w := newWorld(t).fill(5)
	q, _ := w.query(t)
	mustRun(t, q)
	w.log.Recreate("events/1")
	w.log.Append("events/1", "again")
	q, _ = w.query(t)
	var lost *stream.DataLossError
	if err := q.Run(t.Context()); !errors.As(err, &lost) {
		t.Errorf("error %v", err)
	}
}

func TestASourceToldToGoOnSetsThePositionBack(t *testing.T) {
	w := newWorld(t).fill(5)
	q, _ := w.query(t)
	mustRun(t, q)
	w.log.Recreate("events/1")
	for i := range 2 {
		q, src := w.query(t)
		src.SkipLost = true
		mustRun(t, q)
		if i == 0 {
			w.log.Append("events/1", "again")
		}
	}
	if got := valuesOf(w.rows()); !slices.Contains(got, "again") || len(got) != 13 {
		t.Errorf("rows %v", got)
	}
}

func TestABegunBatchIsRunAgainWithItsRange(t *testing.T) {
	w := newWorld(t).withCheckpoint().fill(17)
	crash := func(at stream.Step) {
		q, _ := w.query(t)
		q.Hook = func(_ context.Context, s stream.Step) error {
			if s == at {
				return errKilled
			}
			return nil
		}
		if err := q.Run(t.Context()); !errors.Is(err, errKilled) {
			t.Fatalf("error %v", err)
		}
	}
	crash(stream.StepLogged)
	before := logged(t, w.store)
	w.fill(100)
	q, _ := w.query(t)
	q.Limits = stream.Limits{}
	var first stream.Progress
	q.OnProgress = func(p stream.Progress) {
		if p.BatchID == 0 {
			first = p
		}
	}
	mustRun(t, q)
	if string(first.Sources[0].EndOffset) != string(checkpoint.EncodeOffsets(before.Last.To)) || first.NumInputRows != 9 {
		t.Errorf("batch 0 was %s with %d rows, want %v", first.Sources[0].EndOffset, first.NumInputRows, before.Last.To)
	}
	if st := logged(t, w.store); st.Pending() || st.Committed != 1 {
		t.Errorf("the checkpoint is at %+v", st)
	}
	// What the sink has already is only noted as committed.
	w.fill(1)
	crash(stream.StepCommitted)
	version := w.table.Version()
	q, _ = w.query(t)
	mustRun(t, q)
	if st := logged(t, w.store); st.Pending() || st.Committed != 2 || w.table.Version() != version {
		t.Errorf("the checkpoint is at %+v, the table at version %d", st, w.table.Version())
	}
}

func logged(t testing.TB, s objstore.Store) checkpoint.State {
	t.Helper()
	cp, err := checkpoint.Open(t.Context(), s, checkpoint.Options{})
	if err != nil {
		t.Fatal(err)
	}
	st, err := cp.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return st
}
