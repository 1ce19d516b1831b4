package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"github.com/ingestd/ingestd/integration/parts"
)

// result is one run of one contender.
type result struct {
	Contender string        `json:"contender"`
	Elapsed   time.Duration `json:"elapsedNs"`
	PeakRSS   int64         `json:"peakRssBytes"` // of the whole process
	Note      string        `json:"note,omitempty"`
}

// scratch gives do a folder for its files, which is gone afterwards, as are the parts that it has shared.
func scratch(do func(dir string) error) error {
	dir, err := os.MkdirTemp("", "ingestd-bench-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	defer parts.Close()
	return do(dir)
}

// startKafka starts a broker that keeps its files below dir; the caller calls stop.
func startKafka(ctx context.Context, dir string) (broker *parts.KafkaBroker, stop func(), err error) {
	dir = filepath.Join(dir, "kafka")
	if err := os.Mkdir(dir, 0o755); err != nil {
		return nil, nil, err
	}
	fmt.Fprintln(os.Stderr, "starting Kafka")
	if broker, err = parts.StartKafka(ctx, dir, "log.segment.bytes=1073741824"); err != nil {
		return nil, nil, err
	}
	return broker, func() { _ = broker.Stop(context.WithoutCancel(ctx)) }, nil
}

// program is the ingestd that `make build` has built.
func program() (string, error) {
	root, err := parts.Root()
	return filepath.Join(root, "bin", "ingestd"), err
}

// python is a command of the Python that has delta-rs.
func python(ctx context.Context, script string, args ...string) (*exec.Cmd, error) {
	place, err := parts.Dir()
	if err != nil {
		return nil, err
	}
	return exec.CommandContext(ctx, filepath.Join(place, "python", "bin", "python"), append([]string{"-B", "-c", script}, args...)...), nil
}

// linked makes a copy of a table of hard links: no one changes a data file. The caller removes it.
func linked(ctx context.Context, from, to string) error {
	return exec.CommandContext(ctx, "cp", "-al", from, to).Run()
}

// process runs a command and measures it from outside.
func process(ctx context.Context, name, note string, command string, args ...string) (result, error) {
	cmd := exec.CommandContext(ctx, command, args...)
	cmd.Stderr = os.Stderr
	began := time.Now()
	err := cmd.Run()
	return result{Contender: name, Elapsed: time.Since(began), PeakRSS: peakOf(cmd), Note: note}, err
}

// child runs a contender that measures itself, in a process of its own, and prints JSON: seconds, a note, and what it told besides, which goes into told.
func child(cmd *exec.Cmd, name string, told any) (result, error) {
	cmd.Stderr = os.Stderr
	text, err := cmd.Output()
	if err != nil {
		return result{}, err
	}
	var measured struct {
		Seconds float64 `json:"seconds"`
		Note    string  `json:"note"`
	}
	for _, into := range []any{&measured, told} {
		if err := json.Unmarshal(text, into); err != nil {
			return result{}, fmt.Errorf("%q: %w", text, err)
		}
	}
	return result{Contender: name, Elapsed: time.Duration(measured.Seconds * float64(time.Second)), PeakRSS: peakOf(cmd), Note: measured.Note}, nil
}

func peakOf(cmd *exec.Cmd) int64 {
	if cmd.ProcessState == nil { // it did not start
		return 0
	}
	usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0
	}
	return usage.Maxrss << 10
}

// A summary is of the runs of one contender.
type summary struct {
	median   result // with the highest PeakRSS of all
	min, max time.Duration
}

// summarize is of at least one run.
func summarize(runs []result) summary {
	runs = slices.SortedFunc(slices.Values(runs), func(a, b result) int { return int(a.Elapsed - b.Elapsed) })
	s := summary{median: runs[len(runs)/2], min: runs[0].Elapsed, max: runs[len(runs)-1].Elapsed}
	for _, r := range runs {
		s.median.PeakRSS = max(s.median.PeakRSS, r.PeakRSS)
	}
	return s
}

func seconds(d time.Duration) json.Number { return json.Number(fmt.Sprintf("%.2f", d.Seconds())) }

func millis(d time.Duration) json.Number {
	return json.Number(fmt.Sprintf("%.1f", d.Seconds()*1000))
}

// writeJSON writes what was measured to a file, unless that is "".
func writeJSON(file string, v any) error {
	if file == "" {
		return nil
	}
	data, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(file, data, 0o644)
}
