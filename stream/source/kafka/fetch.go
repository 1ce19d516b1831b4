package kafka

import (
	"context"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// fetch asks for the next records of the cursors and gives them what came.
func (l *lane) fetch(ctx context.Context, open []*cursor) error {
	if err := l.budget.acquire(ctx, l.size); err != nil {
		return err
	}
	f := &frame{size: l.size, budget: l.budget, broker: l.broker, chunk: l.chunk}
	f.refs.Store(1) // ours
	defer f.done()
	resp, err := l.ask(ctx, open, l.src.settings.maxWait)
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if refused := l.src.refused(err); refused != nil {
			return refused
		}
		for _, c := range open {
			c.failed, c.replica = err, -1
		}
		return nil
	}
	size := answerSize(resp)
	l.budget.adjust(size - f.size)
	f.size = size
	return l.take(ctx, f, open, resp, func(c *cursor, err error) error { return l.partError(ctx, c, err) })
}

func answerSize(resp *kmsg.FetchResponse) int64 {
	var n int64
	for i := range resp.Topics {
		for k := range resp.Topics[i].Partitions {
			n += int64(len(resp.Topics[i].Partitions[k].RecordBatches))
		}
	}
	return n
}

// ask makes one fetch request.
func (l *lane) ask(ctx context.Context, open []*cursor, wait time.Duration) (*kmsg.FetchResponse, error) {
	src := l.src
	req := kmsg.NewPtrFetchRequest()
	req.MaxWaitMillis = int32(wait.Milliseconds())
	req.MinBytes = src.settings.minBytes
	req.MaxBytes = int32(l.size)
	req.IsolationLevel = src.isolation()
	req.Rack = src.opts.Rack
	part := max(l.size/int64(len(open)), minPart)
	part = min(part, chunkBytes)
	if most := src.settings.maxPartBytes; most > 0 {
		part = min(part, most)
	}
	byTopic := map[string]int{}
	for _, c := range open {
		i, ok := byTopic[c.tp.topic]
		if !ok {
			i = len(req.Topics)
			byTopic[c.tp.topic] = i
			t := kmsg.NewFetchRequestTopic()
			t.Topic, t.TopicID = c.tp.topic, c.id
			req.Topics = append(req.Topics, t)
		}
		p := kmsg.NewFetchRequestTopicPartition()
		p.Partition, p.FetchOffset, p.PartitionMaxBytes, p.CurrentLeaderEpoch = c.tp.partition, c.pos, int32(part), c.epoch
		req.Topics[i].Partitions = append(req.Topics[i].Partitions, p)
	}
	resp, err := src.client.Broker(int(l.broker.NodeID)).Request(ctx, req)
	if err != nil {
		return nil, err
	}
	fetched := resp.(*kmsg.FetchResponse)
	if err := kerr.ErrorForCode(fetched.ErrorCode); err != nil {
		return nil, err
	}
	return fetched, nil
}

// take gives each cursor its part of an answer; failed decides about errors.
func (l *lane) take(ctx context.Context, f *frame, open []*cursor, resp *kmsg.FetchResponse, failed func(*cursor, error) error) error {
	parts := partsOf(resp, open)
	l.answers++
	var still []*cursor
	for _, c := range open {
		p := parts[c.tp]
		if p == nil { // the answer was held back, by a quota
			still = append(still, c)
			continue
		}
		err := kerr.ErrorForCode(p.ErrorCode)
		moved := false
		if err == nil {
			moved, err = l.takePart(f, c, p)
		}
		switch {
		case err != nil:
			if err := failed(c, err); err != nil {
				return err
			}
		case moved:
			c.served = l.answers
		case c.failed == nil:
			still = append(still, c)
		}
	}
	if len(still) < len(open) {
		return nil // those without records must wait for their turn: the answer may have been full before it came
	}
	return l.idle(ctx, still, nothingThere(resp, len(open)))
}

// partsOf finds the parts of an answer by the partitions that were asked for.
func partsOf(resp *kmsg.FetchResponse, open []*cursor) map[topicPartition]*kmsg.FetchResponseTopicPartition {
	parts := map[topicPartition]*kmsg.FetchResponseTopicPartition{}
	names := map[[16]byte]string{}
	for _, c := range open {
		names[c.id] = c.tp.topic
	}
	for i := range resp.Topics {
		t := &resp.Topics[i]
		name := t.Topic
		if name == "" {
			name = names[t.TopicID]
		}
		for k := range t.Partitions {
			parts[topicPartition{name, t.Partitions[k].Partition}] = &t.Partitions[k]
		}
	}
	return parts
}

// takePart takes what an answer has for a cursor, and says whether that brought it on.
func (l *lane) takePart(f *frame, c *cursor, p *kmsg.FetchResponseTopicPartition) (moved bool, err error) {
	if p.PreferredReadReplica >= 0 && p.PreferredReadReplica != l.broker.NodeID && len(p.RecordBatches) == 0 {
		c.replica, c.failed = p.PreferredReadReplica, errMoved
		return false, nil
	}
	c.end = p.HighWatermark
	if !l.src.opts.ReadUncommitted && p.LastStableOffset >= 0 {
		c.end = p.LastStableOffset
	}
	batches, next, err := walk(c.tp, p, c.pos, !l.src.opts.ReadUncommitted)
	if err != nil || next <= c.pos {
		return false, err
	}
	c.add(sections(f, batches, c.pos, next), epochBefore(p.RecordBatches, next))
	return true, nil
}
