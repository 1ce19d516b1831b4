package table

import (
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/ingestd/ingestd/table/stats"
	"github.com/ingestd/ingestd/txlog"
)

func TestRowsOfTheTableKeepTheirIDs(t *testing.T) {
	tab := createIn(t, newStore(), CreateOptions{Schema: ddl(t, "a BIGINT, p STRING"), PartitionBy: []string{"p"},
		Properties: map[string]string{"delta.enableRowTracking": "true", "delta.columnMapping.mode": "id"}})
	w, err := tab.NewWriteSet(t.Context(), WriteOptions{})
	if err != nil {
		t.Fatal(err)
	}
	numbers := array.NewInt64Builder(memory.DefaultAllocator)
	numbers.AppendValues([]int64{7, 9}, []bool{true, false})
	ids := numbers.NewInt64Array()
	defer ids.Release()
	rows := jsonRows(t, ddl(t, "a BIGINT, p STRING"), `[{"a": 1, "p": "x"}, {"a": 2, "p": "x"}]`)
	if err := w.write(t.Context(), rows, keptRows, along{Hidden: Hidden{RowIDs: ids}}); err != nil {
		t.Fatal(err)
	}
	if err := w.Write(t.Context(), rows); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Commit(t.Context(), CommitOptions{}); err != nil {
		t.Fatal(err)
	}
	id, version := tab.Snapshot().Properties().MaterializedRowIDs()
	var with, without int
	for _, a := range files(t, tab) {
		switch names := footer(t, tab, a.Path); {
		case len(names) == 3 && slices.Equal(names[1:], []string{id, version}):
			with++
		case len(names) == 1:
			without++
		default:
			t.Errorf("%s has %v", a.Path, names)
		}
		if strings.Contains(*a.Stats, id) {
			t.Errorf("statistics of a hidden column: %s", *a.Stats)
		}
	}
	if with != 1 || without != 1 {
		t.Errorf("%d files have row ids and %d have not, want one of each", with, without)
	}
	if got := all(t, tab, ScanOptions{Columns: []string{"a"}}); !sameRows(got, []string{"a=1;", "a=1;", "a=2;", "a=2;"}) {
		t.Errorf("got %v", got)
	}
}

func TestCopiedRowsAreNotCheckedAgain(t *testing.T) {
	tab := createIn(t, newStore(), CreateOptions{Schema: ddl(t, "id BIGINT GENERATED ALWAYS AS IDENTITY, a BIGINT"), Properties: map[string]string{"delta.constraints.c": "a > 0"}})
	w, err := tab.NewWriteSet(t.Context(), WriteOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var runs []int64
	rows := jsonRows(t, ddl(t, "id BIGINT, a BIGINT"), `[{"id": 3, "a": 1}, {"id": 4, "a": 1}]`)
	err = w.write(t.Context(), rows, copiedRows, along{wrote: func(key string, from, n int64) {
		if !strings.HasSuffix(key, ".parquet") {
			t.Errorf("the file is %s", key)
		}
		runs = append(runs, from, n)
	}})
	if err != nil || !slices.Equal(runs, []int64{0, 2}) {
		t.Errorf("runs %v, %v", runs, err)
	}
	if err := w.Abort(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestChangeDataLieApart(t *testing.T) {
	tab := create(t, "a BIGINT, p STRING", "p")
	w, err := tab.newChangeDataSet(t.Context(), WriteOptions{})
	if err != nil {
		t.Fatal(err)
	}
	rows := jsonRows(t, ddl(t, "a BIGINT, p STRING"), `[{"a": 1, "p": "x"}, {"a": 2, "p": "x"}]`)
	for _, what := range []string{"update_preimage", "update_postimage"} {
		if err := w.writeChange(t.Context(), rows, what); err != nil {
			t.Fatal(err)
		}
	}
	cdc, err := w.finishChangeData(t.Context())
	if err != nil || len(cdc) != 1 || !strings.HasPrefix(cdc[0].Path, "_change_data/p=x/cdc-00000-") || cdc[0].DataChange || *cdc[0].PartitionValues["p"] != "x" || cdc[0].Size == 0 {
		t.Fatalf("%+v, %v", cdc, err)
	}
	if got := footer(t, tab, cdc[0].Path); !slices.Equal(got, []string{"a", "_change_type"}) {
		t.Errorf("the file has %v", got)
	}
}

func TestTheDefaultOfIndexedColumnsIsOne(t *testing.T) {
	if got := txlog.NewProperties(nil).IndexedColumns(); got != stats.DefaultIndexed {
		t.Errorf("%d and %d", got, stats.DefaultIndexed)
	}
}
