package kafka_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/ingestd/ingestd/stream"
	"github.com/ingestd/ingestd/stream/source/kafka"
	"github.com/ingestd/ingestd/stream/streamtest"
)

func TestRecordsComeWhole(t *testing.T) {
	for _, codec := range []kgo.CompressionCodec{kgo.NoCompression(), kgo.GzipCompression(), kgo.SnappyCompression(), kgo.Lz4Compression(), kgo.ZstdCompression()} {
		c := cluster(t)
		cl := producer(t, c, kgo.ProducerBatchCompression(codec))
		big := strings.Repeat("x", 5000)
		for i := range 20 {
			r := &kgo.Record{Topic: "events", Value: []byte(fmt.Sprint(big, i)), Key: []byte("k")}
			switch i % 3 {
			case 0:
				r.Value = nil
			case 1:
				r.Key = nil
				r.Headers = []kgo.RecordHeader{{Key: "h", Value: []byte("v")}, {Key: "", Value: nil}}
			}
			if err := cl.ProduceSync(context.Background(), r).FirstErr(); err != nil {
				t.Fatal(err)
			}
		}
		s := source(t, options(c))
		from, to := stream.Offsets{"events/0": 0}, stream.Offsets{"events/0": 20}
		got, err := streamtest.Read(t.Context(), s, from, to)
		if err != nil {
			t.Fatal(err)
		}
		for i, r := range got["events/0"] {
			value, key := fmt.Sprint(big, i), "k"
			if (r.Value == nil) != (i%3 == 0) || (r.Value != nil && string(r.Value) != value) {
				t.Errorf("record %d has value %.20q", i, r.Value)
			}
			if (r.Key == nil) != (i%3 == 1) || (r.Key != nil && string(r.Key) != key) {
				t.Errorf("record %d has key %q", i, r.Key)
			}
			if n := len(r.Headers); (n == 2) != (i%3 == 1) || n == 2 && (r.Headers[0].Key != "h" || string(r.Headers[0].Value) != "v" || r.Headers[1].Value != nil) {
				t.Errorf("record %d has headers %v", i, r.Headers)
			}
			if r.Topic != "events" || r.Partition != 0 || r.Offset != int64(i) || r.Timestamp.Year() < 2020 {
				t.Errorf("record %d is %+v", i, r)
			}
		}
	}
}

func TestTransactions(t *testing.T) {
	c := cluster(t)
	cl := producer(t, c)
	produce(t, cl, "events", 0, "a")
	transaction(t, c, 0, kgo.TryAbort, "aborted", "aborted too")
	transaction(t, c, 0, kgo.TryCommit, "b", "c")
	transaction(t, c, 0, kgo.TryAbort, "aborted again")
	s := source(t, options(c))
	end := latest(t, s, nil)
	if end["events/0"] != 9 {
		t.Fatalf("the partition ends at %d", end["events/0"])
	}
	from := stream.Offsets{"events/0": 0}
	to := stream.Offsets{"events/0": 9}
	if got := fmt.Sprint(readAll(t, s, from, to)["events/0"]); got != "[a b c]" {
		t.Errorf("read %s", got)
	}
	o := options(c)
	o.ReadUncommitted = true
	if got := readAll(t, source(t, o), from, to)["events/0"]; len(got) != 6 {
		t.Errorf("read %v", got)
	}
}

func TestAnOpenTransactionIsWaitedFor(t *testing.T) {
	c := cluster(t)
	cl := producer(t, c, kgo.TransactionalID("open"))
	if err := cl.BeginTransaction(); err != nil {
		t.Fatal(err)
	}
	produce(t, cl, "events", 1, "pending")
	s := source(t, options(c))
	if end := latest(t, s, nil)["events/1"]; end != 0 {
		t.Errorf("the end is %d before the transaction has", end)
	}
	if err := cl.EndTransaction(context.Background(), kgo.TryCommit); err != nil {
		t.Fatal(err)
	}
	end := latest(t, s, nil)
	if got := readAll(t, s, stream.Offsets{"events/1": 0}, stream.Offsets{"events/1": end["events/1"]}); fmt.Sprint(got["events/1"]) != "[pending]" {
		t.Errorf("read %v", got)
	}
}

