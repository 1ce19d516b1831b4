package table

import (
	"context"
	"iter"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/ingestd/ingestd/table/arrowmap"
	"github.com/ingestd/ingestd/txlog/action"
)

// newChangeRows is the write set for the rows that a change puts in.
func (t *Table) newChangeRows(ctx context.Context, o ChangeOptions) (*WriteSet, error) {
	w, err := t.NewWriteSet(ctx, o.WriteOptions)
	if err != nil || !o.OverwriteSchema {
		return w, err
	}
	by := o.PartitionBy
	if by == nil {
		by = w.base.Metadata().PartitionColumns
	}
	return w, w.replaceSchema(o.Rows, by)
}

// WriteAll puts in the rows of a sequence, several batches at a time, and releases the batches.
// Errors: those of in and of [WriteSet.Write].
func (c *Change) WriteAll(ctx context.Context, in iter.Seq2[arrow.RecordBatch, error]) error {
	return c.rows.writeAll(ctx, in)
}

// Added are the files that the change puts in, once it is finished.
func (c *Change) Added() []*action.Add { return c.adds }

// PartitionColumns are those of the table after the change.
func (c *Change) PartitionColumns() []string { return c.rows.shape.partitionBy }

// AsTable gives rows the columns and types that the table has; columns that they have not are null.
// Errors: *arrowmap.CastError. The caller releases the result.
func (c *Change) AsTable(ctx context.Context, rec arrow.RecordBatch) (arrow.RecordBatch, error) {
	s, err := arrowmap.ToArrow(c.snap.Schema())
	if err != nil {
		return nil, err
	}
	return arrowmap.Conform(ctx, rec, s)
}

// LiveRows is the number of rows of a file that are not deleted: by the log, else by the file's footer.
func (c *Change) LiveRows(ctx context.Context, add *action.Add) (int64, error) {
	n, err := c.t.physicalRows(ctx, add)
	if err == nil && add.DeletionVector != nil {
		n -= add.DeletionVector.Cardinality
	}
	return n, err
}
