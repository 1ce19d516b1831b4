package parts

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// Records gives all records that the topics which match have when it is called, by topic, partition and offset.
func (b *KafkaBroker) Records(ctx context.Context, match func(topic string) bool) ([]*kgo.Record, error) {
	var records []*kgo.Record
	err := b.EachRecord(ctx, match, func(r *kgo.Record) { records = append(records, r) })
	slices.SortStableFunc(records, func(a, b *kgo.Record) int {
		return cmp.Or(cmp.Compare(a.Topic, b.Topic), cmp.Compare(a.Partition, b.Partition), cmp.Compare(a.Offset, b.Offset))
	})
	return records, err
}

// EachRecord calls see with each record that the topics which match have when it is called, those of a partition in order.
func (b *KafkaBroker) EachRecord(ctx context.Context, match func(topic string) bool, see func(*kgo.Record)) error {
	client, err := kgo.NewClient(kgo.SeedBrokers(b.Addr))
	if err != nil {
		return err
	}
	defer client.Close()
	ends, err := kadm.NewClient(client).ListEndOffsets(ctx)
	if err == nil {
		err = ends.Error()
	}
	if err != nil {
		return fmt.Errorf("list topics: %w", err)
	}
	from := map[string]map[int32]kgo.Offset{}
	left := map[string]int64{} // by topic and partition
	place := func(topic string, partition int32) string { return fmt.Sprint(topic, "/", partition) }
	ends.Each(func(o kadm.ListedOffset) {
		if !match(o.Topic) || o.Offset == 0 {
			return
		}
		if from[o.Topic] == nil {
			from[o.Topic] = map[int32]kgo.Offset{}
		}
		from[o.Topic][o.Partition] = kgo.NewOffset().AtStart()
		left[place(o.Topic, o.Partition)] = o.Offset
	})
	client.AddConsumePartitions(from)
	for len(left) > 0 {
		fetches := client.PollFetches(ctx)
		if err := fetches.Err0(); err != nil {
			return fmt.Errorf("read topics: %w", err)
		}
		fetches.EachRecord(func(r *kgo.Record) {
			at := place(r.Topic, r.Partition)
			if end, ok := left[at]; ok {
				see(r)
				if r.Offset == end-1 {
					delete(left, at)
				}
			}
		})
	}
	return nil
}
