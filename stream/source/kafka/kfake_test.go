package kafka_test

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"go.uber.org/goleak"

	"github.com/ingestd/ingestd/stream"
	"github.com/ingestd/ingestd/stream/source/kafka"
	"github.com/ingestd/ingestd/stream/streamtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// cluster starts a Kafka with the topic events of three partitions on two brokers.
func cluster(t testing.TB, opts ...kfake.Opt) *kfake.Cluster {
	t.Helper()
	c, err := kfake.NewCluster(append([]kfake.Opt{kfake.NumBrokers(2), kfake.SeedTopics(3, "events")}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func options(c *kfake.Cluster) kafka.Options {
	return kafka.Options{
		Brokers: c.ListenAddrs(), Topics: []string{"events"}, StartingOffsets: kafka.Earliest(), FailOnDataLoss: true,
		MetadataMaxAge: -1, StartupTimeout: 5 * time.Second, Logger: slog.New(slog.DiscardHandler),
		Client: map[string]string{"fetch.max.wait.ms": "5"},
	}
}

func source(t testing.TB, o kafka.Options) *kafka.Source {
	t.Helper()
	s, err := kafka.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// producer makes a client that writes to the partitions that records name.
func producer(t testing.TB, c *kfake.Cluster, opts ...kgo.Opt) *kgo.Client {
	t.Helper()
	cl, err := kgo.NewClient(append([]kgo.Opt{
		kgo.SeedBrokers(c.ListenAddrs()...), kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.MetadataMinAge(10 * time.Millisecond),
	}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cl.Close)
	return cl
}

func produce(t testing.TB, cl *kgo.Client, topic string, partition int32, values ...string) {
	t.Helper()
	var recs []*kgo.Record
	for _, v := range values {
		recs = append(recs, &kgo.Record{Topic: topic, Partition: partition, Value: []byte(v)})
	}
	if err := cl.ProduceSync(context.Background(), recs...).FirstErr(); err != nil {
		t.Fatal(err)
	}
}

// fill produces n records, named after partition and offset, to each partition of events.
func fill(t testing.TB, c *kfake.Cluster, n int) {
	t.Helper()
	cl := producer(t, c)
	for p := range int32(3) {
		var vs []string
		for i := range n {
			vs = append(vs, fmt.Sprintf("%d@%d", p, i))
		}
		produce(t, cl, "events", p, vs...)
	}
}

func readAll(t testing.TB, s stream.Source, from, to stream.Offsets) map[string][]string {
	t.Helper()
	recs, err := streamtest.Read(t.Context(), s, from, to)
	if err != nil {
		t.Fatal(err)
	}
	vs := map[string][]string{}
	for p, rs := range recs {
		for _, r := range rs {
			vs[p] = append(vs[p], string(r.Value))
		}
	}
	return vs
}

func latest(t testing.TB, s stream.Source, at stream.Offsets) stream.Offsets {
	t.Helper()
	o, err := s.Latest(t.Context(), at)
	if err != nil {
		t.Fatal(err)
	}
	return o
}
