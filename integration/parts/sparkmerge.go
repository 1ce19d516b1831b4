package parts

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"time"
)

// A SparkMerge upserts the rows of a Parquet file into Delta tables, by one key: what MERGE is measured against.
type SparkMerge struct {
	Tables []string `json:"tables"` // local folders of equal tables, one for each time
	Source string   `json:"source"`
	Key    string   `json:"key"`
}

// A SparkMergeResult is what it took.
type SparkMergeResult struct {
	Elapsed []time.Duration // of each table; the start of the session is not in it
	PeakRSS int64           // bytes, the driver's JVM and its Python together
}

// Run merges in a session of its own. It needs no test and may be used by a benchmark.
func (m SparkMerge) Run(ctx context.Context) (SparkMergeResult, error) {
	dir, err := os.MkdirTemp("", "ingestd-sparkmerge-")
	if err != nil {
		return SparkMergeResult{}, fmt.Errorf("spark merge: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	spec, err := json.Marshal(m)
	if err != nil {
		return SparkMergeResult{}, fmt.Errorf("spark merge: %w", err)
	}
	var measured struct {
		Seconds []float64 `json:"seconds"`
		PeakRSS int64     `json:"peak_rss_bytes"`
	}
	if err := measure(ctx, dir, "merge_job.py", string(spec), &measured); err != nil {
		return SparkMergeResult{}, fmt.Errorf("spark merge: %w", err)
	}
	r := SparkMergeResult{PeakRSS: measured.PeakRSS}
	for _, s := range measured.Seconds {
		r.Elapsed = append(r.Elapsed, time.Duration(s*float64(time.Second)))
	}
	return r, nil
}
