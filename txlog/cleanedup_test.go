package txlog

import (
	"errors"
	"fmt"
	"testing"
	"time"
)

// While a transaction on an old snapshot follows the commits since, some of them are cleaned up: what is
// gone is not free.
func TestAVersionThatIsCleanedUpMeanwhileIsNotWrittenAgain(t *testing.T) {
	store, clock := newStore()
	base := newTable(t, store, clock)
	s := base
	for i := range 3 {
		s = appendFiles(t, s, fmt.Sprint("f", i))
	}
	if _, err := s.Checkpoint(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := store.Delete(t.Context(), commitKey(0), commitKey(2)); err != nil { // but not yet 1
		t.Fatal(err)
	}
	clock.add(2 * time.Hour)
	tx := base.Begin(Operation{})
	tx.Stage(add("late"))
	var stale *StaleSnapshotError
	if _, err := tx.Commit(t.Context()); !errors.As(err, &stale) || !errors.Is(err, ErrProvablyRejected) {
		t.Errorf("got %v", err)
	}
}
