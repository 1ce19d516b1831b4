package streamtest

import (
	"context"
	"fmt"
	"slices"

	"github.com/ingestd/ingestd/stream"
)

// Read reads a range whole: copies of the records of each partition, in order. It is an error when
// the chunks do not cover the range exactly, in order, or hold records from outside of it.
func Read(ctx context.Context, s stream.Source, from, to stream.Offsets) (map[string][]stream.Record, error) {
	got := map[string][]stream.Record{}
	pos := from.Clone()
	for c, err := range s.Read(ctx, from, to) {
		if err != nil {
			return got, err
		}
		if at, ok := pos[c.Partition]; !ok || c.From != at || c.To <= c.From || c.To > to[c.Partition] {
			return got, fmt.Errorf("chunk [%d, %d) of %s comes where the range [%d, %d) is at %d", c.From, c.To, c.Partition, from[c.Partition], to[c.Partition], at)
		}
		pos[c.Partition] = c.To
		recs, err := take(c)
		if err != nil {
			return got, err
		}
		got[c.Partition] = append(got[c.Partition], recs...)
	}
	for p := range to {
		if pos[p] < to[p] {
			return got, fmt.Errorf("%s was read to %d, not to %d", p, pos[p], to[p])
		}
	}
	return got, nil
}

// take loads a chunk, copies its records and gives it back.
func take(c stream.Chunk) ([]stream.Record, error) {
	if c.Done != nil {
		defer c.Done()
	}
	if c.Load != nil {
		if err := c.Load(); err != nil {
			return nil, err
		}
	}
	var recs []stream.Record
	last := c.From - 1
	for i := range c.Records.Len() {
		r := c.Records.At(i)
		if r.Offset <= last || r.Offset >= c.To {
			return nil, fmt.Errorf("record at offset %d in chunk [%d, %d) of %s after offset %d", r.Offset, c.From, c.To, c.Partition, last)
		}
		if name := partitionName(r); name != c.Partition {
			return nil, fmt.Errorf("record of %s in a chunk of %s", name, c.Partition)
		}
		last = r.Offset
		recs = append(recs, Clone(r))
	}
	return recs, nil
}

// Clone copies a record, so that it outlives its chunk.
func Clone(r stream.Record) stream.Record {
	r.Key, r.Value = slices.Clone(r.Key), slices.Clone(r.Value)
	hs := slices.Clone(r.Headers)
	for i := range hs {
		hs[i].Value = slices.Clone(hs[i].Value)
	}
	r.Headers = hs
	return r
}
