package changes_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/array"
	"pgregory.net/rapid"

	"github.com/ingestd/ingestd/merge/changes"
	"github.com/ingestd/ingestd/table"
)

var tracked = map[string]string{"delta.enableRowTracking": "true"}

// rowIDs are those of the rows, by key.
func (w *world) rowIDs() map[int64]int64 {
	w.Helper()
	t, err := table.Open(w.Context(), w.store, tableOptions()...)
	if err != nil {
		w.Fatal(err)
	}
	out, ids := map[int64]int64{}, map[int64]bool{}
	for add, err := range t.Snapshot().Files(w.Context()) {
		if err != nil {
			w.Fatal(err)
		}
		for rows, err := range t.ScanFile(w.Context(), t.Snapshot(), add, table.ScanOptions{Columns: []string{"id"}, RowTracking: true}) {
			if err != nil {
				w.Fatal(err)
			}
			for i := range int(rows.Rec.NumRows()) {
				key, id := rows.Rec.Column(0).(*array.Int64).Value(i), rows.RowIDs.Value(i)
				if rows.RowIDs.IsNull(i) || ids[id] {
					w.Fatalf("row %d has the id of another, or none", key)
				}
				out[key], ids[id] = id, true
			}
			rows.Release()
		}
	}
	return out
}

func TestAnUpdateKeepsTheIDOfItsRow(t *testing.T) {
	for _, feed := range []string{"false", "true"} {
		props := map[string]string{"delta.enableRowTracking": "true", "delta.enableChangeDataFeed": feed, "delta.enableDeletionVectors": feed}
		w := newWorld(t, changes.Options{}, props)
		w.apply(change{op: changes.Create, id: 1, v: "a", big: "A", seq: 1}, change{op: changes.Create, id: 2, v: "b", big: "B", seq: 2},
			change{op: changes.Create, id: 3, v: "c", big: "C", seq: 3})
		before := w.rowIDs()
		w.apply(change{op: changes.Update, id: 1, v: "a2", big: "A2", seq: 4}, change{op: changes.Update, id: 2, v: "b2", lacks: true, seq: 5},
			change{op: changes.Create, id: 4, v: "d", seq: 6}, change{op: changes.Delete, id: 3, seq: 7}, change{op: changes.Create, id: 3, v: "c2", seq: 8})
		w.expect(row(1, "a2", "A2"), row(2, "b2", "B"), row(3, "c2", ""), row(4, "d", ""))
		after := w.rowIDs()
		if after[1] != before[1] || after[2] != before[2] {
			t.Errorf("feed %s: updated rows had %v and have %v", feed, before, after)
		}
		for _, k := range []int64{3, 4} {
			for _, old := range before {
				if after[k] == old {
					t.Errorf("feed %s: row %d is new, and has the id of an old one: %v and %v", feed, k, before, after)
				}
			}
		}
	}
}

func TestRowsThatAreMarkedDeletedKeepTheirIDs(t *testing.T) {
	w := newWorld(t, changes.Options{SoftDelete: true}, tracked)
	w.apply(change{op: changes.Create, id: 1, v: "a", seq: 1}, change{op: changes.Create, id: 2, v: "b", seq: 2}, change{op: changes.Create, id: 3, v: "c", seq: 3})
	before := w.rowIDs()
	w.apply(change{op: changes.Delete, id: 1, seq: 4})
	w.apply(change{op: changes.Truncate, seq: 5}, change{op: changes.Create, id: 2, v: "b2", seq: 6})
	w.apply(change{op: changes.Create, id: 1, v: "a2", seq: 7})
	if after := w.rowIDs(); fmt.Sprint(after) != fmt.Sprint(before) {
		t.Errorf("the rows had %v and have %v", before, after)
	}
}

// Each row has one id as long as it is there, whatever is written of it, and no two ever have the same.
func TestARowHasOneIDForLife(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o, props, by := options(t)
		props["delta.enableRowTracking"] = "true"
		w := newWorld(t, o, props, by...)
		all := history(t, true)
		lives, life := map[int64]int{}, 0 // of the rows that are there
		idOf, taken := map[int]int64{}, map[int64]int{}
		for len(all) > 0 {
			some := slices.Clone(all[:rapid.IntRange(1, len(all)).Draw(t, "batch")])
			all = all[len(some):]
			for i, c := range some {
				switch c.op {
				case changes.Truncate:
					clear(lives)
				case changes.Delete:
					delete(lives, c.id)
				case changes.Create:
					life++
					lives[c.id] = life
				case changes.Update:
					if rapid.Bool().Draw(t, "lacks") {
						some[i].lacks, some[i].big = true, ""
					}
				}
			}
			w.apply(some...)
			ids := w.rowIDs()
			if len(ids) != len(lives) {
				t.Fatalf("%d rows, not %d", len(ids), len(lives))
			}
			for key, id := range ids {
				n := lives[key]
				if was, ok := idOf[n]; ok && was != id {
					t.Fatalf("row %d had the id %d, and has %d", key, was, id)
				}
				if other, ok := taken[id]; ok && other != n {
					t.Fatalf("row %d has the id %d, which another had", key, id)
				}
				idOf[n], taken[id] = id, n
			}
		}
	})
}
