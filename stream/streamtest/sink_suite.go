package streamtest

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"

	"github.com/ingestd/ingestd/stream"
)

// SinkHarness gives the suite sinks that hold positions, all on one place.
type SinkHarness struct {
	// New makes another sink on the same place, as a second process or a restart would; not yet opened.
	New func(t testing.TB) stream.Sink
	// Rows reads all rows that are there, of the columns of Schema, in any order.
	Rows func(t testing.TB) []Row
}

// TestSink checks what stream.Sink and stream.Writer promise, with rows of Schema.
func TestSink(t *testing.T, harness func(t *testing.T) SinkHarness) {
	for name, run := range map[string]func(*testing.T, SinkHarness){
		"a new place has no positions":                       sinkFresh,
		"start writes positions once":                        sinkStart,
		"a commit makes rows and position visible at once":   sinkCommit,
		"a commit without rows records the position":         sinkEmptyCommit,
		"a commit touches the partitions it reached only":    sinkPartial,
		"an aborted batch leaves nothing":                    sinkAbort,
		"a batch committed again is fenced":                  sinkAgain,
		"one partition that moved fences the whole batch":    sinkFencePart,
		"a partition that was never started fences":          sinkUnstarted,
		"sinks on different partitions do not disturb":       sinkDisjoint,
		"queries do not see each other's positions":          sinkQueries,
		"workers may write at once":                          sinkConcurrent,
		"of many that commit the same batch one wins":        sinkRace,
		"a position may be set back":                         sinkSetBack,
		"an unfinished batch of a dead process is not there": sinkDead,
	} {
		t.Run(name, func(t *testing.T) { run(t, harness(t)) })
	}
}

const query = "q"

