package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/ingestd/ingestd/integration/parts"
	"github.com/ingestd/ingestd/internal/output"
)

// merging is one run of one contender on a table of one size.
type merging struct {
	result
	Rows int `json:"rows"` // of the table
}

var mergers = []struct{ name, table, what string }{
	{"vectors", "vectors", "ingestd, by deletion vectors"},
	{"rewrite", "plain", "ingestd, by writing the files anew"},
	{"delta-rs", "plain", "delta-rs, which writes the files anew"},
	{"spark", "vectors", "Spark, by deletion vectors"},
}

// mergedRows is how many rows are merged; half of them are new.
const mergedRows = 100_000

// rowsPerFile is how many rows each file of the table has.
const rowsPerFile = 100_000

// mergeSome measures upserts into tables of growing size, whose keys are clustered: rows that changed are among the newest.
func mergeSome(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("merge", flag.ContinueOnError)
	runs := flags.Int("runs", 3, "runs of each contender, which take turns; Spark has one session of so many")
	largest := flags.Int("rows", 20_000_000, "rows of the largest table; the others have a tenth")
	file := flags.String("json", "", "also write the results to this file")
	if err := flags.Parse(args); err != nil {
		return err
	}
	return scratch(func(dir string) error {
		var results []merging
		for _, rows := range []int{*largest / 10, *largest} {
			some, err := mergeInto(ctx, filepath.Join(dir, fmt.Sprint(rows)), rows, *runs)
			if err != nil {
				return err
			}
			for _, r := range some {
				results = append(results, merging{r, rows})
			}
		}
		return reportMerge(results, *largest, *file)
	})
}

func mergeInto(ctx context.Context, dir string, rows, runs int) ([]result, error) {
	fmt.Fprintf(os.Stderr, "making a table of %d rows\n", rows)
	if err := os.Mkdir(dir, 0o755); err != nil {
		return nil, err
	}
	if err := makeMergeable(ctx, dir, rows); err != nil {
		return nil, err
	}
	var results []result
	for i := range runs {
		for _, m := range mergers[:3] {
			fmt.Fprintf(os.Stderr, "run %d of %d: %s\n", i+1, runs, m.name)
			r, err := mergeOnce(ctx, dir, m.name, m.table, rows)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", m.name, err)
			}
			results = append(results, r)
		}
	}
	fmt.Fprintln(os.Stderr, "spark")
	spark, err := sparkMerges(ctx, dir, rows, runs)
	return append(results, spark...), err
}

// mergeOnce gives a contender a fresh copy of the table.
func mergeOnce(ctx context.Context, dir, name, table string, rows int) (result, error) {
	to := filepath.Join(dir, "table")
	if err := linked(ctx, filepath.Join(dir, table), to); err != nil {
		return result{}, err
	}
	defer func() { _ = os.RemoveAll(to) }()
	source := filepath.Join(dir, "source.parquet")
	cmd := exec.CommandContext(ctx, os.Args[0], "merge-child", to, source)
	if name == "delta-rs" {
		var err error
		if cmd, err = python(ctx, deltaRSMerges, to, source); err != nil {
			return result{}, err
		}
	}
	var told struct{ Updated, Inserted int }
	r, err := child(cmd, name, &told)
	if err != nil {
		return r, err
	}
	if told.Updated != mergedRows/2 || told.Inserted != mergedRows/2 {
		return r, fmt.Errorf("it updated %d rows and inserted %d", told.Updated, told.Inserted)
	}
	return r, checkRows(ctx, to, int64(rows+mergedRows/2))
}

// deltaRSMerges is what delta-rs does, by the Python package.
const deltaRSMerges = `
import json, sys, time
import deltalake, pyarrow.parquet
began = time.perf_counter()
source = pyarrow.parquet.read_table(sys.argv[2])
metrics = (deltalake.DeltaTable(sys.argv[1])
    .merge(source, predicate="t.event_id = s.event_id", source_alias="s", target_alias="t")
    .when_matched_update_all().when_not_matched_insert_all().execute())
took = time.perf_counter() - began
print(json.dumps({"seconds": took, "Updated": metrics["num_target_rows_updated"], "Inserted": metrics["num_target_rows_inserted"], "note": "deltalake " + deltalake.__version__}))
`

// sparkMerges has one session merge into so many copies of the table; the first is that of a cold one.
func sparkMerges(ctx context.Context, dir string, rows, runs int) ([]result, error) {
	job := parts.SparkMerge{Source: filepath.Join(dir, "source.parquet"), Key: "event_id"}
	for i := range runs {
		to := filepath.Join(dir, fmt.Sprint("spark", i))
		if err := linked(ctx, filepath.Join(dir, "vectors"), to); err != nil {
			return nil, err
		}
		job.Tables = append(job.Tables, to)
	}
	r, err := job.Run(ctx)
	var out []result
	for _, e := range r.Elapsed {
		out = append(out, result{Contender: "spark", Elapsed: e, PeakRSS: r.PeakRSS, Note: "local[2]; its session's start is not counted"})
	}
	for _, to := range job.Tables {
		err = errors.Join(err, checkRows(ctx, to, int64(rows+mergedRows/2)))
	}
	return out, err
}

func reportMerge(results []merging, largest int, file string) error {
	medians := map[string]map[int]time.Duration{}
	for _, rows := range []int{largest / 10, largest} {
		var lines []output.Row
		for _, m := range mergers {
			var mine []result
			for _, r := range results {
				if r.Contender == m.name && r.Rows == rows {
					mine = append(mine, r.result)
				}
			}
			s := summarize(mine)
			if medians[m.name] == nil {
				medians[m.name] = map[int]time.Duration{}
			}
			medians[m.name][rows] = s.median.Elapsed
			lines = append(lines, output.Row{m.what, seconds(s.median.Elapsed), seconds(s.min), seconds(s.max), s.median.PeakRSS >> 20, s.median.Note})
		}
		fmt.Printf("\nMERGE of %d rows, half of them new, by event_id into %d rows in %d files, on local disk\n\n", mergedRows, rows, rows/rowsPerFile)
		columns := []string{"contender", "median s", "min s", "max s", "peak MiB", "what"}
		if err := output.Rows(os.Stdout, output.Table, columns, output.Slice(lines)); err != nil {
			return err
		}
		fmt.Println()
		for _, m := range mergers[2:] {
			fmt.Printf("ingestd is %.1f times as fast as %s\n", medians[m.name][rows].Seconds()/medians["vectors"][rows].Seconds(), m.name)
		}
	}
	fmt.Printf("\nin ten times as many rows ingestd takes %.2f times as long\n", medians["vectors"][largest].Seconds()/medians["vectors"][largest/10].Seconds())
	return writeJSON(file, results)
}
