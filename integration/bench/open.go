package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/ingestd/ingestd/integration/parts"
	"github.com/ingestd/ingestd/internal/output"
)

// bigTable is the golden table of 300,000 live files in commits without a checkpoint.
const bigTable = "300k-add-files-100-col-partitioned"

// opening is what one contender does with the table, in a process of its own for each run.
// Measured is the task alone: neither the start of the process nor imports.
type opening struct {
	result
	Task string `json:"task"`
}

// openTasks are what is measured, and who does it.
var openTasks = []struct {
	name, what string
	contenders []string
}{
	{"list", "open, and list all live files", []string{"ingestd", "delta-rs"}},
	{"update", "see one more commit, the files listed before and after", []string{"ingestd", "delta-rs"}},
	{"append", "open, and commit one more file", []string{"ingestd"}},
}

// openBig measures how a table of 300,000 files is opened, beside delta-rs.
func openBig(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("open", flag.ContinueOnError)
	runs := flags.Int("runs", 5, "runs of each contender, which take turns")
	file := flags.String("json", "", "also write the results to this file")
	if err := flags.Parse(args); err != nil {
		return err
	}
	return scratch(func(dir string) error {
		var results []opening
		for i := range *runs {
			for _, task := range openTasks {
				for _, name := range task.contenders {
					fmt.Fprintf(os.Stderr, "run %d of %d: %s: %s\n", i+1, *runs, task.name, name)
					r, err := openOnce(ctx, dir, task.name, name)
					if err != nil {
						return fmt.Errorf("%s: %s: %w", name, task.name, err)
					}
					results = append(results, opening{r, task.name})
				}
			}
		}
		return reportOpen(results, *file)
	})
}

// openOnce gives a contender a fresh copy of the table.
func openOnce(ctx context.Context, dir, task, name string) (result, error) {
	table := filepath.Join(dir, "table")
	if err := unpackBig(ctx, table); err != nil {
		return result{}, err
	}
	defer func() { _ = os.RemoveAll(table) }()
	cmd := exec.CommandContext(ctx, os.Args[0], "open-child", task, filepath.Join(table, bigTable))
	if name == "delta-rs" {
		var err error
		if cmd, err = python(ctx, deltaRSOpens, task, filepath.Join(table, bigTable)); err != nil {
			return result{}, err
		}
	}
	var told struct {
		Files int `json:"files"`
	}
	r, err := child(cmd, name, &told)
	if err != nil {
		return r, err
	}
	want := 300_000
	if task != "list" {
		want++
	}
	if told.Files != want {
		return r, fmt.Errorf("it found %d files", told.Files)
	}
	return r, nil
}

func unpackBig(ctx context.Context, to string) error {
	golden := os.Getenv("GOLDEN_DIR")
	if golden == "" {
		root, err := parts.Root()
		if err != nil {
			return err
		}
		golden = filepath.Join(filepath.Dir(root), "shared", "golden")
	}
	archive := filepath.Join(golden, "more", bigTable+".tar.zst")
	if _, err := os.Stat(archive); err != nil {
		return errors.Join(errors.New("the golden tables are absent; set GOLDEN_DIR"), err)
	}
	if err := os.MkdirAll(to, 0o755); err != nil {
		return err
	}
	return exec.CommandContext(ctx, "tar", "--zstd", "-xf", archive, "-C", to).Run()
}

// deltaRSOpens is what delta-rs does, by the Python package.
const deltaRSOpens = `
import json, sys, time
import deltalake
task, path = sys.argv[1], sys.argv[2]
began = time.perf_counter()
table = deltalake.DeltaTable(path)
files = len(table.file_uris())
took = time.perf_counter() - began
if task == "update":
    with open(path + "/_delta_log/00000000000000000005.json", "w") as f:
        f.write('{"add":{"path":"new","partitionValues":{"partition_col":"x"},"size":1,"modificationTime":1,"dataChange":true}}\n')
    began = time.perf_counter()
    table.update_incremental()
    took = time.perf_counter() - began
    files = len(table.file_uris())
print(json.dumps({"seconds": took, "files": files, "note": "deltalake " + deltalake.__version__}))
`

func reportOpen(results []opening, file string) error {
	var rows []output.Row
	for _, task := range openTasks {
		var ours result
		for _, name := range task.contenders {
			var mine []result
			for _, r := range results {
				if r.Contender == name && r.Task == task.name {
					mine = append(mine, r.result)
				}
			}
			s, ratio := summarize(mine), ""
			if name == "ingestd" {
				ours = s.median
			} else {
				ratio = fmt.Sprintf("ingestd is %.1f times as fast in %.0f %% of the memory",
					s.median.Elapsed.Seconds()/ours.Elapsed.Seconds(), 100*float64(ours.PeakRSS)/float64(s.median.PeakRSS))
			}
			rows = append(rows, output.Row{task.what, name, millis(s.median.Elapsed), millis(s.min), millis(s.max), s.median.PeakRSS >> 20, s.median.Note, ratio})
		}
	}
	fmt.Printf("a table of 300,000 live files, 46 MB of log without a checkpoint, on local disk\n\n")
	columns := []string{"task", "contender", "median ms", "min ms", "max ms", "peak MiB", "what", ""}
	if err := output.Rows(os.Stdout, output.Table, columns, output.Slice(rows)); err != nil {
		return err
	}
	return writeJSON(file, results)
}
