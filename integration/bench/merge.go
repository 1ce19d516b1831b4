package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"github.com/ingestd/ingestd/integration/parts"
	"github.com/ingestd/ingestd/internal/output"
)

// merging is one run of one contender on a table of one size.
type merging struct {
	Contender string        `json:"contender"`
	Rows      int           `json:"rows"` // of the table
	Elapsed   time.Duration `json:"elapsedNs"`
	PeakRSS   int64         `json:"peakRssBytes"`
	Note      string        `json:"note"`
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
	dir, err := os.MkdirTemp("", "ingestd-bench-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	defer parts.Close()
	var results []merging
	for _, rows := range []int{*largest / 10, *largest} {
		some, err := mergeInto(ctx, filepath.Join(dir, fmt.Sprint(rows)), rows, *runs)
		if err != nil {
			return err
		}
		results = append(results, some...)
	}
	return reportMerge(results, *largest, *file)
}

func mergeInto(ctx context.Context, dir string, rows, runs int) ([]merging, error) {
	fmt.Fprintf(os.Stderr, "making a table of %d rows\n", rows)
	if err := os.Mkdir(dir, 0o755); err != nil {
		return nil, err
	}
	if err := makeMergeable(ctx, dir, rows); err != nil {
		return nil, err
	}
	var results []merging
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

// mergeOnce gives a contender a fresh copy of the table, of hard links: no one changes a data file.
func mergeOnce(ctx context.Context, dir, name, table string, rows int) (merging, error) {
	to := filepath.Join(dir, "table")
	if err := exec.CommandContext(ctx, "cp", "-al", filepath.Join(dir, table), to).Run(); err != nil {
		return merging{}, err
	}
	defer func() { _ = os.RemoveAll(to) }()
	place, err := parts.Dir()
	if err != nil {
		return merging{}, err
	}
	source := filepath.Join(dir, "source.parquet")
	cmd := exec.CommandContext(ctx, os.Args[0], "merge-child", to, source)
	if name == "delta-rs" {
		cmd = exec.CommandContext(ctx, filepath.Join(place, "python", "bin", "python"), "-B", "-c", deltaRSMerges, to, source)
	}
	cmd.Stderr = os.Stderr
	text, err := cmd.Output()
	if err != nil {
		return merging{}, err
	}
	r := merging{Contender: name, Rows: rows}
	var told struct {
		Seconds           float64 `json:"seconds"`
		Updated, Inserted int
		Note              string `json:"note"`
	}
	if err := json.Unmarshal(text, &told); err != nil {
		return merging{}, fmt.Errorf("%q: %w", text, err)
	}
	if told.Updated != mergedRows/2 || told.Inserted != mergedRows/2 {
		return merging{}, fmt.Errorf("it updated %d rows and inserted %d", told.Updated, told.Inserted)
	}
	r.Elapsed, r.Note = time.Duration(told.Seconds*float64(time.Second)), told.Note
	if usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		r.PeakRSS = usage.Maxrss << 10
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
func sparkMerges(ctx context.Context, dir string, rows, runs int) ([]merging, error) {
	job := parts.SparkMerge{Source: filepath.Join(dir, "source.parquet"), Key: "event_id"}
	for i := range runs {
		to := filepath.Join(dir, fmt.Sprint("spark", i))
		if err := exec.CommandContext(ctx, "cp", "-al", filepath.Join(dir, "vectors"), to).Run(); err != nil {
			return nil, err
		}
		job.Tables = append(job.Tables, to)
	}
	r, err := job.Run(ctx)
	var out []merging
	for _, e := range r.Elapsed {
		out = append(out, merging{Contender: "spark", Rows: rows, Elapsed: e, PeakRSS: r.PeakRSS, Note: "local[2]; its session's start is not counted"})
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
			mine := slices.DeleteFunc(slices.Clone(results), func(r merging) bool { return r.Contender != m.name || r.Rows != rows })
			slices.SortFunc(mine, func(a, b merging) int { return int(a.Elapsed - b.Elapsed) })
			median := mine[len(mine)/2]
			if medians[m.name] == nil {
				medians[m.name] = map[int]time.Duration{}
			}
			medians[m.name][rows] = median.Elapsed
			for _, r := range mine {
				median.PeakRSS = max(median.PeakRSS, r.PeakRSS)
			}
			lines = append(lines, output.Row{m.what, seconds(median.Elapsed), seconds(mine[0].Elapsed), seconds(mine[len(mine)-1].Elapsed), median.PeakRSS >> 20, median.Note})
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
	if file == "" {
		return nil
	}
	data, err := json.MarshalIndent(results, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(file, data, 0o644)
}
