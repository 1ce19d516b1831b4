package kafka

import (
	"context"
	"errors"

	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/ingestd/ingestd/stream"
)

// errMoved sends a cursor to another broker.
var errMoved = errors.New("another replica is nearer")

// partError decides what the error of a partition means: nil where the cursor goes on, or waits for the next round.
func (l *lane) partError(ctx context.Context, c *cursor, err error) error {
	c.replica = -1
	if _, corrupt := errors.AsType[*CorruptBatchError](err); corrupt {
		return err
	}
	switch {
	case errors.Is(err, kerr.OffsetOutOfRange):
		return l.outOfRange(ctx, c)
	case errors.Is(err, kerr.TopicAuthorizationFailed):
		return l.src.topicError(c.tp.topic, kerr.TopicAuthorizationFailed.Code)
	case kerr.IsRetriable(err), errors.Is(err, kerr.UnknownTopicID):
		c.failed = err
		return nil
	default:
		return &BrokerError{Op: "fetch " + c.tp.name(), Err: err}
	}
}

// outOfRange handles an offset that the broker does not have: the records are lost, or skipped.
func (l *lane) outOfRange(ctx context.Context, c *cursor) error {
	first, err := l.src.list(ctx, map[topicPartition]int64{c.tp: askEarliest})
	if err != nil {
		return err
	}
	last, err := l.src.list(ctx, map[topicPartition]int64{c.tp: askLatest})
	if err != nil {
		return err
	}
	if c.pos >= first[c.tp] && c.pos <= last[c.tp] { // it was the view of one replica
		c.failed = kerr.OffsetOutOfRange
		return nil
	}
	if l.src.opts.FailOnDataLoss {
		return &stream.DataLossError{Partition: c.tp.name(), Wanted: c.pos, Earliest: first[c.tp], Latest: last[c.tp]}
	}
	to := c.to
	if first[c.tp] > c.pos {
		to = min(first[c.tp], c.to)
	}
	l.src.skipped.Add(to - c.pos)
	l.src.opts.Logger.Warn("records were lost and are skipped, as fail_on_data_loss is off", "partition", c.tp.name(), "from", c.pos, "to", to)
	c.hole(to)
	return nil
}
