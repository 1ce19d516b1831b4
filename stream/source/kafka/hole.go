package kafka

import (
	"context"
	"errors"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

const (
	// holeAnswers is how many answers without a record, each of which proves that none is there, make a hole; patience
	// bounds all answers that bring nothing, before leaders are looked up again.
	holeAnswers = 10
	patience    = 20
)

// Timestamps of ListOffsets with a meaning of their own.
const (
	askNewest int64 = -3 // the record with the greatest timestamp (KIP-734)
	askLocal  int64 = -4 // the first record that is not only in remote storage (KIP-405)
)

// nothingThere says that an answer proves that none of the partitions asked for has a record between its position and
// the end that it tells. A broker gives at least one record batch, however large, of the first partition that has one
// (KIP-74). Where it gives a batch of another partition, has an error for one, or holds back for a quota, it proves nothing.
func nothingThere(resp *kmsg.FetchResponse, asked int) bool {
	n := 0
	for i := range resp.Topics {
		for k := range resp.Topics[i].Partitions {
			p := &resp.Topics[i].Partitions[k]
			if p.ErrorCode != 0 || len(p.RecordBatches) > 0 {
				return false
			}
			n++
		}
	}
	return n == asked && resp.ThrottleMillis == 0
}

// idle counts an answer that brought none of the cursors on. Enough of those that prove that nothing is there make
// a hole of what is left of the range: the records at the end of a partition can all be gone by compaction.
func (l *lane) idle(ctx context.Context, cursors []*cursor, proved bool) error {
	for _, c := range cursors {
		if c.fetched() { // it was asked for what follows its range
			continue
		}
		c.idle++
		if proved && c.end >= c.to {
			c.empty++
		}
		switch {
		case c.empty >= holeAnswers:
			if err := l.tail(ctx, c); err != nil {
				return err
			}
		case c.idle > patience:
			c.failed = kerr.OffsetNotAvailable
		}
	}
	return nil
}

// tail takes the rest of a range as a hole, unless the broker contradicts its answers: brokers are more kinds than one,
// and what is skipped here is lost for ever.
func (l *lane) tail(ctx context.Context, c *cursor) error {
	c.empty = 0
	local, err := l.position(ctx, c, askLocal)
	if err != nil {
		return l.partError(ctx, c, err)
	}
	newest, err := l.position(ctx, c, askNewest)
	if err != nil {
		return l.partError(ctx, c, err)
	}
	if local > c.pos || newest >= c.pos && newest < c.to {
		l.src.opts.Logger.Warn("the broker gives no records although it has some; it is asked again",
			"partition", c.tp.name(), "from", c.pos, "to", c.to, "local", local, "newest", newest)
		c.failed = kerr.OffsetNotAvailable
		return nil
	}
	l.src.opts.Logger.Info("the partition ends in a hole", "partition", c.tp.name(), "from", c.pos, "to", c.to)
	c.hole(c.to)
	return nil
}

// position asks for an offset of c's partition, -1 where the broker has none or is too old to tell.
func (l *lane) position(ctx context.Context, c *cursor, ask int64) (int64, error) {
	got, err := l.src.list(ctx, map[topicPartition]int64{c.tp: ask})
	if errors.Is(err, kerr.UnsupportedVersion) || errors.Is(err, kerr.UnsupportedForMessageFormat) {
		return -1, nil
	}
	if e, ok := errors.AsType[*BrokerError](err); ok {
		return -1, e.Err
	}
	return got[c.tp], err
}

// hole takes the offsets up to to as gone.
func (c *cursor) hole(to int64) {
	if to > c.pos {
		c.add([]section{{from: c.pos, to: to, parked: true, frame: &frame{}}}, -1)
	}
}
