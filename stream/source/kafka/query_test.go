package kafka_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ingestd/ingestd/stream"
	"github.com/ingestd/ingestd/stream/sink/memory"
	"github.com/ingestd/ingestd/stream/streamtest"
)

// A query over Kafka, its batches small and its leaders moving, has every record once.
func TestAQueryOverKafka(t *testing.T) {
	c := cluster(t)
	fill(t, c, 200)
	table := memory.NewTable()
	t.Cleanup(table.Close)
	var batches atomic.Int64
	for range 2 {
		o := options(c)
		o.GroupID = "ingestd-q"
		src := source(t, o)
		q := &stream.Query{
			Name: "q", Source: src, Decoder: streamtest.Decoder{}, Sink: memory.New(table), Trigger: stream.AvailableNow(),
			Limits: stream.Limits{MaxRows: 37}, Retry: stream.Retry{First: time.Millisecond},
			Hook: func(_ context.Context, s stream.Step) error {
				if s == stream.StepPlanned && batches.Add(1)%4 == 0 {
					c.ShufflePartitionLeaders()
				}
				return nil
			},
		}
		if err := q.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		fill(t, c, 3) // for the second run
	}
	seen := map[streamtest.Row]bool{}
	for _, b := range table.Batches() {
		for _, r := range streamtest.Rows(b) {
			if seen[r] {
				t.Errorf("twice: %v", r)
			}
			seen[r] = true
		}
	}
	if len(seen) != 3*203 {
		t.Errorf("%d rows, want %d", len(seen), 3*203)
	}
}
