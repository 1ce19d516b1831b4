// Package console is a sink that prints its rows, as Spark's console sink does: for looking at what
// a query gives. It holds no positions, so a query into it without a checkpoint begins anew each
// time.
//
// It knows nothing of the engine but its interfaces.
package console

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/ingestd/ingestd/stream"
)

// Options say how much is printed.
type Options struct {
	NumRows   int  // of each batch; 0 is 20
	Untrimmed bool // prints values longer than 20 characters whole
}

// Sink implements stream.Sink.
type Sink struct {
	out    io.Writer
	opts   Options
	schema *arrow.Schema
}

const (
	defaultRows = 20
	trimTo      = 20
)

// New makes a sink that prints to out.
func New(out io.Writer, opts Options) *Sink {
	if opts.NumRows <= 0 {
		opts.NumRows = defaultRows
	}
	return &Sink{out: out, opts: opts}
}

// Name implements stream.Sink.
func (s *Sink) Name() string { return "ConsoleTable" }

// Open implements stream.Sink.
func (s *Sink) Open(_ context.Context, schema *arrow.Schema) error {
	if schema == nil {
		return stream.ErrNoSchema
	}
	s.schema = schema
	return nil
}

// Positions implements stream.Sink: it holds none.
func (s *Sink) Positions(context.Context, string) (stream.Offsets, error) { return nil, nil }

// Start implements stream.Sink.
func (s *Sink) Start(context.Context, string, stream.Offsets) error { return nil }

// Begin implements stream.Sink.
func (s *Sink) Begin(_ context.Context, id stream.BatchID) (stream.Writer, error) {
	return &writer{sink: s, id: id.ID}, nil
}

// Close implements stream.Sink.
func (s *Sink) Close() error { return nil }

// writer keeps the rows that will be printed, and counts all.
type writer struct {
	sink *Sink
	id   int64
	mu   sync.Mutex
	rows [][]string
	n    int64
}

func (w *writer) Write(_ context.Context, rows arrow.RecordBatch) error {
	defer rows.Release()
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := 0; i < int(rows.NumRows()) && len(w.rows) < w.sink.opts.NumRows; i++ {
		row := make([]string, rows.NumCols())
		for c, col := range rows.Columns() {
			row[c] = "NULL"
			if !col.IsNull(i) {
				row[c] = w.sink.trim(col.ValueStr(i))
			}
		}
		w.rows = append(w.rows, row)
	}
	w.n += rows.NumRows()
	return nil
}

func (s *Sink) trim(v string) string {
	v = strings.NewReplacer("\n", "\\n", "\r", "\\r", "\t", "\\t").Replace(v)
	if s.opts.Untrimmed || utf8.RuneCountInString(v) <= trimTo {
		return v
	}
	return string([]rune(v)[:trimTo-3]) + "..."
}

func (w *writer) Commit(context.Context, stream.Offsets) (stream.Committed, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if _, err := io.WriteString(w.sink.out, w.table()); err != nil {
		return stream.Committed{}, fmt.Errorf("print batch %d: %w", w.id, err)
	}
	return stream.Committed{Rows: w.n, Version: w.id}, nil
}

func (w *writer) Abort(context.Context) error { return nil }

// table draws the batch.
func (w *writer) table() string {
	var b strings.Builder
	rule := strings.Repeat("-", 43)
	fmt.Fprintf(&b, "%s\nBatch: %d\n%s\n", rule, w.id, rule)
	var header []string
	for _, f := range w.sink.schema.Fields() {
		header = append(header, f.Name)
	}
	widths := make([]int, len(header))
	for _, row := range append([][]string{header}, w.rows...) {
		for i, v := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(v), 3)
		}
	}
	line := "+"
	for _, n := range widths {
		line += strings.Repeat("-", n) + "+"
	}
	b.WriteString(line + "\n")
	drawRow(&b, header, widths)
	b.WriteString(line + "\n")
	for _, row := range w.rows {
		drawRow(&b, row, widths)
	}
	b.WriteString(line + "\n")
	if more := w.n - int64(len(w.rows)); more > 0 {
		fmt.Fprintf(&b, "only showing top %d of %d rows\n", len(w.rows), w.n)
	}
	b.WriteString("\n")
	return b.String()
}

func drawRow(b *strings.Builder, row []string, widths []int) {
	b.WriteByte('|')
	for i, v := range row {
		b.WriteString(strings.Repeat(" ", widths[i]-utf8.RuneCountInString(v)) + v + "|")
	}
	b.WriteByte('\n')
}
