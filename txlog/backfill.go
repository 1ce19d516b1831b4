package txlog

import (
	"context"
	"errors"
	"slices"

	"github.com/ingestd/ingestd/txlog/action"
)

// backfillName is the operation by which Spark knows that a commit only gives row ids to files.
const backfillName = "ROW TRACKING BACKFILL"

// BackfillRowIDs gives row ids to all files that have none, in commits of at most batch files, and returns
// the table after the last of them. The table must support row tracking (not yet have it enabled); after
// this delta.enableRowTracking may be set. It is safe beside other writers: files that they add have ids, and
// those that they remove, or add again, are left out. batch < 1 is 100 000, as in Spark.
// Errors: those of [Transaction.Commit] and of reading the table.
func (s *Snapshot) BackfillRowIDs(ctx context.Context, batch int) (*Snapshot, error) {
	if batch < 1 {
		batch = 100_000
	}
	if !s.Supports("rowTracking") {
		return nil, &InvalidCommitError{"rowTracking", "the protocol of the table does not list the feature; add it first"}
	}
	for id := 0; ; id++ {
		files, err := s.withoutRowIDs(ctx, batch)
		if err != nil || len(files) == 0 {
			return s, err
		}
		tx := s.Begin(Operation{Name: backfillName, Parameters: map[string]any{"batchId": id}})
		tx.Stage(files...)
		tx.SetResolver(backfill{})
		done, err := tx.Commit(ctx)
		var e *CommitError
		switch {
		case err == nil:
			s = done.Snapshot
		case errors.As(err, &e) && e.Retryable():
			if s, err = s.Update(ctx); err != nil {
				return nil, err
			}
		default:
			return nil, err
		}
	}
}

// withoutRowIDs are files to add again, for they lack row ids; at most limit.
func (s *Snapshot) withoutRowIDs(ctx context.Context, limit int) (out []action.Action, err error) {
	for a, err := range s.Files(ctx) {
		if err != nil {
			return nil, err
		}
		if a.BaseRowID == nil || a.DefaultRowCommitVersion == nil {
			a.DataChange = false
			if out = append(out, a); len(out) == limit {
				break
			}
		}
	}
	return out, nil
}

// backfill leaves the files to a winner that has removed them or added them again.
type backfill struct{}

func (backfill) Resolve(_ context.Context, mine []action.Action, winner Commit, _ *Snapshot) (Resolution, error) {
	touched := map[string]bool{}
	var r Resolution
	for _, a := range winner.Actions {
		if path, ok := filePath(a); ok {
			touched[pathKey(path)] = true
			r.Settled = append(r.Settled, path)
		}
	}
	r.Actions = slices.DeleteFunc(mine, func(a action.Action) bool {
		path, ok := filePath(a)
		return ok && touched[pathKey(path)]
	})
	return r, nil
}
