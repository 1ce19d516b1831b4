package changes_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/ingestd/ingestd/merge/changes"
	"github.com/ingestd/ingestd/table"
	"github.com/ingestd/ingestd/txlog/schema"
)

// version is a row of a table of history; to 0 is the current one.
func version(id int64, v, big string, from, to int64) string {
	end := "null"
	if to != 0 {
		end = fmt.Sprint(timeOf(to))
	}
	return fmt.Sprintf("%s__START_AT=%d;__END_AT=%s;", row(id, v, big), timeOf(from), end)
}

func historyWorld(t tester) *world { return newWorld(t, changes.Options{History: true}, vectors) }

func TestHistoryEachVersionIsARow(t *testing.T) {
	w := historyWorld(t)
	r := w.apply(change{op: c, id: 1, v: "a", seq: 1}, change{op: c, id: 2, v: "x", seq: 2}, change{op: u, id: 1, v: "b", seq: 3})
	if r.Inserted != 3 || r.Updated != 0 {
		t.Errorf("%+v", r)
	}
	r = w.apply(change{op: u, id: 2, v: "y", seq: 4}, change{op: d, id: 1, seq: 5})
	if r.Inserted != 1 || r.Updated != 2 {
		t.Errorf("%+v", r)
	}
	w.expectAll(version(1, "a", "", 1, 3), version(1, "b", "", 3, 5), version(2, "x", "", 2, 4), version(2, "y", "", 4, 0))
	w.apply(change{op: c, id: 1, v: "again", seq: 7})
	w.expectAll(version(1, "a", "", 1, 3), version(1, "b", "", 3, 5), version(1, "again", "", 7, 0), version(2, "x", "", 2, 4), version(2, "y", "", 4, 0))
}

func TestHistoryALateChangeFindsItsPlace(t *testing.T) {
	w := historyWorld(t)
	w.apply(change{op: c, id: 1, v: "a", seq: 2}, change{op: u, id: 1, v: "d", seq: 8})
	w.apply(change{op: u, id: 1, v: "c", seq: 6})
	w.open()
	w.apply(change{op: u, id: 1, v: "b", seq: 4})
	w.apply(change{op: c, id: 1, v: "first", seq: 1})
	want := []string{version(1, "first", "", 1, 2), version(1, "a", "", 2, 4), version(1, "b", "", 4, 6), version(1, "c", "", 6, 8), version(1, "d", "", 8, 0)}
	w.expectAll(want...)
	w.apply(change{op: d, id: 1, seq: 5}) // between b and c
	want[2] = version(1, "b", "", 4, 5)
	w.expectAll(want...)
}

func TestHistoryADeletionThatEndsNothingYetIsRemembered(t *testing.T) {
	w := historyWorld(t)
	w.apply(change{op: d, id: 1, seq: 5}, change{op: d, id: 1, seq: 9}, change{op: x, seq: 12})
	w.open()
	w.apply(change{op: c, id: 1, v: "a", seq: 3}, change{op: c, id: 1, v: "b", seq: 7}, change{op: c, id: 1, v: "c", seq: 10}, change{op: c, id: 1, v: "d", seq: 13})
	w.expectAll(version(1, "a", "", 3, 5), version(1, "b", "", 7, 9), version(1, "c", "", 10, 12), version(1, "d", "", 13, 0))
	w.apply(change{op: d, id: 1, seq: 4}) // the first one ends earlier; the deletion at 5 is still known
	w.apply(change{op: u, id: 1, v: "between", seq: 4}, change{op: u, id: 2, v: "other", seq: 11})
	w.expectAll(version(1, "a", "", 3, 4), version(1, "between", "", 4, 5), version(1, "b", "", 7, 9), version(1, "c", "", 10, 12), version(1, "d", "", 13, 0), version(2, "other", "", 11, 12))
}

func TestHistoryATruncationEndsAllVersions(t *testing.T) {
	w := historyWorld(t)
	w.apply(change{op: c, id: 1, v: "a", seq: 1}, change{op: c, id: 2, v: "b", seq: 2}, change{op: c, id: 3, v: "c", seq: 8})
	r := w.apply(change{op: x, seq: 5}, change{op: u, id: 2, v: "late", seq: 3}, change{op: x, seq: 6}, change{op: c, id: 1, v: "new", seq: 7})
	if r.Inserted != 2 || r.Updated != 2 {
		t.Errorf("%+v", r)
	}
	want := []string{version(1, "a", "", 1, 5), version(1, "new", "", 7, 0), version(2, "b", "", 2, 3), version(2, "late", "", 3, 5), version(3, "c", "", 8, 0)}
	w.expectAll(want...)
	if r := w.apply(change{op: x, seq: 5}); r.Inserted+r.Updated != 0 {
		t.Errorf("%+v", r)
	}
	w.apply(change{op: x, seq: 4})
	want[0], want[3] = version(1, "a", "", 1, 4), version(2, "late", "", 3, 4)
	w.expectAll(want...)
}

