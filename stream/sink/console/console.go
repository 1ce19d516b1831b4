// Package console is the sink that prints the first rows of each micro-batch, for trying things out.
//
// It holds no positions: after a restart a query without a checkpoint begins where its source says.
package console

import (
	"context"
	"fmt"
	"io"
	"sync"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/ingestd/ingestd/internal/output"
	"github.com/ingestd/ingestd/stream"
)

// DefaultNumRows is Spark's numRows.
const DefaultNumRows = 20

// Options say what is printed.
type Options struct {
	NumRows int           // of each batch; 0 is DefaultNumRows
	Format  output.Format // "" is a table
}

// Sink prints. It implements stream.Sink.
type Sink struct {
	w       io.Writer
	o       Options
	columns []string
}

// New makes a sink that prints to w.
func New(w io.Writer, o Options) *Sink {
	if o.NumRows <= 0 {
		o.NumRows = DefaultNumRows
	}
	if o.Format == "" {
		o.Format = output.Table
	}
	return &Sink{w: w, o: o}
}

// Name implements stream.Sink.
func (s *Sink) Name() string { return "ConsoleSink" }

// Open implements stream.Sink.
func (s *Sink) Open(_ context.Context, schema *arrow.Schema) error {
	s.columns = output.Columns(schema)
	return nil
}

// Positions implements stream.Sink: a console holds none.
func (s *Sink) Positions(context.Context, string) (stream.Offsets, error) { return nil, nil }

// Start implements stream.Sink.
func (s *Sink) Start(context.Context, string, stream.Offsets) error { return nil }

// Begin implements stream.Sink.
func (s *Sink) Begin(_ context.Context, id stream.BatchID) (stream.Writer, error) {
	return &writer{s: s, id: id}, nil
}

// Close implements stream.Sink.
func (s *Sink) Close() error { return nil }

// writer keeps the first rows of a batch.
type writer struct {
	s  *Sink
	id stream.BatchID

	mu    sync.Mutex
	rows  []output.Row
	total int64
}

// Write implements stream.Writer.
func (w *writer) Write(_ context.Context, rec arrow.RecordBatch) error {
	defer rec.Release()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.total += rec.NumRows()
	for i := 0; i < int(rec.NumRows()) && len(w.rows) < w.s.o.NumRows; i++ {
		row := make(output.Row, rec.NumCols())
		for c := range row {
			row[c] = output.Owned(output.Value(rec.Column(c), i))
		}
		w.rows = append(w.rows, row)
	}
	return nil
}

// Commit implements stream.Writer: it prints.
func (w *writer) Commit(context.Context, stream.Offsets) (stream.Committed, error) {
	const rule = "-------------------------------------------"
	if w.s.o.Format == output.Table {
		fmt.Fprintf(w.s.w, "%s\nBatch: %d\n%s\n", rule, w.id.ID, rule)
	}
	if err := output.Rows(w.s.w, w.s.o.Format, w.s.columns, output.Slice(w.rows)); err != nil {
		return stream.Committed{}, fmt.Errorf("console: %w", err)
	}
	if more := w.total - int64(len(w.rows)); more > 0 && w.s.o.Format == output.Table {
		fmt.Fprintf(w.s.w, "... and %d more\n", more)
	}
	return stream.Committed{Rows: w.total}, nil
}

// Abort implements stream.Writer.
func (w *writer) Abort(context.Context) error { return nil }
