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

// versioned are changes whose source time is their sequence, a text.
func versioned(w *world, list ...change) arrow.RecordBatch {
	b := batchOf
	b.SourceTime = arrow.BinaryTypes.String
	rec := w.batch(list)
	defer rec.Release()
	times := array.NewStringBuilder(memory.DefaultAllocator)
	defer times.Release()
	for _, c := range list {
		times.Append("v" + string(rune('0'+c.seq)))
	}
	cols := slices.Clone(rec.Columns())
	cols[len(b.Columns)+3] = times.NewArray()
	return array.NewRecordBatch(b.Schema(), cols, rec.NumRows())
}

func TestTheSourceTimeIsWhateverOrdersTheChanges(t *testing.T) {
	w := newWorld(t, changes.Options{SoftDelete: true}, vectors)
	for _, list := range [][]change{
		{{op: c, id: 1, v: "a", seq: 1}, {op: c, id: 2, v: "b", seq: 2}, {op: d, id: 1, seq: 3}},
		{{op: c, id: 3, v: "c", seq: 4}, {op: x, seq: 5}, {op: c, id: 4, v: "d", seq: 6}},
	} {
		rec := versioned(w, list...)
		defer rec.Release()
		if b, ok := changes.BatchOf(rec.Schema()); !ok || !arrow.TypeEqual(b.SourceTime, arrow.BinaryTypes.String) {
			t.Fatalf("the batch is %+v", b)
		}
		if err := w.applier.Add(t.Context(), rec); err != nil {
			t.Fatal(err)
		}
		if _, err := w.applier.Commit(t.Context(), table.CommitOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	w.expectAll(`id=1;v="a";big="";_deleted=true;_op="d";_source_ts="v3";`, `id=2;v="b";big="";_deleted=true;_op="t";_source_ts="v5";`,
		`id=4;v="d";big="";_deleted=false;_op="c";_source_ts="v6";`)
}
