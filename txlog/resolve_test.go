package txlog

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/txlog/action"
)

// merging follows winners by what it was told to answer, and notes what it was asked.
type merging struct {
	answer func(mine []action.Action, winner Commit) (Resolution, error)
	asked  []string
}

func (m *merging) Resolve(_ context.Context, mine []action.Action, winner Commit, base *Snapshot) (Resolution, error) {
	m.asked = append(m.asked, fmt.Sprint(len(mine), " on ", base.Version(), " after ", winner.Version))
	return m.answer(mine, winner)
}

func contended(t *testing.T) (*Transaction, *Snapshot) {
	t.Helper()
	store, c := newStore()
	base := appendFiles(t, newTable(t, store, c), "f")
	tx := base.Begin(Operation{Name: "DELETE"})
	tx.ReadFiles("f")
	tx.Stage(remove("f"))
	return tx, base
}

func TestAResolverStagesWhatFollowsTheWinner(t *testing.T) {
	tx, base := contended(t)
	winner := commitAll(t, base, remove("f"), add("g"))
	appendFiles(t, winner, "h")
	m := &merging{answer: func(mine []action.Action, w Commit) (Resolution, error) {
		if w.Version != 2 {
			return Resolution{}, nil
		}
		return Resolution{Actions: []action.Action{remove("g"), add("k")}, Settled: []string{"f", "g"}, Reads: []string{"g"}}, nil
	}}
	tx.SetResolver(m)
	s := mustCommit(t, tx)
	expectFiles(t, s, "h", "k")
	if got := fmt.Sprint(m.asked); got != "[1 on 1 after 2 2 on 2 after 3]" {
		t.Errorf("asked %s", got)
	}
}

func TestWhatAResolverLeavesOpenIsAConflict(t *testing.T) {
	broken := errors.New("the store is away")
	for name, c := range map[string]struct {
		answer   Resolution
		err      error
		conflict ConflictKind
	}{
		"nothing settled":     {Resolution{}, nil, ConcurrentDeleteDelete},
		"moved, and gone too": {Resolution{Actions: []action.Action{remove("g")}, Settled: []string{"f", "g"}}, nil, ConcurrentDeleteDelete},
		"it reads what goes":  {Resolution{Actions: []action.Action{}, Settled: []string{"f", "g"}, Reads: []string{"g"}}, nil, ConcurrentDeleteRead},
		"the conflict stands": {Resolution{}, &ConflictError{Kind: ConcurrentDeleteRead, Version: 2}, ConcurrentDeleteRead},
		"it failed":           {Resolution{}, broken, ""},
	} {
		t.Run(name, func(t *testing.T) {
			tx, base := contended(t)
			s := commitAll(t, base, remove("f"), add("g"))
			commitAll(t, s, remove("g"))
			tx.SetResolver(&merging{answer: func(_ []action.Action, w Commit) (Resolution, error) {
				if w.Version != 2 {
					return Resolution{}, nil
				}
				return c.answer, c.err
			}})
			_, err := tx.Commit(t.Context())
			var conflict *ConflictError
			if !errors.Is(err, ErrProvablyRejected) || c.conflict == "" && !errors.Is(err, broken) {
				t.Fatal(err)
			}
			if c.conflict != "" && (!errors.As(err, &conflict) || conflict.Kind != c.conflict || !objstore.IsRetryable(err)) {
				t.Errorf("got %v, want %s", err, c.conflict)
			}
		})
	}
}
