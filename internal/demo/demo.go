// Package demo runs the main job with nothing to install: a Kafka in this process, shop events, a Delta table.
//
// It is what `ingestd run` does, on a pipeline made here; only the broker is not a real one (franz-go's kfake).
package demo

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/ingestd/ingestd/internal/config"
	"github.com/ingestd/ingestd/internal/sample"
	"github.com/ingestd/ingestd/internal/service"
	"github.com/ingestd/ingestd/internal/shop"
	"github.com/ingestd/ingestd/stream"
)

// Options say how much and where.
type Options struct {
	Events     int64
	Table      string // a path or URL; what is there already stays
	Partitions int32
	Seed       uint64
	Start      time.Time // of the events' timestamps
	Name       string    // of the query; a table keeps the progress of each name
	Storage    config.Storage
	Stopping   <-chan struct{}
	OnProgress func(stream.Progress)
	Logger     *slog.Logger
}

// Result is what was done.
type Result struct {
	Events  int64 // committed
	Batches int64
	Files   int64
	Bytes   int64
	Elapsed time.Duration // from the first record produced to the last one committed
	Version int64         // of the table afterwards
}

const topic = "events"

// Run produces the events and ingests them at the same time, and returns when all are committed, or
// at Stopping what is.
func Run(ctx context.Context, o Options) (Result, error) {
	events, err := sample.New(sample.Options{Kind: "shop", Events: o.Events, Seed: o.Seed, Start: o.Start, Topic: topic})
	if err != nil {
		return Result{}, err
	}
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(o.Partitions, topic))
	if err != nil {
		return Result{}, fmt.Errorf("start a Kafka in this process: %w", err)
	}
	defer cluster.Close()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)

	began := time.Now()
	var producing sync.WaitGroup
	producing.Go(func() {
		if err := sample.Produce(ctx, events, sample.Target{Brokers: cluster.ListenAddrs()}, nil); err != nil {
			cancel(err)
		}
	})
	w := watcher{o: o, stop: make(chan struct{}), over: make(chan struct{})}
	producing.Go(w.forward)
	run := service.Run{File: &config.File{Queries: []*config.Query{query(o, cluster.ListenAddrs())}, Storage: o.Storage},
		Logger: o.Logger, Stopping: w.stop, OnProgress: w.progress}
	err = run.Do(ctx)
	close(w.over)
	cancel(nil)
	producing.Wait()
	w.result.Elapsed = time.Since(began)
	if cause := context.Cause(ctx); err != nil && cause != nil && !errors.Is(cause, context.Canceled) {
		err = cause
	}
	return w.result, err
}

// query is the pipeline: what a file of `ingestd run` would say.
func query(o Options, brokers []string) *config.Query {
	strict := true
	return &config.Query{
		Name: o.Name,
		Source: config.Source{Kafka: &config.Kafka{Brokers: brokers, Topics: []string{topic},
			StartingOffsets: config.OffsetSpec{Keyword: "earliest"}, FailOnDataLoss: &strict,
			MaxOffsetsPerTrigger: max(10_000, o.Events/20)}},
		Format:     config.Format{JSON: &config.JSON{Schema: shop.DDL, OnError: "dead_letter"}},
		Sink:       config.Sink{Delta: &config.Delta{Table: o.Table, Mode: "append"}},
		DeadLetter: config.DeadLetter{Table: o.Table + "_dead_letter"},
		OutputMode: "append",
	}
}

// watcher counts, and stops the query when all events are in.
type watcher struct {
	o      Options
	once   sync.Once
	stop   chan struct{} // closed when the query is to end
	over   chan struct{} // closed when it has
	result Result
}

func (w *watcher) end() { w.once.Do(func() { close(w.stop) }) }

// forward passes the user's wish to stop on.
func (w *watcher) forward() {
	select {
	case <-w.o.Stopping:
		w.end()
	case <-w.over:
	}
}

func (w *watcher) progress(p stream.Progress) {
	if p.NumInputRows > 0 {
		w.result.Batches++
		w.result.Version = p.Committed.Version
	}
	w.result.Events += p.NumInputRows - p.NumRejectedRows
	w.result.Files += p.Committed.Files
	w.result.Bytes += p.Committed.Bytes
	if w.o.OnProgress != nil {
		w.o.OnProgress(p)
	}
	if w.result.Events >= w.o.Events {
		w.end()
	}
}