func TestHistoryWhatIsSentAgainChangesNothing(t *testing.T) {
	w := historyWorld(t)
	all := []change{
		{op: c, id: 1, v: "a", big: "A", seq: 1}, {op: u, id: 1, v: "b", seq: 2, lacks: true}, {op: d, id: 1, seq: 3}, {op: c, id: 1, v: "c", seq: 4}, {op: x, seq: 5}, {op: c, id: 2, v: "x", seq: 6},
	}
	w.apply(all...)
	want := w.columns()
	for i := range all {
		w.open()
		if r := w.apply(all[i:]...); r.Inserted+r.Updated+r.Deleted != 0 {
			t.Errorf("from %v on: %+v", all[i], r)
		}
		w.expectAll(want...)
	}
}

func TestHistoryAValueThatIsNotKnownIsThatOfTheVersionBefore(t *testing.T) {
	w := historyWorld(t)
	w.apply(change{op: c, id: 1, v: "a", big: "A", seq: 1}, change{op: u, id: 1, v: "b", seq: 2, lacks: true}, change{op: u, id: 1, v: "e", big: "E", seq: 9})
	w.apply(change{op: u, id: 1, v: "c", seq: 3, lacks: true}, change{op: u, id: 1, v: "d", seq: 4, lacks: true})
	want := []string{version(1, "a", "A", 1, 2), version(1, "b", "A", 2, 3), version(1, "c", "A", 3, 4), version(1, "d", "A", 4, 9), version(1, "e", "E", 9, 0)}
	w.expectAll(want...)
	r := w.apply(change{op: d, id: 1, seq: 10}, change{op: c, id: 1, v: "f", seq: 11, lacks: true}) // another row, of which nobody knows it
	if r.Unknown != 1 {
		t.Errorf("%+v", r)
	}
	want[4] = version(1, "e", "E", 9, 10)
	w.expectAll(append(want, fmt.Sprintf("id=1;v=\"f\";big=null;__START_AT=%d;__END_AT=null;", timeOf(11)))...)
}

func TestHistoryValuesMoveWithTheKey(t *testing.T) {
	gone := []change{{op: d, id: 1, seq: 5}, {op: c, id: 2, was: 1, blank: true, seq: 5}}
	come := []change{{op: c, id: 2, was: 1, v: "moved", lacks: true, seq: 5}}
	for name, batches := range map[string][][]change{
		"at once":             {append(append([]change{}, gone...), come...)},
		"the other way":       {append(append([]change{}, come...), gone...)},
		"one after the other": {gone, come},
		"the later one first": {come, gone},
		"twice":               {gone, come, gone, come},
	} {
		t.Run(name, func(t *testing.T) {
			w := historyWorld(t)
			w.apply(change{op: c, id: 1, v: "a", big: "A", seq: 1}, change{op: u, id: 1, v: "b", big: "B", seq: 2})
			w.apply(change{op: u, id: 1, v: "c", seq: 3, lacks: true})
			for _, b := range batches {
				w.apply(b...)
			}
			w.expectAll(version(1, "a", "A", 1, 2), version(1, "b", "B", 2, 3), version(1, "c", "B", 3, 5), version(2, "moved", "B", 5, 0))
		})
	}
}

func TestHistoryAnUpsertComesAfterADeletionOfTheSameSequence(t *testing.T) {
	for _, batches := range [][][]change{
		{{{op: d, id: 1, seq: 5}, {op: c, id: 1, v: "b", seq: 5}}},
		{{{op: c, id: 1, v: "b", seq: 5}, {op: d, id: 1, seq: 5}}},
		{{{op: c, id: 1, v: "b", seq: 5}}, {{op: d, id: 1, seq: 5}}},
		{{{op: d, id: 1, seq: 5}}, {{op: c, id: 1, v: "b", seq: 5}}},
	} {
		w := historyWorld(t)
		w.apply(change{op: c, id: 1, v: "a", seq: 1})
		for _, b := range batches {
			w.apply(b...)
		}
		w.expectAll(version(1, "a", "", 1, 5), version(1, "b", "", 5, 0))
	}
}

// loseSequences writes all files anew as an engine does that does not know of hidden columns.
func (w *world) loseSequences() {
	w.Helper()
	tab, err := table.Open(w.Context(), w.store, tableOptions()...)
	if err != nil {
		w.Fatal(err)
	}
	ch, err := tab.NewChange(w.Context(), table.ChangeOptions{})
	if err != nil {
		w.Fatal(err)
	}
	for add, err := range ch.ReadFiles(w.Context(), nil) {
		if err != nil {
			w.Fatal(err)
		}
		ch.RemoveFile(add)
	}
	if err := ch.WriteAll(w.Context(), tab.Scan(w.Context(), table.ScanOptions{})); err != nil {
		w.Fatal(err)
	}
	if _, err := ch.Commit(w.Context(), table.CommitOptions{Operation: "OPTIMIZE"}); err != nil {
		w.Fatal(err)
	}
	w.open()
}

