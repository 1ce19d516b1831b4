// Package deadletter reads the dead letters of a query, to show them and to send them through the query again.
//
// It owns how rows of a dead-letter table (package stream/sink/delta writes them) become records again,
// and what offset a dead letter has. It knows nothing of decoding.
package deadletter

import (
	"bytes"
	"context"
	"fmt"
	"iter"
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/ingestd/ingestd/stream"
	"github.com/ingestd/ingestd/table"
)

// Letter is a record that was refused.
type Letter struct {
	Version    int64 // of the dead-letter table, whose commit holds it
	BatchID    int64
	Reason     string
	IngestedAt time.Time
	Record     stream.Record // its slices are copies
}

// Letters yields the dead letters of a query that the commits [from, to) of a dead-letter table added, in their
// order, a slice of at most some thousand at a time. Commits that the log no longer has are given together, as of
// the oldest that it has. Errors: *GapError; those of reading the log and the table.
func Letters(ctx context.Context, t *table.Table, query string, from, to int64) iter.Seq2[[]Letter, error] {
	return func(yield func([]Letter, error) bool) {
		earliest, err := t.Log().EarliestVersion(ctx)
		if err != nil {
			yield(nil, err)
			return
		}
		if from > 0 && from < earliest && from < to {
			yield(nil, &GapError{Table: t.Location(), From: from, Earliest: earliest})
			return
		}
		if from < earliest && earliest < to {
			old, err := t.At(ctx, earliest)
			if err != nil {
				yield(nil, err)
				return
			}
			if !yieldLetters(query, earliest, old.Scan(ctx, table.ScanOptions{Parallelism: 1}), yield) {
				return
			}
			earliest++
		}
		for v := max(from, earliest); v < to; v++ {
			if !yieldLetters(query, v, t.ScanCommit(ctx, v, table.ScanOptions{}), yield) {
				return
			}
		}
	}
}

// GapError says that the log no longer has all commits from a version on. What they added stands in the table beside
// what was added before, and cannot be told from it: letters that were sent through the query would be sent again.
type GapError struct {
	Table          string
	From, Earliest int64
}

func (e *GapError) Error() string {
	return fmt.Sprintf("the log of dead letters %s begins with version %d, those from version %d on were to come: which of the older letters were replayed already can no longer be told; "+
		"look at them all (ingestd dlq show --all), and send those that the table lacks to the topic again; a longer delta.logRetentionDuration of that table prevents this", e.Table, e.Earliest, e.From)
}

func yieldLetters(query string, version int64, in iter.Seq2[arrow.RecordBatch, error], yield func([]Letter, error) bool) bool {
	for rec, err := range in {
		if err != nil {
			yield(nil, err)
			return false
		}
		letters := lettersOf(rec, query, version)
		rec.Release()
		if len(letters) > 0 && !yield(letters, nil) {
			return false
		}
	}
	return true
}

// lettersOf are the letters of a query in a batch with the columns of delta.DeadLetterDDL.
func lettersOf(rec arrow.RecordBatch, query string, version int64) []Letter {
	c := columns{rec}
	var letters []Letter
	for i := range int(rec.NumRows()) {
		if c.text("query", i) != query {
			continue
		}
		letters = append(letters, Letter{
			Version: version, BatchID: c.integer("batch_id", i), Reason: c.text("reason", i), IngestedAt: c.time("ingested_at", i),
			Record: stream.Record{
				Key: c.binary("key", i), Value: c.binary("value", i), Topic: c.text("topic", i), Partition: int32(c.integer("partition", i)),
				Offset: c.integer("offset", i), Timestamp: c.time("timestamp", i), Headers: c.headers(i),
			},
		})
	}
	return letters
}

// columns reads values by the name of their column; what is not there or null is the zero value.
type columns struct{ rec arrow.RecordBatch }

func (c columns) column(name string, i int) arrow.Array {
	for j, f := range c.rec.Schema().Fields() {
		if f.Name == name && c.rec.Column(j).IsValid(i) {
			return c.rec.Column(j)
		}
	}
	return nil
}

func (c columns) text(name string, i int) string {
	if a, ok := c.column(name, i).(*array.String); ok {
		return strings.Clone(a.Value(i))
	}
	return ""
}

func (c columns) binary(name string, i int) []byte {
	if a, ok := c.column(name, i).(*array.Binary); ok {
		return append([]byte{}, a.Value(i)...)
	}
	return nil
}

func (c columns) integer(name string, i int) int64 {
	switch a := c.column(name, i).(type) {
	case *array.Int64:
		return a.Value(i)
	case *array.Int32:
		return int64(a.Value(i))
	}
	return 0
}

func (c columns) time(name string, i int) time.Time {
	if a, ok := c.column(name, i).(*array.Timestamp); ok {
		return a.Value(i).ToTime(arrow.Microsecond)
	}
	return time.Time{}
}

func (c columns) headers(i int) []stream.Header {
	list, ok := c.column("headers", i).(*array.List)
	if !ok {
		return nil
	}
	pairs := list.ListValues().(*array.Struct)
	keys, values := pairs.Field(0).(*array.String), pairs.Field(1).(*array.Binary)
	start, end := list.ValueOffsets(i)
	var headers []stream.Header
	for j := int(start); j < int(end); j++ {
		h := stream.Header{Key: strings.Clone(keys.Value(j))}
		if values.IsValid(j) {
			h.Value = bytes.Clone(values.Value(j))
		}
		headers = append(headers, h)
	}
	return headers
}
