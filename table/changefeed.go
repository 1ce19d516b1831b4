package table

import (
	"context"

	"github.com/apache/arrow-go/v18/arrow"
)

// ChangeType says what a row of the change data feed tells ("Change Data Files" of the protocol).
type ChangeType string

// The types of change data.
const (
	ChangeInsert    ChangeType = "insert"
	ChangeDelete    ChangeType = "delete"
	ChangePreimage  ChangeType = "update_preimage"
	ChangePostimage ChangeType = "update_postimage"
)

// WriteChanges writes rows to the change data feed; nothing where the table has it off. A commit with such rows must
// have all of its changes among them: readers then look at nothing else. A commit without them is read by the
// files that it adds and removes, and by how deletion vectors differ.
// Errors: those of [WriteSet.Write].
func (c *Change) WriteChanges(ctx context.Context, rec arrow.RecordBatch, kind ChangeType) error {
	if c.feed == nil || rec.NumRows() == 0 {
		return nil
	}
	return c.feed.writeChange(ctx, rec, string(kind))
}

// WriteChanged puts rows in that were inserted, or updated (ChangePostimage), with what is hidden of them, and tells the change data feed of them: it
// gets what the table gets, values that were filled in included. Updated rows are rows of the table still: they keep the row ids that
// they are given, and may bring values of all identity columns.
// Errors: those of [WriteSet.Write].
func (c *Change) WriteChanged(ctx context.Context, rec arrow.RecordBatch, kind ChangeType, hidden Hidden) error {
	as := keptRows
	if kind == ChangeInsert {
		as = newRows
	}
	with := along{Hidden: hidden}
	if c.feed != nil {
		with.also = func(ctx context.Context, rows arrow.RecordBatch) error {
			if err := c.feed.adopt(c.rows); err != nil {
				return err
			}
			return c.WriteChanges(ctx, rows, kind)
		}
	}
	return c.rows.write(ctx, rec, as, with)
}

// adopt moves a write on to the schema that the rows of another one have added to, physical names included.
func (w *WriteSet) adopt(of *WriteSet) (err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	of.mu.Lock()
	s := of.target.schema
	of.mu.Unlock()
	if w.target.schema != s {
		w.target, err = newTarget(s, w.shape)
	}
	return err
}

// HasChanges says whether rows were written to the change data feed.
func (c *Change) HasChanges() bool { return c.feed != nil && c.feed.rows.Load() > 0 }
