package delta

import (
	"context"
	"fmt"
	"strings"

	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/ingestd/ingestd/stream"
	"github.com/ingestd/ingestd/table"
	"github.com/ingestd/ingestd/table/predicate"
)

// letterKey is by what a dead letter is known again: the offset alone would also be that of a record of a topic of the same name before.
type letterKey struct {
	topic     string
	partition int32
	offset    int64
	micros    int64 // of the record's timestamp
}

func keyOf(r stream.Record) letterKey {
	k := letterKey{topic: r.Topic, partition: r.Partition, offset: r.Offset}
	if !r.Timestamp.IsZero() {
		k.micros = r.Timestamp.UnixMicro()
	}
	return k
}

// kept says whether the table has a dead letter of below its txn. It has, unless what is refused has changed since the batch ran before: a table
// that could be written then cannot now. A letter that is sent through the query again is not looked for.
func (w *deadLetterWriter) kept(ctx context.Context, partition string, r stream.Record) (bool, error) {
	if r.Position() != r.Offset {
		return true, nil
	}
	known, ok := w.known[partition]
	if !ok {
		var err error
		if known, err = w.letters(ctx, w.id.From[partition]); err != nil {
			return false, fmt.Errorf("dead letters: %w", err)
		}
		w.known[partition] = known
	}
	return known[keyOf(r)], nil
}

// letters are those of the query that the table has, from an offset on.
func (w *deadLetterWriter) letters(ctx context.Context, from int64) (map[letterKey]bool, error) {
	where := predicate.Advisory(predicate.And{
		predicate.Comparison{Op: predicate.Eq, Path: []string{"query"}, Value: predicate.String(w.id.Query)},
		predicate.Comparison{Op: predicate.Ge, Path: []string{"offset"}, Value: predicate.Int(from)},
	})
	known := map[letterKey]bool{}
	scan := table.ScanOptions{Columns: []string{"query", "topic", "partition", "offset", "timestamp"}, Where: where, Parallelism: 1}
	for rec, err := range w.t.Scan(ctx, scan) {
		if err != nil {
			return nil, err
		}
		query, topic := rec.Column(0).(*array.String), rec.Column(1).(*array.String)
		partition, offset, at := rec.Column(2).(*array.Int32), rec.Column(3).(*array.Int64), rec.Column(4).(*array.Timestamp)
		for i := range int(rec.NumRows()) {
			if query.Value(i) != w.id.Query || offset.Value(i) < from {
				continue
			}
			k := letterKey{topic: strings.Clone(topic.Value(i)), partition: partition.Value(i), offset: offset.Value(i)}
			if at.IsValid(i) {
				k.micros = int64(at.Value(i))
			}
			known[k] = true
		}
		rec.Release()
	}
	return known, nil
}
