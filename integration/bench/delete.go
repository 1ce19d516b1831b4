package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"

	"github.com/ingestd/ingestd/internal/output"
)

// deletePredicate is true for one row of a hundred, scattered over all files.
const deletePredicate = "id % 100 = 7"

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
	return scratch(func(dir string) error {
		fmt.Fprintf(os.Stderr, "making a table of %d files with %d rows each\n", *files, *rows)
		if err := makeDeletable(ctx, dir, *files, *rows); err != nil {
			return err
		}
		var results []result
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
	})
}

// deleteOnce gives a contender a fresh copy of the table. It is measured from opening the table to the commit.
func deleteOnce(ctx context.Context, dir, name string, rows int) (result, error) {
	from, to := filepath.Join(dir, "plain"), filepath.Join(dir, "table")
	if name == "vectors" {
		from = filepath.Join(dir, "vectors")
	}
	if err := linked(ctx, from, to); err != nil {
		return result{}, err
	}
	defer func() { _ = os.RemoveAll(to) }()
	cmd := exec.CommandContext(ctx, os.Args[0], "delete-child", to)
	if name == "delta-rs" {
		var err error
		if cmd, err = python(ctx, deltaRSDeletes, to, deletePredicate); err != nil {
			return result{}, err
		}
	}
	var told struct {
		Deleted int `json:"deleted"`
	}
	r, err := child(cmd, name, &told)
	if err != nil {
		return r, err
	}
	if told.Deleted != rows/100 {
		return r, fmt.Errorf("it deleted %d rows", told.Deleted)
	}
	if name == "delta-rs" {
		return r, nil
	}
	return r, checkRows(ctx, to, int64(rows-rows/100))
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

func reportDelete(results []result, files, rows int, file string) error {
	var lines []output.Row
	medians := map[string]time.Duration{}
	for _, d := range deleters {
		mine := slices.DeleteFunc(slices.Clone(results), func(r result) bool { return r.Contender != d.name })
		s := summarize(mine)
		medians[d.name] = s.median.Elapsed
		lines = append(lines, output.Row{d.what, seconds(s.median.Elapsed), seconds(s.min), seconds(s.max), s.median.PeakRSS >> 20, s.median.Note})
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
	return writeJSON(file, results)
}
