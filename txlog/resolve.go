package txlog

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/ingestd/ingestd/txlog/action"
)

// Resolver lets a transaction follow a winner with which its file actions would conflict: row-level
// concurrency. It is called on the goroutine of Commit, once per winner.
type Resolver interface {
	// Resolve is called for each winner, in order of versions, before [CheckConflict]. mine is what is
	// staged now, base the table before the winner, on which mine stands. It must not change either.
	// Errors: a *ConflictError says that the conflict stands (so does an empty Resolution: the pure check
	// then finds it); any other error, such as one of the store, ends the commit as it is, provably rejected.
	Resolve(ctx context.Context, mine []action.Action, winner Commit, base *Snapshot) (Resolution, error)
}

// Resolution is what a transaction does instead, to follow a winner.
type Resolution struct {
	// Actions replace all that is staged; nil leaves it as it is.
	Actions []action.Action
	// Settled are paths, as in the winner's file actions, of files that the resolver has dealt with: those
	// actions of the winner are no conflict, whatever was read or is removed. Later winners are asked about anew.
	Settled []string
	// Reads are paths of files that the transaction depends on from now on, as if by [Transaction.ReadFiles]:
	// where rows that it read have gone.
	Reads []string
}

// SetResolver makes the transaction ask r before a conflict over files is decided. nil is none.
func (t *Transaction) SetResolver(r Resolver) { t.resolver = r }

// resolve asks the resolver about a winner, takes over what it stages instead, and returns the winner
// without the file actions that are settled.
func (t *Transaction) resolve(ctx context.Context, winner Commit) (Commit, error) {
	if t.resolver == nil || !hasFiles(winner) {
		return winner, nil
	}
	res, err := t.resolver.Resolve(ctx, slices.Clone(t.actions), winner, t.base)
	if err != nil {
		if errors.As(err, new(*ConflictError)) {
			return Commit{}, err
		}
		return Commit{}, fmt.Errorf("following version %d: %w", winner.Version, err)
	}
	if res.Actions != nil {
		t.actions = res.Actions
	}
	t.ReadFiles(res.Reads...)
	if len(res.Settled) == 0 {
		return winner, nil
	}
	settled := paths(res.Settled)
	left := Commit{Version: winner.Version, Timestamp: winner.Timestamp}
	for _, a := range winner.Actions {
		if path, ok := filePath(a); !ok || !settled[string(canonicalPath([]byte(path)))] {
			left.Actions = append(left.Actions, a)
		}
	}
	return left, nil
}

func hasFiles(c Commit) bool {
	return slices.ContainsFunc(c.Actions, func(a action.Action) bool {
		_, ok := filePath(a)
		return ok
	})
}

// filePath is the path of an add or a remove.
func filePath(a action.Action) (string, bool) {
	switch a := a.(type) {
	case *action.Add:
		return a.Path, true
	case *action.Remove:
		return a.Path, true
	}
	return "", false
}