func TestHistoryGoesOnWhereAnotherEngineHasLostTheSequences(t *testing.T) {
	w := historyWorld(t)
	w.apply(change{op: c, id: 1, v: "a", seq: 1}, change{op: u, id: 1, v: "b", seq: 3}, change{op: c, id: 2, v: "x", seq: 3}, change{op: d, id: 2, seq: 4}, change{op: c, id: 3, v: "y", seq: 4})
	w.loseSequences()
	w.apply(change{op: u, id: 1, v: "c", seq: 6}, change{op: u, id: 2, v: "x2", seq: 7})
	want := []string{version(1, "a", "", 1, 3), version(1, "b", "", 3, 6), version(1, "c", "", 6, 0), version(2, "x", "", 3, 4), version(2, "x2", "", 7, 0), version(3, "y", "", 4, 0)}
	w.expectAll(want...)
	w.apply(change{op: u, id: 1, v: "late", seq: 5}) // older than what is known of the table
	want[1] = version(1, "b", "", 3, 5)
	w.expectAll(append(want, version(1, "late", "", 5, 6))...)
	w.loseSequences()
	w.apply(change{op: x, seq: 9})
	want[2], want[4], want[5] = version(1, "c", "", 6, 9), version(2, "x2", "", 7, 9), version(3, "y", "", 4, 9)
	w.expectAll(append(want, version(1, "late", "", 5, 6))...)
}

func TestHistoryATableOfTheOtherTypeIsRefused(t *testing.T) {
	w := newWorld(t, changes.Options{}, vectors)
	w.options.History = true
	w.open()
	refused := (*changes.SCDError)(nil)
	if err := w.applier.Check(batchOf); !errors.As(err, &refused) || refused.Want != 2 {
		t.Fatal(err)
	}
	w = historyWorld(t)
	w.options.History = false
	w.open()
	if err := w.applier.Check(batchOf); !errors.As(err, &refused) || refused.Want != 1 {
		t.Fatal(err)
	}
	b := batchOf
	b.Columns = append([]arrow.Field{{Name: "__end_at", Type: arrow.PrimitiveTypes.Int64}}, b.Columns...)
	if err := historyWorld(t).applier.Check(b); !errors.As(err, &refused) || refused.Column != "" {
		t.Fatal(err)
	}
	if err := changes.CheckSCD(&schema.Struct{}, true); !errors.As(err, &refused) {
		t.Fatal(err)
	}
}

func TestHistoryAChangeWithoutATimeIsRefused(t *testing.T) {
	w := historyWorld(t)
	w.options.History = false // so that the batch has no times
	rec := w.batch([]change{{op: c, id: 1, v: "a", seq: 1}})
	defer rec.Release()
	refused := (*changes.TimeError)(nil)
	if err := w.applier.Add(t.Context(), rec); !errors.As(err, &refused) {
		t.Fatal(err)
	}
}

func TestHistoryChangesWithoutASequenceAreOrderedByWhereTheyWereRead(t *testing.T) {
	w := historyWorld(t)
	apply := func(list ...change) {
		t.Helper()
		rec := w.batch(list)
		defer rec.Release()
		none := array.MakeArrayOfNull(memory.DefaultAllocator, arrow.BinaryTypes.Binary, int(rec.NumRows()))
		defer none.Release()
		cols := slices.Clone(rec.Columns())
		cols[len(batchOf.Columns)+1] = none
		rec = array.NewRecordBatch(rec.Schema(), cols, rec.NumRows())
		defer rec.Release()
		if err := w.applier.Add(t.Context(), rec); err != nil {
			t.Fatal(err)
		}
		if _, err := w.applier.Commit(t.Context(), table.CommitOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	apply(change{op: c, id: 1, v: "a", seq: 4}, change{op: u, id: 1, v: "b", seq: 3})
	apply(change{op: d, id: 1, seq: 2}, change{op: c, id: 2, v: "x", seq: 9}, change{op: x, seq: 1})
	apply(change{op: c, id: 1, v: "c", seq: 8})
	w.expectAll(version(1, "a", "", 4, 3), version(1, "b", "", 3, 2), version(1, "c", "", 8, 0), version(2, "x", "", 9, 1))
	w.offset = 0
	apply(change{op: c, id: 1, v: "a", seq: 4}, change{op: u, id: 1, v: "b", seq: 3}) // once more
	w.expectAll(version(1, "a", "", 4, 3), version(1, "b", "", 3, 2), version(1, "c", "", 8, 0), version(2, "x", "", 9, 1))
}

// The table of tombstones is written anew when it has many files, and so are the times in it.
func TestHistoryManyDeletionsAreRemembered(t *testing.T) {
	w := historyWorld(t)
	for id := range int64(70) {
		if r := w.apply(change{op: d, id: id + 1, seq: 100 + id}, change{op: d, id: id + 1, seq: 300}); r.Untidy != nil {
			t.Fatal(r.Untidy)
		}
	}
	w.open()
	var late []change
	var want []string
	for id := range int64(70) {
		late = append(late, change{op: c, id: id + 1, v: "a", seq: 1}, change{op: c, id: id + 1, v: "b", seq: 200})
		want = append(want, version(id+1, "a", "", 1, 100+id), version(id+1, "b", "", 200, 300))
	}
	w.apply(late...)
	w.expectAll(want...)
}
