package delta

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/ingestd/ingestd/merge/changes"
	"github.com/ingestd/ingestd/stream"
	"github.com/ingestd/ingestd/table"
	"github.com/ingestd/ingestd/txlog"
)

// Begin implements stream.Sink.
func (s *CDC) Begin(_ context.Context, id stream.BatchID) (stream.Writer, error) {
	return &cdcWriter{to: s, id: id, touched: map[string]*cdcPart{}}, nil
}

// cdcWriter takes the changes of one micro-batch.
type cdcWriter struct {
	to *CDC
	id stream.BatchID

	mu      sync.Mutex
	touched map[string]*cdcPart // by location
}

// cdcPart is what of a batch goes to one table.
type cdcPart struct {
	*cdcTable
	at map[string]table.TxnRequirement // by partition: where the table stood
}

// Write implements stream.Writer.
func (w *cdcWriter) Write(ctx context.Context, rows arrow.RecordBatch) error {
	defer rows.Release()
	b, ok := changes.BatchOf(rows.Schema())
	if !ok {
		return errors.New("a sink of mode cdc takes changes: the format must be debezium, or keys must be told")
	}
	location, err := w.to.o.Location.Of(b.Origin)
	if err != nil {
		return err
	}
	p, err := w.part(ctx, location, b)
	if p == nil || err != nil {
		return err
	}
	fresh, err := w.fresh(ctx, p, rows)
	if err != nil {
		return err
	}
	defer fresh.Release()
	return p.applier.Add(ctx, fresh)
}

// part is what goes to a table, which the first changes open; nil where there is no table and nothing to make one of.
func (w *cdcWriter) part(ctx context.Context, location string, b changes.Batch) (*cdcPart, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if p := w.touched[location]; p != nil {
		return p, nil
	}
	t := w.to.table(location)
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.applier == nil {
		if err := w.to.open(ctx, t, b); err != nil {
			return nil, fmt.Errorf("table %s: %w", location, err)
		}
	}
	if t.applier == nil {
		return nil, nil
	}
	if err := t.applier.Table().Refresh(ctx); err != nil {
		return nil, err
	}
	p := &cdcPart{t, map[string]table.TxnRequirement{}}
	for partition := range w.id.From {
		app := appID(w.id.Query, partition)
		v, there := t.applier.Table().Snapshot().Txn(app)
		p.at[partition] = table.TxnRequirement{AppID: app, Version: v, Absent: !there}
	}
	w.touched[location] = p
	return p, nil
}

// fresh leaves out the changes that the table has.
func (w *cdcWriter) fresh(ctx context.Context, p *cdcPart, rows arrow.RecordBatch) (arrow.RecordBatch, error) {
	n := int(rows.NumCols())
	offsets := rows.Column(n - 1).(*array.Int64)
	partition := texts(rows.Column(n - 2))
	var keep []int32
	for i := range int(rows.NumRows()) {
		if at, ok := p.at[partition(i)]; ok && !at.Absent && offsets.Value(i) < at.Version {
			continue
		}
		keep = append(keep, int32(i))
	}
	if len(keep) == int(rows.NumRows()) {
		rows.Retain()
		return rows, nil
	}
	return changes.Take(ctx, rows, keep)
}

// texts gives the values of a column of texts, which may be a dictionary.
func texts(a arrow.Array) func(i int) string {
	if d, ok := a.(*array.Dictionary); ok {
		values := d.Dictionary().(*array.String)
		return func(i int) string { return values.Value(d.GetValueIndex(i)) }
	}
	s := a.(*array.String)
	return s.Value
}

// Commit implements stream.Writer: table by table, each with the offsets that it reaches. When it is done again after a failure between two
// tables, those that have their changes skip them.
func (w *cdcWriter) Commit(ctx context.Context, reached stream.Offsets) (stream.Committed, error) {
	var out stream.Committed
	var due []txlog.Hook
	if len(w.touched) == 0 && !w.to.o.Location.Many() {
		return w.onlyPositions(ctx, reached)
	}
	for _, location := range slices.Sorted(maps.Keys(w.touched)) {
		p := w.touched[location]
		delete(w.touched, location)
		r, err := p.applier.Commit(ctx, w.options(p, reached))
		if err != nil {
			return out, errors.Join(w.failed(p, err), w.Abort(ctx))
		}
		if r.Unknown > 0 {
			w.to.o.Table.Logger.Warn("values that the source did not send are not in the table either, and are null there", "table", location, "rows", r.Unknown)
		}
		out.Rows += r.Inserted + r.Updated + r.Deleted
		out.Files += r.Files
		out.Bytes += r.Bytes
		out.Version = max(out.Version, r.Version)
		due = append(due, r.Due...)
	}
	out.Due = dueOf(due)
	return out, nil
}

// options are the txns that a table gets, and what it must hold for that.
func (w *cdcWriter) options(p *cdcPart, reached stream.Offsets) table.CommitOptions {
	o := table.CommitOptions{Parameters: map[string]any{"queryId": w.id.Query, "epochId": fmt.Sprint(w.id.ID)}}
	for _, partition := range reached.Partitions() {
		at, ok := p.at[partition]
		if !ok {
			at = table.TxnRequirement{AppID: appID(w.id.Query, partition), Absent: true}
		}
		o.Require = append(o.Require, at)
		if at.Absent || at.Version != reached[partition] {
			o.Txns = append(o.Txns, table.Txn{AppID: at.AppID, Version: reached[partition]})
		}
	}
	return o
}

// onlyPositions records where the query stands, for a batch without changes.
func (w *cdcWriter) onlyPositions(ctx context.Context, reached stream.Offsets) (stream.Committed, error) {
	t := w.to.table(string(w.to.o.Location))
	if t.applier == nil { // nothing has come yet: it starts here again
		return stream.Committed{}, nil
	}
	p := &cdcPart{t, map[string]table.TxnRequirement{}}
	for partition := range reached {
		from, started := w.id.From[partition]
		p.at[partition] = table.TxnRequirement{AppID: appID(w.id.Query, partition), Version: from, Absent: !started}
	}
	r, err := t.applier.Commit(ctx, w.options(p, reached))
	if err != nil {
		return stream.Committed{}, fenced(err)
	}
	return stream.Committed{Version: r.Version, Due: dueOf(r.Due)}, nil
}

// failed says what a failure of one table is to the batch. One that does not go away by itself makes the table be left alone: the batch is done
// again without it.
func (w *cdcWriter) failed(p *cdcPart, err error) error {
	if err = fenced(err); goesAway(err) || !w.to.o.Location.Many() {
		return fmt.Errorf("table %s: %w", p.location, err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.broken, p.since = err, w.to.o.Table.Now()
	w.to.o.Table.Logger.Error("the table cannot be written; its changes go to the dead letters, the other tables go on", "table", p.location, "error", err)
	return &TableError{Location: p.location, Err: err}
}

// TableError says that a table of many cannot be written. The batch may be tried again, without it.
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
		errs = append(errs, p.applier.Discard())
	}
	clear(w.touched)
	return errors.Join(errs...)
}
