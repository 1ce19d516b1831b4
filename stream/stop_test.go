package stream_test

import (
	"context"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/ingestd/ingestd/stream"
)

// silent is a source and a sink that answer one of their calls only when its context ends.
type silent struct {
	stream.Source

	call   string
	called func()
}

func (s *silent) hang(ctx context.Context, call string) error {
	if call != s.call {
		return nil
	}
	s.called()
	<-ctx.Done()
	return ctx.Err()
}

func (s *silent) Start(ctx context.Context) (stream.Offsets, error) {
	if err := s.hang(ctx, "start"); err != nil {
		return nil, err
	}
	return s.Source.Start(ctx)
}

func (s *silent) Latest(ctx context.Context, at stream.Offsets) (stream.Offsets, error) {
	if err := s.hang(ctx, "latest"); err != nil {
		return nil, err
	}
	return s.Source.Latest(ctx, at)
}

type silentSink struct {
	stream.Sink
	s *silent
}

func (s silentSink) Open(ctx context.Context, schema *arrow.Schema) error {
	if err := s.s.hang(ctx, "open"); err != nil {
		return err
	}
	return s.Sink.Open(ctx, schema)
}

func TestStopLeavesWhatDoesNotAnswerWhereNoBatchIsInHand(t *testing.T) {
	for _, call := range []string{"open", "start", "latest"} {
		w := newWorld(t).fill(30)
		q, _ := w.query(t)
		s := &silent{Source: q.Source, call: call, called: q.Stop}
		q.Source, q.Sink = s, silentSink{q.Sink, s}
		mustRun(t, q)
		if n := q.State().Batches; n != 0 {
			t.Errorf("%s: %d batches", call, n)
		}
		q, _ = w.query(t) // nothing is lost
		mustRun(t, q)
		w.expectAll(t)
	}
}

func TestCancellingIsNoStop(t *testing.T) {
	w := newWorld(t).fill(30)
	q, _ := w.query(t)
	ctx, cancel := context.WithCancel(t.Context())
	s := &silent{Source: q.Source, call: "latest", called: func() { q.Stop(); cancel() }}
	q.Source, q.Sink = s, silentSink{q.Sink, s}
	if err := q.Run(ctx); ctx.Err() == nil || err == nil {
		t.Errorf("a run that was stopped and cancelled ended with %v", err)
	}
}
