package kafka

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/ingestd/ingestd/stream"
)

// broker answers fetches by the rules of KIP-74: the first partition that has records gives at least one batch, the
// others as long as there is room.
type broker struct {
	room  int                                // bytes of an answer; 0 is what the request asks
	end   int64                              // of every partition
	batch func(p int32, offset int64) []byte // at an offset; nil where there is none
	also  func(*kmsg.FetchResponse)          // may change an answer
}

// start makes a cluster of one such broker with a topic of so many partitions, and a source of it.
func (b *broker) start(t *testing.T, partitions int32, memory int64) (*Source, *kfake.Cluster) {
	t.Helper()
	c, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(partitions, "wide"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	c.ControlKey(int16(kmsg.Fetch), func(req kmsg.Request) (kmsg.Response, error, bool) {
		c.KeepControl()
		return b.answer(req.(*kmsg.FetchRequest)), nil, true
	})
	s, err := New(Options{Brokers: c.ListenAddrs(), Topics: []string{"wide"}, FailOnDataLoss: true, Memory: memory, Client: map[string]string{"fetch.max.wait.ms": "1"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s, c
}

func (b *broker) answer(req *kmsg.FetchRequest) *kmsg.FetchResponse {
	resp := req.ResponseKind().(*kmsg.FetchResponse)
	room, sent := b.room, 0
	if room == 0 {
		room = int(req.MaxBytes)
	}
	for _, t := range req.Topics {
		rt := kmsg.NewFetchResponseTopic()
		rt.Topic, rt.TopicID = t.Topic, t.TopicID
		for _, p := range t.Partitions {
			rp := kmsg.NewFetchResponseTopicPartition()
			rp.Partition, rp.HighWatermark, rp.LastStableOffset, rp.RecordBatches = p.Partition, b.end, b.end, []byte{}
			if data := b.batch(p.Partition, p.FetchOffset); sent == 0 || sent+len(data) <= room && len(data) <= int(p.PartitionMaxBytes) {
				rp.RecordBatches = data
				sent += len(data)
			}
			rt.Partitions = append(rt.Partitions, rp)
		}
		resp.Topics = append(resp.Topics, rt)
	}
	if b.also != nil {
		b.also(resp)
	}
	return resp
}

// one is a batch of one record at every offset below end.
func one(end int64) func(int32, int64) []byte {
	return func(p int32, offset int64) []byte {
		if offset >= end {
			return nil
		}
		return encodeBatch(offset, []int32{0}, [][]byte{fmt.Appendf(nil, "%d@%d", p, offset)}, 0, 0)
	}
}

// counts reads [from, to) of so many partitions and gives the records of each.
func counts(t *testing.T, s *Source, partitions int32, from, to int64) []int {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	n := make([]int, partitions)
	starts, ends := stream.Offsets{}, stream.Offsets{}
	for p := range partitions {
		tp := topicPartition{"wide", p}
		starts[tp.name()], ends[tp.name()] = from, to
	}
	for c, err := range s.Read(ctx, starts, ends) {
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Load(); err != nil {
			t.Fatal(err)
		}
		tp, _ := parsePartition(c.Partition)
		n[tp.partition] += c.Records.Len()
		c.Done()
	}
	return n
}

// Answers are small and the partitions many: most of an answer's partitions bring nothing although they have records.
func TestAPartitionThatWaitsForItsTurnIsNoHole(t *testing.T) {
	s, _ := (&broker{room: 1, end: 4, batch: one(4)}).start(t, 24, 0)
	for p, n := range counts(t, s, 24, 0, 4) {
		if n != 4 {
			t.Errorf("partition %d gave %d records of 4", p, n)
		}
	}
}

// What comes beyond the range must not use up the memory that the rest of the range needs.
func TestManyPartitionsWithMoreThanTheRangeEnd(t *testing.T) {
	data := encodeBatch(0, []int32{0, 1, 2}, [][]byte{{'a'}, []byte(strings.Repeat("v", 60_000)), {'c'}}, 0, 2)
	b := broker{end: 3, batch: func(int32, int64) []byte { return data }}
	s, _ := b.start(t, 100, 1)
	for at := range int64(3) {
		for p, n := range counts(t, s, 100, at, at+1) {
			if n != 1 {
				t.Errorf("partition %d gave %d records at %d", p, n, at)
			}
		}
		s.reader.settle(t.Context())
		if kept := s.reader.kept(); kept > s.opts.Memory/keepShare {
			t.Errorf("%d bytes are kept of %d", kept, s.opts.Memory)
		}
	}
}

// A broker that has records gives empty answers for a while, and tells by other means that there are some.
func TestABrokerThatContradictsItselfIsNotTakenForAHole(t *testing.T) {
	for name, at := range map[string]map[int64]int64{
		"it is slow, and its newest record lies ahead":               {askLocal: 0, askNewest: 1},
		"they are in remote storage, held back by a quota (KIP-956)": {askLocal: 2, askNewest: -1},
	} {
		t.Run(name, func(t *testing.T) {
			var empty atomic.Int64
			b := broker{end: 2, batch: one(2)}
			b.also = func(resp *kmsg.FetchResponse) {
				if empty.Add(1) <= holeAnswers+2 {
					resp.Topics[0].Partitions[0].RecordBatches = []byte{}
				}
			}
			s, c := b.start(t, 1, 0)
			c.ControlKey(int16(kmsg.ListOffsets), listing(c, at))
			if n := counts(t, s, 1, 0, 2); n[0] != 2 {
				t.Errorf("read %d records of 2", n[0])
			}
		})
	}
}

// A broker whose answers hold an error for one partition has not looked at the others.
func TestOnlyAnswersWithoutRecordsAndErrorsProveAHole(t *testing.T) {
	empty := func(change func(*kmsg.FetchResponse)) *kmsg.FetchResponse {
		resp := kmsg.NewPtrFetchResponse()
		rt := kmsg.NewFetchResponseTopic()
		rt.Partitions = []kmsg.FetchResponseTopicPartition{kmsg.NewFetchResponseTopicPartition(), kmsg.NewFetchResponseTopicPartition()}
		resp.Topics = append(resp.Topics, rt)
		change(resp)
		return resp
	}
	for name, want := range map[string]struct {
		change func(*kmsg.FetchResponse)
		proves bool
	}{
		"empty":     {func(*kmsg.FetchResponse) {}, true},
		"throttled": {func(r *kmsg.FetchResponse) { r.ThrottleMillis = 1 }, false},
		"an error":  {func(r *kmsg.FetchResponse) { r.Topics[0].Partitions[1].ErrorCode = 6 }, false},
		"records":   {func(r *kmsg.FetchResponse) { r.Topics[0].Partitions[0].RecordBatches = []byte{1} }, false},
		"one less":  {func(r *kmsg.FetchResponse) { r.Topics[0].Partitions = r.Topics[0].Partitions[:1] }, false},
	} {
		if got := nothingThere(empty(want.change), 2); got != want.proves {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// listing answers ListOffsets by what is asked for.
func listing(c *kfake.Cluster, at map[int64]int64) func(kmsg.Request) (kmsg.Response, error, bool) {
	return func(r kmsg.Request) (kmsg.Response, error, bool) {
		c.KeepControl()
		req := r.(*kmsg.ListOffsetsRequest)
		resp := req.ResponseKind().(*kmsg.ListOffsetsResponse)
		for _, t := range req.Topics {
			rt := kmsg.NewListOffsetsResponseTopic()
			rt.Topic = t.Topic
			for _, p := range t.Partitions {
				if !slices.Contains(slices.Collect(maps.Keys(at)), p.Timestamp) {
					return nil, nil, false
				}
				rp := kmsg.NewListOffsetsResponseTopicPartition()
				rp.Partition, rp.Offset = p.Partition, at[p.Timestamp]
				rt.Partitions = append(rt.Partitions, rp)
			}
			resp.Topics = append(resp.Topics, rt)
		}
		return resp, nil, true
	}
}
