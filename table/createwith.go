package table

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/table/predicate"
	"github.com/ingestd/ingestd/txlog"
)

// NewRows say how the rows of a new table are written and recorded.
type NewRows struct {
	AppendOptions
	// Only, where it is set, must be true for each row as the table gets it. Violated makes the error for the first of a batch
	// for which it is not, by its place there.
	Only     predicate.Filter
	Violated func(row int64) error
}

// OvertakenError says that another writer has created the table while the rows for it were written.
type OvertakenError struct{ Location string }

func (e *OvertakenError) Error() string {
	return fmt.Sprintf("another writer has created the table at %s meanwhile: do it again, on that table", e.Location)
}

// Retryable is true: the rows can go to the table that is there now.
func (e *OvertakenError) Retryable() bool { return true }

// CreateWith makes a table that has rows from its version 0 on: there is all of it, or nothing. Without rows the table
// is empty. It releases the batches that it takes. An error of in ends it.
// Errors: those of Create, of WriteSet.Write and of in; *OvertakenError; an error wrapping objstore.ErrOutcomeUnknown.
func CreateWith(ctx context.Context, store objstore.Store, o CreateOptions, in iter.Seq2[arrow.RecordBatch, error], rows NewRows, opts ...Option) (*Table, Committed, error) {
	t := newTable(store, opts)
	p, err := t.design(o)
	if err != nil {
		return nil, Committed{}, err
	}
	if err := t.absent(ctx); err != nil {
		return nil, Committed{}, err
	}
	w, err := t.newWriteSet(ctx, nil, p.schema, p.shape, rows.WriteOptions)
	if err != nil {
		return nil, Committed{}, err
	}
	if rows.Only != nil {
		w.only = &onlyRows{where: rows.Only, violated: rows.Violated}
	}
	err = w.writeAll(ctx, in)
	if err == nil {
		_, err = w.finish(ctx)
	}
	if err != nil {
		_ = w.Abort(ctx) // files that could not be deleted are nobody's; the reason is err
		return nil, Committed{}, err
	}
	c, err := w.create(ctx, p, rows.CommitOptions)
	if err = w.settle(ctx, err); err != nil {
		return nil, c, err
	}
	t.snap.Store(c.Snapshot)
	return t, c, nil
}

// create commits what was written as version 0 of the table that was planned.
func (w *WriteSet) create(ctx context.Context, p *plan, o CommitOptions) (Committed, error) {
	if merged := w.withMarks(w.target.schema); merged != p.schema {
		var err error
		if p.proto, p.meta, err = w.redescribed(p.proto, merged, *p.meta); err != nil {
			return Committed{}, rejected{err}
		}
	}
	tx := w.t.log.Create(ctx, w.operation(o))
	for _, r := range o.Require {
		tx.RequireTxn(r.AppID, r.Version, !r.Absent)
	}
	tx.Stage(p.actions()...)
	tx.Stage(w.actions(o)...)
	c, err := tx.Commit(ctx)
	if exists := (*txlog.TableExistsError)(nil); errors.As(err, &exists) {
		return Committed{}, rejected{&OvertakenError{Location: w.t.Location()}}
	}
	if err != nil {
		return Committed{}, err
	}
	return w.committed(c), nil
}
