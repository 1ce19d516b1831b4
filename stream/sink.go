package stream

import (
	"context"

	"github.com/apache/arrow-go/v18/arrow"
)

// BatchID identifies a micro-batch of a query.
type BatchID struct {
	Query string
	ID    int64   // counts from 0
	From  Offsets // where the sink stands: what Commit demands
}

// Sink takes the rows of micro-batches and commits each exactly once.
//
// One goroutine calls a Sink; only Writer.Write is called from several.
type Sink interface {
	// Name describes the sink in progress events: "DeltaSink[s3://lake/events]".
	Name() string

	// Open is called once, before all else, with the schema of the rows, nil where each batch brings its own. It creates or checks what the sink writes
	// to. An error that only a change of the pipeline or the table can mend is not retryable.
	Open(ctx context.Context, schema *arrow.Schema) error

	// Positions reads afresh how far the sink has come with query: for every partition that it has
	// met, the offset after the last one that it holds. A sink that cannot hold positions gives nil.
	Positions(ctx context.Context, query string) (Offsets, error)

	// Start records the position at which partitions begin that the sink has not met. When another process
	// was first it fails with ErrFenced.
	Start(ctx context.Context, query string, o Offsets) error

	// Begin starts a micro-batch.
	Begin(ctx context.Context, id BatchID) (Writer, error)

	// Close waits for the sink's own background work and releases it.
	Close() error
}

// Forgetful is a Sink that may forget positions of partitions that were idle for long (a table with
// delta.setTransactionRetentionDuration). What it has forgotten, the checkpoint knows.
type Forgetful interface {
	// Forgets says whether it does. Called after Open.
	Forgets() bool
}

// Writer writes one micro-batch. Exactly one of Commit and Abort ends it.
type Writer interface {
	// Write takes rows; several workers may call it at once. It takes over the reference.
	Write(ctx context.Context, rows arrow.RecordBatch) error

	// Commit makes the rows and the position reached visible in one atomic step, demanding that the sink
	// still stands at BatchID.From for every partition of reached. With no rows it records the position alone.
	// Errors: ErrFenced: the sink has moved, nothing of this batch is in it, and read again from
	// Positions. An error wrapping objstore.ErrOutcomeUnknown: the same, but the batch may be in it.
	Commit(ctx context.Context, reached Offsets) (Committed, error)

	// Abort drops the batch and deletes what of it was written.
	Abort(ctx context.Context) error
}

// Committed says what a commit did.
type Committed struct {
	Rows    int64 // written
	Files   int64
	Bytes   int64
	Version int64 // of the table, where the sink is one
	// Due is work that the commit has made due (a checkpoint), to run off its path; nil where none is.
	Due func(context.Context) error
}

// DeadLetters keeps the records that could not be decoded. Its commits come before the sink's and
// stand on positions of their own, so that every rejected record is in it exactly once.
type DeadLetters interface {
	// Begin starts a micro-batch.
	Begin(ctx context.Context, id BatchID) (DeadLetterWriter, error)
	// Close waits for background work.
	Close() error
}

// DeadLetterWriter takes the rejected records of one micro-batch. Exactly one of Commit and Abort ends it.
type DeadLetterWriter interface {
	// Add takes rejected records; several workers may call it at once.
	Add(ctx context.Context, partition string, recs []Rejected) error
	// Commit keeps those that are not there yet. With none added it does nothing.
	Commit(ctx context.Context, reached Offsets) error
	// Abort drops them.
	Abort(ctx context.Context) error
}
