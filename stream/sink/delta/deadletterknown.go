package delta

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/ingestd/ingestd/stream"
	"github.com/ingestd/ingestd/table"
	"github.com/ingestd/ingestd/table/predicate"
	"github.com/ingestd/ingestd/txlog/action"
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
// that could be written then cannot now.
func (w *deadLetterWriter) kept(ctx context.Context, partition string, r stream.Record) (bool, error) {
	known, ok := w.known[partition]
	if !ok {
		known = map[letterKey]bool{}
		var err error
		if r.Position() == r.Offset {
			err = w.learnFrom(ctx, w.id.From[partition], known)
		} else {
			err = w.learnAgain(ctx, w.stands(partition), known)
		}
		if err != nil {
			return false, fmt.Errorf("dead letters: %w", err)
		}
		w.known[partition] = known
	}
	return known[keyOf(r)], nil
}

// learnFrom finds the letters of the query that the table has, from an offset on.
func (w *deadLetterWriter) learnFrom(ctx context.Context, from int64, known map[letterKey]bool) error {
	where := predicate.Advisory(predicate.And{
		predicate.Comparison{Op: predicate.Eq, Path: []string{"query"}, Value: predicate.String(w.id.Query)},
		predicate.Comparison{Op: predicate.Ge, Path: []string{"offset"}, Value: predicate.Int(from)},
	})
	return w.learn(w.t.Scan(ctx, table.ScanOptions{Columns: letterColumns, Where: where, Parallelism: 1}), from, known)
}

// learnAgain finds the letters that came of letters which were sent through the query again, up to where that stands: the table has each twice
// then, and those of the commits that reached this point are the later.
func (w *deadLetterWriter) learnAgain(ctx context.Context, at table.TxnRequirement, known map[letterKey]bool) error {
	earliest, err := w.t.Log().EarliestVersion(ctx)
	if err != nil {
		return err
	}
	for commit, err := range w.t.Log().Commits(ctx, earliest, w.t.Version()) {
		if err != nil {
			return err
		}
		reached := slices.ContainsFunc(commit.Actions, func(a action.Action) bool {
			txn, ok := a.(*action.Txn)
			return ok && txn.AppID == at.AppID && txn.Version == at.Version
		})
		if !reached {
			continue
		}
		if err := w.learn(w.t.ScanCommit(ctx, commit.Version, table.ScanOptions{Columns: letterColumns}), 0, known); err != nil {
			return err
		}
	}
	return nil
}

var letterColumns = []string{"query", "topic", "partition", "offset", "timestamp"}

// learn takes in rows with letterColumns.
func (w *deadLetterWriter) learn(rows iter.Seq2[arrow.RecordBatch, error], from int64, known map[letterKey]bool) error {
	for rec, err := range rows {
		if err != nil {
			return err
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
	return nil
}