func openSink(t testing.TB, h SinkHarness) stream.Sink {
	t.Helper()
	s := h.New(t)
	if err := s.Open(t.Context(), Schema); err != nil {
		t.Fatalf("open: %v", err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return s
}

func started(t testing.TB, h SinkHarness, o stream.Offsets) stream.Sink {
	t.Helper()
	s := openSink(t, h)
	if err := s.Start(t.Context(), query, o); err != nil {
		t.Fatalf("start: %v", err)
	}
	return s
}

// begin starts batch id of query at from and writes rows of p/0 with offsets [lo, hi).
func begin(t testing.TB, s stream.Sink, id int64, from stream.Offsets, rows ...Row) stream.Writer {
	t.Helper()
	w, err := s.Begin(t.Context(), stream.BatchID{Query: query, ID: id, From: from})
	if err != nil {
		t.Fatalf("begin: %v", err)
	}
	if len(rows) > 0 {
		if err := w.Write(t.Context(), Batch(rows...)); err != nil {
			t.Fatalf("write: %v", err)
		}
	}
	return w
}

func commit(t testing.TB, w stream.Writer, reached stream.Offsets) stream.Committed {
	t.Helper()
	c, err := w.Commit(t.Context(), reached)
	if err != nil {
		t.Fatalf("commit: %v", err)
	}
	runDue(t, c)
	return c
}

func runDue(t testing.TB, c stream.Committed) {
	if c.Due != nil {
		if err := c.Due(t.Context()); err != nil {
			t.Errorf("due work: %v", err)
		}
	}
}

func rowsOf(p string, lo, hi int64) []Row {
	var rows []Row
	for o := lo; o < hi; o++ {
		rows = append(rows, Row{p, o, fmt.Sprintf("%s@%d", p, o)})
	}
	return rows
}

// expect checks rows and positions through a sink opened afresh.
func expect(t testing.TB, h SinkHarness, pos stream.Offsets, rows ...Row) {
	t.Helper()
	got := h.Rows(t)
	slices.SortFunc(got, Row.Compare)
	slices.SortFunc(rows, Row.Compare)
	if !slices.Equal(got, rows) {
		t.Errorf("rows are %v, want %v", got, rows)
	}
	have, err := openSink(t, h).Positions(t.Context(), query)
	if err != nil {
		t.Fatalf("positions: %v", err)
	}
	if !maps.Equal(have, pos) {
		t.Errorf("positions are %v, want %v", have, pos)
	}
}

func wantFenced(t testing.TB, err error) {
	t.Helper()
	if !errors.Is(err, stream.ErrFenced) {
		t.Errorf("error %v, want ErrFenced", err)
	}
}

func sinkFresh(t *testing.T, h SinkHarness) {
	s := openSink(t, h)
	pos, err := s.Positions(t.Context(), query)
	if err != nil || pos == nil || len(pos) != 0 {
		t.Errorf("positions %v, %v: want empty but not nil", pos, err)
	}
	if s.Name() == "" {
		t.Error("the sink has no name")
	}
}

func sinkStart(t *testing.T, h SinkHarness) {
	s := started(t, h, stream.Offsets{"p/0": 0, "p/1": 7})
	wantFenced(t, s.Start(t.Context(), query, stream.Offsets{"p/1": 3, "p/2": 1}))
	wantFenced(t, openSink(t, h).Start(t.Context(), query, stream.Offsets{"p/0": 0}))
	expect(t, h, stream.Offsets{"p/0": 0, "p/1": 7})
	if err := s.Start(t.Context(), query, stream.Offsets{"p/2": 1}); err != nil {
		t.Errorf("start of a partition that came later: %v", err)
	}
	expect(t, h, stream.Offsets{"p/0": 0, "p/1": 7, "p/2": 1})
}

func sinkCommit(t *testing.T, h SinkHarness) {
	s := started(t, h, stream.Offsets{"p/0": 0, "p/1": 0})
	rows := append(rowsOf("p/0", 0, 3), rowsOf("p/1", 0, 2)...)
	w := begin(t, s, 0, stream.Offsets{"p/0": 0, "p/1": 0}, rows...)
	expect(t, h, stream.Offsets{"p/0": 0, "p/1": 0})
	c := commit(t, w, stream.Offsets{"p/0": 3, "p/1": 2})
	if c.Rows != 5 {
		t.Errorf("committed %d rows, want 5", c.Rows)
	}
	expect(t, h, stream.Offsets{"p/0": 3, "p/1": 2}, slices.Clone(rows)...)
	more := rowsOf("p/0", 3, 6)
	commit(t, begin(t, s, 1, stream.Offsets{"p/0": 3, "p/1": 2}, more...), stream.Offsets{"p/0": 6})
	expect(t, h, stream.Offsets{"p/0": 6, "p/1": 2}, append(rows, more...)...)
}

func sinkEmptyCommit(t *testing.T, h SinkHarness) {
	s := started(t, h, stream.Offsets{"p/0": 0})
	if c := commit(t, begin(t, s, 0, stream.Offsets{"p/0": 0}), stream.Offsets{"p/0": 9}); c.Rows != 0 {
		t.Errorf("committed %d rows", c.Rows)
	}
	expect(t, h, stream.Offsets{"p/0": 9})
	w := begin(t, s, 1, stream.Offsets{"p/0": 9})
	if err := w.Write(t.Context(), Batch()); err != nil {
		t.Errorf("write of an empty batch: %v", err)
	}
	commit(t, w, stream.Offsets{"p/0": 10})
	expect(t, h, stream.Offsets{"p/0": 10})
}

func sinkPartial(t *testing.T, h SinkHarness) {
	at := stream.Offsets{"p/0": 1, "p/1": 2}
	s := started(t, h, at)
	rows := rowsOf("p/0", 1, 2)
	commit(t, begin(t, s, 0, at, rows...), stream.Offsets{"p/0": 2})
	expect(t, h, stream.Offsets{"p/0": 2, "p/1": 2}, rows...)
}

func sinkAbort(t *testing.T, h SinkHarness) {
	s := started(t, h, stream.Offsets{"p/0": 0})
	rows := rowsOf("p/0", 0, 3)
	if err := begin(t, s, 0, stream.Offsets{"p/0": 0}, rows...).Abort(t.Context()); err != nil {
		t.Errorf("abort: %v", err)
	}
	expect(t, h, stream.Offsets{"p/0": 0})
	commit(t, begin(t, s, 0, stream.Offsets{"p/0": 0}, rows...), stream.Offsets{"p/0": 3})
	expect(t, h, stream.Offsets{"p/0": 3}, rows...)
}

func sinkAgain(t *testing.T, h SinkHarness) {
	s := started(t, h, stream.Offsets{"p/0": 0})
	rows := rowsOf("p/0", 0, 3)
	late := begin(t, openSink(t, h), 0, stream.Offsets{"p/0": 0}, rows...)
	commit(t, begin(t, s, 0, stream.Offsets{"p/0": 0}, rows...), stream.Offsets{"p/0": 3})
	_, err := late.Commit(t.Context(), stream.Offsets{"p/0": 3})
	wantFenced(t, err)
	_, err = begin(t, openSink(t, h), 0, stream.Offsets{"p/0": 0}, rows...).Commit(t.Context(), stream.Offsets{"p/0": 2})
	wantFenced(t, err)
	expect(t, h, stream.Offsets{"p/0": 3}, rows...)
}

func sinkFencePart(t *testing.T, h SinkHarness) {
	at := stream.Offsets{"p/0": 0, "p/1": 0}
	s := started(t, h, at)
	both := begin(t, s, 0, at, append(rowsOf("p/0", 0, 1), rowsOf("p/1", 0, 1)...)...)
	won := rowsOf("p/1", 0, 2)
	commit(t, begin(t, openSink(t, h), 0, at, won...), stream.Offsets{"p/1": 2})
	_, err := both.Commit(t.Context(), stream.Offsets{"p/0": 1, "p/1": 1})
	wantFenced(t, err)
	expect(t, h, stream.Offsets{"p/0": 0, "p/1": 2}, won...)
}

func sinkUnstarted(t *testing.T, h SinkHarness) {
	s := started(t, h, stream.Offsets{"p/0": 0})
	_, err := begin(t, s, 0, stream.Offsets{"p/0": 0, "p/1": 0}, rowsOf("p/1", 0, 1)...).Commit(t.Context(), stream.Offsets{"p/1": 1})
	wantFenced(t, err)
	expect(t, h, stream.Offsets{"p/0": 0})
}

func sinkDisjoint(t *testing.T, h SinkHarness) {
	at := stream.Offsets{"p/0": 0, "p/1": 0}
	s := started(t, h, at)
	a, b := rowsOf("p/0", 0, 2), rowsOf("p/1", 0, 2)
	wa, wb := begin(t, s, 0, at, a...), begin(t, openSink(t, h), 0, at, b...)
	commit(t, wa, stream.Offsets{"p/0": 2})
	commit(t, wb, stream.Offsets{"p/1": 2})
	expect(t, h, stream.Offsets{"p/0": 2, "p/1": 2}, append(a, b...)...)
}

func sinkQueries(t *testing.T, h SinkHarness) {
	s := started(t, h, stream.Offsets{"p/0": 5})
	if err := s.Start(t.Context(), "q/other", stream.Offsets{"p/0": 1}); err != nil {
		t.Fatalf("start of another query: %v", err)
	}
	if err := s.Start(t.Context(), "q2", stream.Offsets{"p/0": 2}); err != nil {
		t.Fatalf("start of another query: %v", err)
	}
	pos, err := s.Positions(t.Context(), "q/other")
	if err != nil || !maps.Equal(pos, stream.Offsets{"p/0": 1}) {
		t.Errorf("positions of the other query: %v, %v", pos, err)
	}
	expect(t, h, stream.Offsets{"p/0": 5})
}

func sinkConcurrent(t *testing.T, h SinkHarness) {
	s := started(t, h, stream.Offsets{"p/0": 0})
	w := begin(t, s, 0, stream.Offsets{"p/0": 0})
	var wg sync.WaitGroup
	for i := range int64(8) {
		wg.Go(func() {
			for k := range int64(5) {
				lo := (i*5 + k) * 3
				if err := w.Write(t.Context(), Batch(rowsOf("p/0", lo, lo+3)...)); err != nil {
					t.Errorf("write: %v", err)
				}
			}
		})
	}
	wg.Wait()
	commit(t, w, stream.Offsets{"p/0": 120})
	expect(t, h, stream.Offsets{"p/0": 120}, rowsOf("p/0", 0, 120)...)
}

func sinkRace(t *testing.T, h SinkHarness) {
	const rivals, rounds = 4, 5
	s := started(t, h, stream.Offsets{"p/0": 0})
	sinks := []stream.Sink{s}
	for range rivals - 1 {
		sinks = append(sinks, openSink(t, h))
	}
	for round := range int64(rounds) {
		var wg sync.WaitGroup
		wins := make(chan int, rivals)
		for i, s := range sinks {
			wg.Go(func() {
				from := stream.Offsets{"p/0": round * 2}
				c, err := begin(t, s, round, from, rowsOf("p/0", round*2, round*2+2)...).Commit(t.Context(), stream.Offsets{"p/0": round*2 + 2})
				if err != nil {
					wantFenced(t, err)
					return
				}
				wins <- i
				runDue(t, c)
			})
		}
		wg.Wait()
		if len(wins) != 1 {
			t.Fatalf("round %d had %d winners", round, len(wins))
		}
	}
	expect(t, h, stream.Offsets{"p/0": rounds * 2}, rowsOf("p/0", 0, rounds*2)...)
}

func sinkSetBack(t *testing.T, h SinkHarness) {
	s := started(t, h, stream.Offsets{"p/0": 90})
	commit(t, begin(t, s, 0, stream.Offsets{"p/0": 90}), stream.Offsets{"p/0": 4})
	rows := rowsOf("p/0", 4, 6)
	commit(t, begin(t, s, 1, stream.Offsets{"p/0": 4}, rows...), stream.Offsets{"p/0": 6})
	expect(t, h, stream.Offsets{"p/0": 6}, rows...)
}

func sinkDead(t *testing.T, h SinkHarness) {
	s := started(t, h, stream.Offsets{"p/0": 0})
	w := begin(t, s, 0, stream.Offsets{"p/0": 0}, rowsOf("p/0", 0, 3)...)
	rows := rowsOf("p/0", 0, 2)
	commit(t, begin(t, openSink(t, h), 0, stream.Offsets{"p/0": 0}, rows...), stream.Offsets{"p/0": 2})
	expect(t, h, stream.Offsets{"p/0": 2}, rows...)
	if err := w.Abort(t.Context()); err != nil {
		t.Errorf("abort: %v", err)
	}
	expect(t, h, stream.Offsets{"p/0": 2}, rows...)
}
