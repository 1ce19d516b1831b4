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

// HasChanges says whether rows were written to the change data feed.
func (c *Change) HasChanges() bool { return c.feed != nil && c.feed.rows.Load() > 0 }
