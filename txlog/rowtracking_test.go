package txlog

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/ingestd/ingestd/txlog/action"
)

func tracked(t *testing.T, properties ...string) *Snapshot {
	t.Helper()
	store, c := newStore()
	tx := New(store, testOptions(c)).Create(t.Context(), Operation{Name: "CREATE TABLE"})
	tx.Stage(testProtocol("rowTracking"), metadata("id BIGINT, p STRING", []string{"p"}, properties...))
	return mustCommit(t, tx)
}

func rows(path string, n int) *action.Add {
	a := add(path)
	a.Stats = new(fmt.Sprintf(`{"numRecords":%d}`, n))
	return a
}

// idsOf are base row id and version of each file.
func idsOf(t *testing.T, s *Snapshot) map[string]string {
	t.Helper()
	out := map[string]string{}
	for a, err := range s.Files(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if out[a.Path] = "none"; a.BaseRowID != nil {
			out[a.Path] = fmt.Sprint(*a.BaseRowID, "@", *a.DefaultRowCommitVersion)
		}
	}
	return out
}

func commitAll(t *testing.T, s *Snapshot, actions ...action.Action) *Snapshot {
	t.Helper()
	tx := s.Begin(Operation{Name: "WRITE"})
	tx.Stage(actions...)
	return mustCommit(t, tx)
}

func TestFilesGetRowIDsThatNoneHadBefore(t *testing.T) {
	base := tracked(t)
	commitAll(t, base, rows("a", 3), rows("b", 2))
	late := base.Begin(Operation{})
	late.Stage(rows("c", 4)) // was prepared on version 0
	s := mustCommit(t, late)
	if got := fmt.Sprint(idsOf(t, s)); got != "map[a:0@1 b:3@1 c:5@2]" {
		t.Error(got)
	}
	if mark, _ := s.Domain(domainRowTracking); mark != `{"rowIdHighWaterMark":8}` {
		t.Error(mark)
	}
	var a *action.Add
	for f := range s.Files(t.Context()) {
		if f.Path == "a" {
			a = f
		}
	}
	again := *a
	again.BaseRowID, again.DefaultRowCommitVersion, again.Tags = nil, nil, nil
	again.DeletionVector = dv("x")
	tx := s.Begin(Operation{})
	tx.Stage(a.Remove(1, true), &again)
	tx.base.props = NewProperties(map[string]string{PropDeletionVectors: "true"})
	if _, err := tx.Commit(t.Context()); err == nil {
		t.Error("vectors are off")
	}
	m := *s.Metadata()
	m.Configuration = map[string]string{PropDeletionVectors: "true"}
	s = commitAll(t, s, &m)
	if s = commitAll(t, s, a.Remove(1, true), &again); idsOf(t, s)["a"] != "0@1" {
		t.Errorf("a file keeps its ids with another deletion vector: %v", idsOf(t, s))
	}
}

func TestRowsCannotBeTrackedInFilesOfUnknownLength(t *testing.T) {
	tx := tracked(t).Begin(Operation{})
	a := add("a")
	a.Stats = nil
	tx.Stage(a)
	var e *NoRowCountError
	if _, err := tx.Commit(t.Context()); !errors.As(err, &e) || e.Path != "a" {
		t.Error(err)
	}
	s := tracked(t, PropRowTrackingSuspended, "true")
	if got := idsOf(t, commitAll(t, s, rows("a", 1))); got["a"] != "none" {
		t.Errorf("suspended: %v", got)
	}
}

func TestRowTrackingIsEnabledAfterABackfill(t *testing.T) {
	store, c := newStore()
	s := appendFiles(t, newTable(t, store, c), "a", "b", "c")
	s = commitAll(t, s, testProtocol("rowTracking"))
	enable := func(s *Snapshot) error {
		m := *s.Metadata()
		m.Configuration = RowTrackingColumns(s.Properties(), func() string { return "x" })
		m.Configuration[PropRowTracking] = "true"
		tx := s.Begin(Operation{Name: "SET TBLPROPERTIES"})
		tx.SetMetadata(&m)
		_, err := tx.Commit(context.Background())
		return err
	}
	if err := enable(s); !errors.As(err, new(*InvalidCommitError)) {
		t.Fatalf("without ids: %v", err)
	}
	old := s
	gone := commitAll(t, s, remove("b"), rows("d", 1)) // while the backfill is on its way
	s, err := old.BackfillRowIDs(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	if got := idsOf(t, s); len(got) != 3 || got["a"] == "none" || got["c"] == "none" || got["d"] != idsOf(t, gone)["d"] || got["b"] != "" {
		t.Errorf("%v", got)
	}
	if err := enable(s); err != nil {
		t.Error(err)
	}
	late := old.Begin(Operation{Name: "DELETE"}) // began before the backfill
	late.Stage(remove("a"))
	if _, err := late.Commit(t.Context()); err == nil {
		t.Error("the metadata was changed")
	}
}

// A commit that follows a backfill removes files with the ids that they have been given.
func TestWhoFollowsABackfillTakesOverItsIDs(t *testing.T) {
	store, c := newStore()
	s := appendFiles(t, newTable(t, store, c), "a")
	s = commitAll(t, s, testProtocol("rowTracking"))
	tx := s.Begin(Operation{Name: "DELETE"})
	tx.Stage(remove("a"))
	if _, err := s.BackfillRowIDs(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	done := mustCommit(t, tx)
	for r := range done.Tombstones(t.Context()) {
		if r.BaseRowID == nil || *r.BaseRowID != 0 || *r.DefaultRowCommitVersion != 3 {
			t.Errorf("%+v", r)
		}
	}
}
