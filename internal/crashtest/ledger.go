package crashtest

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// Ledger is what a topic holds, and so what must be in a table that has taken all of it.
type Ledger struct {
	// Partitions by their names in txns: "events/0".
	Partitions map[string]Partition
}

// Partition is what one partition holds, in order of offset.
type Partition struct {
	Records []Record
	End     int64 // the offset after the last record
}

// Record is one record.
type Record struct {
	Offset int64
	ID     string // its event_id; empty where it is no event, and so must be in the dead letters
}

// Between are the records of the offsets [from, to).
func (p Partition) Between(from, to int64) []Record {
	at := func(offset int64) int {
		i, _ := slices.BinarySearchFunc(p.Records, offset, func(r Record, o int64) int { return int(r.Offset - o) })
		return i
	}
	i := at(from)
	return p.Records[i:max(i, at(to))]
}

// Count counts the events and the records that are none.
func (l *Ledger) Count() (events, rejected int64) {
	for _, p := range l.Partitions {
		e, r := count(p.Records)
		events, rejected = events+e, rejected+r
	}
	return events, rejected
}

func count(records []Record) (events, rejected int64) {
	for _, r := range records {
		if r.ID == "" {
			rejected++
		} else {
			events++
		}
	}
	return events, rejected
}

// ReadTopic reads a topic from its beginning to where it ends now.
func ReadTopic(ctx context.Context, brokers []string, topic string) (*Ledger, error) {
	l, err := readTopic(ctx, brokers, topic)
	if err != nil {
		return nil, fmt.Errorf("read what topic %s holds: %w", topic, err)
	}
	return l, nil
}

func readTopic(ctx context.Context, brokers []string, topic string) (*Ledger, error) {
	from := kgo.NewOffset().AtStart()
	client, err := kgo.NewClient(kgo.SeedBrokers(brokers...), kgo.ConsumeTopics(topic), kgo.ConsumeResetOffset(from))
	if err != nil {
		return nil, err
	}
	defer client.Close()
	ends, err := kadm.NewClient(client).ListEndOffsets(ctx, topic)
	if err != nil {
		return nil, err
	}
	if err := ends.Error(); err != nil {
		return nil, err
	}
	l := &Ledger{Partitions: map[string]Partition{}}
	left := 0 // partitions that are not read whole
	ends.Each(func(o kadm.ListedOffset) {
		l.Partitions[PartitionName(topic, o.Partition)] = Partition{End: o.Offset}
		if o.Offset > 0 {
			left++
		}
	})
	for left > 0 {
		fetches := client.PollFetches(ctx)
		if err := fetches.Err(); err != nil {
			return nil, err
		}
		fetches.EachRecord(func(r *kgo.Record) {
			if l.add(r) {
				left--
			}
		})
	}
	return l, nil
}

// add keeps a record, and says whether it is its partition's last one.
func (l *Ledger) add(r *kgo.Record) bool {
	name := PartitionName(r.Topic, r.Partition)
	p := l.Partitions[name]
	if r.Offset >= p.End {
		return false // produced since
	}
	var event struct {
		ID string `json:"event_id"`
	}
	if json.Unmarshal(r.Value, &event) != nil {
		event.ID = ""
	}
	p.Records = append(p.Records, Record{r.Offset, event.ID})
	l.Partitions[name] = p
	return r.Offset == p.End-1
}

// PartitionName is how txns name a partition.
func PartitionName(topic string, partition int32) string {
	return fmt.Sprintf("%s/%d", topic, partition)
}
