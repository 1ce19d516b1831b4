package kafka

import (
	"context"
	"errors"
	"iter"
	"maps"
	"runtime"
	"slices"
	"sync"

	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/ingestd/ingestd/stream"
)

// reader reads one range after the other.
type reader struct {
	src     *Source
	budget  *budget
	cursors map[topicPartition]*cursor // kept from range to range
	chunk   int64                      // records that close a chunk of this range
	ahead   sync.WaitGroup             // fetches between ranges, which own the cursors
	hush    context.CancelFunc         // ends those fetches
}

// keepShare is the part of the memory for what is fetched beyond the range: a quarter.
const keepShare = 4

func (r *reader) init(s *Source) {
	r.src = s
	r.budget = newBudget(s.opts.Memory - s.opts.Memory/keepShare)
	r.cursors = map[topicPartition]*cursor{}
	r.hush = func() {}
}

// close waits for fetches between ranges.
func (r *reader) close() {
	r.hush()
	r.ahead.Wait()
}

// Read implements stream.Source. It waits while too many bytes of chunks that are not Done are out.
// Errors: *stream.DataLossError, *CorruptBatchError (from Load), and those of Latest.
func (s *Source) Read(ctx context.Context, from, to stream.Offsets) iter.Seq2[stream.Chunk, error] {
	return func(yield func(stream.Chunk, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		out := make(chan stream.Chunk)
		var err error
		go func() {
			defer close(out)
			err = s.reader.read(ctx, from, to, out)
		}()
		wanted := true
		for c := range out {
			if !wanted {
				c.Done()
				continue
			}
			if wanted = yield(c, nil); !wanted {
				cancel()
			}
		}
		if wanted && err != nil {
			yield(stream.Chunk{}, err)
		}
	}
}

// read sends the chunks of a range to out.
func (r *reader) read(ctx context.Context, from, to stream.Offsets, out chan<- stream.Chunk) error {
	r.settle(ctx)
	if err := ctx.Err(); err != nil {
		return err
	}
	err := r.src.refresh(ctx, r.src.metadataMaxAge())
	if err != nil {
		return err
	}
	all, err := r.place(from, to)
	if err != nil {
		return err
	}
	if err = r.checkSame(all); err == nil {
		err = r.rounds(ctx, all, out)
	}
	if err != nil {
		r.reset(all)
		return err
	}
	r.readAhead(all)
	return nil
}

// settle waits for the fetches between ranges, and ends them when ctx does.
func (r *reader) settle(ctx context.Context) {
	stop := context.AfterFunc(ctx, r.hush)
	defer stop()
	r.ahead.Wait()
	r.hush() // their context would stay with the source's own for as long as that lives
}

// place puts a cursor at the start of each partition's range.
func (r *reader) place(from, to stream.Offsets) ([]*cursor, error) {
	var all []*cursor
	for name := range from {
		tp, err := parsePartition(name)
		if err != nil {
			return nil, err
		}
		c := r.cursors[tp]
		if t := r.src.cluster.topics[tp.topic]; c == nil || t == nil || c.id != t.id {
			c = &cursor{tp: tp, replica: -1, before: -1}
			r.cursors[tp] = c
		}
		c.seek(from[name], to[name])
		all = append(all, c)
	}
	for tp, c := range r.cursors {
		if _, ok := from[tp.name()]; !ok {
			c.drop()
		}
	}
	slices.SortFunc(all, func(a, b *cursor) int { return compare(a.tp, b.tp) })
	r.chunk = to.Rows(from) / int64(max(r.src.opts.MinPartitions, 2*runtime.GOMAXPROCS(0)))
	r.chunk = min(max(r.chunk, minChunk), maxChunk)
	if r.src.opts.MinPartitions > 0 {
		r.chunk = max(1, min(r.chunk, to.Rows(from)/int64(r.src.opts.MinPartitions)))
	}
	return all, nil
}

// reset forgets all that was fetched and not sent.
func (r *reader) reset(all []*cursor) {
	for _, c := range all {
		c.drop()
	}
	clear(r.cursors)
}

// keep lets what was fetched beyond the range stay for the next, if it is not too much.
func (r *reader) keep() {
	if r.kept() > r.src.opts.Memory/keepShare {
		for _, c := range r.cursors {
			c.drop()
		}
		return
	}
	for _, c := range r.cursors {
		c.park()
	}
}

// kept is the size of the answers that are held for later ranges.
func (r *reader) kept() int64 { return kept(maps.Values(r.cursors)) }

// kept is the size of the answers of which cursors hold a part.
func kept(cursors iter.Seq[*cursor]) int64 {
	var size int64
	seen := map[*frame]bool{}
	for c := range cursors {
		for _, s := range c.kept {
			if !seen[s.frame] {
				seen[s.frame] = true
				size += s.frame.size
			}
		}
	}
	return size
}

// rounds reads until every cursor has its range. A round asks each broker for the partitions that
// it leads; after one in which something failed, leaders are looked up again.
func (r *reader) rounds(ctx context.Context, all []*cursor, out chan<- stream.Chunk) error {
	for failures := 0; ; {
		if err := r.checkTruncation(ctx, all); err != nil {
			return err
		}
		before := progress(all)
		if err := r.round(ctx, all, out); err != nil {
			return err
		}
		r.keep()
		moved := progress(all) > before
		all = slices.DeleteFunc(slices.Clone(all), func(c *cursor) bool { return c.fetched() })
		if len(all) == 0 {
			return nil
		}
		if moved {
			failures = 0
		}
		failures++
		if failures > len(roundPauses) {
			return r.gaveUp(all)
		}
		if err := r.src.pause(ctx, roundPauses[failures-1]); err != nil {
			return err
		}
		if err := r.src.refresh(ctx, -1); err != nil && failures == len(roundPauses) {
			return err
		}
		if err := r.checkSame(all); err != nil {
			return err
		}
	}
}

// progress grows with each offset that was fetched.
func progress(all []*cursor) int64 {
	var n int64
	for _, c := range all {
		n += c.pos
	}
	return n
}

// gaveUp is the error of a partition that nobody would give.
func (r *reader) gaveUp(all []*cursor) error {
	for _, c := range all {
		if c.failed != nil {
			if errors.Is(c.failed, kerr.UnknownTopicOrPartition) || errors.Is(c.failed, kerr.UnknownTopicID) {
				return &UnknownTopicError{Topic: c.tp.topic, Brokers: r.src.opts.Brokers, Known: true}
			}
			return r.src.wrap("fetch "+c.tp.name(), c.failed)
		}
	}
	return &BrokerError{Op: "fetch " + all[0].tp.name(), Err: kerr.OffsetNotAvailable}
}

// checkSame refuses to go on in a topic that was recreated while it was read. That it was, Latest tells again.
func (r *reader) checkSame(all []*cursor) error {
	for _, c := range all {
		if r.src.cluster.recreated[c.tp.topic] && c.pos > 0 && r.src.opts.FailOnDataLoss {
			return &stream.DataLossError{Partition: c.tp.name(), Wanted: c.pos}
		}
	}
	return nil
}
