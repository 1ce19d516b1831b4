package stream

import (
	"bytes"
	"context"
	"iter"
	"slices"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
)

// Source is a replayable input: the same range gives the same records, for ever.
//
// One goroutine calls a Source, and reads one range at a time.
type Source interface {
	// Name describes the source in progress events, as Spark does: "KafkaV2[Subscribe[events]]".
	Name() string

	// Start gives the position at which a query that has no progress begins, for the partitions
	// that there are now. Partitions that appear later begin at Earliest.
	Start(ctx context.Context) (Offsets, error)

	// Earliest gives the first offset that can still be read, for each of partitions.
	Earliest(ctx context.Context, partitions []string) (Offsets, error)

	// Latest gives the position after the newest record of every partition that there is now.
	// A range to it can be read whole. at is where the query stands: a partition that now ends before it has lost
	// records, as when a topic was recreated. Errors: *DataLossError then; a source told to go on gives the lower
	// position, and the query goes on from there.
	Latest(ctx context.Context, at Offsets) (Offsets, error)

	// Read yields the records of [from, to), each partition in order of offset, the partitions
	// interleaved as they come. Every offset of the range is covered by exactly one Chunk, also where the
	// source has a hole. from and to name the same partitions. Reading where the last Read ended is the fast case.
	// A source that was told to read one partition in several places at once keeps the order only within each.
	// Errors: *DataLossError when records of the range are gone and the source was told to fail
	// then; an error with Retryable() true may go away.
	Read(ctx context.Context, from, to Offsets) iter.Seq2[Chunk, error]

	// Commit tells the source that everything below o is in the sink. It is a courtesy (Kafka's
	// group offsets, for lag monitors): nothing depends on it, and its error is only logged.
	Commit(ctx context.Context, o Offsets) error

	// Close releases connections and buffers.
	Close() error
}

// Chunk is a run of records of one partition, the unit of parallel work.
type Chunk struct {
	Partition string
	From, To  int64 // offsets covered: [From, To), holes included
	Records   Records
	// Load makes Records ready: the part of the source's work (decompression, framing) that can run in parallel.
	// The worker calls it once, before it looks at Records. Nil where Records are ready as they are.
	Load func() error
	// Bytes is the size of the chunk as it was fetched, known before Load.
	Bytes int64
	// Done gives the buffers back; nothing of Records may be used after it. Called once for each chunk, loaded or
	// not, from any goroutine. Nil where nothing is owed.
	Done func()
}

// Records are raw records, in order of offset.
type Records interface {
	Len() int
	At(i int) Record
}

// Record is one raw record. Its slices are valid until the chunk's Done.
type Record struct {
	Key, Value []byte // nil is null (a Kafka tombstone has a null value)
	Topic      string
	Partition  int32
	Offset     int64
	Timestamp  time.Time
	Headers    []Header
	// At is the record's offset in the partition of the source that it was read from, where that is not Offset: a dead
	// letter that is read again keeps the Offset that it had in its topic. 0 is Offset.
	At int64
}

// Position is the record's offset in the partition of the source that it was read from.
func (r Record) Position() int64 {
	if r.At != 0 {
		return r.At
	}
	return r.Offset
}

// Reject makes a dead letter of the record, whose slices are copied: the chunk's buffers go on to other use.
func (r Record) Reject(reason string) Rejected {
	r.Key, r.Value, r.Headers = bytes.Clone(r.Key), bytes.Clone(r.Value), slices.Clone(r.Headers)
	for i := range r.Headers {
		r.Headers[i].Value = bytes.Clone(r.Headers[i].Value)
	}
	return Rejected{Record: r, Reason: reason}
}

// Header is a header of a record.
type Header struct {
	Key   string
	Value []byte
}

// Decoder makes rows of records.
type Decoder interface {
	// Schema is that of the rows; nil where each batch brings its own, as with a [MultiDecodeTask].
	Schema() *arrow.Schema
	// NewTask makes the state of one worker; it is not safe for concurrent use and keeps its
	// buffers from one chunk to the next.
	NewTask() DecodeTask
}

// DecodeTask decodes chunks for one worker.
type DecodeTask interface {
	// Decode makes rows of recs, in their order, leaving out those it rejects. The batch is the
	// caller's, to release, and holds no reference to recs. A batch may have string columns
	// dictionary-encoded although the Schema says utf8: each batch as was cheapest.
	// A record that cannot be decoded is rejected or, as the decoder was configured, ends it with a
	// *BadRecordError; anything else that fails is an error.
	Decode(recs Records) (arrow.RecordBatch, []Rejected, error)
	// Close releases buffers.
	Close()
}

// MultiDecodeTask is a DecodeTask whose chunks become batches of several schemas: records of several tables, or of a table
// whose columns changed on the way. The engine calls DecodeAll of such a task instead of Decode.
type MultiDecodeTask interface {
	DecodeTask
	// DecodeAll is Decode, with a batch for each schema: the rows of one schema in the order of their records. partition is
	// the partition of the source that recs were read from. The batches are the caller's, to release; none where there is an error.
	DecodeAll(partition string, recs Records) ([]arrow.RecordBatch, []Rejected, error)
}

// Rejected is a record that could not be decoded. Its slices are copies.
type Rejected struct {
	Record Record
	Reason string // one line, without the value
}
