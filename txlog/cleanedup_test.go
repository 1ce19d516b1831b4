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

// A snapshot of time travel is no base to write the next version on without a look: that may have been cleaned up.
func TestACleanedUpVersionAfterOneOfTimeTravelIsNotWrittenAgain(t *testing.T) {
	store, c := newStore()
	s := newTable(t, store, c)
	for i := range 3 {
		s = appendFiles(t, s, fmt.Sprint("f", i))
	}
	if _, err := s.Checkpoint(t.Context()); err != nil {
		t.Fatal(err)
	}
	old, err := New(store, testOptions(c)).SnapshotAt(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Delete(t.Context(), commitKey(0), commitKey(1), commitKey(2)); err != nil {
		t.Fatal(err)
	}
	tx := old.Begin(Operation{})
	tx.Stage(add("late"))
	if _, err := tx.Commit(t.Context()); !errors.As(err, new(*StaleSnapshotError)) {
		t.Errorf("got %v", err)
	}
	if newest, err := old.Update(t.Context()); err != nil || newest.Version() != 3 {
		t.Error(newest, err)
	}
}

// Where the log is kept for less than an hour, a snapshot of that age is old.
func TestAShortRetentionMakesSnapshotsOldSooner(t *testing.T) {
	store, c := newStore()
	base := newTable(t, store, c, PropLogRetention, "interval 10 minutes")
	s := base
	for i := range 3 {
		s = appendFiles(t, s, fmt.Sprint("f", i))
	}
	if _, err := s.Checkpoint(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := store.Delete(t.Context(), commitKey(0), commitKey(1), commitKey(2)); err != nil {
		t.Fatal(err)
	}
	c.add(11 * time.Minute)
	tx := base.Begin(Operation{})
	tx.Stage(add("late"))
	if _, err := tx.Commit(t.Context()); !errors.As(err, new(*StaleSnapshotError)) {
		t.Errorf("got %v", err)
	}
}

// While a process slept, its table was deleted and another made in its place: a commit at the version that
// would be next would leave a gap.
func TestATableThatWasMadeAnewIsNotWrittenAsTheOldOne(t *testing.T) {
	for _, versions := range []int{0, 2, 4} { // of the other table: fewer, as many, more
		store, c := newStore()
		s := appendFiles(t, appendFiles(t, newTable(t, store, c), "a"), "b")
		if err := store.Delete(t.Context(), commitKey(0), commitKey(1), commitKey(2)); err != nil {
			t.Fatal(err)
		}
		m := metadata("id BIGINT, p STRING", []string{"p"})
		m.ID = "another"
		tx := New(store, testOptions(c)).Create(t.Context(), Operation{Name: "CREATE TABLE"})
		tx.Stage(testProtocol(), m)
		other := mustCommit(t, tx)
		for i := range versions {
			other = appendFiles(t, other, fmt.Sprint("f", i))
		}
		c.add(2 * time.Hour)
		late := s.Begin(Operation{})
		late.Stage(add("late"))
		if _, err := late.Commit(t.Context()); !errors.As(err, new(*StaleSnapshotError)) {
			t.Errorf("%d: got %v", versions, err)
		}
		if now, err := s.Update(t.Context()); err != nil || now.Metadata().ID != "another" || now.Version() != int64(versions) {
			t.Errorf("%d: %v, %v", versions, now, err)
		}
	}
}
