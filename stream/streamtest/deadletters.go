package streamtest

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/ingestd/ingestd/stream"
)

func partitionName(r stream.Record) string { return fmt.Sprintf("%s/%d", r.Topic, r.Partition) }

// DeadLetters keeps rejected records in memory, each once, whatever is committed again.
type DeadLetters struct {
	// Fail, where set, is asked before each Commit.
	Fail func() error

	mu   sync.Mutex
	kept map[Row]int
}

// Rows lists what is kept, in order.
func (d *DeadLetters) Rows() []Row {
	d.mu.Lock()
	defer d.mu.Unlock()
	var rows []Row
	for r := range d.kept {
		rows = append(rows, r)
	}
	slices.SortFunc(rows, Row.Compare)
	return rows
}

// Begin implements stream.DeadLetters.
func (d *DeadLetters) Begin(context.Context, stream.BatchID) (stream.DeadLetterWriter, error) {
	return &deadLetterWriter{to: d}, nil
}

// Close implements stream.DeadLetters.
func (d *DeadLetters) Close() error { return nil }

type deadLetterWriter struct {
	to   *DeadLetters
	mu   sync.Mutex
	rows []Row
}

func (w *deadLetterWriter) Add(_ context.Context, partition string, recs []stream.Rejected) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, r := range recs {
		w.rows = append(w.rows, Row{partition, r.Record.Offset, string(r.Record.Value)})
	}
	return nil
}

func (w *deadLetterWriter) Commit(context.Context, stream.Offsets) error {
	if w.to.Fail != nil {
		if err := w.to.Fail(); err != nil {
			return err
		}
	}
	w.to.mu.Lock()
	defer w.to.mu.Unlock()
	if w.to.kept == nil {
		w.to.kept = map[Row]int{}
	}
	for _, r := range w.rows {
		w.to.kept[r]++
	}
	return nil
}

func (w *deadLetterWriter) Abort(context.Context) error { return nil }
