package stream

import (
	"context"

	"github.com/apache/arrow-go/v18/arrow"
)

// Emit passes a batch on. It takes over the caller's reference: the callee releases it.
type Emit func(arrow.RecordBatch) error

// Operator transforms the rows of each micro-batch.
type Operator interface {
	// Name is the operator's key in the pipeline file: "sql".
	Name() string
	// Bind is called once, before the first batch, with the schema of the rows that come; it
	// gives the schema of the rows that go. An error says what in the pipeline file to change.
	Bind(ctx context.Context, in *arrow.Schema) (*arrow.Schema, error)
	// Begin starts a micro-batch.
	Begin(ctx context.Context, id BatchID) (OperatorRun, error)
	// Close releases what Bind took.
	Close() error
}

// OperatorRun is an operator's work on one micro-batch. An operator that works row by row emits
// from Process; one that needs the whole batch (GROUP BY, ORDER BY) emits from Finish.
type OperatorRun interface {
	// Process takes rows; several workers may call it at once. The batch is the caller's, and must
	// not be used after the call without a Retain. The order of batches is not kept.
	Process(ctx context.Context, in arrow.RecordBatch, emit Emit) error
	// Finish is called once, after the last Process returned without error.
	Finish(ctx context.Context, emit Emit) error
	// Close ends the run, also after an error.
	Close() error
}

// Place says which records rows were made of: those of a partition from an offset on, a [Chunk]. The zero Place is the whole batch, as of rows
// that an operator emitted from Finish.
type Place struct {
	Partition string
	From      int64
}

// PlacedRun is an OperatorRun that is told where rows come from. The engine calls ProcessFrom in place of Process; the rows of a place come in
// their order, in one call or in several one after the other, as long as the operators before keep it.
type PlacedRun interface {
	OperatorRun
	ProcessFrom(ctx context.Context, from Place, in arrow.RecordBatch, emit Emit) error
}
