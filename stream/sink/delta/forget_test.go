package delta

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/ingestd/ingestd/objstore/mem"
	"github.com/ingestd/ingestd/stream"
	"github.com/ingestd/ingestd/stream/checkpoint"
	"github.com/ingestd/ingestd/stream/streamtest"
)

// A table may forget the txn of a partition that is idle for long; with a checkpoint the query goes on
// all the same, in the same process and in the next, and another process is still refused.
func TestAQueryWithACheckpointOutlivesForgottenTxns(t *testing.T) {
	tables, checkpoints, log := mem.New(), mem.New(), streamtest.NewLog("t", 2)
	var hours atomic.Int64
	life := func(values map[string][]string) {
		t.Helper()
		for p, v := range values {
			log.Append(p, v...)
		}
		o := options(tables)
		tick := o.Now
		o.Now = func() time.Time { return tick().Add(time.Duration(hours.Load()) * time.Hour) }
		o.Checkpointed, o.Properties = true, map[string]string{"delta.setTransactionRetentionDuration": "interval 1 hour"}
		cp, err := checkpoint.Open(t.Context(), checkpoints, checkpoint.Options{})
		if err != nil {
			t.Fatal(err)
		}
		q := stream.Query{Name: "q", Source: &streamtest.Source{Log: log}, Decoder: streamtest.Decoder{}, Sink: New(o), Checkpoint: cp, Trigger: stream.AvailableNow()}
		if err := q.Run(t.Context()); err != nil {
			t.Fatalf("after %d hours: %v", hours.Load(), err)
		}
	}
	life(map[string][]string{"t/0": {"a", "b"}, "t/1": {"c"}})
	hours.Add(2)
	life(map[string][]string{"t/0": {"d"}})
	hours.Add(2)
	life(map[string][]string{"t/0": {"e"}, "t/1": {"f"}})
	hours.Add(2)
	life(nil)
	var got []string
	for _, r := range tableRows(t, tables) {
		got = append(got, r.Value)
	}
	if len(got) != len(log.Values()) {
		t.Errorf("the table has %q of %q", got, log.Values())
	}
}
