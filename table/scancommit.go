package table

import (
	"context"
	"fmt"
	"iter"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/ingestd/ingestd/txlog/action"
)

// ScanCommit yields the rows that the commit of one version added, in the order of its files, as the schema of
// t has them. A commit that changes no data (OPTIMIZE) has none. Batches are the caller's to release. Errors: as Scan;
// objstore.ErrNotExist for a version that the log no longer has.
func (t *Table) ScanCommit(ctx context.Context, version int64, o ScanOptions) iter.Seq2[arrow.RecordBatch, error] {
	return func(yield func(arrow.RecordBatch, error) bool) {
		p, err := t.newScan(t.Snapshot(), o)
		if err != nil {
			yield(nil, err)
			return
		}
		p.adds = func(ctx context.Context) iter.Seq2[*action.Add, error] { return t.added(ctx, version) }
		p.inOrder(ctx, yield)
	}
}

// added are the files with new rows of a commit.
func (t *Table) added(ctx context.Context, version int64) iter.Seq2[*action.Add, error] {
	return func(yield func(*action.Add, error) bool) {
		for c, err := range t.Log().Commits(ctx, version, version) {
			if err != nil {
				yield(nil, fmt.Errorf("rows added by version %d of %s: %w", version, t.Location(), err))
				return
			}
			for _, a := range c.Actions {
				if add, ok := a.(*action.Add); ok && add.DataChange && !yield(add, nil) {
					return
				}
			}
		}
	}
}
