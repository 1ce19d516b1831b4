package table

import (
	"context"
	"fmt"
	"iter"

	"github.com/apache/arrow-go/v18/arrow"
)

// ScanCommit yields the rows that the commit of one version added, in the order of its files, as the schema of
// t has them. A commit that changes no data (OPTIMIZE) has none; of a file that the commit put in again with another
// deletion vector, only rows that were deleted before are new. Batches are the caller's to release. Errors: as Scan;
// objstore.ErrNotExist for a version that the log no longer has.
func (t *Table) ScanCommit(ctx context.Context, version int64, o ScanOptions) iter.Seq2[arrow.RecordBatch, error] {
	return func(yield func(arrow.RecordBatch, error) bool) {
		for c, err := range t.Log().Commits(ctx, version, version) {
			if err != nil {
				yield(nil, fmt.Errorf("rows added by version %d of %s: %w", version, t.Location(), err))
				return
			}
			_, come := dataFilesOf(c)
			for _, f := range come {
				rows, err := t.changeRows(ctx, t.Snapshot(), f, o)
				if err != nil {
					yield(nil, err)
					return
				}
				for r, err := range rows {
					if !yield(r.Rec, err) || err != nil {
						return
					}
				}
			}
		}
	}
}
