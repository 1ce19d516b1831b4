package main

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"strconv"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"golang.org/x/sync/errgroup"

	"github.com/ingestd/ingestd/internal/shop"
	"github.com/ingestd/ingestd/stream"
	"github.com/ingestd/ingestd/stream/format/json"
	"github.com/ingestd/ingestd/table/datafile"
	"github.com/ingestd/ingestd/txlog/schema"
)

// limit does the work that no way of doing the job gets around, and nothing else: franz-go's consumer fetches, and one
// goroutine for each processor parses and encodes, into nothing.
func limit(ctx context.Context, addr, events string) error {
	want, err := strconv.ParseInt(events, 10, 64)
	if err != nil {
		return err
	}
	s, err := schema.ParseDDL(shop.DDL)
	if err != nil {
		return err
	}
	decoder, err := json.New(json.Options{Schema: s})
	if err != nil {
		return err
	}
	client, err := kgo.NewClient(kgo.SeedBrokers(addr), kgo.ConsumeTopics(topic), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.FetchMaxBytes(16<<20), kgo.FetchMaxPartitionBytes(4<<20))
	if err != nil {
		return err
	}
	defer client.Close()
	chunks := make(chan records, runtime.GOMAXPROCS(0))
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		defer close(chunks)
		return fetch(ctx, client, want, chunks)
	})
	for range runtime.GOMAXPROCS(0) {
		g.Go(func() error { return encode(decoder, s, chunks) })
	}
	return g.Wait()
}

func fetch(ctx context.Context, client *kgo.Client, want int64, chunks chan<- records) error {
	for got := int64(0); got < want; {
		fetches := client.PollFetches(ctx)
		if err := fetches.Err(); err != nil {
			return err
		}
		fetches.EachPartition(func(p kgo.FetchTopicPartition) {
			got += int64(len(p.Records))
			for rest := p.Records; len(rest) > 0; {
				n := min(len(rest), 16<<10)
				chunks <- rest[:n]
				rest = rest[n:]
			}
		})
	}
	return nil
}

func encode(decoder stream.Decoder, s *schema.Struct, chunks <-chan records) error {
	task := decoder.NewTask()
	defer task.Close()
	w, err := datafile.NewWriter(io.Discard, s, datafile.Options{})
	if err != nil {
		return err
	}
	for c := range chunks {
		rec, rejected, err := task.Decode(c)
		if err != nil {
			return err
		}
		if len(rejected) > 0 {
			return fmt.Errorf("rejected: %s", rejected[0].Reason)
		}
		err = w.Write(rec)
		rec.Release()
		if err != nil {
			return err
		}
	}
	_, err = w.Close()
	return err
}

// records are franz-go's records as a decoder wants them.
type records []*kgo.Record

func (r records) Len() int { return len(r) }
func (r records) At(i int) stream.Record {
	k := r[i]
	return stream.Record{Key: k.Key, Value: k.Value, Topic: k.Topic, Partition: k.Partition, Offset: k.Offset, Timestamp: time.UnixMilli(k.Timestamp.UnixMilli())}
}
