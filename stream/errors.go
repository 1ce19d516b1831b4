package stream

import (
	"errors"
	"fmt"
)

// ErrFenced says that the sink no longer stands where the batch started from: another process
// runs the same query, or this one was paused. Nothing of the batch was committed.
var ErrFenced = errors.New("another process has advanced this query")

// ErrNoSchema says that something needs to know the columns of the rows before the first of them comes, and the format does not tell
// them: its rows are of many tables.
var ErrNoSchema = errors.New("the rows of this format have no one schema, since they may be of many tables; " +
	"read the records with a format that has one schema, or leave this out")

// DataLossError says that records which the query has yet to read are gone from the source.
type DataLossError struct {
	Partition        string
	Wanted           int64 // the offset that the query needs
	Earliest, Latest int64 // what the source has: [Earliest, Latest)
}

func (e *DataLossError) Error() string {
	return fmt.Sprintf("data loss in %s: offset %d is wanted but the source has only [%d, %d); records were deleted by retention, or the topic was recreated; "+
		"set fail_on_data_loss: false to go on from what is there", e.Partition, e.Wanted, e.Earliest, e.Latest)
}

// BadRecordError says that a record cannot be decoded and the query was told to fail then (on_error: fail).
type BadRecordError struct {
	Rejected Rejected
}

func (e *BadRecordError) Error() string {
	r := e.Rejected.Record
	return fmt.Sprintf("record %s/%d at offset %d cannot be decoded: %s; set on_error: dead_letter to put such records aside", r.Topic, r.Partition, r.Offset, e.Rejected.Reason)
}

// AheadError says that the checkpoint is ahead of the table: the table was restored or replaced, and the rows between would be lost.
type AheadError struct {
	Query, Partition string
	Hint             int64  // where the checkpoint stands
	Position         int64  // where the sink stands
	HintName         string // the checkpoint location
	SinkName         string
}

func (e *AheadError) Error() string {
	return fmt.Sprintf("query %s: checkpoint %s is at offset %d of %s but %s only at %d: was the table restored or replaced? "+
		"Delete the checkpoint to read the rows between again, or use another query name to start anew", e.Query, e.HintName, e.Hint, e.Partition, e.SinkName, e.Position)
}
