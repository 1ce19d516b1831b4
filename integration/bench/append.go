package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/ingestd/ingestd/integration/parts"
	"github.com/ingestd/ingestd/internal/sample"
	"github.com/ingestd/ingestd/internal/shop"
	"github.com/ingestd/ingestd/objstore/local"
	"github.com/ingestd/ingestd/table"
)

const topic = "events"

func fill(ctx context.Context, broker *parts.KafkaBroker, o options) error {
	if err := broker.CreateTopic(ctx, topic, int32(o.partitions), nil); err != nil {
		return err
	}
	events, err := sample.New(sample.Options{Kind: "shop", Events: o.events, Seed: 1, Start: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), Topic: topic})
	if err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "filling the topic with %d events\n", o.events)
	return sample.Produce(ctx, events, sample.Target{Brokers: []string{broker.Addr}}, nil)
}

func contend(ctx context.Context, name, addr string, o options, run int) (result, error) {
	dir := filepath.Join(o.dir, fmt.Sprintf("%s-%d", name, run))
	defer func() { _ = os.RemoveAll(dir) }()
	switch name {
	case "ingestd":
		return ingestd(ctx, addr, dir, o)
	case "spark":
		job := parts.SparkJob{Brokers: addr, Topic: topic, Schema: shop.DDL, Table: dir + "/table", Checkpoint: dir + "/checkpoint", Memory: "2g"}
		r, err := job.Run(ctx)
		if err == nil && r.InputRows != o.events {
			err = fmt.Errorf("it read %d events of %d", r.InputRows, o.events)
		}
		return result{Contender: name, Elapsed: r.Elapsed, PeakRSS: r.PeakRSS, Note: "Structured Streaming, local[2]; its session's start is not counted"}, err
	case "limit":
		return process(ctx, name, "fetch, parse and encode, with no table", os.Args[0], "limit", addr, fmt.Sprint(o.events))
	}
	return result{}, fmt.Errorf("there is no such contender")
}

// ingestd runs the binary on a pipeline file, as a user does. The whole process is counted.
func ingestd(ctx context.Context, addr, dir string, o options) (result, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return result{}, err
	}
	program, err := program()
	if err != nil {
		return result{}, err
	}
	file := dir + "/events.yaml"
	text := fmt.Sprintf("name: events\nsource: {kafka: {brokers: [%q], topics: [%s], starting_offsets: earliest}}\nformat: {json: {schema: %q}}\nsink: {delta: {table: %q}}\ntrigger: {available_now: true}\n",
		addr, topic, shop.DDL, dir+"/table")
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		return result{}, err
	}
	r, err := process(ctx, "ingestd", "the whole process, start to end", program, "run", file)
	if err != nil {
		return r, err
	}
	return r, checkRows(ctx, dir+"/table", o.events)
}

// checkRows makes sure that what was measured was done.
func checkRows(ctx context.Context, dir string, want int64) error {
	store, err := local.New(dir)
	if err != nil {
		return err
	}
	t, err := table.Open(ctx, store)
	if err != nil {
		return err
	}
	var n int64
	for rec, err := range t.Scan(ctx, table.ScanOptions{Columns: []string{}}) {
		if err != nil {
			return err
		}
		n += rec.NumRows()
		rec.Release()
	}
	if n != want {
		return fmt.Errorf("the table has %d rows, not %d", n, want)
	}
	return nil
}
