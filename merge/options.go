package merge

import (
	"time"

	"github.com/ingestd/ingestd/dml"
	"github.com/ingestd/ingestd/table"
)

// Options are those of a MERGE. The zero value is good for most.
type Options struct {
	dml.Options
	// SourceMemory in bytes is what of the source is kept in memory; beyond it, it goes to files in TempDir and the table's key columns are
	// read once for each part. 0 is match.DefaultBudget.
	SourceMemory int64
	// TempDir is for those files; empty is the system's.
	TempDir string
}

// Result says what a MERGE did. Where no row was concerned nothing is committed: Attempts is 0.
type Result struct {
	table.Committed
	Metrics
	// Tries is how often the work was done: more than once where others were faster and could not be followed.
	Tries int
}

// Metrics are the operation metrics of Spark, of the try that was committed.
type Metrics struct {
	SourceRows               int64         `json:"numSourceRows"`
	RowsInserted             int64         `json:"numTargetRowsInserted"`
	RowsUpdated              int64         `json:"numTargetRowsUpdated"`
	RowsMatchedUpdated       int64         `json:"numTargetRowsMatchedUpdated"`
	RowsUnmatchedUpdated     int64         `json:"numTargetRowsNotMatchedBySourceUpdated"`
	RowsDeleted              int64         `json:"numTargetRowsDeleted"`
	RowsMatchedDeleted       int64         `json:"numTargetRowsMatchedDeleted"`
	RowsUnmatchedDeleted     int64         `json:"numTargetRowsNotMatchedBySourceDeleted"`
	RowsCopied               int64         `json:"numTargetRowsCopied"`
	OutputRows               int64         `json:"numOutputRows"`
	FilesAdded               int64         `json:"numTargetFilesAdded"`
	FilesRemoved             int64         `json:"numTargetFilesRemoved"`
	BytesAdded               int64         `json:"numTargetBytesAdded"`
	BytesRemoved             int64         `json:"numTargetBytesRemoved"`
	ChangeFilesAdded         int64         `json:"numTargetChangeFilesAdded"`
	DeletionVectorsAdded     int64         `json:"numTargetDeletionVectorsAdded"`
	DeletionVectorsRemoved   int64         `json:"numTargetDeletionVectorsRemoved"`
	DeletionVectorsUpdated   int64         `json:"numTargetDeletionVectorsUpdated"`
	FilesScanned             int64         `json:"-"` // candidates, whose keys were read
	Execution, Scan, Rewrite time.Duration `json:"-"`
	Materialize              time.Duration `json:"-"` // keeping the source
}
