package kafka

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// cluster is a view of the topics and their leaders.
type cluster struct {
	at        time.Time // when it was asked
	topics    map[string]*topicView
	brokers   map[int32]kgo.BrokerMetadata
	recreated map[string]bool // topics whose id has changed since anyone asked
}

// topicView is one topic. A topic that is gone keeps its view, with gone set.
type topicView struct {
	id      [16]byte // zero where the brokers are too old
	leaders map[int32]leader
	gone    bool
}

// leader is where a partition is read.
type leader struct {
	broker int32
	epoch  int32
}

// partitions lists the partitions that are there, in order.
func (c *cluster) partitions() []topicPartition {
	var tps []topicPartition
	for name, t := range c.topics {
		if t.gone {
			continue
		}
		for p := range t.leaders {
			tps = append(tps, topicPartition{name, p})
		}
	}
	slices.SortFunc(tps, compare)
	return tps
}

// leader is who leads a partition.
func (c *cluster) leader(tp topicPartition) (leader, bool) {
	t := c.topics[tp.topic]
	if t == nil || t.gone {
		return leader{}, false
	}
	l, ok := t.leaders[tp.partition]
	return l, ok && l.broker >= 0
}

// takeRecreated gives the topics that were recreated since the last call.
func (c *cluster) takeRecreated() map[string]bool {
	r := c.recreated
	c.recreated = nil
	return r
}

// forgetTopic puts a recreated topic back.
func (c *cluster) forgetTopic(topic string, was bool) {
	if !was {
		return
	}
	if c.recreated == nil {
		c.recreated = map[string]bool{}
	}
	c.recreated[topic] = true
}

// refresh asks for topics and leaders when the view is older than maxAge, and always when that is negative.
func (s *Source) refresh(ctx context.Context, maxAge time.Duration) error {
	if err := s.connect(ctx); err != nil {
		return err
	}
	if maxAge > 0 && !s.cluster.at.IsZero() && s.opts.Now().Sub(s.cluster.at) < maxAge {
		return nil
	}
	req := kmsg.NewPtrMetadataRequest()
	for _, name := range s.opts.Topics {
		t := kmsg.NewMetadataRequestTopic()
		t.Topic = kmsg.StringPtr(name)
		req.Topics = append(req.Topics, t)
	}
	asked := s.opts.Now()
	resp, err := req.RequestWith(ctx, s.client)
	if err != nil {
		return s.wrap("ask for topics", err)
	}
	if err := s.cluster.take(s, resp); err != nil {
		return err
	}
	s.cluster.at = asked
	return nil
}

// take makes resp the view.
func (c *cluster) take(s *Source, resp *kmsg.MetadataResponse) error {
	if c.topics == nil {
		c.topics = map[string]*topicView{}
	}
	c.brokers = map[int32]kgo.BrokerMetadata{}
	for _, b := range resp.Brokers {
		c.brokers[b.NodeID] = kgo.BrokerMetadata{NodeID: b.NodeID, Host: b.Host, Port: b.Port, Rack: b.Rack}
	}
	seen := map[string]bool{}
	for i := range resp.Topics {
		t := &resp.Topics[i]
		if t.Topic == nil || (s.pattern != nil && (t.IsInternal || !s.pattern.MatchString(*t.Topic))) {
			continue
		}
		if err := s.topicError(*t.Topic, t.ErrorCode); err != nil {
			return err
		}
		seen[*t.Topic] = true
		c.takeTopic(t)
	}
	for name, t := range c.topics {
		if !seen[name] && !t.gone {
			t.gone = true
			s.opts.Logger.Warn("a topic is gone; what was not read of it is lost", "topic", name)
		}
	}
	return nil
}

func (c *cluster) takeTopic(t *kmsg.MetadataResponseTopic) {
	name := *t.Topic
	old := c.topics[name]
	view := &topicView{id: t.TopicID, leaders: map[int32]leader{}}
	if old != nil && view.id == [16]byte{} { // told by an older broker of a cluster that is being upgraded
		view.id = old.id
	}
	if old != nil && old.id != view.id && old.id != [16]byte{} {
		c.forgetTopic(name, true)
	}
	for _, p := range t.Partitions {
		l := leader{p.Leader, p.LeaderEpoch}
		if p.ErrorCode != 0 {
			l.broker = -1 // it has no leader for the moment
		}
		view.leaders[p.Partition] = l
	}
	c.topics[name] = view
}

// topicError is what the error code of a topic means.
func (s *Source) topicError(topic string, code int16) error {
	err := kerr.ErrorForCode(code)
	switch {
	case err == nil, errors.Is(err, kerr.LeaderNotAvailable):
		return nil
	case errors.Is(err, kerr.UnknownTopicOrPartition), errors.Is(err, kerr.InvalidTopicException):
		return &UnknownTopicError{Topic: topic, Brokers: s.opts.Brokers, Known: s.cluster.topics[topic] != nil}
	case errors.Is(err, kerr.TopicAuthorizationFailed):
		return &AccessError{Brokers: s.opts.Brokers, What: "the rights to describe and read topic " + topic, Err: err}
	default:
		return &BrokerError{Op: "ask for topic " + topic, Err: err}
	}
}
