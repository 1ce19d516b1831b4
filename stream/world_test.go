package stream_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/objstore/mem"
	"github.com/ingestd/ingestd/stream"
	"github.com/ingestd/ingestd/stream/checkpoint"
	"github.com/ingestd/ingestd/stream/sink/memory"
	"github.com/ingestd/ingestd/stream/streamtest"
)

// world is what outlives a run of a query: a source's log, a sink's table, dead letters, a checkpoint.
type world struct {
	log     *streamtest.Log
	table   *memory.Table
	letters *streamtest.DeadLetters
	store   objstore.Store // of the checkpoint; nil for none
}

func newWorld(t testing.TB) *world {
	w := &world{log: streamtest.NewLog("events", 3), table: memory.NewTable(), letters: &streamtest.DeadLetters{}}
	t.Cleanup(w.table.Close)
	return w
}

// withCheckpoint gives the world a checkpoint.
func (w *world) withCheckpoint() *world {
	w.store = mem.New()
	return w
}

// fill appends n records to each partition, every fifth of them bad.
func (w *world) fill(n int) *world {
	for p := range 3 {
		for i := range n {
			v := fmt.Sprintf("v%d.%d", p, i)
			if i%5 == 4 {
				v = "bad " + v
			}
			w.log.Append(fmt.Sprintf("events/%d", p), v)
		}
	}
	return w
}

// query makes a query on the world that ends when all is read; a batch is ten rows.
func (w *world) query(t testing.TB) (*stream.Query, *streamtest.Source) {
	src := &streamtest.Source{Log: w.log}
	q := &stream.Query{
		Name: "q", Source: src, Decoder: streamtest.Decoder{}, Sink: memory.New(w.table), DeadLetters: w.letters,
		Trigger: stream.AvailableNow(), Limits: stream.Limits{MaxRows: 10}, Workers: 2,
		Retry: stream.Retry{First: time.Microsecond, Most: time.Millisecond},
		Rand:  rand.New(rand.NewPCG(1, 2)),
	}
	if w.store != nil {
		cp, err := checkpoint.Open(t.Context(), w.store, checkpoint.Options{})
		if err != nil {
			t.Fatal(err)
		}
		q.Checkpoint = cp
	}
	return q, src
}

func (w *world) rows() []streamtest.Row {
	var rows []streamtest.Row
	for _, b := range w.table.Batches() {
		rows = append(rows, streamtest.Rows(b)...)
	}
	slices.SortFunc(rows, streamtest.Row.Compare)
	return rows
}

// expectAll checks that every record is in the table or with the dead letters, exactly once.
func (w *world) expectAll(t interface {
	Helper()
	Errorf(string, ...any)
},
) {
	t.Helper()
	var want, bad []string
	for _, v := range w.log.Values() {
		if strings.HasPrefix(v, "bad") {
			bad = append(bad, v)
		} else {
			want = append(want, v)
		}
	}
	if got := valuesOf(w.rows()); !slices.Equal(got, want) {
		t.Errorf("the table has %d rows %v\nwant %d %v", len(got), got, len(want), want)
	}
	if got := valuesOf(w.letters.Rows()); !slices.Equal(got, bad) {
		t.Errorf("dead letters are %v, want %v", got, bad)
	}
}

func valuesOf(rows []streamtest.Row) []string {
	var vs []string
	for _, r := range rows {
		vs = append(vs, r.Value)
	}
	return vs
}

func mustRun(t testing.TB, q *stream.Query) {
	t.Helper()
	if err := q.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
}

var errKilled = errors.New("killed")

// flaky is an error that may go away.
type flaky struct{}

func (flaky) Error() string   { return "flaky" }
func (flaky) Retryable() bool { return true }

// faultySink asks fail before and after each commit and each other call.
type faultySink struct {
	stream.Sink
	fail func(call string) error
}

func (s *faultySink) Positions(ctx context.Context, q string) (stream.Offsets, error) {
	if err := s.fail("positions"); err != nil {
		return nil, err
	}
	return s.Sink.Positions(ctx, q)
}

func (s *faultySink) Start(ctx context.Context, q string, o stream.Offsets) error {
	if err := s.fail("start"); err != nil {
		return err
	}
	if err := s.Sink.Start(ctx, q, o); err != nil {
		return err
	}
	return s.fail("started")
}

func (s *faultySink) Begin(ctx context.Context, id stream.BatchID) (stream.Writer, error) {
	if err := s.fail("begin"); err != nil {
		return nil, err
	}
	w, err := s.Sink.Begin(ctx, id)
	return &faultyWriter{w, s.fail}, err
}

type faultyWriter struct {
	stream.Writer
	fail func(call string) error
}

func (w *faultyWriter) Commit(ctx context.Context, o stream.Offsets) (stream.Committed, error) {
	if err := w.fail("commit"); err != nil {
		return stream.Committed{}, errors.Join(err, w.Abort(ctx))
	}
	c, err := w.Writer.Commit(ctx, o)
	if err != nil {
		return c, err
	}
	return c, w.fail("committed")
}
