package sample

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/ingestd/ingestd/internal/shopdb"
)

// Target is a Kafka to fill.
type Target struct {
	Brokers []string
	// Partitions is how many a topic that is not there yet gets; 0 takes the broker's default.
	Partitions int32
}

// Produce writes the events of g to their topics, in their order within each partition, and creates topics that are not there. The key's
// hash decides the partition, as Kafka's own producer does it. It returns when all are acknowledged. OnSent, where not nil, is told how many are, from time to time.
func Produce(ctx context.Context, g *Events, t Target, onSent func(int64)) error {
	topics := strings.Join(g.Topics(), ", ")
	client, err := kgo.NewClient(kgo.SeedBrokers(t.Brokers...),
		kgo.RecordPartitioner(kgo.UniformBytesPartitioner(64<<10, false, true, nil)), kgo.ProducerLinger(5*time.Millisecond),
		kgo.ProducerBatchMaxBytes(1<<20-1024), kgo.MaxBufferedRecords(200_000), kgo.MaxBufferedBytes(64<<20),
		kgo.RetryTimeout(15*time.Second), kgo.RecordRetries(20))
	if err != nil {
		return fmt.Errorf("produce to %s: %w", topics, err)
	}
	defer client.Close()
	if err := createTopics(ctx, client, t, g.Topics()); err != nil {
		return fmt.Errorf("produce to %s at %v: %w", topics, t.Brokers, err)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var mu sync.Mutex
	var sent int64
	acknowledged := func(_ *kgo.Record, err error) {
		if err != nil {
			cancel(err)
			return
		}
		mu.Lock()
		defer mu.Unlock()
		if sent++; onSent != nil && sent%10_000 == 0 {
			onSent(sent)
		}
	}
	err = g.each(ctx, func(e shopdb.Event) error {
		r := &kgo.Record{Topic: e.Topic, Key: e.Key, Value: e.Value}
		for _, h := range e.Headers {
			r.Headers = append(r.Headers, kgo.RecordHeader{Key: h.Name, Value: []byte(h.Value)})
		}
		client.Produce(ctx, r, acknowledged)
		return context.Cause(ctx)
	})
	if err := errors.Join(err, client.Flush(ctx)); err != nil {
		return fmt.Errorf("produce to %s at %v: %w", topics, t.Brokers, errors.Join(context.Cause(ctx), err))
	}
	return context.Cause(ctx)
}

func createTopics(ctx context.Context, client *kgo.Client, t Target, topics []string) error {
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	partitions := t.Partitions
	if partitions == 0 {
		partitions = -1
	}
	created, err := kadm.NewClient(client).CreateTopics(ctx, partitions, -1, nil, topics...)
	if err != nil {
		return err
	}
	for _, c := range created {
		if c.Err != nil && !errors.Is(c.Err, kerr.TopicAlreadyExists) {
			return fmt.Errorf("topic %s: %w", c.Topic, c.Err)
		}
	}
	return nil
}
