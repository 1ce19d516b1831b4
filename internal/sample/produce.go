package sample

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

// Target is a Kafka topic to fill.
type Target struct {
	Brokers []string
	Topic   string
	// Partitions is how many a topic that is not there yet gets; 0 takes the broker's default.
	Partitions int32
}

// Produce writes the events of g to a topic, in their order within each partition, and creates the topic
// where there is none. It returns when all are acknowledged. OnSent, where not nil, is told how many are, from time to time.
func Produce(ctx context.Context, g *Events, t Target, onSent func(int64)) error {
	client, err := kgo.NewClient(kgo.SeedBrokers(t.Brokers...), kgo.DefaultProduceTopic(t.Topic),
		kgo.RecordPartitioner(kgo.UniformBytesPartitioner(64<<10, false, false, nil)), kgo.ProducerLinger(5*time.Millisecond),
		kgo.ProducerBatchMaxBytes(1<<20-1024), kgo.MaxBufferedRecords(200_000), kgo.RetryTimeout(15*time.Second), kgo.RecordRetries(20))
	if err != nil {
		return fmt.Errorf("produce to %s: %w", t.Topic, err)
	}
	defer client.Close()
	if err := createTopic(ctx, client, t); err != nil {
		return fmt.Errorf("produce to %s at %v: %w", t.Topic, t.Brokers, err)
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
	err = g.each(ctx, func(event []byte) error {
		client.Produce(ctx, &kgo.Record{Value: event}, acknowledged)
		return context.Cause(ctx)
	})
	if err := errors.Join(err, client.Flush(ctx)); err != nil {
		return fmt.Errorf("produce to %s at %v: %w", t.Topic, t.Brokers, errors.Join(context.Cause(ctx), err))
	}
	return context.Cause(ctx)
}

func createTopic(ctx context.Context, client *kgo.Client, t Target) error {
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	partitions := t.Partitions
	if partitions == 0 {
		partitions = -1
	}
	resp, err := kadm.NewClient(client).CreateTopic(ctx, partitions, -1, nil, t.Topic)
	if err == nil {
		err = resp.Err
	}
	if err != nil && !errors.Is(err, kerr.TopicAlreadyExists) {
		return err
	}
	return nil
}
