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

// bigTable is the golden table of 300,000 live files in commits without a checkpoint.
const bigTable = "300k-add-files-100-col-partitioned"

// opening is what one contender does with the table, in a process of its own for each run.
type opening struct {
	Contender string        `json:"contender"`
	Task      string        `json:"task"`
	Elapsed   time.Duration `json:"elapsedNs"`    // of the task alone: neither the start of the process nor imports
	PeakRSS   int64         `json:"peakRssBytes"` // of the whole process
	Note      string        `json:"note"`
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
	dir, err := os.MkdirTemp("", "ingestd-bench-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	var results []opening
	for i := range *runs {
		for _, task := range openTasks {
			for _, name := range task.contenders {
				fmt.Fprintf(os.Stderr, "run %d of %d: %s: %s\n", i+1, *runs, task.name, name)
				r, err := openOnce(ctx, dir, task.name, name)
				if err != nil {
					return fmt.Errorf("%s: %s: %w", name, task.name, err)
				}
				results = append(results, r)
			}
		}
	}
	return reportOpen(results, *file)
}

// openOnce gives a contender a fresh copy of the table.
func openOnce(ctx context.Context, dir, task, name string) (opening, error) {
	table := filepath.Join(dir, "table")
	if err := unpackBig(ctx, table); err != nil {
		return opening{}, err
	}
	defer func() { _ = os.RemoveAll(table) }()
	cmd := exec.CommandContext(ctx, os.Args[0], "open-child", task, filepath.Join(table, bigTable))
	if name == "delta-rs" {
		place, err := parts.Dir()
		if err != nil {
			return opening{}, err
		}
		cmd = exec.CommandContext(ctx, filepath.Join(place, "python", "bin", "python"), "-B", "-c", deltaRSOpens, task, filepath.Join(table, bigTable))
	}
	cmd.Stderr = os.Stderr
	text, err := cmd.Output()
	if err != nil {
		return opening{}, err
	}
	var told struct {
		Seconds float64 `json:"seconds"`
		Files   int     `json:"files"`
		Note    string  `json:"note"`
	}
	if err := json.Unmarshal(text, &told); err != nil {
		return opening{}, fmt.Errorf("%q: %w", text, err)
	}
	want := 300_000
	if task != "list" {
		want++
	}
	if told.Files != want {
		return opening{}, fmt.Errorf("it found %d files", told.Files)
	}
	r := opening{Contender: name, Task: task, Elapsed: time.Duration(told.Seconds * float64(time.Second)), Note: told.Note}
	if usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		r.PeakRSS = usage.Maxrss << 10
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
		var ours opening
		for _, name := range task.contenders {
			mine := slices.DeleteFunc(slices.Clone(results), func(r opening) bool { return r.Contender != name || r.Task != task.name })
			slices.SortFunc(mine, func(a, b opening) int { return int(a.Elapsed - b.Elapsed) })
			median := mine[len(mine)/2]
			for _, r := range mine {
				median.PeakRSS = max(median.PeakRSS, r.PeakRSS)
			}
			ratio := ""
			if name == "ingestd" {
				ours = median
			} else {
				ratio = fmt.Sprintf("ingestd is %.1f times as fast in %.0f %% of the memory",
					median.Elapsed.Seconds()/ours.Elapsed.Seconds(), 100*float64(ours.PeakRSS)/float64(median.PeakRSS))
			}
			millis := func(d time.Duration) json.Number { return json.Number(fmt.Sprintf("%.1f", d.Seconds()*1000)) }
			rows = append(rows, output.Row{task.what, name, millis(median.Elapsed), millis(mine[0].Elapsed), millis(mine[len(mine)-1].Elapsed), median.PeakRSS >> 20, median.Note, ratio})
		}
	}
	fmt.Printf("a table of 300,000 live files, 46 MB of log without a checkpoint, on local disk\n\n")
	columns := []string{"task", "contender", "median ms", "min ms", "max ms", "peak MiB", "what", ""}
	if err := output.Rows(os.Stdout, output.Table, columns, output.Slice(rows)); err != nil || file == "" {
		return err
	}
	data, err := json.MarshalIndent(results, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(file, data, 0o644)
}
