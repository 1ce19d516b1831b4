package stream

import (
	"encoding/json"
	"time"
)

// Progress is a progress event, in the names and the JSON shape of Spark's StreamingQueryProgress.
// A rate that is not known yet is left out.
type Progress struct {
	ID             string           `json:"id"`    // of the query: the checkpoint's, else the run's
	RunID          string           `json:"runId"` // of this run
	Name           string           `json:"name"`
	Timestamp      string           `json:"timestamp"` // when the trigger fired, UTC
	BatchID        int64            `json:"batchId"`
	BatchDuration  int64            `json:"batchDuration"` // ms
	NumInputRows   int64            `json:"numInputRows"`
	InputRate      *float64         `json:"inputRowsPerSecond,omitempty"`     // rows over the time since the last trigger
	ProcessedRate  *float64         `json:"processedRowsPerSecond,omitempty"` // rows over the time of the batch
	DurationMs     map[string]int64 `json:"durationMs"`
	StateOperators []StateOperator  `json:"stateOperators"`
	Sources        []SourceProgress `json:"sources"`
	Sink           SinkProgress     `json:"sink"`

	// NumRejectedRows went to the dead letters; not in Spark's events.
	NumRejectedRows int64 `json:"numRejectedRows"`
	// Committed is what the sink said of the commit; not in Spark's events.
	Committed Committed `json:"-"`
}

// StateOperator is the progress of a stateful operator.
type StateOperator struct {
	Name         string `json:"operatorName"`
	NumRowsTotal int64  `json:"numRowsTotal"`
}

// SourceProgress is the progress of a source. Offsets are {"topic":{"partition":offset}}.
type SourceProgress struct {
	Description   string            `json:"description"`
	StartOffset   json.RawMessage   `json:"startOffset"`
	EndOffset     json.RawMessage   `json:"endOffset"`
	LatestOffset  json.RawMessage   `json:"latestOffset"`
	NumInputRows  int64             `json:"numInputRows"`
	InputRate     *float64          `json:"inputRowsPerSecond,omitempty"`
	ProcessedRate *float64          `json:"processedRowsPerSecond,omitempty"`
	Metrics       map[string]string `json:"metrics,omitempty"`
}

// SinkProgress is the progress of the sink.
type SinkProgress struct {
	Description   string `json:"description"`
	NumOutputRows int64  `json:"numOutputRows"`
}

// The keys of Progress.DurationMs, as Spark's.
const (
	durTrigger       = "triggerExecution"
	durLatest        = "latestOffset"
	durPlanning      = "queryPlanning"
	durWalCommit     = "walCommit"
	durAddBatch      = "addBatch" // read, decode, process, write and commit
	durCommitOffsets = "commitOffsets"
)

// idleProgressEvery is Spark's noDataProgressEventInterval.
const idleProgressEvery = 10 * time.Second

// sparkTime is how Spark prints times in progress events.
const sparkTime = "2006-01-02T15:04:05.000Z"
