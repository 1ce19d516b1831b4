package streamtest

import (
	"context"
	"iter"
	"maps"
	"sync"
	"sync/atomic"

	"github.com/ingestd/ingestd/stream"
)

// Source reads a Log. The fields may be set before it is used.
type Source struct {
	Log *Log
	// ChunkSize is the most records in a chunk; 0 is 3.
	ChunkSize int
	// StartLatest begins at the end of the log instead of at its start.
	StartLatest bool
	// SkipLost goes on where records are gone instead of failing.
	SkipLost bool
	// Fail, where set, is asked before each call ("latest", "start", "earliest", "commit") and each chunk
	// ("read"); an error is returned from there.
	Fail func(call string) error

	mu        sync.Mutex
	committed stream.Offsets
	open      atomic.Int64
}

// Name implements stream.Source.
func (s *Source) Name() string { return "Memory[log]" }

func (s *Source) fail(call string) error {
	if s.Fail == nil {
		return nil
	}
	return s.Fail(call)
}

// Start implements stream.Source.
func (s *Source) Start(context.Context) (stream.Offsets, error) {
	if err := s.fail("start"); err != nil {
		return nil, err
	}
	start, end := s.Log.bounds()
	if s.StartLatest {
		return end, nil
	}
	return start, nil
}

// Earliest implements stream.Source.
func (s *Source) Earliest(_ context.Context, partitions []string) (stream.Offsets, error) {
	if err := s.fail("earliest"); err != nil {
		return nil, err
	}
	start, _ := s.Log.bounds()
	o := stream.Offsets{}
	for _, p := range partitions {
		o[p] = start[p]
	}
	return o, nil
}

// Latest implements stream.Source.
func (s *Source) Latest(_ context.Context, at stream.Offsets) (stream.Offsets, error) {
	if err := s.fail("latest"); err != nil {
		return nil, err
	}
	start, end := s.Log.bounds()
	for p, o := range at {
		if e, ok := end[p]; ok && e < o && !s.SkipLost {
			return nil, &stream.DataLossError{Partition: p, Wanted: o, Earliest: start[p], Latest: e}
		}
	}
	return end, nil
}

// Read implements stream.Source.
func (s *Source) Read(ctx context.Context, from, to stream.Offsets) iter.Seq2[stream.Chunk, error] {
	return func(yield func(stream.Chunk, error) bool) {
		pos := maps.Clone(from)
		for left := true; left; {
			left = false
			for _, p := range from.Partitions() {
				if pos[p] >= to[p] {
					continue
				}
				c, err := s.next(ctx, p, pos[p], to[p])
				if err != nil {
					yield(stream.Chunk{}, err)
					return
				}
				pos[p] = c.To
				left = left || c.To < to[p]
				if !yield(c, nil) {
					return
				}
			}
		}
	}
}

// next makes the chunk of partition p at from.
func (s *Source) next(ctx context.Context, p string, from, to int64) (stream.Chunk, error) {
	if err := ctx.Err(); err != nil {
		return stream.Chunk{}, err
	}
	if err := s.fail("read"); err != nil {
		return stream.Chunk{}, err
	}
	recs, start, end, ok := s.Log.slice(p, from, to)
	if !ok || from < start || to > end {
		if !s.SkipLost {
			return stream.Chunk{}, &stream.DataLossError{Partition: p, Wanted: from, Earliest: start, Latest: end}
		}
	}
	size := s.ChunkSize
	if size == 0 {
		size = 3
	}
	c := stream.Chunk{Partition: p, From: from, To: to}
	if len(recs) > size {
		recs = recs[:size]
		c.To = recs[size-1].Offset + 1
	}
	for i := range recs {
		c.Bytes += int64(len(recs[i].Value))
	}
	s.open.Add(1)
	var done atomic.Bool
	c.Records = records(recs)
	c.Done = func() {
		if done.Swap(true) {
			panic("streamtest: Done called twice")
		}
		s.open.Add(-1)
	}
	return c, nil
}

// Commit implements stream.Source.
func (s *Source) Commit(_ context.Context, o stream.Offsets) error {
	if err := s.fail("commit"); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.committed = o.Clone()
	return nil
}

// Committed is the argument of the last Commit.
func (s *Source) Committed() stream.Offsets {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.committed
}

// Open counts the chunks whose Done has not been called.
func (s *Source) Open() int64 { return s.open.Load() }

// Close implements stream.Source.
func (s *Source) Close() error { return nil }

type records []stream.Record

func (r records) Len() int               { return len(r) }
func (r records) At(i int) stream.Record { return r[i] }
