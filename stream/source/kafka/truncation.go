package kafka

import (
	"context"
	"encoding/binary"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/ingestd/ingestd/stream"
)

// atEpoch is where the header of a record batch has the epoch of the leader that took it.
const atEpoch = 12

// epochBefore is the leader epoch of the batch in raw that ends at offset next; -1 where there is none.
func epochBefore(raw []byte, next int64) int32 {
	for len(raw) >= minBatch && raw[atMagic] == 2 {
		b, rest, ok, err := cutBatch(raw)
		if err != nil || !ok {
			return -1
		}
		if b.next == next {
			return int32(binary.BigEndian.Uint32(b.data[atEpoch:]))
		}
		raw = rest
	}
	return -1
}

// checkTruncation asks the new leaders of partitions whether they have what was read: after an unclean election they
// may have lost records that we know, and others may stand in their place, up to our position and beyond (KIP-320).
// It must come before anyone is asked for more. Errors: *stream.DataLossError; those of listing offsets.
func (r *reader) checkTruncation(ctx context.Context, all []*cursor) error {
	asked := map[topicPartition]*cursor{}
	req := kmsg.NewPtrOffsetForLeaderEpochRequest()
	req.ReplicaID = -1
	for _, c := range all {
		ld, ok := r.src.cluster.leader(c.tp)
		if c.unsure = ok && c.before >= 0 && ld.epoch > c.epoch; !c.unsure {
			continue
		}
		asked[c.tp] = c
		p := kmsg.NewOffsetForLeaderEpochRequestTopicPartition()
		p.Partition, p.CurrentLeaderEpoch, p.LeaderEpoch = c.tp.partition, ld.epoch, c.before
		t := kmsg.NewOffsetForLeaderEpochRequestTopic()
		t.Topic, t.Partitions = c.tp.topic, append(t.Partitions, p)
		req.Topics = append(req.Topics, t)
	}
	if len(asked) == 0 {
		return nil
	}
	for _, shard := range r.src.client.RequestSharded(ctx, req) {
		if shard.Err != nil {
			continue // they stay unsure, and are asked about again in the next round
		}
		resp := shard.Resp.(*kmsg.OffsetForLeaderEpochResponse)
		for _, t := range resp.Topics {
			for _, p := range t.Partitions {
				c := asked[topicPartition{t.Topic, p.Partition}]
				if c == nil || kerr.IsRetriable(kerr.ErrorForCode(p.ErrorCode)) {
					continue
				}
				c.unsure = false
				if err := r.truncated(ctx, c, p); err != nil {
					return err
				}
			}
		}
	}
	return ctx.Err()
}

// truncated takes a leader's answer where the epoch ended of the last record that c has read.
func (r *reader) truncated(ctx context.Context, c *cursor, p kmsg.OffsetForLeaderEpochResponseTopicPartition) error {
	if p.ErrorCode != 0 || p.EndOffset < 0 || p.EndOffset >= c.pos {
		return nil // it has what c has read, or cannot tell
	}
	c.drop() // what nobody has seen yet is simply read again
	c.before = -1
	if p.EndOffset >= c.pos {
		return nil
	}
	if !r.src.opts.FailOnDataLoss {
		r.src.opts.Logger.Warn("the partition was truncated: records that were read are gone, others may stand in their place and are not read",
			"partition", c.tp.name(), "position", c.pos, "truncated to", p.EndOffset)
		return nil
	}
	first, err := r.src.list(ctx, map[topicPartition]int64{c.tp: askEarliest})
	if err != nil {
		return err
	}
	return &stream.DataLossError{Partition: c.tp.name(), Wanted: c.pos, Earliest: first[c.tp], Latest: p.EndOffset}
}
