package table

import (
	"context"
	"fmt"
	"iter"
	"strconv"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/ingestd/ingestd/table/partition"
	"github.com/ingestd/ingestd/table/predicate"
	"github.com/ingestd/ingestd/txlog/action"
	"github.com/ingestd/ingestd/txlog/schema"
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

// Only has new rows fail with the error of violated, which gets the place of the first in its batch, where a filter is not true
// for them as the table gets them, with what was filled in. It comes before any row.
func (c *Change) Only(where predicate.Filter, violated func(row int64) error) {
	c.rows.only = &onlyRows{where: where, violated: violated}
}

// LiveRows is the number of rows of a file that are not deleted: by the log, else by the file's footer.
func (c *Change) LiveRows(ctx context.Context, add *action.Add) (int64, error) {
	n, err := c.t.physicalRows(ctx, add)
	if err == nil && add.DeletionVector != nil {
		n -= add.DeletionVector.Cardinality
	}
	return n, err
}

// PartitionOf tells the partition of a file of the table from others, by the meaning of its values: engines spell those
// of timestamps and numbers differently. Error: a value that cannot be read.
func (c *Change) PartitionOf(add *action.Add) (string, error) {
	var key []byte
	for _, name := range c.snap.Metadata().PartitionColumns {
		f := c.snap.Schema().Field(name)
		if f == nil {
			return "", columnNotFound(c.snap.Schema(), name)
		}
		v, err := partitionValue(add, *f)
		if err != nil {
			return "", err
		}
		text, err := partition.Format(f.Type, v)
		if err != nil {
			return "", fmt.Errorf("data file %s: partition column %s: %w", add.Path, name, err)
		}
		if text == nil {
			key = append(key, 'n')
		} else {
			key = strconv.AppendQuote(append(key, 'v'), *text)
		}
	}
	return string(key), nil
}

// Merger is how the schema of the table may change with rows that are put in, where that is asked for.
func (c *Change) Merger() schema.Merger { return c.rows.shape.merger() }
