//go:build integration

package exactlyonce

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/ingestd/ingestd/internal/sample"
)

// load produces events without an end, perSecond of them, and now and then a record that is none, until stop is called.
// What the topic holds in the end is the truth: a producer that loses its broker goes on with other events.
func (w *world) load(perSecond int64) (stop func()) {
	ctx, cancel := context.WithCancel(w.Context())
	var producing sync.WaitGroup
	seed := w.dice.Uint64()
	producing.Go(func() {
		for ; ctx.Err() == nil; seed++ {
			events, err := sample.New(sample.Options{Kind: "shop", Rate: perSecond, Seed: seed, Start: time.Unix(1_790_000_000, 0), Topic: w.p.Topic})
			if err != nil {
				w.Error(err)
				return
			}
			if err := sample.Produce(ctx, events, sample.Target{Brokers: w.p.Brokers}, nil); err != nil && ctx.Err() == nil {
				w.Log("the producer begins anew: ", err)
			}
		}
	})
	client, err := kgo.NewClient(kgo.SeedBrokers(w.p.Brokers...), kgo.DefaultProduceTopic(w.p.Topic))
	if err != nil {
		w.Fatal(err)
	}
	producing.Go(func() {
		defer client.Close()
		tick := time.NewTicker(50 * time.Millisecond)
		defer tick.Stop()
		for i := 0; ; i++ {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				client.Produce(ctx, kgo.StringRecord(fmt.Sprintf(`{"event_id": no event %d`, i)), nil)
			}
		}
	})
	stop = sync.OnceFunc(func() {
		cancel()
		producing.Wait()
	})
	w.Cleanup(stop)
	return stop
}

// produce produces n events and waits until they are acknowledged.
func (w *world) produce(n int64) {
	w.Helper()
	events, err := sample.New(sample.Options{Kind: "shop", Events: n, Seed: w.dice.Uint64(), Start: time.Unix(1_790_000_000, 0), Topic: w.p.Topic})
	if err != nil {
		w.Fatal(err)
	}
	if err := sample.Produce(w.Context(), events, sample.Target{Brokers: w.p.Brokers}, nil); err != nil {
		w.Fatal(err)
	}
}
