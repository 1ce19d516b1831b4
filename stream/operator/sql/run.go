package sql

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/ingestd/ingestd/stream"
)

// named gives rec the schema that Bind promised. It takes over rec.
func (o *Operator) named(rec arrow.RecordBatch) arrow.RecordBatch {
	defer rec.Release()
	return array.NewRecordBatch(o.out, rec.Columns(), rec.NumRows())
}

// chunkRun runs the query on each chunk as it comes. The rows of a chunk keep their order.
type chunkRun struct{ op *Operator }

func (r *chunkRun) Process(ctx context.Context, in arrow.RecordBatch, emit stream.Emit) error {
	w, err := r.op.take(ctx)
	if err != nil {
		return err
	}
	defer r.op.put(w)
	return w.run(ctx, 1, emit, in)
}

func (r *chunkRun) Finish(context.Context, stream.Emit) error { return nil }

func (r *chunkRun) Close() error { return nil }

// batchRun collects the batch and runs the query once: over Arrow while that is small, else over a
// table of DuckDB's, which spills.
type batchRun struct {
	op *Operator

	mu    sync.Mutex
	held  []arrow.RecordBatch
	bytes int64
	spill *worker // holds the table, once there is one
}

// spilled is the table of a batch that is not held as Arrow.
const spilled = "spilled_input"

func (r *batchRun) Process(ctx context.Context, in arrow.RecordBatch, _ stream.Emit) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	in.Retain()
	r.held = append(r.held, in)
	if r.bytes += sizeOf(in); r.bytes < r.op.opts.HoldBytes {
		return nil
	}
	return r.flush(ctx)
}

// flush moves what is held to the table.
func (r *batchRun) flush(ctx context.Context) error {
	if r.spill == nil {
		w, err := r.op.newWorker(ctx)
		if err != nil {
			return err
		}
		r.spill = w
		if err := w.session.Exec(ctx, "CREATE TEMP TABLE "+spilled+" AS FROM "+input+" LIMIT 0"); err != nil {
			return fmt.Errorf("sql: set the batch aside: %w", err)
		}
	}
	if err := r.spill.rows.Set(r.held...); err != nil {
		return fmt.Errorf("sql: %w", err)
	}
	r.release()
	if err := r.spill.session.Exec(ctx, "INSERT INTO "+spilled+" FROM "+input); err != nil {
		return fmt.Errorf("sql: set the batch aside: %w", err)
	}
	return r.spill.rows.Set()
}

func (r *batchRun) Finish(ctx context.Context, emit stream.Emit) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.spill == nil {
		w, err := r.op.take(ctx)
		if err != nil {
			return err
		}
		defer r.op.put(w)
		return w.run(ctx, r.op.threads(), emit, r.held...)
	}
	if err := r.flush(ctx); err != nil {
		return err
	}
	if err := r.spill.session.Exec(ctx, "CREATE OR REPLACE TEMP VIEW "+input+" AS FROM "+spilled); err != nil {
		return err
	}
	if err := r.spill.prepare(ctx); err != nil {
		return err
	}
	return r.spill.emit(ctx, emit)
}

// sizeOf is what rec keeps in memory.
func sizeOf(rec arrow.RecordBatch) (bytes int64) {
	for _, c := range rec.Columns() {
		bytes += int64(c.Data().SizeInBytes())
	}
	return bytes
}

func (o *Operator) threads() int {
	if o.opts.Threads > 0 {
		return o.opts.Threads
	}
	return runtime.GOMAXPROCS(0)
}

func (r *batchRun) release() {
	for _, b := range r.held {
		b.Release()
	}
	r.held, r.bytes = nil, 0
}

func (r *batchRun) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.release()
	if r.spill == nil {
		return nil
	}
	err := r.spill.session.Exec(context.Background(), "DROP TABLE "+spilled)
	r.spill.close()
	r.spill = nil
	return errors.Join(err)
}
