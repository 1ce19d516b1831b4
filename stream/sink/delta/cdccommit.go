package delta

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/ingestd/ingestd/merge/changes"
	"github.com/ingestd/ingestd/stream"
	"github.com/ingestd/ingestd/table"
	"github.com/ingestd/ingestd/txlog"
)

// commitsAtOnce is how many tables are committed side by side: most of the time a commit waits for its store.
const commitsAtOnce = 8

// Commit implements stream.Writer: each table by itself, with the offsets that it reaches. When it is done again after some tables were
// committed and others were not, those that have their changes skip them. A table that cannot take the batch does not keep the others from it; a
// failure that may go away calls off those that are not done.
func (w *cdcWriter) Commit(ctx context.Context, reached stream.Offsets) (stream.Committed, error) {
	if err := w.setBack(ctx, reached); err != nil {
		return stream.Committed{}, errors.Join(err, w.Abort(ctx))
	}
	locations := slices.Sorted(maps.Keys(w.touched))
	results, refusals := make([]changes.Result, len(locations)), make([]error, len(locations))
	g, each := errgroup.WithContext(ctx)
	g.SetLimit(commitsAtOnce)
	for i, location := range locations {
		g.Go(func() (err error) {
			results[i], refusals[i], err = w.commit(each, w.touched[location], reached, min(len(locations), commitsAtOnce))
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return stream.Committed{}, errors.Join(err, w.Abort(ctx))
	}
	clear(w.touched)
	return committedOf(results), errors.Join(refusals...)
}

// commit commits one table of so many at once. It is refused where the table cannot take the batch.
func (w *cdcWriter) commit(ctx context.Context, p *cdcPart, reached stream.Offsets, atOnce int) (r changes.Result, refused, err error) {
	if err := ctx.Err(); err != nil {
		return r, nil, err
	}
	r, err = w.apply(ctx, p, reached, atOnce)
	switch {
	case err == nil:
		return r, nil, nil
	case ctx.Err() != nil: // it was called off, which says nothing of the table
		return changes.Result{}, nil, fmt.Errorf("table %s: %w: %w", p.location, ctx.Err(), err)
	}
	err = w.failed(p, err)
	if without := (*TableError)(nil); errors.As(err, &without) {
		return changes.Result{}, err, nil
	}
	return changes.Result{}, nil, err
}

// committedOf sums up what became of the tables.
func committedOf(all []changes.Result) (out stream.Committed) {
	var due []txlog.Hook
	for _, r := range all {
		out.Rows += r.Inserted + r.Updated + r.Deleted
		out.Files += r.Files
		out.Bytes += r.Bytes
		out.Version = max(out.Version, r.Version)
		due = append(due, r.Due...)
	}
	out.Due = dueOf(due)
	return out
}

// apply commits what goes to one table of so many at once; where it has all of that, nothing.
func (w *cdcWriter) apply(ctx context.Context, p *cdcPart, reached stream.Offsets, atOnce int) (r changes.Result, err error) {
	if p.failed != nil {
		if p.applier != nil {
			err = p.applier.Discard()
		}
		return r, errors.Join(p.failed, err)
	}
	o := w.options(p, reached)
	if !p.some && len(o.Txns) == 0 {
		return r, p.applier.Discard()
	}
	p.applier.WriteWithin(w.to.writeBudget / int64(atOnce))
	r, err = p.applier.Commit(ctx, o)
	if r.Untidy != nil {
		w.to.o.Table.Logger.Warn("old tombstones stay for now", "table", p.location, "error", r.Untidy)
	}
	if err == nil && r.Unknown > 0 && !w.to.o.Partial {
		w.to.o.Table.Logger.Warn("values that the source did not send are not in the table either, and are null there", "table", p.location, "rows", r.Unknown)
	}
	return r, err
}

// options are the txns that a table gets, and what it must hold for that: one of many, only those of the partitions that it has changes of.
// A process that is behind another takes none back: only a source that ends before the query's position does.
func (w *cdcWriter) options(p *cdcPart, reached stream.Offsets) table.CommitOptions {
	o := table.CommitOptions{Parameters: map[string]any{"queryId": w.id.Query, "epochId": fmt.Sprint(w.id.ID)}}
	for _, partition := range reached.Partitions() {
		back, many := w.isBack(partition, reached), w.to.o.Location.Many()
		if many && !p.from[partition] && !back {
			continue
		}
		at, ok := p.at[partition]
		if !ok {
			at = table.TxnRequirement{AppID: appID(w.id.Query, partition), Absent: true}
		}
		o.Require = append(o.Require, at)
		if at.Absent && !(many && back) || at.Version < reached[partition] || at.Version > reached[partition] && back {
			o.Txns = append(o.Txns, table.Txn{AppID: at.AppID, Version: reached[partition]})
		}
	}
	return o
}

// isBack says whether the source ends before where the query stood: a topic that was made anew.
func (w *cdcWriter) isBack(partition string, reached stream.Offsets) bool {
	from, started := w.id.From[partition]
	return started && reached[partition] < from
}

// setBack has the tables take part that a batch has no changes for, but whose positions it moves: the one table or, of many, those that the
// source sets back, for else what comes anew under the old offsets would pass for known.
func (w *cdcWriter) setBack(ctx context.Context, reached stream.Offsets) error {
	back := slices.ContainsFunc(reached.Partitions(), func(p string) bool { return w.isBack(p, reached) })
	if w.to.o.Location.Many() && !back {
		return nil
	}
	for _, t := range w.to.opened() {
		if w.touched[t.location] != nil {
			continue
		}
		p, err := w.begin(ctx, t, nil)
		if err != nil && !goesAway(err) && w.to.o.Location.Many() {
			continue
		}
		if err != nil {
			return fmt.Errorf("table %s: %w", t.location, err)
		}
		if p != nil {
			w.touched[t.location] = p
		}
	}
	return nil
}

// failed says what a failure of one table is to the batch. One that does not go away by itself makes the table be left alone: the batch is done
// again without it, or without the changes that do not fit.
func (w *cdcWriter) failed(p *cdcPart, err error) error {
	err = fenced(err)
	p.mu.Lock()
	defer p.mu.Unlock()
	shapes := shapesIn(err)
	switch {
	case goesAway(err) || len(shapes) == 0 && !w.to.o.Location.Many():
		return fmt.Errorf("table %s: %w", p.location, err)
	case len(shapes) == 0:
		w.to.leaveAlone(p.cdcTable, err)
	}
	if p.shapes == nil {
		p.shapes = map[string]*refusal{}
	}
	for _, s := range shapes {
		p.shapes[s.shape] = &refusal{s.err, w.to.o.Table.Now()}
	}
	return &TableError{Location: p.location, Err: err}
}

// shapesIn are the refusals in an error that joins them.
func shapesIn(err error) []*shapeError {
	var out []*shapeError
	switch e := err.(type) { //nolint:errorlint // it is walked here
	case *shapeError:
		out = append(out, e)
	case interface{ Unwrap() []error }:
		for _, part := range e.Unwrap() {
			out = append(out, shapesIn(part)...)
		}
	}
	return out
}

// TableError says that a table cannot take a batch. The batch may be tried again: what it cannot take is refused then.
type TableError struct {
	Location string
	Err      error
}

func (e *TableError) Error() string { return fmt.Sprintf("table %s: %v", e.Location, e.Err) }

// Unwrap gives the reason.
func (e *TableError) Unwrap() error { return e.Err }

// Retryable says yes.
func (e *TableError) Retryable() bool { return true }

// Abort implements stream.Writer.
func (w *cdcWriter) Abort(context.Context) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	var errs []error
	for _, p := range w.touched {
		if p.applier != nil {
			errs = append(errs, p.applier.Discard())
		}
	}
	clear(w.touched)
	return errors.Join(errs...)
}
