package table

import (
	"context"
	"fmt"
	"iter"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/ingestd/ingestd/txlog/action"
)

// ScanCommit yields the rows that the commit of one version added, in the order of its files, as the schema of
// t has them. A commit that changes no data (OPTIMIZE) has none; of a file that the commit put in again with another
// deletion vector, only rows that were deleted before are new. Batches are the caller's to release. Errors: as Scan;
// objstore.ErrNotExist for a version that the log no longer has.
func (t *Table) ScanCommit(ctx context.Context, version int64, o ScanOptions) iter.Seq2[arrow.RecordBatch, error] {
	return func(yield func(arrow.RecordBatch, error) bool) {
		p, err := t.newScan(t.Snapshot(), o)
		if err != nil {
			yield(nil, err)
			return
		}
		p.adds = func(ctx context.Context) iter.Seq2[*action.Add, error] { return p.added(ctx, version) }
		p.inOrder(ctx, yield)
	}
}

// added are the files with new rows of a commit. It notes those that replace themselves.
func (p *scan) added(ctx context.Context, version int64) iter.Seq2[*action.Add, error] {
	return func(yield func(*action.Add, error) bool) {
		for c, err := range p.t.Log().Commits(ctx, version, version) {
			if err != nil {
				yield(nil, fmt.Errorf("rows added by version %d of %s: %w", version, p.t.Location(), err))
				return
			}
			removed := map[string]*action.Remove{}
			for _, a := range c.Actions {
				if r, ok := a.(*action.Remove); ok {
					removed[CanonicalPath(r.Path)] = r
				}
			}
			p.replaced = map[*action.Add]*action.Remove{}
			for _, a := range c.Actions {
				add, ok := a.(*action.Add)
				if !ok || !add.DataChange {
					continue
				}
				if r := removed[CanonicalPath(add.Path)]; r != nil {
					if r.DeletionVector == nil {
						continue // all of its rows were there before
					}
					p.replaced[add] = r
				}
				if !yield(add, nil) {
					return
				}
			}
		}
	}
}
