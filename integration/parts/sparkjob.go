package parts

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// A SparkJob is one Structured Streaming query that lands what waits in a Kafka topic in a Delta table (availableNow):
// the program that ingestd is measured against.
type SparkJob struct {
	Brokers     string            `json:"brokers"`
	Topic       string            `json:"topic"`
	Schema      string            `json:"schema"`           // DDL of the JSON records
	Select      []string          `json:"select,omitempty"` // SQL expressions over the columns; all columns if empty
	Table       string            `json:"table"`            // a local folder
	Checkpoint  string            `json:"checkpoint"`       // a local folder
	PartitionBy []string          `json:"partition_by,omitempty"`
	Memory      string            `json:"memory,omitempty"`  // of the driver; 2g if empty
	Conf        map[string]string `json:"conf,omitempty"`    // of the session
	Options     map[string]string `json:"options,omitempty"` // of the Kafka source: maxOffsetsPerTrigger and the like
}

// A SparkJobResult is what a job took.
type SparkJobResult struct {
	Elapsed   time.Duration // from the start of the query to its end; the start of the session is not in it
	InputRows int64
	Batches   int
	PeakRSS   int64 // bytes, the driver's JVM and its Python together
}

// Run runs the job in a session of its own and returns when it is done. It needs no test and may be used by a benchmark.
func (j SparkJob) Run(ctx context.Context) (SparkJobResult, error) {
	dir, err := os.MkdirTemp("", "ingestd-sparkjob-")
	if err != nil {
		return SparkJobResult{}, fmt.Errorf("spark job: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	spec, err := json.Marshal(j)
	if err != nil {
		return SparkJobResult{}, fmt.Errorf("spark job: %w", err)
	}
	var measured struct {
		Elapsed   float64 `json:"elapsed_seconds"`
		InputRows int64   `json:"input_rows"`
		Batches   int     `json:"batches"`
		PeakRSS   int64   `json:"peak_rss_bytes"`
	}
	if err := measure(ctx, dir, "stream_job.py", string(spec), &measured); err != nil {
		return SparkJobResult{}, fmt.Errorf("spark job: %w", err)
	}
	return SparkJobResult{
		Elapsed:   time.Duration(measured.Elapsed * float64(time.Second)),
		InputRows: measured.InputRows,
		Batches:   measured.Batches,
		PeakRSS:   measured.PeakRSS,
	}, nil
}

// measure runs a script to its end, with dir for its files, and takes the JSON that it prints.
func measure(ctx context.Context, dir, script, spec string, into any) error {
	cmd, err := python(ctx, dir, script, spec)
	if err != nil {
		return err
	}
	var out bytes.Buffer
	cmd.Stdout = &out
	log := filepath.Join(dir, "spark.log")
	p, err := launch(script, cmd, log)
	if err != nil {
		return err
	}
	select {
	case <-p.done:
	case <-ctx.Done():
		p.kill()
		return context.Cause(ctx)
	}
	if err := json.Unmarshal(out.Bytes(), into); err != nil {
		return fmt.Errorf("it measured nothing: %w\n%s", err, tail(log))
	}
	return nil
}