func TestACompactedTopicIsCovered(t *testing.T) {
	c := cluster(t)
	cl := producer(t, c)
	compacted := "compact"
	cfg := map[string]*string{"cleanup.policy": &compacted, "min.cleanable.dirty.ratio": kadm.StringPtr("0"), "segment.bytes": kadm.StringPtr("200")}
	if _, err := kadm.NewClient(cl).CreateTopic(t.Context(), 1, 1, cfg, "compacted"); err != nil {
		t.Fatal(err)
	}
	for i := range 40 {
		key := []byte{byte(i % 3)}
		if i == 0 {
			key = []byte("stays")
		}
		if err := cl.ProduceSync(t.Context(), &kgo.Record{Topic: "compacted", Key: key, Value: []byte(fmt.Sprint(i))}).FirstErr(); err != nil {
			t.Fatal(err)
		}
	}
	c.Compact()
	o := options(c)
	o.Topics = []string{"compacted"}
	s := source(t, o)
	to := latest(t, s, nil)
	if to["compacted/0"] != 40 {
		t.Fatalf("latest is %v", to)
	}
	got := readAll(t, s, stream.Offsets{"compacted/0": 0}, to)["compacted/0"]
	if len(got) >= 40 || len(got) < 3 || got[len(got)-1] != "39" {
		t.Errorf("read %v", got)
	}
}

// A broker that answers, time and again, that the partition goes on but has nothing to give: all
// records up to there were compacted away.
func TestAHoleAtTheEndIsCovered(t *testing.T) {
	c := cluster(t)
	fill(t, c, 4)
	c.ControlKey(int16(kmsg.Fetch), func(req kmsg.Request) (kmsg.Response, error, bool) {
		c.KeepControl()
		f := req.(*kmsg.FetchRequest)
		resp := f.ResponseKind().(*kmsg.FetchResponse)
		for _, t := range f.Topics {
			rt := kmsg.NewFetchResponseTopic()
			rt.Topic, rt.TopicID = t.Topic, t.TopicID
			for _, p := range t.Partitions {
				if p.FetchOffset < 2 {
					return nil, nil, false
				}
				rp := kmsg.NewFetchResponseTopicPartition()
				rp.Partition, rp.HighWatermark, rp.LastStableOffset, rp.RecordBatches = p.Partition, 4, 4, []byte{}
				rt.Partitions = append(rt.Partitions, rp)
			}
			resp.Topics = append(resp.Topics, rt)
		}
		return resp, nil, true
	})
	c.ControlKey(int16(kmsg.ListOffsets), func(req kmsg.Request) (kmsg.Response, error, bool) {
		c.KeepControl()
		resp := req.ResponseKind().(*kmsg.ListOffsetsResponse)
		for _, t := range req.(*kmsg.ListOffsetsRequest).Topics {
			rt := kmsg.NewListOffsetsResponseTopic()
			rt.Topic = t.Topic
			for _, p := range t.Partitions {
				rp := kmsg.NewListOffsetsResponseTopicPartition()
				rp.Partition, rp.Offset = p.Partition, 1 // both the newest that is left and the first that is local
				rt.Partitions = append(rt.Partitions, rp)
			}
			resp.Topics = append(resp.Topics, rt)
		}
		return resp, nil, true
	})
	s := source(t, options(c))
	if got := readAll(t, s, stream.Offsets{"events/0": 2}, stream.Offsets{"events/0": 4}); len(got["events/0"]) != 0 {
		t.Errorf("read %v", got)
	}
}

func TestDeletedRecordsAreToldOrSkipped(t *testing.T) {
	c := cluster(t)
	fill(t, c, 10)
	if err := c.DeleteRecords("events", 1, 6); err != nil {
		t.Fatal(err)
	}
	from, to := stream.Offsets{"events/0": 0, "events/1": 2}, stream.Offsets{"events/0": 10, "events/1": 10}
	_, err := streamtest.Read(t.Context(), source(t, options(c)), from, to)
	var lost *stream.DataLossError
	if !errors.As(err, &lost) || lost.Partition != "events/1" || lost.Wanted != 2 || lost.Earliest != 6 || lost.Latest != 10 {
		t.Errorf("error %v", err)
	}
	o := options(c)
	o.FailOnDataLoss = false
	s := source(t, o)
	got := readAll(t, s, from, to)
	if len(got["events/0"]) != 10 || fmt.Sprint(got["events/1"]) != "[1@6 1@7 1@8 1@9]" || s.Skipped() != 4 {
		t.Errorf("read %v, skipped %d", got, s.Skipped())
	}
	if got := readAll(t, s, stream.Offsets{"events/1": 1}, stream.Offsets{"events/1": 4}); len(got) != 0 || s.Skipped() != 7 {
		t.Errorf("read %v, skipped %d", got, s.Skipped())
	}
}

