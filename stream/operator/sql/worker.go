package sql

import (
	"context"
	"errors"
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/ingestd/ingestd/internal/sql"
	"github.com/ingestd/ingestd/stream"
)

// worker is a session with the query prepared; one call at a time uses it.
type worker struct {
	op      *Operator
	session *sql.Session
	rows    *sql.Relation
	stmt    *sql.Stmt
	version int64 // of the static tables for which stmt was prepared
}

// take gives a worker whose query reads the static tables of this batch.
func (o *Operator) take(ctx context.Context) (*worker, error) {
	o.mu.Lock()
	var w *worker
	if n := len(o.idle); n > 0 {
		w, o.idle = o.idle[n-1], o.idle[:n-1]
	}
	o.mu.Unlock()
	if w == nil {
		var err error
		if w, err = o.newWorker(ctx); err != nil {
			return nil, err
		}
	}
	if w.stmt != nil && w.version == o.statics.current() {
		return w, nil
	}
	if err := w.prepare(ctx); err != nil {
		w.close()
		return nil, err
	}
	if !sameTypes(w.stmt.Schema(), o.out) {
		err := fmt.Errorf("sql: the result of the query was %v and is now %v, since a static table has changed its columns; start the query again", o.out, w.stmt.Schema())
		w.close()
		return nil, err
	}
	return w, nil
}

func sameTypes(a, b *arrow.Schema) bool {
	if a.NumFields() != b.NumFields() {
		return false
	}
	for i, f := range a.Fields() {
		if f.Name != b.Field(i).Name || !arrow.TypeEqual(f.Type, b.Field(i).Type) {
			return false
		}
	}
	return true
}

func (o *Operator) put(w *worker) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.idle = append(o.idle, w)
}

func (o *Operator) newWorker(ctx context.Context) (*worker, error) {
	s, err := o.db.Session()
	if err != nil {
		return nil, err
	}
	w := &worker{op: o, session: s}
	if w.rows, err = s.Register(ctx, input, o.in); err != nil {
		w.close()
		return nil, err
	}
	return w, nil
}

func (w *worker) prepare(ctx context.Context) error {
	if w.stmt != nil {
		w.stmt.Close()
		w.stmt = nil
	}
	version := w.op.statics.current()
	st, err := w.session.Prepare(ctx, w.op.opts.Query)
	if err != nil {
		var e *sql.SQLError
		if errors.As(err, &e) && !w.op.analysis.Tables && !w.op.analysis.Files {
			return e.WithColumns(w.op.in)
		}
		return err
	}
	w.stmt, w.version = st, version
	return nil
}

// run runs the query over batches.
func (w *worker) run(ctx context.Context, threads int, emit stream.Emit, batches ...arrow.RecordBatch) error {
	if err := w.rows.Set(batches...); err != nil {
		return fmt.Errorf("sql: %w", err)
	}
	defer w.rows.Set() //nolint:errcheck // fails for batches only
	w.rows.Parallel(threads)
	return w.emit(ctx, emit)
}

func (w *worker) emit(ctx context.Context, emit stream.Emit) error {
	for rec, err := range w.stmt.Run(ctx) {
		if err != nil {
			return err
		}
		if err := emit(w.op.named(rec)); err != nil {
			return err
		}
	}
	return nil
}

func (w *worker) close() {
	if w.stmt != nil {
		w.stmt.Close()
	}
	if w.rows != nil {
		w.rows.Close() //nolint:errcheck // the session ends
	}
	w.session.Close() //nolint:errcheck // does not fail
}
