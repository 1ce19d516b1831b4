package changes_test

import (
	"context"
	"testing"

	"github.com/ingestd/ingestd/dml"
	"github.com/ingestd/ingestd/merge/changes"
	"github.com/ingestd/ingestd/table"
)

// TestADeletionThatComesBetweenTwoTriesIsNotForgotten has another process delete the row of an old change while that is being applied: the
// change is done again on a version without the row, whose tombstone must be known then.
func TestADeletionThatComesBetweenTwoTriesIsNotForgotten(t *testing.T) {
	w := newWorld(t, changes.Options{}, vectors)
	w.apply(change{op: c, id: 1, v: "a", seq: 1})
	overtaken := false
	overtake := func() string {
		if !overtaken {
			overtaken = true
			w.apply(change{op: d, id: 1, seq: 9})
		}
		return nextID()
	}
	tab, err := table.Open(t.Context(), w.store, append(tableOptions(), table.WithIDs(overtake))...)
	if err != nil {
		t.Fatal(err)
	}
	late := changes.New(tab, changes.Options{
		Options: dml.Options{Backoff: func(context.Context, int) error { return nil }}, Tombstones: w.graves, TableOptions: tableOptions(),
	})
	rec := w.batch([]change{{op: u, id: 1, v: "old", seq: 3}})
	defer rec.Release()
	if err := late.Add(t.Context(), rec); err != nil {
		t.Fatal(err)
	}
	r, err := late.Commit(t.Context(), table.CommitOptions{})
	if err != nil || !overtaken || r.Tries != 2 {
		t.Fatalf("overtaken %v: %+v %v", overtaken, r, err)
	}
	w.expect()
}

// A truncation has no columns, and so no key, also where keys are configured.
func TestATruncationIsTakenWhereKeysAreConfigured(t *testing.T) {
	w := newWorld(t, changes.Options{Keys: []string{"ID"}}, vectors)
	w.apply(change{op: c, id: 1, v: "a", seq: 1})
	b := changes.Batch{Origin: batchOf.Origin}
	if err := w.applier.Check(b); err != nil {
		t.Fatal(err)
	}
}

// The same of a history: the version that comes late ends where the other process has deleted the row.
func TestAVersionIsEndedByADeletionThatComesBetweenTwoTries(t *testing.T) {
	w := historyWorld(t)
	w.apply(change{op: c, id: 1, v: "a", seq: 1})
	overtaken := false
	overtake := func() string {
		if !overtaken {
			overtaken = true
			w.apply(change{op: d, id: 1, seq: 9})
		}
		return nextID()
	}
	tab, err := table.Open(t.Context(), w.store, append(tableOptions(), table.WithIDs(overtake))...)
	if err != nil {
		t.Fatal(err)
	}
	late := changes.New(tab, changes.Options{
		Options: dml.Options{Backoff: func(context.Context, int) error { return nil }}, Tombstones: w.graves, TableOptions: tableOptions(), History: true,
	})
	rec := w.batch([]change{{op: u, id: 1, v: "b", seq: 3}})
	defer rec.Release()
	if err := late.Add(t.Context(), rec); err != nil {
		t.Fatal(err)
	}
	r, err := late.Commit(t.Context(), table.CommitOptions{})
	if err != nil || !overtaken || r.Tries != 2 {
		t.Fatalf("overtaken %v: %+v %v", overtaken, r, err)
	}
	w.expectAll(version(1, "a", "", 1, 3), version(1, "b", "", 3, 9))
}
