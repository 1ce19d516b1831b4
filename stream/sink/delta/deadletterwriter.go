package delta

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/ingestd/ingestd/stream"
	"github.com/ingestd/ingestd/table"
)

const (
	// flushRows and flushBytes bound the rejected records that wait to be encoded.
	flushRows  = 4096
	flushBytes = 4 << 20
)

// deadLetterWriter takes the rejected records of one micro-batch.
type deadLetterWriter struct {
	to *DeadLetters
	id stream.BatchID

	mu      sync.Mutex
	t       *table.Table // nil before the first record
	set     *table.WriteSet
	rows    *array.RecordBuilder
	waiting int                             // bytes in rows
	start   map[string]table.TxnRequirement // by partition: where the table of dead letters stands
	known   map[string]map[letterKey]bool   // by partition: what of a batch that runs again is there; see kept
	ends    map[string]int64                // by partition with a record kept: the offset after the last one
}

// Add implements stream.DeadLetterWriter.
func (w *deadLetterWriter) Add(ctx context.Context, partition string, recs []stream.Rejected) error {
	if len(recs) == 0 {
		return nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.open(ctx); err != nil {
		return err
	}
	from := w.stands(partition)
	for _, r := range recs {
		if !from.Absent && r.Record.Position() < from.Version {
			switch kept, err := w.kept(ctx, partition, r.Record); {
			case err != nil:
				return err
			case kept:
				continue
			}
		}
		w.waiting += appendDeadLetter(w.rows, w.id, r, w.now())
		w.ends[partition] = max(w.ends[partition], r.Record.Position()+1)
		if w.waiting >= flushBytes || w.rows.Field(0).Len() >= flushRows {
			if err := w.flush(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}

// open gets the table and begins a write at the first record of the batch.
func (w *deadLetterWriter) open(ctx context.Context) error {
	if w.set != nil {
		return nil
	}
	t, err := w.to.table(ctx)
	if err != nil {
		return err
	}
	set, err := t.NewWriteSet(ctx, table.WriteOptions{Parallelism: 1, MemoryBudget: 32 << 20})
	if err != nil {
		return fmt.Errorf("dead letters: %w", err)
	}
	w.t, w.set, w.ends = t, set, map[string]int64{}
	w.rows = array.NewRecordBuilder(memory.DefaultAllocator, deadLetterArrow)
	return nil
}

// stands is where the table of dead letters stood in a partition when the batch first met it.
func (w *deadLetterWriter) stands(partition string) table.TxnRequirement {
	r, ok := w.start[partition]
	if !ok {
		app := appID(w.id.Query, partition)
		v, there := w.t.Snapshot().Txn(app)
		r = table.TxnRequirement{AppID: app, Version: v, Absent: !there}
		w.start[partition] = r
	}
	return r
}

func (w *deadLetterWriter) flush(ctx context.Context) error {
	rec := w.rows.NewRecordBatch()
	defer rec.Release()
	w.waiting = 0
	return w.set.Write(ctx, rec)
}

// Commit implements stream.DeadLetterWriter. Errors: as stream.Writer.Commit; ErrFenced where another process has
// put records of the same partitions aside meanwhile.
func (w *deadLetterWriter) Commit(ctx context.Context, reached stream.Offsets) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.setBack(ctx, reached); err != nil {
		return err
	}
	if len(w.ends) == 0 {
		return w.abort(ctx)
	}
	if err := w.flush(ctx); err != nil {
		return errors.Join(err, w.abort(ctx))
	}
	o := table.CommitOptions{Operation: streamingUpdate, Parameters: parameters(w.id.Query, w.id.ID)}
	for _, partition := range slices.Sorted(maps.Keys(w.ends)) {
		from, end := w.start[partition], w.ends[partition]
		if at, ok := reached[partition]; ok {
			end = at
		}
		if began, ok := w.id.From[partition]; !ok || end >= began { // else it is set back
			end = max(end, from.Version)
		}
		o.Require = append(o.Require, from)
		o.Txns = append(o.Txns, table.Txn{AppID: from.AppID, Version: end})
	}
	w.release()
	c, err := w.set.Commit(ctx, o)
	if err != nil {
		return fmt.Errorf("dead letters: %w", fenced(err))
	}
	w.to.run(ctx, c.Due)
	return nil
}

// setBack notes where a batch sets the query back (a topic that was recreated): else the records that come
// anew under the old offsets would pass for known ones.
func (w *deadLetterWriter) setBack(ctx context.Context, reached stream.Offsets) error {
	for _, partition := range reached.Partitions() {
		if from, ok := w.id.From[partition]; !ok || reached[partition] >= from {
			continue
		}
		there, err := w.to.exists(ctx)
		if err != nil || !there {
			return err
		}
		if err := w.open(ctx); err != nil {
			return err
		}
		if at := w.stands(partition); !at.Absent && at.Version > reached[partition] {
			w.ends[partition] = reached[partition]
		}
	}
	return nil
}

// Abort implements stream.DeadLetterWriter.
func (w *deadLetterWriter) Abort(ctx context.Context) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.abort(ctx)
}

func (w *deadLetterWriter) abort(ctx context.Context) error {
	if w.set == nil {
		return nil
	}
	w.release()
	return w.set.Abort(ctx)
}

// release gives the builder back; it may be called again.
func (w *deadLetterWriter) release() {
	if w.rows != nil {
		w.rows.Release()
		w.rows = nil
	}
}

func (w *deadLetterWriter) now() time.Time {
	if w.to.o.Now != nil {
		return w.to.o.Now()
	}
	return time.Now()
}
