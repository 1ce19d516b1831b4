package changes_test

import (
	"slices"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/ingestd/ingestd/merge/changes"
	"github.com/ingestd/ingestd/table"
)

const (
	c = changes.Create
	u = changes.Update
	d = changes.Delete
	x = changes.Truncate
)

var vectors = map[string]string{"delta.enableDeletionVectors": "true"}

func TestChangesOfOneKeyComeToTheLast(t *testing.T) {
	w := newWorld(t, changes.Options{}, vectors)
	w.apply(change{op: c, id: 1, v: "a", seq: 1}, change{op: u, id: 1, v: "b", seq: 2}, change{op: c, id: 2, v: "x", seq: 3}, change{op: d, id: 2, seq: 4})
	w.expect(row(1, "b", ""))
	w.apply(change{op: u, id: 1, v: "c", seq: 5}, change{op: d, id: 1, seq: 6}, change{op: c, id: 1, v: "d", seq: 7})
	w.expect(row(1, "d", ""))
}

func TestAnOlderChangeNeverOverwritesANewerOne(t *testing.T) {
	w := newWorld(t, changes.Options{}, vectors)
	w.apply(change{op: c, id: 1, v: "a", seq: 1}, change{op: u, id: 1, v: "b", seq: 5})
	r := w.apply(change{op: u, id: 1, v: "old", seq: 3})
	if r.Stale != 1 {
		t.Errorf("%+v", r)
	}
	w.expect(row(1, "b", ""))
	w.open()
	w.apply(change{op: u, id: 1, v: "older", seq: 4})
	w.expect(row(1, "b", ""))
}

func TestADeletedRowIsNotRaisedFromTheDead(t *testing.T) {
	w := newWorld(t, changes.Options{}, vectors)
	w.apply(change{op: c, id: 1, v: "a", seq: 1})
	w.apply(change{op: d, id: 1, seq: 5})
	w.apply(change{op: u, id: 1, v: "old", seq: 3})
	w.expect()
	w.open()
	w.apply(change{op: c, id: 1, v: "old", seq: 1}, change{op: c, id: 2, v: "new", seq: 6})
	w.expect(row(2, "new", ""))
	w.apply(change{op: c, id: 1, v: "again", seq: 7})
	w.expect(row(1, "again", ""), row(2, "new", ""))
}

func TestATruncationTakesWhatCameBefore(t *testing.T) {
	w := newWorld(t, changes.Options{}, vectors)
	w.apply(change{op: c, id: 1, v: "a", seq: 1}, change{op: c, id: 2, v: "b", seq: 2})
	w.apply(change{op: c, id: 3, v: "before", seq: 3}, change{op: x, seq: 4}, change{op: c, id: 4, v: "after", seq: 5}, change{op: c, id: 1, v: "new", seq: 6})
	w.expect(row(4, "after", ""), row(1, "new", ""))
	w.apply(change{op: u, id: 2, v: "late", seq: 2})
	w.expect(row(4, "after", ""), row(1, "new", ""))
	w.apply(change{op: x, seq: 9})
	w.expect()
}

func TestAValueThatIsNotKnownStays(t *testing.T) {
	w := newWorld(t, changes.Options{}, vectors)
	w.apply(change{op: c, id: 1, v: "a", big: "BIG", seq: 1})
	w.apply(change{op: u, id: 1, v: "b", seq: 2, lacks: true})
	w.expect(row(1, "b", "BIG"))
	w.apply(change{op: u, id: 1, v: "c", big: "NEW", seq: 3}, change{op: u, id: 1, v: "d", seq: 4, lacks: true})
	w.expect(row(1, "d", "NEW"))
}

func TestSoftDeletesMarkRows(t *testing.T) {
	w := newWorld(t, changes.Options{SoftDelete: true}, vectors)
	w.apply(change{op: c, id: 1, v: "a", big: "A", seq: 1}, change{op: c, id: 2, v: "b", seq: 2}, change{op: c, id: 3, v: "c", seq: 3})
	w.apply(change{op: d, id: 1, seq: 4}, change{op: d, id: 9, seq: 5}, change{op: u, id: 2, v: "B", seq: 6})
	w.expectAll(
		`id=1;v="a";big="A";_deleted=true;_op="d";_source_ts=null;`, `id=2;v="B";big="";_deleted=false;_op="u";_source_ts=null;`,
		`id=3;v="c";big="";_deleted=false;_op="c";_source_ts=null;`, `id=9;v=null;big=null;_deleted=true;_op="d";_source_ts=null;`)
	w.apply(change{op: u, id: 1, v: "old", seq: 2}, change{op: x, seq: 7}, change{op: c, id: 1, v: "new", seq: 8})
	w.expectAll(
		`id=1;v="new";big="";_deleted=false;_op="c";_source_ts=null;`, `id=2;v="B";big="";_deleted=true;_op="t";_source_ts=null;`,
		`id=3;v="c";big="";_deleted=true;_op="t";_source_ts=null;`, `id=9;v=null;big=null;_deleted=true;_op="d";_source_ts=null;`)
}

