package kafka_test

import (
	"context"
	"testing"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/ingestd/ingestd/stream"
	"github.com/ingestd/ingestd/stream/source/kafka"
	"github.com/ingestd/ingestd/stream/streamtest"
)

func TestSourceConforms(t *testing.T) {
	for name, change := range map[string]func(*kafka.Options){
		"plain": func(*kafka.Options) {},
		// Not fetch.max.bytes: kfake leaves the list of aborted transactions out where that cuts an answer.
		"little at once": func(o *kafka.Options) { o.Client["max.partition.fetch.bytes"] = "10" },
		"many chunks":    func(o *kafka.Options) { o.MinPartitions = 50 },
		"of a pattern":   func(o *kafka.Options) { o.Topics, o.TopicPattern = nil, "ev.*s" },
	} {
		t.Run(name, func(t *testing.T) {
			streamtest.TestSource(t, func(t *testing.T) streamtest.SourceHarness { return harness(t, cluster(t), change) })
		})
	}
}

func harness(t *testing.T, c *kfake.Cluster, change func(*kafka.Options)) streamtest.SourceHarness {
	cl := producer(t, c)
	return streamtest.SourceHarness{
		New: func(t testing.TB) stream.Source {
			o := options(c)
			o.GroupID = "watched"
			change(&o)
			s, err := kafka.New(o)
			if err != nil {
				t.Fatal(err)
			}
			return s
		},
		Partitions: []string{"events/0", "events/1", "events/2"},
		Produce: func(t testing.TB, p string, vs ...string) {
			produce(t, cl, "events", int32(p[len(p)-1]-'0'), vs...)
		},
		Hole: func(t testing.TB, p string) { transaction(t, c, int32(p[len(p)-1]-'0'), kgo.TryCommit) },
		Grow: func(t testing.TB) string {
			adm := kadm.NewClient(cl)
			if _, err := adm.CreatePartitions(context.Background(), 1, "events"); err != nil {
				t.Fatal(err)
			}
			cl.ForceMetadataRefresh()
			return "events/3"
		},
	}
}

// transaction leaves a marker, and before it values, in a partition of events.
func transaction(t testing.TB, c *kfake.Cluster, partition int32, end kgo.TransactionEndTry, values ...string) {
	t.Helper()
	cl := producer(t, c, kgo.TransactionalID("tx"))
	if len(values) == 0 {
		values, end = []string{"never"}, kgo.TryAbort
	}
	if err := cl.BeginTransaction(); err != nil {
		t.Fatal(err)
	}
	produce(t, cl, "events", partition, values...)
	if err := cl.EndTransaction(context.Background(), end); err != nil {
		t.Fatal(err)
	}
}
