// Command bench measures ingestd beside its peers in one run, on whatever machine it is started: `make bench`.
//
// It prints a table, and with -json also writes a file. Every contender gets the same topic of the same real
// Kafka; contenders take turns, so that a machine that drifts is unfair to none. Medians are shown.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"time"

	"github.com/ingestd/ingestd/integration/parts"
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

// result is one run of one contender.
type result struct {
	Contender string        `json:"contender"`
	Elapsed   time.Duration `json:"elapsedNs"`
	PeakRSS   int64         `json:"peakRssBytes"`
	Note      string        `json:"note,omitempty"`
}

func main() {
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case "limit":
			exit(limit(context.Background(), os.Args[2], os.Args[3]))
		case "delete":
			exit(deleteSome(context.Background(), os.Args[2:]))
		case "delete-child":
			exit(deleteChild(context.Background(), os.Args[2]))
		case "cdc":
			exit(cdcSome(context.Background(), os.Args[2:]))
		case "merge":
			exit(mergeSome(context.Background(), os.Args[2:]))
		case "merge-child":
			exit(mergeChild(context.Background(), os.Args[2], os.Args[3]))
		case "open":
			exit(openBig(context.Background(), os.Args[2:]))
		case "open-child":
			exit(openChild(context.Background(), os.Args[2], os.Args[3]))
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
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
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
	dir, err := os.MkdirTemp("", "ingestd-bench-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	defer parts.Close()
	o.dir = dir
	if err := os.Mkdir(dir+"/kafka", 0o755); err != nil {
		return err
	}
	fmt.Fprintln(os.Stderr, "starting Kafka")
	broker, err := parts.StartKafka(ctx, dir+"/kafka", "log.segment.bytes=1073741824")
	if err != nil {
		return err
	}
	defer func() { _ = broker.Stop(context.WithoutCancel(ctx)) }()
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
}

// report prints the medians.
func report(o options, results []result) error {
	var rows []output.Row
	medians := map[string]time.Duration{}
	for _, name := range o.only {
		mine := slices.DeleteFunc(slices.Clone(results), func(r result) bool { return r.Contender != name })
		slices.SortFunc(mine, func(a, b result) int { return int(a.Elapsed - b.Elapsed) })
		medians[name] = mine[len(mine)/2].Elapsed
		var rss int64
		for _, r := range mine {
			rss = max(rss, r.PeakRSS)
		}
		median := medians[name]
		rows = append(rows, output.Row{name, seconds(median), seconds(mine[0].Elapsed), seconds(mine[len(mine)-1].Elapsed),
			int64(float64(o.events) / median.Seconds()), rss >> 20, mine[len(mine)/2].Note})
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
	if o.json == "" {
		return nil
	}
	data, err := json.MarshalIndent(map[string]any{"events": o.events, "partitions": o.partitions, "results": results}, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(o.json, data, 0o644)
}

func seconds(d time.Duration) json.Number { return json.Number(fmt.Sprintf("%.2f", d.Seconds())) }
