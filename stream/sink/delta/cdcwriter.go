package delta

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/ingestd/ingestd/internal/arrowrows"
	"github.com/ingestd/ingestd/merge/changes"
	"github.com/ingestd/ingestd/stream"
	"github.com/ingestd/ingestd/table"
	"github.com/ingestd/ingestd/table/arrowmap"
	"github.com/ingestd/ingestd/txlog/schema"
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
	at     map[string]table.TxnRequirement // by partition: where the table stood
	from   map[string]bool                 // partitions that changes came from, also those that the table has
	some   bool                            // there are changes that it has not
	failed error                           // what keeps the table from taking the batch
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
	err = p.applier.Add(ctx, fresh)
	w.mu.Lock()
	defer w.mu.Unlock()
	p.some = p.some || fresh.NumRows() > 0
	if !unfit(err) {
		return err
	}
	p.failed = errors.Join(p.failed, &shapeError{shapeOf(b), err})
	return nil
}

// shapeError says that changes of some columns, which could be taken by these, do not fit to others of the batch, or that one has a value that
// does not. The batch is done again without all of them.
type shapeError struct {
	shape string
	err   error
}

func (e *shapeError) Error() string { return e.err.Error() }
func (e *shapeError) Unwrap() error { return e.err }

// unfit says whether an error is one of changes, whatever the table.
func unfit(err error) bool {
	merge, column, keys := (*schema.MergeError)(nil), (*changes.NewColumnError)(nil), (*changes.KeysError)(nil)
	key, cast := (*changes.KeyTypeError)(nil), (*arrowmap.CastError)(nil)
	time, scd := (*changes.TimeError)(nil), (*changes.SCDError)(nil)
	if errors.As(err, &time) || errors.As(err, &scd) {
		return true
	}
	return errors.As(err, &merge) || errors.As(err, &column) || errors.As(err, &keys) || errors.As(err, &key) || errors.As(err, &cast)
}

// part is what goes to a table, which the first changes open; nil where there is no table and nothing to make one of, or where it cannot take the batch.
func (w *cdcWriter) part(ctx context.Context, location string, b changes.Batch) (*cdcPart, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	p := w.touched[location]
	if p == nil {
		var err error
		if p, err = w.begin(ctx, w.to.table(location), &b); err != nil {
			if goesAway(err) || !w.to.o.Location.Many() {
				return nil, fmt.Errorf("table %s: %w", location, err)
			}
			p = &cdcPart{cdcTable: w.to.table(location), failed: err}
		}
		if p == nil {
			return nil, nil
		}
		w.touched[location] = p
	}
	if p.failed != nil {
		return nil, nil
	}
	return p, nil
}

// begin finds where a table stands.
func (w *cdcWriter) begin(ctx context.Context, t *cdcTable, b *changes.Batch) (*cdcPart, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.applier == nil {
		if err := w.to.open(ctx, t, b); err != nil {
			return nil, err
		}
	}
	if t.applier == nil {
		return nil, nil
	}
	if err := t.applier.Table().Refresh(ctx); err != nil {
		return nil, err
	}
	p := &cdcPart{cdcTable: t, at: map[string]table.TxnRequirement{}, from: map[string]bool{}}
	for partition := range w.id.From {
		app := appID(w.id.Query, partition)
		v, there := t.applier.Table().Snapshot().Txn(app)
		if !w.to.o.Location.Many() && there && v < w.id.From[partition] {
			return nil, fmt.Errorf("%w: the table is at offset %d of %s, and the batch begins at %d", stream.ErrFenced, v, partition, w.id.From[partition])
		}
		p.at[partition] = table.TxnRequirement{AppID: app, Version: v, Absent: !there}
	}
	return p, nil
}

// fresh leaves out the changes that the table has.
func (w *cdcWriter) fresh(ctx context.Context, p *cdcPart, rows arrow.RecordBatch) (arrow.RecordBatch, error) {
	n := int(rows.NumCols())
	offsets := rows.Column(n - 1).(*array.Int64)
	partition := texts(rows.Column(n - 2))
	var keep []int32
	from := map[string]bool{}
	for i := range int(rows.NumRows()) {
		from[partition(i)] = true
		if at, ok := p.at[partition(i)]; ok && !at.Absent && offsets.Value(i) < at.Version {
			continue
		}
		keep = append(keep, int32(i))
	}
	w.mu.Lock()
	maps.Copy(p.from, from)
	w.mu.Unlock()
	if len(keep) == int(rows.NumRows()) {
		rows.Retain()
		return rows, nil
	}
	return arrowrows.Some(ctx, rows, keep)
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