func TestATopicThatIsRecreatedHasLostRecords(t *testing.T) {
	c := cluster(t)
	fill(t, c, 10)
	s := source(t, options(c))
	from := stream.Offsets{"events/0": 0}
	to := stream.Offsets{"events/0": 5}
	readAll(t, s, from, to)
	if err := c.DeleteTopic("events"); err != nil {
		t.Fatal(err)
	}
	var unknown *kafka.UnknownTopicError
	if _, err := s.Latest(t.Context(), to); !errors.As(err, &unknown) || !unknown.Retryable() {
		t.Errorf("error %v", err)
	}
	if err := c.CreateTopic("events", 3, nil); err != nil {
		t.Fatal(err)
	}
	fill(t, c, 20) // past the position: only the topic's id tells
	for range 2 {
		var lost *stream.DataLossError
		if _, err := s.Latest(t.Context(), to); !errors.As(err, &lost) || lost.Wanted != 5 {
			t.Errorf("error %v", err)
		}
	}
	o := options(c)
	o.FailOnDataLoss = false
	if end := latest(t, source(t, o), stream.Offsets{"events/0": 1000}); end["events/0"] != 20 {
		t.Errorf("latest is %v", end)
	}
}

func TestLeadersMayMove(t *testing.T) {
	c := cluster(t)
	fill(t, c, 50)
	o := options(c)
	o.Client["max.partition.fetch.bytes"] = "10"
	s := source(t, o)
	from, to := stream.Offsets{"events/0": 0, "events/1": 0, "events/2": 0}, stream.Offsets{"events/0": 50, "events/1": 50, "events/2": 50}
	readAll(t, s, from, to)
	for range 3 {
		c.ShufflePartitionLeaders()
		if got := readAll(t, s, from, to); len(got["events/0"]) != 50 || len(got["events/2"]) != 50 {
			t.Errorf("read %v", got)
		}
	}
}

func TestErrorsThatGoAwayAreOutwaited(t *testing.T) {
	c := cluster(t)
	fill(t, c, 30)
	var n atomic.Int32
	c.ControlKey(int16(kmsg.Fetch), func(req kmsg.Request) (kmsg.Response, error, bool) {
		c.KeepControl()
		f := req.(*kmsg.FetchRequest)
		var code int16
		switch n.Add(1) {
		case 1, 4:
			return nil, errors.New("the broker hangs up"), true
		case 2:
			code = kerr.KafkaStorageError.Code
		case 3:
			code = kerr.UnknownTopicOrPartition.Code
		default:
			return nil, nil, false
		}
		resp := f.ResponseKind().(*kmsg.FetchResponse)
		for _, t := range f.Topics {
			rt := kmsg.NewFetchResponseTopic()
			rt.Topic, rt.TopicID = t.Topic, t.TopicID
			for _, p := range t.Partitions {
				rp := kmsg.NewFetchResponseTopicPartition()
				rp.Partition, rp.ErrorCode = p.Partition, code
				rt.Partitions = append(rt.Partitions, rp)
			}
			resp.Topics = append(resp.Topics, rt)
		}
		return resp, nil, true
	})
	s := source(t, options(c))
	from, to := stream.Offsets{"events/0": 0, "events/1": 0, "events/2": 0}, stream.Offsets{"events/0": 30, "events/1": 30, "events/2": 30}
	if got := readAll(t, s, from, to); len(got["events/0"]) != 30 || len(got["events/1"]) != 30 || len(got["events/2"]) != 30 {
		t.Errorf("read %v", got)
	}
}

// Chunks that are given back at once never hold more than the memory, however much is read.
func TestMemoryIsBounded(t *testing.T) {
	c := cluster(t, kfake.NumBrokers(1))
	cl := producer(t, c)
	value := strings.Repeat("v", 100_000)
	for p := range int32(3) {
		for range 10 {
			produce(t, cl, "events", p, value, value, value, value, value)
		}
	}
	o := options(c)
	o.Memory = 4 << 20
	s := source(t, o)
	from, to := stream.Offsets{"events/0": 0, "events/1": 0, "events/2": 0}, stream.Offsets{"events/0": 50, "events/1": 50, "events/2": 50}
	got := readAll(t, s, from, to)
	if len(got["events/0"])+len(got["events/1"])+len(got["events/2"]) != 150 {
		t.Error("records are missing")
	}
	mid := stream.Offsets{"events/0": 21, "events/1": 33, "events/2": 50}
	readAll(t, s, from, mid)
	delete(mid, "events/2")
	delete(to, "events/2")
	if got := readAll(t, s, mid, to); len(got["events/0"]) != 29 || len(got["events/1"]) != 17 {
		t.Error("records are missing")
	}
}
