package kafka

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/ingestd/ingestd/stream"
)

// list asks for an offset of each partition: askLatest, askEarliest, or a time in milliseconds. An
// answer of -1 is "none so late".
func (s *Source) list(ctx context.Context, asks map[topicPartition]int64) (map[topicPartition]int64, error) {
	if len(asks) == 0 {
		return map[topicPartition]int64{}, nil
	}
	req := kmsg.NewPtrListOffsetsRequest()
	req.IsolationLevel = s.isolation()
	req.TimeoutMillis = 15_000
	byTopic := map[string]int{}
	for tp, ask := range asks {
		i, ok := byTopic[tp.topic]
		if !ok {
			i = len(req.Topics)
			byTopic[tp.topic] = i
			t := kmsg.NewListOffsetsRequestTopic()
			t.Topic = tp.topic
			req.Topics = append(req.Topics, t)
		}
		p := kmsg.NewListOffsetsRequestTopicPartition()
		p.Partition, p.Timestamp = tp.partition, ask
		req.Topics[i].Partitions = append(req.Topics[i].Partitions, p)
	}
	got := map[topicPartition]int64{}
	for _, shard := range s.client.RequestSharded(ctx, req) {
		if shard.Err != nil {
			return nil, s.wrap("list offsets", shard.Err)
		}
		if err := s.takeOffsets(shard.Resp.(*kmsg.ListOffsetsResponse), got); err != nil {
			return nil, err
		}
	}
	for tp := range asks {
		if _, ok := got[tp]; !ok {
			return nil, &BrokerError{Op: "list offsets of " + tp.name(), Err: kerr.LeaderNotAvailable}
		}
	}
	return got, nil
}

func (s *Source) takeOffsets(resp *kmsg.ListOffsetsResponse, got map[topicPartition]int64) error {
	for _, t := range resp.Topics {
		for _, p := range t.Partitions {
			tp := topicPartition{t.Topic, p.Partition}
			err := kerr.ErrorForCode(p.ErrorCode)
			switch {
			case err == nil:
				got[tp] = p.Offset
			case errors.Is(err, kerr.TopicAuthorizationFailed):
				return s.topicError(tp.topic, p.ErrorCode)
			default:
				return &BrokerError{Op: "list offsets of " + tp.name(), Err: err}
			}
		}
	}
	return nil
}

// isolation is the isolation level of requests.
func (s *Source) isolation() int8 {
	if s.opts.ReadUncommitted {
		return 0
	}
	return 1
}

// resolve finds the offsets that a position means now, for all partitions that are there.
func (s *Source) resolve(ctx context.Context, option string, pos Position) (stream.Offsets, error) {
	if err := s.checkNamed(option, pos); err != nil {
		return nil, err
	}
	asks, fixed, ends := map[topicPartition]int64{}, map[topicPartition]int64{}, map[topicPartition]int64{}
	var unnamed []string
	for _, tp := range s.cluster.partitions() {
		ask, offset, known := pos.query(tp)
		switch {
		case !known:
			unnamed = append(unnamed, tp.name())
		case offset >= 0:
			fixed[tp] = offset
		default:
			asks[tp] = ask
		}
		ends[tp] = askLatest
	}
	if len(unnamed) > 0 {
		return nil, &OffsetsError{option, fmt.Sprintf("all partitions must be named; %v are not (-1 is latest, -2 is earliest)", unnamed)}
	}
	got, err := s.list(ctx, asks)
	if err != nil {
		return nil, err
	}
	if pos.isTime() {
		if err := s.fillNone(ctx, option, pos, got, ends); err != nil {
			return nil, err
		}
	}
	if err := s.checkFixed(ctx, fixed, ends); err != nil {
		return nil, err
	}
	for tp, o := range fixed {
		got[tp] = o
	}
	return named(got), nil
}

