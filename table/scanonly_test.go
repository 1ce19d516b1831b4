package table

import (
	"bytes"
	"math/rand"
	"slices"
	"strconv"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"pgregory.net/rapid"

	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/table/arrowmap"
	"github.com/ingestd/ingestd/table/datafile"
	"github.com/ingestd/ingestd/table/deletionvector"
	"github.com/ingestd/ingestd/table/predicate"
	"github.com/ingestd/ingestd/txlog/action"
)

// counted gives n rows in which all columns tell the position.
func counted(t fataler, tab *Table, n int) arrow.RecordBatch {
	as, err := arrowmap.ToArrow(tab.Schema())
	if err != nil {
		t.Fatal(err)
	}
	b := array.NewRecordBuilder(memory.DefaultAllocator, as)
	defer b.Release()
	list := b.Field(2).(*array.ListBuilder)
	for i := range n {
		b.Field(0).(*array.Int64Builder).Append(int64(i))
		b.Field(1).(*array.StringBuilder).Append("row " + strconv.Itoa(i))
		list.Append(true)
		for range i % 3 {
			list.ValueBuilder().(*array.Int64Builder).Append(int64(i))
		}
	}
	return b.NewRecordBatch()
}

// spots draws positions: some runs and some single ones.
func spots(r *rand.Rand, n int) *deletionvector.Bitmap {
	out := deletionvector.New()
	for range r.Intn(4) {
		from := r.Intn(n)
		out.AddRange(uint64(from), uint64(from+r.Intn(n/4+1)))
	}
	for range r.Intn(10) {
		out.Add(uint64(r.Intn(n)))
	}
	return out
}

// TestOnlyWantedRowsComeOut draws files, deletion vectors, filters and the rows that are wanted.
func TestOnlyWantedRowsComeOut(t *testing.T) {
	tab := create(t, "id BIGINT, text STRING, list ARRAY<BIGINT>")
	const most = 20_000
	rows := counted(t, tab, most)
	defer rows.Release()
	rapid.Check(t, func(t *rapid.T) {
		r := rand.New(rand.NewSource(rapid.Int64().Draw(t, "seed")))
		n := rapid.IntRange(1, most).Draw(t, "rows")
		add := countedFile(t, tab, rows.NewSlice(0, int64(n)), datafile.Options{RowGroupRows: 1 + r.Int63n(int64(n)), PageBytes: 1 + r.Intn(8<<10)})
		only, deleted := spots(r, n), deletionvector.New()
		if rapid.Bool().Draw(t, "deletion vector") {
			deleted = spots(r, n)
			vectors, _, err := deletionvector.Write(t.Context(), tab.Store(), nextID, deleted)
			if err != nil {
				t.Fatal(err)
			}
			add.DeletionVector = vectors[0]
		}
		o := ScanOptions{Only: only, BatchSize: 1 + r.Int63n(5000), RowTracking: r.Intn(2) == 0}
		from := int64(0)
		if rapid.Bool().Draw(t, "where") {
			from = r.Int63n(int64(n))
			o.Where = goFilter{predicate.Comparison{Op: predicate.Ge, Path: []string{"id"}, Value: predicate.Int(from)}, tab.Schema()}
		}
		o.Columns = rapid.SampledFrom([][]string{nil, {}, {"text"}, {"list", "id"}}).Draw(t, "columns")
		var want, got []int64
		for pos := range only.Range(uint64(from), uint64(n)) {
			if !deleted.Contains(pos) {
				want = append(want, int64(pos))
			}
		}
		for rows, err := range tab.ScanFile(t.Context(), tab.Snapshot(), add, o) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, rows.Positions...)
			checkCounted(t, rows)
			rows.Release()
		}
		if !slices.Equal(got, want) {
			t.Fatalf("%d rows came out, want %d", len(got), len(want))
		}
	})
}

// countedFile writes a data file beside those of the table.
func countedFile(t fataler, tab *Table, rows arrow.RecordBatch, o datafile.Options) *action.Add {
	var buf bytes.Buffer
	w, err := datafile.NewWriter(&buf, tab.Schema(), o)
	if err == nil {
		err = w.Write(rows)
	}
	if err == nil {
		_, err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	add := &action.Add{Path: nextID() + ".parquet", Size: int64(buf.Len()), BaseRowID: new(int64(1000))}
	if _, err := tab.Store().Put(t.Context(), add.Path, objstore.Bytes(buf.Bytes()), objstore.Cond{}); err != nil {
		t.Fatal(err)
	}
	return add
}

// checkCounted wants rows to be those of their positions.
func checkCounted(t fataler, rows FileRows) {
	if rows.Rec.NumRows() != int64(len(rows.Positions)) {
		t.Fatalf("%d rows at %d positions", rows.Rec.NumRows(), len(rows.Positions))
	}
	for c, f := range rows.Rec.Schema().Fields() {
		for i, pos := range rows.Positions {
			ok := true
			switch col := rows.Rec.Column(c).(type) {
			case *array.Int64:
				ok = col.Value(i) == pos
			case *array.String:
				ok = col.Value(i) == "row "+strconv.FormatInt(pos, 10)
			case *array.List:
				from, to := col.ValueOffsets(i)
				ok = to-from == pos%3 && (from == to || col.ListValues().(*array.Int64).Value(int(from)) == pos)
			}
			if !ok {
				t.Fatalf("column %s at position %d is %s", f.Name, pos, rows.Rec.Column(c).ValueStr(i))
			}
		}
	}
	if rows.RowIDs != nil {
		for i, pos := range rows.Positions {
			if rows.RowIDs.Value(i) != 1000+pos {
				t.Fatalf("row id %d at position %d", rows.RowIDs.Value(i), pos)
			}
		}
	}
}
