package txlog

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/txlog/action"
)

// StaleSnapshotError says that commits that were made since the snapshot have been cleaned up, so that conflicts with
// them cannot be told, or that the table was made anew. The work must be done again on a new snapshot.
type StaleSnapshotError struct{ Version, Newest int64 }

// Error tells both versions.
func (e *StaleSnapshotError) Error() string {
	return fmt.Sprintf("the snapshot of version %d is too old: the table is at version %d, and what was between has been cleaned up or is of another table; start from a new snapshot", e.Version, e.Newest)
}

// Retryable is true: on a new snapshot.
func (e *StaleSnapshotError) Retryable() bool { return true }

// Commit makes the staged actions the next version of the table, or fails. Where others were
// faster it decides by [CheckConflict] whether it can follow them, and tries again.
//
// It returns nil only for a commit that is there, and at most one version ever holds the actions,
// whatever the store answers. Errors are *CommitError, around *ConflictError, *TableExistsError,
// *InvalidCommitError, *AppendOnlyError, *StaleSnapshotError, feature errors, ErrTooManyAttempts, those of the
// store, or objstore.ErrOutcomeUnknown where even reading back could not tell whether it was made.
// errors.Is(err, ErrProvablyRejected) tells that it was not and never will be.
func (t *Transaction) Commit(ctx context.Context) (Committed, error) {
	if t.done {
		return Committed{}, t.fail(0, false, errCommitted) // of the first Commit this tells nothing
	}
	t.done = true
	if err := t.start(ctx); err != nil {
		return Committed{}, t.fail(0, true, err)
	}
	for n := 1; n <= t.log.opts.MaxCommitAttempts; n++ {
		a, err := t.prepare(ctx)
		if err != nil {
			return Committed{}, t.fail(n-1, true, err)
		}
		out := t.put(ctx, a)
		switch {
		case out.err != nil:
			return Committed{}, t.fail(n, !out.unknown, out.err)
		case out.winner == nil:
			return t.committed(a, n), nil
		}
		if err := t.rebase(ctx, *out.winner, -1); err != nil {
			return Committed{}, t.fail(n, true, err)
		}
		if err := t.log.backoff(ctx, n); err != nil {
			return Committed{}, t.fail(n, true, err)
		}
	}
	return Committed{}, t.fail(t.log.opts.MaxCommitAttempts, true, ErrTooManyAttempts)
}

func (t *Transaction) fail(attempts int, rejected bool, err error) error {
	return &CommitError{URL: t.log.store.URL(), Version: t.base.version + 1, Attempts: attempts, Rejected: rejected, Err: err}
}

// start makes sure that the version after the base is the next one, where time has made that doubtful.
func (t *Transaction) start(ctx context.Context) error {
	if t.create {
		list, err := t.log.list(ctx, 0)
		if err == nil && list.newest() >= 0 {
			err = &TableExistsError{URL: t.log.store.URL()}
		}
		return err
	}
	now := t.log.opts.Now()
	if !t.base.stale(now) {
		return nil
	}
	newest, err := t.log.Snapshot(ctx)
	if err != nil {
		return err
	}
	switch {
	case newest.version < t.base.version || newest.state.metadata.ID != t.base.state.metadata.ID: // another table has its place
		return &StaleSnapshotError{Version: t.base.version, Newest: newest.version}
	case newest.version == t.base.version:
		t.base.seen.Store(now.UnixNano())
		return nil
	}
	winner, err := t.log.fetch(ctx, t.base.version+1)
	if errors.Is(err, objstore.ErrNotExist) {
		return &StaleSnapshotError{Version: t.base.version, Newest: newest.version}
	}
	if err != nil {
		return err
	}
	return t.rebase(ctx, winner, newest.version)
}

func (t *Transaction) committed(a *attempt, attempts int) Committed {
	a.after.modTime = a.commit.modTime
	c := Committed{Version: a.commit.version, Snapshot: a.after, Attempts: attempts}
	if !t.log.opts.NoChecksums {
		c.Due = append(c.Due, &checksumHook{a.after.apart(), a.commit})
	}
	if a.after.checkpointDue() {
		c.Due = append(c.Due, &checkpointHook{a.after.apart()})
	}
	return c
}

// rebase puts the transaction on top of the winner and all commits after it, unless it conflicts with one.
// Versions up to known were made: one of them that is not there has been cleaned up, and is not free.
func (t *Transaction) rebase(ctx context.Context, winner rawCommit, known int64) error {
	if t.create {
		return &TableExistsError{URL: t.log.store.URL()}
	}
	for {
		mine := t.readSet()
		theirs := Commit{Version: winner.version}
		var err error
		if mine.readsFiles() || t.resolver != nil {
			theirs.Actions, err = action.Decode(winner.text)
		} else {
			theirs.Actions, err = winner.top()
		}
		if err != nil {
			return fmt.Errorf("the winner: %w", err)
		}
		if theirs, err = t.resolve(ctx, theirs); err != nil {
			return err
		}
		if err := CheckConflict(t.readSet(), []Commit{theirs}); err != nil {
			return err
		}
		t.followRowIDs(theirs)
		next, err := t.base.after(winner)
		if err != nil {
			return err
		}
		t.base = next
		winner, err = t.log.fetch(ctx, next.version+1)
		if errors.Is(err, objstore.ErrNotExist) {
			if next.version < known {
				return &StaleSnapshotError{Version: next.version, Newest: known}
			}
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// Backoff between attempts: up to a limit that doubles from the first to the last.
const (
	firstBackoff = 4 * time.Millisecond
	lastBackoff  = time.Second
)

// backoff waits a random time, the longer the more attempts there were.
func (l *Log) backoff(ctx context.Context, attempts int) error {
	limit := min(firstBackoff<<min(attempts-1, 16), lastBackoff)
	l.randMu.Lock()
	d := time.Duration(l.opts.Rand.Int63n(int64(limit)))
	l.randMu.Unlock()
	return l.opts.Sleep(ctx, d)
}
