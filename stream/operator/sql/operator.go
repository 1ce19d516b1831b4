// Package sql is the sql operator of a pipeline: a SELECT over the rows of each micro-batch, which it calls input. It
// owns when and over what the query runs: on each chunk in parallel where the query allows, else once over the
// whole batch; and static tables, read anew for each batch as in Spark's join of a stream with a static
// DataFrame. How SQL runs is internal/sql's.
package sql

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/ingestd/ingestd/internal/sql"
	"github.com/ingestd/ingestd/stream"
)

// input is what the query calls the rows of the batch.
const input = "input"

// Options shape an Operator.
type Options struct {
	// Query is one SELECT that reads input.
	Query string
	// OpenTable opens the static tables that the query names by delta('path'). It is asked for the latest
	// version again at each batch. Nil where there are none.
	OpenTable sql.OpenTable
	// MemoryLimit bounds what DuckDB holds, in bytes; 0 is 256 MiB.
	MemoryLimit int64
	// Threads is how many threads DuckDB uses, 0 for as many as Go does.
	Threads int
	// TempDir is where a batch goes that does not fit, "" for a new folder below the system's own.
	TempDir string
	// HoldBytes is how much of a batch a query that needs the whole of it holds as Arrow before it goes to
	// DuckDB's tables, which spill. 0 is 64 MiB.
	HoldBytes int64
	// StaticBytes is how large a static table may be, in the columns that the query reads, to be kept in memory while its
	// version stays. A larger one is streamed from storage once for each batch, and the query then runs over the
	// whole batch. 0 is 64 MiB.
	StaticBytes int64
}

// Operator is a stream.Operator.
type Operator struct {
	opts     Options
	db       *sql.DB
	analysis *sql.Analysis
	in, out  *arrow.Schema
	statics  *statics
	computed *computed // nil: all columns come from the query

	mu   sync.Mutex
	idle []*worker
}

var _ stream.Operator = (*Operator)(nil)

// New makes an operator; Bind starts it.
func New(opts Options) *Operator {
	if opts.HoldBytes == 0 {
		opts.HoldBytes = 64 << 20
	}
	if opts.StaticBytes == 0 {
		opts.StaticBytes = 64 << 20
	}
	return &Operator{opts: opts, statics: &statics{open: opts.OpenTable, limit: opts.StaticBytes, byRef: map[string]*static{}}}
}

// Name is "sql".
func (o *Operator) Name() string { return "sql" }

// Bind checks the query against the schema of the input and of the static tables. The columns of
// its result are those of [sql.Session.Describe]; one that is a column of the input as it is keeps that column's
// nullability and metadata. An error about the query is an *[sql.SQLError].
func (o *Operator) Bind(ctx context.Context, in *arrow.Schema) (*arrow.Schema, error) {
	opts := sql.Options{MemoryLimit: o.opts.MemoryLimit, Threads: o.opts.Threads, TempDir: o.opts.TempDir}
	if o.opts.OpenTable != nil {
		opts.OpenTable = o.statics.openTable
	}
	var err error
	if o.db, err = sql.Open(opts); err != nil {
		return nil, err
	}
	o.in = in
	out, err := o.check(ctx)
	if err != nil {
		return nil, errors.Join(err, o.Close())
	}
	o.out = out
	return out, nil
}

func (o *Operator) check(ctx context.Context) (*arrow.Schema, error) {
	w, err := o.newWorker(ctx)
	if err != nil {
		return nil, err
	}
	defer o.put(w)
	if o.analysis, err = w.session.Analyze(ctx, o.opts.Query, input); err != nil {
		return nil, err
	}
	if !o.analysis.Input {
		return nil, &sql.SQLError{Message: "the query never reads input, the rows of the batch: write SELECT ... FROM input"}
	}
	if err := w.prepare(ctx); err != nil {
		return nil, err
	}
	if o.computed, err = o.planComputed(ctx, w); err != nil {
		return nil, err
	}
	fields := w.stmt.Schema().Fields()
	seen := map[string]bool{}
	for i, from := range o.analysis.Passed(o.in, len(fields)) {
		name := strings.ToLower(fields[i].Name)
		if seen[name] {
			return nil, &sql.SQLError{Message: fmt.Sprintf("the result has two columns named %q; name one otherwise with AS, or leave it out", fields[i].Name)}
		}
		seen[name] = true
		if from < 0 {
			continue
		}
		fields[i].Nullable, fields[i].Metadata = o.in.Field(from).Nullable, o.in.Field(from).Metadata
		if o.computed != nil {
			fields[i].Type = o.in.Field(from).Type
		}
	}
	return arrow.NewSchema(fields, nil), nil
}

// Begin starts a batch: static tables that have a new version are read anew, by all of the batch.
func (o *Operator) Begin(ctx context.Context, _ stream.BatchID) (stream.OperatorRun, error) {
	if err := o.statics.refresh(ctx); err != nil {
		return nil, err
	}
	if o.computed != nil {
		return &passRun{op: o}, nil
	}
	if o.analysis.RowWise && !o.analysis.Files && !o.statics.large() {
		return &chunkRun{op: o}, nil
	}
	return &batchRun{op: o}, nil
}

// Close releases sessions, memory and spilled files. Every run must have been closed.
func (o *Operator) Close() error {
	for _, w := range o.idle {
		w.close()
	}
	o.idle = nil
	if o.computed != nil {
		o.computed.close()
	}
	o.statics.close()
	if o.db == nil {
		return nil
	}
	return o.db.Close()
}
