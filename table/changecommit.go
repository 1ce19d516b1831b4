package table

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/ingestd/ingestd/table/deletionvector"
	"github.com/ingestd/ingestd/txlog"
	"github.com/ingestd/ingestd/txlog/action"
)

// Commit makes the change the next version of the table. Where nothing is taken out, put in or recorded, nothing
// is committed, and the result has Attempts 0.
//
// Whatever the result, it settles what becomes of the files that were written, deletion vectors and change data
// included: they are the table's; or they were deleted since the commit was provably rejected; or,
// where its outcome is not known, they stay for VACUUM.
//
// Errors: *txlog.ConflictError and *SchemaChangedError, after which the work may be done again on a new
// snapshot; *txlog.AppendOnlyError; an error wrapping objstore.ErrOutcomeUnknown; those of the store.
func (c *Change) Commit(ctx context.Context, o CommitOptions) (Committed, error) {
	if c.settled {
		return Committed{}, errSettled
	}
	if _, err := c.Finish(ctx); err != nil {
		return Committed{}, errors.Join(err, c.Abort(ctx))
	}
	done, err := c.commit(ctx, o)
	return done, c.settle(ctx, err)
}

// Abort gives the change up and deletes what it wrote, even when ctx has ended. After Commit it does nothing.
// No other method may run.
func (c *Change) Abort(ctx context.Context) error {
	if c.settled {
		return nil
	}
	c.settled = true
	err := c.rows.Abort(ctx)
	if c.feed != nil {
		err = errors.Join(err, c.feed.Abort(ctx))
	}
	return errors.Join(err, c.deleteVectors(ctx, nil))
}

// settle settles what becomes of all files after a commit ended with err, and gives err.
func (c *Change) settle(ctx context.Context, err error) error {
	c.settled = true
	out := c.rows.settle(ctx, err)
	if c.feed != nil {
		if failed := c.feed.settle(ctx, err); out == nil {
			out = failed
		}
	}
	var left error
	switch {
	case err == nil: // vectors that another one took the place of, after a winner was followed
		_ = c.deleteVectors(ctx, c.used()) // VACUUM's, where it fails
	case provablyRejected(err):
		left = c.deleteVectors(ctx, nil)
	}
	if left != nil {
		out = fmt.Errorf("%w (deletion vectors that it wrote remain for VACUUM: %w)", out, left)
	}
	return out
}

// deleteVectors deletes the deletion vector files that were written, but for those in use.
func (c *Change) deleteVectors(ctx context.Context, used map[string]bool) error {
	gone := slices.DeleteFunc(slices.Clone(c.keys), func(key string) bool { return used[key] })
	if len(gone) == 0 {
		return nil
	}
	return c.t.Store().Delete(context.WithoutCancel(ctx), gone...)
}

// used are the files of the deletion vectors that the commit names.
func (c *Change) used() map[string]bool {
	out := map[string]bool{}
	note := func(v *action.DeletionVector) {
		if v == nil {
			return
		}
		if p, err := deletionvector.Path(v); err == nil {
			out[p] = true
		}
	}
	for _, f := range c.files {
		note(f.vector)
	}
	for _, own := range c.own {
		note(own.vector)
	}
	return out
}

func (c *Change) commit(ctx context.Context, o CommitOptions) (Committed, error) {
	files, err := c.fileActions()
	if err != nil {
		return Committed{}, rejected{err}
	}
	if len(files)+len(c.meta)+len(c.staged)+len(o.Txns) == 0 {
		return Committed{Version: c.snap.Version(), Snapshot: c.snap}, nil
	}
	tx := c.snap.Begin(txlog.Operation{Name: o.Operation, Parameters: o.Parameters, Metrics: o.Metrics, UserMetadata: o.UserMetadata})
	for _, r := range o.Require {
		tx.RequireTxn(r.AppID, r.Version, !r.Absent)
	}
	for _, r := range c.reads {
		if r.is == nil && r.filter == nil {
			tx.ReadWhole()
			continue
		}
		tx.ReadPartitions(func(add *action.Add) bool { return r.mayRead(ctx, add) })
	}
	tx.ReadFiles(c.dependsOn()...)
	first := slices.Concat(c.meta, c.staged)
	for _, t := range o.Txns {
		first = append(first, &action.Txn{AppID: t.AppID, Version: t.Version, LastUpdated: new(c.t.nowMillis())})
	}
	tx.Stage(slices.Concat(first, files)...)
	tx.SetResolver(&follower{c: c, first: first, blind: map[string]bool{}})
	done, err := tx.Commit(ctx)
	if err != nil {
		return Committed{}, err
	}
	c.t.advance(done.Snapshot)
	out := Committed{Version: done.Version, Snapshot: done.Snapshot, Attempts: done.Attempts, Due: done.Due,
		Rows: c.rows.rows.Load(), Files: int64(len(c.adds))}
	for _, a := range c.adds {
		out.Bytes += a.Size
	}
	return out, nil
}

// dependsOn are the files with rows that must stay for the change to be right.
func (c *Change) dependsOn() []string {
	var out []string
	for _, f := range c.files {
		if f.needs != nil {
			out = append(out, f.add.Path)
		}
	}
	return out
}

// fileActions are the actions of files, as the change stands: what goes, what comes, the change data.
func (c *Change) fileActions() ([]action.Action, error) {
	var out []action.Action
	for _, path := range slices.Sorted(maps.Keys(c.files)) {
		f := c.files[path]
		if !f.takesOut() {
			continue
		}
		out = append(out, c.removal(f.add))
		if f.whole {
			continue
		}
		add, err := c.withVector(f.add, f.vector, f.physical)
		if err != nil {
			return nil, err
		}
		out = append(out, add)
	}
	for _, a := range c.adds {
		if own := c.own[a.Path]; own != nil && own.vector != nil {
			var err error
			if a, err = c.withVector(a, own.vector, own.rows); err != nil {
				return nil, err
			}
		}
		out = append(out, a)
	}
	for _, a := range c.cdc {
		out = append(out, a)
	}
	return out, nil
}
