package kafka

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"golang.org/x/sync/errgroup"

	"github.com/ingestd/ingestd/stream"
)

const (
	// maxAnswer and minAnswer bound the bytes asked of a broker at once, within the memory.
	maxAnswer = 16 << 20
	minAnswer = 256 << 10
	// minPart is the least that is asked of a partition at once.
	minPart = 64 << 10
)

// roundPauses are the pauses before leaders are looked up again; some ten seconds in all.
var roundPauses = []time.Duration{
	20 * time.Millisecond, 50 * time.Millisecond, 100 * time.Millisecond, 250 * time.Millisecond, 500 * time.Millisecond,
	time.Second, 2 * time.Second, 2 * time.Second, 2 * time.Second, 2 * time.Second,
}

func compare(a, b topicPartition) int {
	return cmp.Or(cmp.Compare(a.topic, b.topic), cmp.Compare(a.partition, b.partition))
}

// pause waits, or ends with ctx.
func (s *Source) pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// metadataMaxAge is how old leaders may be that a range is read from: old ones fail and are looked up again.
func (s *Source) metadataMaxAge() time.Duration { return time.Hour }

// lane is what is asked of one broker.
type lane struct {
	*reader
	broker  kgo.BrokerMetadata
	cursors []*cursor
	size    int64 // of an answer
	share   int64 // of the memory for what is fetched beyond the range
	answers int   // so far
	out     chan<- stream.Chunk
}

// lanes groups cursors by the broker that leads their partition. Those without a leader have failed,
// and are in a lane of their own for what they have already.
func (r *reader) lanes(all []*cursor) []*lane {
	byBroker := map[int32]*lane{}
	var ls []*lane
	view := &r.src.cluster
	for _, c := range all {
		c.failed, c.served = nil, 0
		ld, ok := view.leader(c.tp)
		switch {
		case !ok:
			ld.broker, c.failed = -1, kerr.LeaderNotAvailable
		case c.unsure:
			ld.broker, c.failed = -1, kerr.UnknownLeaderEpoch
		default:
			c.id, c.epoch = view.topics[c.tp.topic].id, ld.epoch
			if c.replica >= 0 {
				ld.broker = c.replica
			}
		}
		l := byBroker[ld.broker]
		if l == nil {
			l = &lane{reader: r, broker: view.brokers[ld.broker]}
			l.broker.NodeID = ld.broker
			byBroker[ld.broker] = l
			ls = append(ls, l)
		}
		l.cursors = append(l.cursors, c)
	}
	for _, l := range ls {
		l.share = r.src.opts.Memory / keepShare / int64(len(ls))
		l.size = min(max(r.budget.limit/int64(2*len(ls)), minAnswer), maxAnswer)
		if most := r.src.settings.maxBytes; most > 0 {
			l.size = min(l.size, most)
		}
	}
	return ls
}

// round asks each broker once for all that it leads.
func (r *reader) round(ctx context.Context, all []*cursor, out chan<- stream.Chunk) error {
	g, ctx := errgroup.WithContext(ctx)
	for _, l := range r.lanes(all) {
		l.out = out
		g.Go(func() error { return l.run(ctx) })
	}
	return g.Wait()
}

// run fetches until each cursor has its range or has failed.
func (l *lane) run(ctx context.Context) error {
	for _, c := range l.cursors {
		if err := l.send(ctx, c); err != nil {
			return err
		}
	}
	for {
		var open []*cursor
		for _, c := range l.cursors {
			if !c.fetched() && c.failed == nil {
				open = append(open, c)
			}
		}
		if len(open) == 0 {
			return nil
		}
		if err := l.fetch(ctx, open); err != nil {
			return err
		}
		for _, c := range open {
			if err := l.send(ctx, c); err != nil {
				return err
			}
		}
		l.shed(open)
		// The first of a request is served first, so that comes to be whoever has waited longest.
		l.cursors = append(l.cursors[1:], l.cursors[0])
		slices.SortStableFunc(l.cursors, func(a, b *cursor) int { return cmp.Compare(a.served, b.served) })
	}
}

// shed keeps what came beyond the ranges of cursors from the memory that the rest of the ranges needs: as with all
// that is kept for later, it no longer counts against the budget, and is dropped where it is too much.
func (l *lane) shed(cursors []*cursor) {
	beyond := slices.DeleteFunc(slices.Clone(cursors), func(c *cursor) bool { return len(c.kept) == 0 })
	for _, c := range beyond {
		c.park()
	}
	if len(beyond) > 0 && kept(slices.Values(l.cursors)) > l.share {
		for _, c := range beyond {
			c.drop()
		}
	}
}

// send sends what c has of its range.
func (l *lane) send(ctx context.Context, c *cursor) error {
	for {
		s, ok := c.next()
		if !ok {
			return nil
		}
		select {
		case l.out <- s.chunk(l.src, c.tp):
		case <-ctx.Done():
			s.release()
			return ctx.Err()
		}
	}
}
