// Command bench measures ingestd beside its peers in one run, on whatever machine it is started: `make bench`.
//
// It prints a table, and with -json also writes a file. Every contender gets the same topic of the same real
// Kafka; contenders take turns, so that a machine that drifts is unfair to none. Medians are shown.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"time"

	"github.com/ingestd/ingestd/internal/output"
)

// options are the flags.
type options struct {
	events     int64
	partitions int
	runs       int
	only       []string
	json       string
	dir        string
}

// benches are what can be measured, beside the main job, and the processes that some of them start.
var benches = map[string]func(ctx context.Context, args []string) error{
	"cdc":     cdcSome,
	"delete":  deleteSome,
	"latency": latencySome,
	"merge":   mergeSome,
	"open":    openBig,

	"limit":        func(ctx context.Context, args []string) error { return limit(ctx, args[0], args[1]) },
	"delete-child": func(ctx context.Context, args []string) error { return deleteChild(ctx, args[0]) },
	"merge-child":  func(ctx context.Context, args []string) error { return mergeChild(ctx, args[0], args[1]) },
	"open-child":   func(ctx context.Context, args []string) error { return openChild(ctx, args[0], args[1]) },
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if len(os.Args) > 1 {
		if bench := benches[os.Args[1]]; bench != nil {
			exit(bench(ctx, os.Args[2:]))
		}
	}
	var o options
	only := flag.String("only", "ingestd,spark,limit", "contenders")
	flag.Int64Var(&o.events, "events", 5_000_000, "how many events wait in the topic")
	flag.IntVar(&o.partitions, "partitions", 4, "partitions of the topic")
	flag.IntVar(&o.runs, "runs", 3, "runs of each contender")
	flag.StringVar(&o.json, "json", "", "also write the results to this file")
	flag.Parse()
	o.only = strings.Split(*only, ",")
	exit(run(ctx, o))
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

func run(ctx context.Context, o options) error {
	return scratch(func(dir string) error {
		o.dir = dir
		broker, stop, err := startKafka(ctx, dir)
		if err != nil {
			return err
		}
		defer stop()
		if err := fill(ctx, broker, o); err != nil {
			return err
		}
		var results []result
		for i := range o.runs {
			for _, name := range o.only {
				fmt.Fprintf(os.Stderr, "run %d of %d: %s\n", i+1, o.runs, name)
				r, err := contend(ctx, name, broker.Addr, o, i)
				if err != nil {
					return fmt.Errorf("%s: %w", name, err)
				}
				results = append(results, r)
			}
		}
		return report(o, results)
	})
}

// report prints the medians.
func report(o options, results []result) error {
	var rows []output.Row
	medians := map[string]time.Duration{}
	for _, name := range o.only {
		mine := slices.DeleteFunc(slices.Clone(results), func(r result) bool { return r.Contender != name })
		r := summarize(mine)
		medians[name] = r.median.Elapsed
		rows = append(rows, output.Row{name, seconds(r.median.Elapsed), seconds(r.min), seconds(r.max),
			int64(float64(o.events) / r.median.Elapsed.Seconds()), r.median.PeakRSS >> 20, r.median.Note})
	}
	columns := []string{"contender", "median s", "min s", "max s", "events/s", "peak MiB", "what"}
	fmt.Printf("%d events of the shop, %d partitions, all data waiting\n\n", o.events, o.partitions)
	if err := output.Rows(os.Stdout, output.Table, columns, output.Slice(rows)); err != nil {
		return err
	}
	if us, ok := medians["ingestd"]; ok {
		fmt.Println()
		for _, name := range o.only {
			if name != "ingestd" {
				fmt.Printf("ingestd is %.2f times as fast as %s\n", medians[name].Seconds()/us.Seconds(), name)
			}
		}
	}
	return writeJSON(o.json, map[string]any{"events": o.events, "partitions": o.partitions, "results": results})
}
