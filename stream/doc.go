// Package stream is the engine: it cuts a source into micro-batches, runs each through decoding
// and operators, and has a sink commit it exactly once. Its terms are those of Spark Structured
// Streaming: query, trigger, micro-batch, offset log, commit log, progress.
//
// The engine knows no Kafka, no table and no SQL: those are adapters below stream/source,
// stream/format, stream/operator and stream/sink.
//
// # Where progress lives
//
// Where to start is a hint that may only lag; what the sink has committed makes it exact. A sink
// commits, with the rows of each batch, the offsets that it reaches ([Writer.Commit]), and tells
// them at the start ([Sink.Positions]). A commit demands that the sink still stands where the
// batch started from, so a crash at any point, a batch cut differently after a restart, and a
// process that was paused and wakes are all one case: the rows below the sink's own position are
// not read again, and a batch from a position that has moved is refused ([ErrFenced]).
package stream
