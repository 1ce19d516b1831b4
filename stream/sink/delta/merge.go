package delta

import (
	"context"
	"fmt"
	"sync"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/ingestd/ingestd/dml"
	"github.com/ingestd/ingestd/merge"
	"github.com/ingestd/ingestd/stream"
	"github.com/ingestd/ingestd/table"
	"github.com/ingestd/ingestd/table/expression"
)

// Merge merges micro-batches into a Delta table: each is the source of a MERGE whose commit holds the offsets too. It
// implements stream.Sink. A batch in which several rows match one row of the table ends the query, as it does in Spark.
type Merge struct {
	Sink
	stmt merge.Statement
	with expression.Compiler
	in   *arrow.Schema
}

// NewMerge makes a sink; nothing is read or written before Open. The table is made with the columns of the rows where there is none. with
// compiles the statement's expressions, and stays the caller's.
func NewMerge(o Options, stmt merge.Statement, with expression.Compiler) *Merge {
	return &Merge{Sink: Sink{o: o}, stmt: stmt, with: with}
}

// Open implements stream.Sink. Errors: those of [Sink.Open] but for columns that do not fit; what is wrong with the statement.
func (s *Merge) Open(ctx context.Context, as *arrow.Schema) error {
	if err := s.open(ctx, as); err != nil {
		return err
	}
	s.in = as
	return merge.Check(ctx, s.t, s.with, s.stmt, as)
}

// Begin implements stream.Sink.
func (s *Merge) Begin(ctx context.Context, id stream.BatchID) (stream.Writer, error) {
	rows, err := merge.Collect(ctx, s.t, s.with, s.stmt, s.in, s.options())
	if err != nil {
		return nil, err
	}
	return &mergeWriter{to: s, id: id, rows: rows, absent: s.forgotten(id)}, nil
}

func (s *Merge) options() merge.Options {
	return merge.Options{Options: dml.Options{WriteOptions: s.o.write()}}
}

// mergeWriter takes one micro-batch.
type mergeWriter struct {
	to     *Merge
	id     stream.BatchID
	absent map[string]bool

	mu   sync.Mutex
	rows *merge.Source
}

// Write implements stream.Writer.
func (w *mergeWriter) Write(ctx context.Context, rows arrow.RecordBatch) error {
	defer rows.Release()
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.rows.Append(ctx, rows)
}

// Commit implements stream.Writer.
func (w *mergeWriter) Commit(ctx context.Context, reached stream.Offsets) (stream.Committed, error) {
	defer func() { _ = w.rows.Close() }() // files for the time being
	o := w.to.options()
	c := progress(w.id, w.absent, reached)
	o.Txns, o.Require = c.Txns, c.Require
	r, err := merge.Apply(ctx, w.to.t, w.to.with, w.to.stmt, w.rows, o)
	if err != nil {
		return stream.Committed{}, fmt.Errorf("merge: %w", fenced(err))
	}
	return stream.Committed{Rows: r.RowsInserted + r.RowsUpdated + r.RowsDeleted, Files: r.Files, Bytes: r.Bytes, Version: r.Version, Due: dueOf(r.Due)}, nil
}

// Abort implements stream.Writer.
func (w *mergeWriter) Abort(context.Context) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.rows.Close()
}

// progress is what a commit demands of the table's txns, and what it makes of them.
func progress(id stream.BatchID, absent map[string]bool, reached stream.Offsets) table.CommitOptions {
	var o table.CommitOptions
	for _, p := range reached.Partitions() {
		from, started := id.From[p]
		app := appID(id.Query, p)
		o.Require = append(o.Require, table.TxnRequirement{AppID: app, Version: from, Absent: !started || absent[p]})
		if !started || from != reached[p] || absent[p] {
			o.Txns = append(o.Txns, table.Txn{AppID: app, Version: reached[p]})
		}
	}
	return o
}
