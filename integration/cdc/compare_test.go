//go:build integration

package cdc

import (
	"slices"

	"github.com/ingestd/ingestd/integration/parts"
)

// same fails the test where got does not hold the columns, types and rows of a table of the database. What got has besides, of
// columns that went, is left.
func (w *world) same(what string, want, got parts.Rows) {
	w.Helper()
	for _, c := range want.Columns {
		if !slices.Contains(got.Columns, c) {
			w.Errorf("%s has no column %s: it has %q", what, c, got.Columns)
			return
		}
	}
	parts.SameRows(w, what, want, got.Project(want.Columns...))
}

// checkReplay compares the replay of the events with the database. That it holds shows that the events tell all that there is to
// know, and that a comparison sees it.
func (w *world) checkReplay() {
	w.Helper()
	replays := w.replays()
	for _, table := range w.tables() {
		r := replays[table]
		if r == nil {
			w.Errorf("no events of table %s", table)
			continue
		}
		got, err := r.canonical()
		if err != nil {
			w.Errorf("table %s: %v", table, err)
			continue
		}
		want := w.truth(table)
		w.Logf("table %s: %d rows", table, len(want.Rows))
		w.same("the events of table "+table, want, got)
	}
}
