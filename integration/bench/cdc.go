package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"github.com/ingestd/ingestd/internal/output"
)

// cdcSome measures how fast waiting changes of a database are applied: inserts, updates, deletes and key changes of two tables, with the schema in
// each event, as Debezium sends them.
func cdcSome(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("cdc", flag.ContinueOnError)
	runs := flags.Int("runs", 3, "runs")
	events := flags.Int64("events", 1_000_000, "how many changes wait")
	batch := flags.Int64("batch", 250_000, "the most records of a batch")
	file := flags.String("json", "", "also write the results to this file")
	if err := flags.Parse(args); err != nil {
		return err
	}
	return scratch(func(dir string) error {
		broker, stop, err := startKafka(ctx, dir)
		if err != nil {
			return err
		}
		defer stop()
		program, err := program()
		if err != nil {
			return err
		}
		fmt.Fprintf(os.Stderr, "filling the topics with %d changes\n", *events)
		if _, err := process(ctx, "generate", "", program, "generate", "--kind", "debezium", "--seed", "1", "--events", fmt.Sprint(*events), "--brokers", broker.Addr); err != nil {
			return err
		}
		var results []result
		for i := range *runs {
			fmt.Fprintf(os.Stderr, "run %d of %d\n", i+1, *runs)
			r, err := applyOnce(ctx, program, broker.Addr, filepath.Join(dir, fmt.Sprint("lake", i)), *batch)
			if err != nil {
				return err
			}
			results = append(results, r)
		}
		return reportCDC(results, *events, *file)
	})
}

// applyOnce runs the binary on a pipeline file, as a user does. The whole process is counted.
func applyOnce(ctx context.Context, program, addr, lake string, batch int64) (result, error) {
	if err := os.MkdirAll(lake, 0o755); err != nil {
		return result{}, err
	}
	defer func() { _ = os.RemoveAll(lake) }()
	text := fmt.Sprintf(`
name: shop
source: {kafka: {brokers: [%q], topic_pattern: 'shop\.public\..*', starting_offsets: earliest, max_offsets_per_trigger: %d}}
format: {debezium: {on_error: fail}}
sink: {delta: {table: %q, mode: cdc}}
trigger: {available_now: true}
checkpoint_location: %q
`, addr, batch, lake+"/{schema}/{table}", lake+"/_checkpoint")
	if err := os.WriteFile(lake+"/shop.yaml", []byte(text), 0o644); err != nil {
		return result{}, err
	}
	return process(ctx, "ingestd", "the whole process, start to end", program, "run", lake+"/shop.yaml")
}

func reportCDC(results []result, events int64, file string) error {
	s := summarize(results)
	fmt.Printf("%d changes of two tables, all waiting in Kafka, applied to Delta tables on local disk\n\n", events)
	columns := []string{"contender", "median s", "min s", "max s", "changes/s", "peak MiB", "what"}
	row := output.Row{"ingestd", seconds(s.median.Elapsed), seconds(s.min), seconds(s.max),
		int64(float64(events) / s.median.Elapsed.Seconds()), s.median.PeakRSS >> 20, s.median.Note}
	if err := output.Rows(os.Stdout, output.Table, columns, output.Slice([]output.Row{row})); err != nil {
		return err
	}
	return writeJSON(file, results)
}
