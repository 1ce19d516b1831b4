package main

import (
	"context"
	"encoding/json"
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

// deletePredicate is true for one row of a hundred, scattered over all files.
const deletePredicate = "id % 100 = 7"

// deletion is one run of one contender, in a process of its own.
type deletion struct {
	Contender string        `json:"contender"`
	Elapsed   time.Duration `json:"elapsedNs"` // from opening the table to the commit
	PeakRSS   int64         `json:"peakRssBytes"`
	Note      string        `json:"note"`
}

var deleters = []struct{ name, what string }{
	{"vectors", "ingestd, by deletion vectors"},
	{"rewrite", "ingestd, by writing the files anew"},
	{"delta-rs", "delta-rs, which writes the files anew"},
}

// deleteSome measures a DELETE of 1 % of the rows of a large table: by deletion vectors and by rewriting, and beside
// delta-rs.
func deleteSome(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("delete", flag.ContinueOnError)
	runs := flags.Int("runs", 3, "runs of each contender, which take turns")
	files := flags.Int("files", 20, "data files of the table")
	rows := flags.Int("rows", 500_000, "rows of each file")
	file := flags.String("json", "", "also write the results to this file")
	if err := flags.Parse(args); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "ingestd-bench-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	fmt.Fprintf(os.Stderr, "making a table of %d files with %d rows each\n", *files, *rows)
	if err := makeDeletable(ctx, dir, *files, *rows); err != nil {
		return err
	}
	var results []deletion
	for i := range *runs {
		for _, d := range deleters {
			fmt.Fprintf(os.Stderr, "run %d of %d: %s\n", i+1, *runs, d.name)
			r, err := deleteOnce(ctx, dir, d.name, *files**rows)
			if err != nil {
				return fmt.Errorf("%s: %w", d.name, err)
			}
			results = append(results, r)
		}
	}
	return reportDelete(results, *files, *rows, *file)
}

// deleteOnce gives a contender a fresh copy of the table, of hard links: no one changes a data file.
func deleteOnce(ctx context.Context, dir, name string, rows int) (deletion, error) {
	from, to := filepath.Join(dir, "plain"), filepath.Join(dir, "table")
	if name == "vectors" {
		from = filepath.Join(dir, "vectors")
	}
	if err := exec.CommandContext(ctx, "cp", "-al", from, to).Run(); err != nil {
		return deletion{}, err
	}
	defer func() { _ = os.RemoveAll(to) }()
	cmd := exec.CommandContext(ctx, os.Args[0], "delete-child", to)
	if name == "delta-rs" {
		place, err := parts.Dir()
		if err != nil {
			return deletion{}, err
		}
		cmd = exec.CommandContext(ctx, filepath.Join(place, "python", "bin", "python"), "-B", "-c", deltaRSDeletes, to, deletePredicate)
	}
	cmd.Stderr = os.Stderr
	text, err := cmd.Output()
	if err != nil {
		return deletion{}, err
	}
	var told struct {
		Seconds float64 `json:"seconds"`
		Deleted int     `json:"deleted"`
		Note    string  `json:"note"`
	}
	if err := json.Unmarshal(text, &told); err != nil {
		return deletion{}, fmt.Errorf("%q: %w", text, err)
	}
	if told.Deleted != rows/100 {
		return deletion{}, fmt.Errorf("it deleted %d rows", told.Deleted)
	}
	if name != "delta-rs" {
		if err := checkRows(ctx, to, int64(rows-rows/100)); err != nil {
			return deletion{}, err
		}
	}
	r := deletion{Contender: name, Elapsed: time.Duration(told.Seconds * float64(time.Second)), Note: told.Note}
	if usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		r.PeakRSS = usage.Maxrss << 10
	}
	return r, nil
}

// deltaRSDeletes is what delta-rs does, by the Python package.
const deltaRSDeletes = `
import json, sys, time
import deltalake
began = time.perf_counter()
metrics = deltalake.DeltaTable(sys.argv[1]).delete(sys.argv[2])
took = time.perf_counter() - began
print(json.dumps({"seconds": took, "deleted": metrics["num_deleted_rows"], "note": "deltalake " + deltalake.__version__}))
`

func reportDelete(results []deletion, files, rows int, file string) error {
	var lines []output.Row
	medians := map[string]time.Duration{}
	for _, d := range deleters {
		mine := slices.DeleteFunc(slices.Clone(results), func(r deletion) bool { return r.Contender != d.name })
		slices.SortFunc(mine, func(a, b deletion) int { return int(a.Elapsed - b.Elapsed) })
		median := mine[len(mine)/2]
		medians[d.name] = median.Elapsed
		for _, r := range mine {
			median.PeakRSS = max(median.PeakRSS, r.PeakRSS)
		}
		lines = append(lines, output.Row{d.what, seconds(median.Elapsed), seconds(mine[0].Elapsed), seconds(mine[len(mine)-1].Elapsed), median.PeakRSS >> 20, median.Note})
	}
	fmt.Printf("DELETE WHERE %s: 1 %% of the rows of a table of %d files with %d rows each, on local disk\n\n", deletePredicate, files, rows)
	columns := []string{"contender", "median s", "min s", "max s", "peak MiB", "what"}
	if err := output.Rows(os.Stdout, output.Table, columns, output.Slice(lines)); err != nil {
		return err
	}
	fmt.Println()
	for _, d := range deleters[1:] {
		fmt.Printf("deletion vectors are %.1f times as fast as %s\n", medians[d.name].Seconds()/medians["vectors"].Seconds(), d.what)
	}
	if file == "" {
		return nil
	}
	data, err := json.MarshalIndent(results, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(file, data, 0o644)
}
