package dml

import (
	"strconv"
	"time"

	"github.com/ingestd/ingestd/table"
)

// Result says what an operation did. Where no row was concerned nothing is committed: Attempts is 0 and Version that of the
// table as it was.
type Result struct {
	table.Committed
	Metrics
	// Tries is how often the work was done: more than once where others were faster and could not be followed.
	Tries int
}

// Metrics are the operation metrics of Spark, of the try that was committed.
type Metrics struct {
	DeletedRows int64 `json:"numDeletedRows"`
	UpdatedRows int64 `json:"numUpdatedRows"`
	CopiedRows  int64 `json:"numCopiedRows"` // written again as they were
	OutputRows  int64 `json:"numOutputRows"` // of the user's

	AddedFiles   int64 `json:"numAddedFiles"`
	AddedBytes   int64 `json:"numAddedBytes"`
	RemovedFiles int64 `json:"numRemovedFiles"`
	RemovedBytes int64 `json:"numRemovedBytes"`
	ChangeFiles  int64 `json:"numAddedChangeFiles"`

	DeletionVectorsAdded   int64 `json:"numDeletionVectorsAdded"`
	DeletionVectorsUpdated int64 `json:"numDeletionVectorsUpdated"`
	DeletionVectorsRemoved int64 `json:"numDeletionVectorsRemoved"`

	Execution time.Duration `json:"executionTime"` // all of it, up to the commit
	Scan      time.Duration `json:"scanTime"`      // finding the rows
	Rewrite   time.Duration `json:"rewriteTime"`   // writing files
}

// stopwatch measures a try by the clock of the table.
type stopwatch struct {
	t             *table.Table
	began, middle int64
}

func startWatch(t *table.Table) *stopwatch { return &stopwatch{t: t, began: t.Now()} }

// scanned ends the scan.
func (w *stopwatch) scanned() { w.middle = w.t.Now() }

func (w *stopwatch) stop(m *Metrics) {
	now := w.t.Now()
	m.Execution = time.Duration(now-w.began) * time.Millisecond
	m.Scan = time.Duration(w.middle-w.began) * time.Millisecond
	m.Rewrite = time.Duration(now-w.middle) * time.Millisecond
}

// files takes over what the change did to files.
func (m *Metrics) files(s table.ChangeStats) {
	m.CopiedRows, m.ChangeFiles = s.CopiedRows, s.ChangeFiles
	m.AddedFiles, m.AddedBytes, m.RemovedFiles, m.RemovedBytes = s.AddedFiles, s.AddedBytes, s.RemovedFiles, s.RemovedBytes
	m.DeletionVectorsAdded, m.DeletionVectorsUpdated, m.DeletionVectorsRemoved = s.VectorsAdded, s.VectorsUpdated, s.VectorsRemoved
}

// common are the metrics that DELETE and UPDATE share.
func (m *Metrics) common() map[string]string {
	return texts(map[string]int64{
		"numAddedFiles": m.AddedFiles, "numAddedBytes": m.AddedBytes, "numRemovedFiles": m.RemovedFiles, "numRemovedBytes": m.RemovedBytes,
		"numCopiedRows": m.CopiedRows, "numAddedChangeFiles": m.ChangeFiles, "numDeletionVectorsAdded": m.DeletionVectorsAdded,
		"numDeletionVectorsUpdated": m.DeletionVectorsUpdated, "numDeletionVectorsRemoved": m.DeletionVectorsRemoved,
		"executionTimeMs": m.Execution.Milliseconds(), "scanTimeMs": m.Scan.Milliseconds(), "rewriteTimeMs": m.Rewrite.Milliseconds(),
	})
}

func texts(m map[string]int64) map[string]string {
	out := make(map[string]string, len(m))
	for k, v := range m {
		out[k] = strconv.FormatInt(v, 10)
	}
	return out
}
