// Package demo runs the main jobs with nothing to install: a Kafka in this process, shop events, a Delta table; or the changes of a
// database, and tables that are to be equal to its.
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
	Table      string // a path or URL of the table, or of the folder for all
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
	Refused int64 // went to the dead letters
	Batches int64
	Files   int64
	Bytes   int64
	Elapsed time.Duration // from the first record produced to the last one committed
	Version int64         // of the table afterwards
}

const topic = "events"

// Run produces shop events and ingests them at the same time, and returns when all are committed, or
// at Stopping what is. What the table has already stays.
func Run(ctx context.Context, o Options) (Result, error) {
	events, err := sample.New(sample.Options{Kind: "shop", Events: o.Events, Seed: o.Seed, Start: o.Start, Topic: topic})
	if err != nil {
		return Result{}, err
	}
	return ingest(ctx, o, events, query(o))
}

// ingest runs a query, whose brokers are those of a Kafka that is there meanwhile, on events.
func ingest(ctx context.Context, o Options, events *sample.Events, q *config.Query) (Result, error) {
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(o.Partitions, events.Topics()...))
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
	q.Source.Kafka.Brokers = cluster.ListenAddrs()
	run := service.Run{File: &config.File{Queries: []*config.Query{q}, Storage: o.Storage},
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
func query(o Options) *config.Query {
	return &config.Query{
		Name:       o.Name,
		Source:     source(max(10_000, o.Events/20), topic),
		Format:     config.Format{JSON: &config.JSON{Schema: shop.DDL, OnError: "dead_letter"}},
		Sink:       config.Sink{Delta: &config.Delta{Table: o.Table, Mode: "append"}},
		DeadLetter: config.DeadLetter{Table: o.Table + "_dead_letter"},
		OutputMode: "append",
	}
}

// source reads topics from their beginning, at most so many records at a time.
func source(most int64, topics ...string) config.Source {
	strict := true
	return config.Source{Kafka: &config.Kafka{Topics: topics, StartingOffsets: config.OffsetSpec{Keyword: "earliest"}, FailOnDataLoss: &strict,
		MaxOffsetsPerTrigger: most}}
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
	w.result.Refused += p.NumRejectedRows
	w.result.Files += p.Committed.Files
	w.result.Bytes += p.Committed.Bytes
	if w.o.OnProgress != nil {
		w.o.OnProgress(p)
	}
	if w.result.Events+w.result.Refused >= w.o.Events {
		w.end()
	}
}
