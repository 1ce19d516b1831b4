package stream_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/ingestd/ingestd/stream"
	"github.com/ingestd/ingestd/stream/streamtest"
)

// upper writes values in capitals, row by row; at the end it emits one row more.
type upper struct {
	name        string
	fail        string // the call that fails
	mu          sync.Mutex
	open        int
	closed      bool
	finishedRow bool
}

var errOperator = errors.New("operator broke")

func (u *upper) broken(call string) error {
	if u.fail == call {
		return errOperator
	}
	return nil
}

func (u *upper) Name() string { return u.name }

func (u *upper) Bind(_ context.Context, in *arrow.Schema) (*arrow.Schema, error) {
	return in, u.broken("bind")
}

func (u *upper) Begin(context.Context, stream.BatchID) (stream.OperatorRun, error) {
	if err := u.broken("begin"); err != nil {
		return nil, err
	}
	u.open++
	return &upperRun{u}, nil
}

func (u *upper) Close() error {
	u.closed = true
	return nil
}

type upperRun struct{ *upper }

func (r *upperRun) Process(_ context.Context, in arrow.RecordBatch, emit stream.Emit) error {
	if err := r.broken("process"); err != nil {
		return err
	}
	rows := streamtest.Rows(in)
	for i := range rows {
		rows[i].Value = strings.ToUpper(rows[i].Value)
	}
	return emit(streamtest.Batch(rows...))
}

func (r *upperRun) Finish(_ context.Context, emit stream.Emit) error {
	if err := r.broken("finish"); err != nil {
		return err
	}
	if !r.finishedRow {
		return nil
	}
	return emit(streamtest.Batch(streamtest.Row{Partition: "~" + r.name, Value: "end of " + r.name}))
}

func (r *upperRun) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.open--
	return r.broken("close")
}

func TestRowsFlowThroughOperatorsInOrder(t *testing.T) {
	w := newWorld(t)
	w.log.Append("events/0", "a", "b", "c", "d")
	q, _ := w.query(t)
	first, second := &upper{name: "1", finishedRow: true}, &upper{name: "2", finishedRow: true}
	q.Operators = []stream.Operator{first, second}
	mustRun(t, q)
	want := []string{"A", "B", "C", "D", "END OF 1", "end of 2"}
	if got := valuesOf(w.rows()); !slices.Equal(got, want) {
		t.Errorf("rows %v, want %v", got, want)
	}
	if first.open != 0 || second.open != 0 || !first.closed || !second.closed {
		t.Error("operators were not closed")
	}
}

func TestAnOperatorThatFailsIsNamedAndClosed(t *testing.T) {
	for _, call := range []string{"bind", "begin", "process", "finish", "close"} {
		w := newWorld(t).fill(3)
		q, src := w.query(t)
		ops := []*upper{{name: "good"}, {name: "sql", fail: call}, {name: "other"}}
		for _, op := range ops {
			q.Operators = append(q.Operators, op)
		}
		err := q.Run(t.Context())
		if !errors.Is(err, errOperator) || !strings.Contains(err.Error(), "operator sql") {
			t.Errorf("%s: error %v", call, err)
		}
		for _, op := range ops {
			if op.open != 0 || !op.closed {
				t.Errorf("%s: operator %s was not closed", call, op.name)
			}
		}
		if src.Open() != 0 || len(w.rows()) != 0 {
			t.Errorf("%s: %d chunks open, %d rows", call, src.Open(), len(w.rows()))
		}
	}
}

// dueSink makes work due with each commit.
type dueSink struct {
	stream.Sink
	work func(context.Context) error
}

func (s *dueSink) Begin(ctx context.Context, id stream.BatchID) (stream.Writer, error) {
	w, err := s.Sink.Begin(ctx, id)
	return &dueWriter{w, s.work}, err
}

type dueWriter struct {
	stream.Writer
	work func(context.Context) error
}

func (w *dueWriter) Commit(ctx context.Context, o stream.Offsets) (stream.Committed, error) {
	c, err := w.Writer.Commit(ctx, o)
	c.Due = w.work
	return c, err
}

func TestDueWorkRunsOffTheCommitPathAndIsWaitedFor(t *testing.T) {
	w := newWorld(t).fill(30)
	q, _ := w.query(t)
	var mu sync.Mutex
	ran, running := 0, 0
	q.Sink = &dueSink{q.Sink, func(context.Context) error {
		mu.Lock()
		running++
		if running > 1 {
			t.Error("two at once")
		}
		ran++
		n := ran
		mu.Unlock()
		defer func() { mu.Lock(); running--; mu.Unlock() }()
		if n%2 == 0 {
			return fmt.Errorf("work %d failed", n)
		}
		return nil
	}}
	mustRun(t, q)
	w.expectAll(t)
	if s := q.State(); int64(ran) != s.Batches || s.DueFailures != int64(ran/2) {
		t.Errorf("%d ran, state %+v", ran, s)
	}
}

func TestAQueryLacksNothing(t *testing.T) {
	for want, strip := range map[string]func(*stream.Query){
		"name": func(q *stream.Query) { q.Name = "" }, "source": func(q *stream.Query) { q.Source = nil },
		"decoder": func(q *stream.Query) { q.Decoder = nil }, "sink": func(q *stream.Query) { q.Sink = nil },
	} {
		q, _ := newWorld(t).query(t)
		strip(q)
		if err := q.Run(t.Context()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v", err)
		}
	}
}

// placed notes where rows come from.
type placed struct {
	upper
	seen []string
}

func (p *placed) Begin(context.Context, stream.BatchID) (stream.OperatorRun, error) {
	p.open++
	return &placedRun{upperRun{&p.upper}, p}, nil
}

type placedRun struct {
	upperRun
	to *placed
}

func (r *placedRun) ProcessFrom(_ context.Context, from stream.Place, in arrow.RecordBatch, emit stream.Emit) error {
	r.to.mu.Lock()
	defer r.to.mu.Unlock()
	for _, row := range streamtest.Rows(in) {
		r.to.seen = append(r.to.seen, fmt.Sprintf("%s from %d: %s", from.Partition, from.From, row.Value))
	}
	in.Retain()
	return emit(in)
}

func TestAnOperatorIsToldWhereRowsComeFrom(t *testing.T) {
	w := newWorld(t)
	w.log.Append("events/0", "a", "b")
	w.log.Append("events/1", "c")
	q, _ := w.query(t)
	last := &placed{upper: upper{name: "2"}}
	q.Operators = []stream.Operator{&upper{name: "1", finishedRow: true}, last}
	mustRun(t, q)
	slices.Sort(last.seen)
	if want := []string{" from 0: end of 1", "events/0 from 0: A", "events/0 from 0: B", "events/1 from 0: C"}; !slices.Equal(last.seen, want) {
		t.Errorf("%q, want %q", last.seen, want)
	}
}