func TestAColumnOfWhichNoValueHasComeWaits(t *testing.T) {
	w := newWorld(t, changes.Options{}, vectors)
	b := batchOf
	b.Columns = append(slices.Clone(b.Columns), arrow.Field{Name: "later", Type: arrow.Null, Nullable: true})
	rec := w.batch([]change{{op: c, id: 1, v: "a", seq: 1}})
	defer rec.Release()
	cols := slices.Insert(slices.Clone(rec.Columns()), len(batchOf.Columns), arrow.Array(array.NewNull(1)))
	wide := array.NewRecordBatch(b.Schema(), cols, 1)
	defer wide.Release()
	if err := w.applier.Add(t.Context(), wide); err != nil {
		t.Fatal(err)
	}
	if _, err := w.applier.Commit(t.Context(), table.CommitOptions{}); err != nil {
		t.Fatal(err)
	}
	w.expectAll(row(1, "a", ""))
}

// A change of key is a deletion of the old one, by which the row moves as it was, and a creation of the new one, which lacks what has not changed.
func TestValuesMoveWithTheKey(t *testing.T) {
	gone := []change{{op: d, id: 1, seq: 5}, {op: c, id: 2, was: 1, blank: true, seq: 5}}
	come := []change{{op: c, id: 2, was: 1, v: "moved", lacks: true, seq: 5}}
	for name, batches := range map[string][][]change{
		"at once":                {append(slices.Clone(gone), come...)},
		"at once, the other way": {append(slices.Clone(come), gone...)},
		"one after the other":    {gone, come},
		"the other way":          {come, gone},
		"twice":                  {gone, come, gone, come},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, changes.Options{}, vectors)
			w.apply(change{op: c, id: 1, v: "a", big: "BIG", seq: 1})
			for _, b := range batches {
				w.apply(b...)
			}
			w.expect(row(2, "moved", "BIG"))
		})
		t.Run(name+", changed in the same batch", func(t *testing.T) {
			w := newWorld(t, changes.Options{}, nil)
			w.apply(change{op: c, id: 1, v: "a", big: "OLD", seq: 1})
			first := append([]change{{op: u, id: 1, v: "b", big: "BIG", seq: 3}, {op: u, id: 1, v: "c", lacks: true, seq: 4}}, batches[0]...)
			w.apply(first...)
			for _, b := range batches[1:] {
				w.apply(b...)
			}
			w.expect(row(2, "moved", "BIG"))
		})
	}
}

// The half of a change of a key that has all values may be applied before changes of the old key that are older.
func TestOlderChangesOfTheOldKeyGiveARowThatIsThereNothing(t *testing.T) {
	w := newWorld(t, changes.Options{}, vectors)
	w.apply(change{op: c, id: 1, v: "a", big: "OLD", seq: 1})
	w.apply(change{op: c, id: 2, was: 1, v: "moved", big: "NEW", seq: 5})
	w.apply(change{op: u, id: 1, v: "b", big: "BIG", seq: 3}, change{op: d, id: 1, seq: 5}, change{op: c, id: 2, was: 1, blank: true, seq: 5})
	w.expect(row(2, "moved", "NEW"))
}

func TestAValueStaysWhereAColumnIsNew(t *testing.T) {
	w := newWorld(t, changes.Options{}, vectors)
	w.apply(change{op: c, id: 1, v: "a", big: "BIG", seq: 1})
	b := batchOf
	b.Columns = append(slices.Clone(b.Columns), arrow.Field{Name: "later", Type: arrow.PrimitiveTypes.Int64, Nullable: true})
	rec := w.batch([]change{{op: u, id: 1, v: "b", lacks: true, seq: 2}})
	defer rec.Release()
	values := array.NewInt64Builder(memory.DefaultAllocator)
	defer values.Release()
	values.Append(7)
	cols := slices.Insert(slices.Clone(rec.Columns()), len(batchOf.Columns), arrow.Array(values.NewArray()))
	wide := array.NewRecordBatch(b.Schema(), cols, 1)
	defer wide.Release()
	if err := w.applier.Add(t.Context(), wide); err != nil {
		t.Fatal(err)
	}
	if _, err := w.applier.Commit(t.Context(), table.CommitOptions{}); err != nil {
		t.Fatal(err)
	}
	w.expectAll(`id=1;v="b";big="BIG";later=7;`)
}
