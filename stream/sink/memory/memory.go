// Package memory is a sink that keeps its rows in memory, for tests and for looking at a query:
// Spark's memory sink. Like a table it holds the positions of the queries that write to it, so
// that a query into it is exactly once for as long as the process lives.
//
// It knows nothing of the engine but its interfaces.
package memory

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/ingestd/ingestd/stream"
)

// Table is where sinks put their rows. All methods may be called from many goroutines.
type Table struct {
	mu        sync.Mutex
	schema    *arrow.Schema
	batches   []arrow.RecordBatch
	positions map[string]stream.Offsets
	version   int64
}

// NewTable makes an empty table.
func NewTable() *Table { return &Table{positions: map[string]stream.Offsets{}, version: -1} }

// Schema is that of the rows; nil before the first sink was opened.
func (t *Table) Schema() *arrow.Schema {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.schema
}

// Batches are the rows, in order of commit. They belong to the table: Retain those that must outlive it.
func (t *Table) Batches() []arrow.RecordBatch {
	t.mu.Lock()
	defer t.mu.Unlock()
	return append([]arrow.RecordBatch(nil), t.batches...)
}

// Version counts the commits, from 0; -1 before the first.
func (t *Table) Version() int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.version
}

// Close releases the rows.
func (t *Table) Close() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, b := range t.batches {
		b.Release()
	}
	t.batches = nil
}

// SchemaError says that a query's rows do not fit those that are there.
type SchemaError struct{ Have, Want *arrow.Schema }

func (e *SchemaError) Error() string {
	return fmt.Sprintf("the memory table has other columns: it has %s, the query gives %s", e.Have, e.Want)
}

// Sink implements stream.Sink on a Table.
type Sink struct{ table *Table }

// New makes a sink that writes to t.
func New(t *Table) *Sink { return &Sink{table: t} }

// Name implements stream.Sink.
func (s *Sink) Name() string { return "MemorySink" }

// Open implements stream.Sink. Errors: *SchemaError.
func (s *Sink) Open(_ context.Context, schema *arrow.Schema) error {
	t := s.table
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.schema == nil {
		t.schema = schema
	}
	if !t.schema.Equal(schema) {
		return &SchemaError{Have: t.schema, Want: schema}
	}
	return nil
}

// Positions implements stream.Sink.
func (s *Sink) Positions(_ context.Context, query string) (stream.Offsets, error) {
	t := s.table
	t.mu.Lock()
	defer t.mu.Unlock()
	o := stream.Offsets{}
	maps.Copy(o, t.positions[query])
	return o, nil
}

// Start implements stream.Sink.
func (s *Sink) Start(_ context.Context, query string, o stream.Offsets) error {
	t := s.table
	t.mu.Lock()
	defer t.mu.Unlock()
	have := t.positions[query]
	for p := range o {
		if at, ok := have[p]; ok {
			return fmt.Errorf("start %s of query %s: the table already has it at %d: %w", p, query, at, stream.ErrFenced)
		}
	}
	t.advance(query, o)
	return nil
}

// advance sets positions and counts a version. The caller holds the lock.
func (t *Table) advance(query string, o stream.Offsets) {
	if t.positions[query] == nil {
		t.positions[query] = stream.Offsets{}
	}
	maps.Copy(t.positions[query], o)
	t.version++
}

// Begin implements stream.Sink.
func (s *Sink) Begin(_ context.Context, id stream.BatchID) (stream.Writer, error) {
	return &writer{table: s.table, id: id}, nil
}

// Close implements stream.Sink.
func (s *Sink) Close() error { return nil }

type writer struct {
	table *Table
	id    stream.BatchID
	mu    sync.Mutex
	rows  []arrow.RecordBatch
	ended bool
}

var errEnded = errors.New("the batch has ended")

func (w *writer) Write(_ context.Context, rows arrow.RecordBatch) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ended {
		rows.Release()
		return errEnded
	}
	if rows.NumRows() == 0 {
		rows.Release()
		return nil
	}
	w.rows = append(w.rows, rows)
	return nil
}

func (w *writer) Commit(_ context.Context, reached stream.Offsets) (stream.Committed, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ended {
		return stream.Committed{}, errEnded
	}
	w.ended = true
	t := w.table
	t.mu.Lock()
	defer t.mu.Unlock()
	have := t.positions[w.id.Query]
	for p := range reached {
		at, ok := have[p]
		if from, asked := w.id.From[p]; !ok || !asked || at != from {
			w.drop()
			return stream.Committed{}, fmt.Errorf("commit batch %d of query %s: the table stands at %d of %s, not at %d: %w", w.id.ID, w.id.Query, at, p, from, stream.ErrFenced)
		}
	}
	var c stream.Committed
	for _, b := range w.rows {
		c.Rows += b.NumRows()
	}
	t.batches = append(t.batches, w.rows...)
	w.rows = nil
	t.advance(w.id.Query, reached)
	c.Version = t.version
	return c, nil
}

func (w *writer) Abort(context.Context) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ended = true
	w.drop()
	return nil
}

func (w *writer) drop() {
	for _, b := range w.rows {
		b.Release()
	}
	w.rows = nil
}
