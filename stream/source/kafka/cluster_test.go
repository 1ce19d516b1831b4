package kafka

import (
	"errors"
	"testing"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/ingestd/ingestd/stream"
)

func topic(id byte) *kmsg.MetadataResponseTopic {
	t := kmsg.NewMetadataResponseTopic()
	t.Topic, t.TopicID = kmsg.StringPtr("t"), [16]byte{id}
	return &t
}

// Brokers of before Kafka 2.8 know no ids of topics; in a cluster that is being upgraded either kind may answer.
func TestAnAnswerWithoutTopicIDIsNoNewTopic(t *testing.T) {
	c := cluster{topics: map[string]*topicView{}}
	for _, id := range []byte{0, 7, 0, 7} {
		c.takeTopic(topic(id))
		if c.recreated["t"] {
			t.Fatalf("recreated after id %d", id)
		}
	}
	c.takeTopic(topic(0))
	if c.takeTopic(topic(8)); !c.recreated["t"] {
		t.Error("another id was not seen")
	}
}

// Whoever finds first that a topic was recreated, those who read other topics meanwhile do not make it forgotten.
func TestARecreatedTopicIsToldUntilLatestKnows(t *testing.T) {
	s := &Source{opts: Options{FailOnDataLoss: true}}
	s.cluster.topics = map[string]*topicView{}
	s.cluster.takeTopic(topic(7))
	s.cluster.takeTopic(topic(8))
	s.reader.init(s)
	if err := s.reader.checkSame([]*cursor{{tp: topicPartition{"other", 0}, pos: 3}}); err != nil {
		t.Error(err)
	}
	for range 2 {
		var lost *stream.DataLossError
		if err := s.reader.checkSame([]*cursor{{tp: topicPartition{"t", 0}, pos: 3}}); !errors.As(err, &lost) {
			t.Errorf("error %v", err)
		}
	}
	if err := s.reader.checkSame([]*cursor{{tp: topicPartition{"t", 0}}}); err != nil {
		t.Error(err)
	}
	if !s.cluster.takeRecreated()["t"] {
		t.Error("it was forgotten")
	}
}
