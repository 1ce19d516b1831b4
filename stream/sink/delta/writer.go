package delta

import (
	"context"
	"errors"
	"strconv"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/ingestd/ingestd/stream"
	"github.com/ingestd/ingestd/table"
	"github.com/ingestd/ingestd/txlog"
)

// streamingUpdate is Spark's name for the commit of a micro-batch.
const streamingUpdate = "STREAMING UPDATE"

// parameters are Spark's for it.
func parameters(query string, epoch int64) map[string]any {
	return map[string]any{"outputMode": "Append", "queryId": query, "epochId": strconv.FormatInt(epoch, 10)}
}

// writer writes one micro-batch.
type writer struct {
	set    *table.WriteSet
	id     stream.BatchID
	absent map[string]bool // partitions whose txn the table has forgotten: that is demanded then
}

// Write implements stream.Writer.
func (w *writer) Write(ctx context.Context, rows arrow.RecordBatch) error {
	defer rows.Release()
	return w.set.Write(ctx, rows)
}

// Commit implements stream.Writer: the files and the offsets become the table's in one commit. Files are
// deleted where the commit was provably rejected, and left for VACUUM where that is not known.
func (w *writer) Commit(ctx context.Context, reached stream.Offsets) (stream.Committed, error) {
	o := progress(w.id, w.absent, reached)
	o.Operation, o.Parameters = streamingUpdate, parameters(w.id.Query, w.id.ID)
	c, err := w.set.Commit(ctx, o)
	if err != nil {
		return stream.Committed{}, fenced(err)
	}
	return stream.Committed{Rows: c.Rows, Files: c.Files, Bytes: c.Bytes, Version: c.Version, Due: dueOf(c.Due)}, nil
}

// Abort implements stream.Writer.
func (w *writer) Abort(ctx context.Context) error { return w.set.Abort(ctx) }

// dueOf runs hooks one after the other; one that fails does not keep the others from running.
func dueOf(hooks []txlog.Hook) func(context.Context) error {
	if len(hooks) == 0 {
		return nil
	}
	return func(ctx context.Context) error {
		var errs []error
		for _, h := range hooks {
			errs = append(errs, h.Run(ctx))
		}
		return errors.Join(errs...)
	}
}
