package deadletter

import (
	"context"
	"iter"

	"github.com/ingestd/ingestd/stream"
	"github.com/ingestd/ingestd/table"
)

// Partition is the one partition of the source. A query's sink keeps its progress beside that of the
// query's own partitions: what was sent through once is not sent again.
const Partition = "_dead_letter/0"

// perVersion is how many offsets a commit has. Those that it does not need are holes.
const perVersion = 1 << 20

// Version is the first commit at or after a position.
func Version(position int64) int64 { return (position + perVersion - 1) / perVersion }

// Source gives the dead letters of a query as the records that they were. It implements stream.Source.
type Source struct {
	t     *table.Table
	query string
}

// New makes a source of the dead letters that t holds now; t stays at its version.
func New(t *table.Table, query string) *Source { return &Source{t: t, query: query} }

// Name implements stream.Source.
func (s *Source) Name() string { return "DeadLetters[" + s.t.Location() + "]" }

// Start implements stream.Source.
func (s *Source) Start(context.Context) (stream.Offsets, error) {
	return stream.Offsets{Partition: 0}, nil
}

// Earliest implements stream.Source.
func (s *Source) Earliest(context.Context, []string) (stream.Offsets, error) {
	return stream.Offsets{Partition: 0}, nil
}

// Latest implements stream.Source.
func (s *Source) Latest(context.Context, stream.Offsets) (stream.Offsets, error) {
	return stream.Offsets{Partition: (s.t.Version() + 1) * perVersion}, nil
}

// Read implements stream.Source. A range that begins within a commit begins with the commit's rest.
func (s *Source) Read(ctx context.Context, from, to stream.Offsets) iter.Seq2[stream.Chunk, error] {
	return func(yield func(stream.Chunk, error) bool) {
		at, end := from[Partition], to[Partition]
		version, n := int64(-1), int64(0)
		for letters, err := range Letters(ctx, s.t, s.query, at/perVersion, Version(end)) {
			if err != nil {
				yield(stream.Chunk{}, err)
				return
			}
			if v := letters[0].Version; v != version {
				version, n = v, 0
			}
			offset := version*perVersion + n
			n++
			if offset < at || offset >= end {
				continue
			}
			for i := range letters {
				letters[i].Record.At = offset
			}
			if !yield(chunk(at, offset+1, letters), nil) {
				return
			}
			at = offset + 1
		}
		if at < end {
			yield(chunk(at, end, nil), nil)
		}
	}
}

// Commit implements stream.Source.
func (s *Source) Commit(context.Context, stream.Offsets) error { return nil }

// Close implements stream.Source.
func (s *Source) Close() error { return nil }

func chunk(from, to int64, letters []Letter) stream.Chunk {
	c := stream.Chunk{Partition: Partition, From: from, To: to, Records: records(letters)}
	for _, l := range letters {
		c.Bytes += int64(len(l.Record.Key) + len(l.Record.Value))
	}
	return c
}

// records are letters as the records that they were.
type records []Letter

func (r records) Len() int               { return len(r) }
func (r records) At(i int) stream.Record { return r[i].Record }
