package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ingestd/ingestd/internal/output"
	"github.com/ingestd/ingestd/internal/sample"
)

type generateFlags struct {
	kind, rate, topic string
	events            int64
	seed              uint64
	brokers           []string
	partitions        int32
}

func (a *app) generateCommand() *cobra.Command {
	var f generateFlags
	cmd := &cobra.Command{
		Use:   "generate",
		Short: "Make sample events, to a Kafka topic or to stdout",
		Long: `Make sample events, to Kafka or to stdout.

Kinds:
  shop      what visitors of a web shop do; one topic
  app-log   structured log lines of a service; one topic
  debezium  changes of a PostgreSQL database, as Debezium writes them: key and value with schemas,
            topics shop.public.customers and shop.public.orders, partitions by the key. On stdout
            each line is an object with topic, key, value and headers.`,
		Example: `  ingestd generate --events 3
  ingestd generate --kind app-log --events 1000 > app.jsonl
  ingestd generate --kind debezium --events 1000 > changes.jsonl
  ingestd generate --events 20000 --rate 10000/s --brokers localhost:9092 --topic events`,
		Args: args(),
		RunE: func(cmd *cobra.Command, _ []string) error { return a.generate(cmd.Context(), f) },
	}
	cmd.Flags().StringVar(&f.kind, "kind", "shop", "kind of event: "+strings.Join(sample.Kinds, ", "))
	cmd.Flags().Int64VarP(&f.events, "events", "n", 1000, "how many events; 0 goes on until stopped")
	cmd.Flags().StringVar(&f.rate, "rate", "", "at most so many a second: 10000/s (default as fast as they are taken)")
	cmd.Flags().Uint64Var(&f.seed, "seed", 0, "the same seed makes the same events (default a new one)")
	cmd.Flags().StringSliceVar(&f.brokers, "brokers", nil, "Kafka brokers, host:port,...; without them events go to stdout")
	cmd.Flags().StringVar(&f.topic, "topic", "", "topic, created where there is none (default events); for debezium the prefix of topics (default shop)")
	cmd.Flags().Int32Var(&f.partitions, "partitions", 4, "partitions of each topic that is created")
	must(cmd.RegisterFlagCompletionFunc("kind", cobra.FixedCompletions(sample.Kinds, cobra.ShellCompDirectiveNoFileComp)))
	return cmd
}

func (a *app) generate(ctx context.Context, f generateFlags) error {
	rate, err := parseRate(f.rate)
	if err != nil {
		return usageError{err}
	}
	if f.events < 0 {
		return usageError{errors.New("--events must not be negative")}
	}
	seed, start := seeded(f.seed)
	events, err := sample.New(sample.Options{Kind: f.kind, Events: f.events, Rate: rate, Seed: seed, Start: start, Topic: f.topic})
	if err != nil {
		return usageError{err}
	}
	if len(f.brokers) == 0 {
		err = events.Write(ctx, a.stdout)
	} else {
		err = a.produce(ctx, f, events)
	}
	if f.events == 0 && errors.Is(err, context.Canceled) {
		return nil // it was to go on until stopped
	}
	return err
}

// seeded gives the seed and the start of sample events: the same ones for a seed that the user gives, new ones for 0.
func seeded(seed uint64) (uint64, time.Time) {
	if seed == 0 {
		return rand.Uint64(), time.Now()
	}
	return seed, time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
}

// produce sends events to Kafka; on a terminal it tells how many.
func (a *app) produce(ctx context.Context, f generateFlags, events *sample.Events) error {
	var progress func(int64)
	if output.IsTerminal(a.stderr) {
		progress = func(n int64) { fmt.Fprintf(a.stderr, clearLine+"%s events", count(n)) }
	}
	began := time.Now()
	err := sample.Produce(ctx, events, sample.Target{Brokers: f.brokers, Partitions: f.partitions}, progress)
	switch {
	case progress == nil:
	case err != nil:
		fmt.Fprintln(a.stderr)
	default:
		fmt.Fprintf(a.stderr, clearLine+"%s events in %s to topic %s\n", count(f.events), time.Since(began).Round(time.Millisecond), strings.Join(events.Topics(), ", topic "))
	}
	return err
}

// parseRate reads "10000/s", "10000", "600/m".
func parseRate(s string) (int64, error) {
	if s == "" {
		return 0, nil
	}
	digits, per, _ := strings.Cut(s, "/")
	n, err := strconv.ParseInt(strings.ReplaceAll(digits, "_", ""), 10, 64)
	if err != nil || n < 1 {
		return 0, fmt.Errorf("--rate %q: write 10000/s", s)
	}
	switch per {
	case "", "s", "sec", "second":
		return n, nil
	case "m", "min", "minute":
		return max(1, n/60), nil
	}
	return 0, fmt.Errorf("--rate %q: write 10000/s", s)
}