// checkNamed refuses positions that name what is not there.
func (s *Source) checkNamed(option string, pos Position) error {
	have := map[topicPartition]bool{}
	for _, tp := range s.cluster.partitions() {
		have[tp] = true
	}
	var strange []string
	note := func(topic string, p int32) {
		if tp := (topicPartition{topic, p}); !have[tp] {
			strange = append(strange, tp.name())
		}
	}
	for topic, parts := range pos.offsets {
		for p := range parts {
			note(topic, p)
		}
	}
	for topic, parts := range pos.times {
		for p := range parts {
			note(topic, p)
		}
	}
	if len(strange) > 0 {
		slices.Sort(strange)
		return &OffsetsError{option, fmt.Sprintf("%v are named, but there are no such partitions", strange)}
	}
	return nil
}

// fillNone gives partitions that have no record so late their end, or refuses.
func (s *Source) fillNone(ctx context.Context, option string, pos Position, got, ends map[topicPartition]int64) error {
	none := map[topicPartition]int64{}
	for tp, o := range got {
		if o < 0 {
			none[tp] = ends[tp]
		}
	}
	if len(none) == 0 {
		return nil
	}
	if !pos.orLatest && option == "starting_offsets" {
		return &OffsetsError{option, fmt.Sprintf("no record at or after the timestamp in %v; starting_offsets_by_timestamp_strategy: latest begins at their ends", named(none).Partitions())}
	}
	end, err := s.list(ctx, none)
	for tp, o := range end {
		got[tp] = o
	}
	return err
}

// checkFixed holds offsets against what is there: one that is not is an error, or moved to what is.
func (s *Source) checkFixed(ctx context.Context, fixed, asks map[topicPartition]int64) error {
	if len(fixed) == 0 {
		return nil
	}
	first := map[topicPartition]int64{}
	for tp := range fixed {
		first[tp] = askEarliest
	}
	first, err := s.list(ctx, first)
	if err != nil {
		return err
	}
	last, err := s.list(ctx, asks)
	if err != nil {
		return err
	}
	for tp, o := range fixed {
		if o >= first[tp] && o <= last[tp] {
			continue
		}
		if s.opts.FailOnDataLoss {
			return &stream.DataLossError{Partition: tp.name(), Wanted: o, Earliest: first[tp], Latest: last[tp]}
		}
		fixed[tp] = min(max(o, first[tp]), last[tp])
		s.opts.Logger.Warn("the offset to start from is not there", "partition", tp.name(), "wanted", o, "instead", fixed[tp])
	}
	return nil
}

// clip cuts latest offsets down to ending_offsets, which are found once.
// A query that is past them stays where it is.
func (s *Source) clip(ctx context.Context, latest, at stream.Offsets) error {
	if s.opts.EndingOffsets.kind == Latest().kind {
		return nil
	}
	if s.end == nil {
		end, err := s.resolveEnd(ctx)
		if err != nil {
			return err
		}
		s.end = end
	}
	for name := range latest {
		end, ok := s.end[name]
		if !ok {
			delete(latest, name) // it came later
			continue
		}
		latest[name] = min(latest[name], max(end, at[name]))
	}
	return nil
}

// resolveEnd resolves ending_offsets; unlike a start, an exact end may lie in the future.
func (s *Source) resolveEnd(ctx context.Context) (stream.Offsets, error) {
	pos := s.opts.EndingOffsets
	if pos.kind != exact {
		return s.resolve(ctx, "ending_offsets", pos)
	}
	if err := s.checkNamed("ending_offsets", pos); err != nil {
		return nil, err
	}
	end := stream.Offsets{}
	asks := map[topicPartition]int64{}
	for topic, parts := range pos.offsets {
		for p, o := range parts {
			tp := topicPartition{topic, p}
			if o == OffsetLatest {
				asks[tp] = askLatest
				continue
			}
			end[tp.name()] = o
		}
	}
	got, err := s.list(ctx, asks)
	for tp, o := range got {
		end[tp.name()] = o
	}
	return end, err
}
