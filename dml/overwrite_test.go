package dml

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/ingestd/ingestd/objstore/mem"
	"github.com/ingestd/ingestd/table"
	"github.com/ingestd/ingestd/txlog"
	"github.com/ingestd/ingestd/txlog/action"
)

func overwriting(t tester, tab *table.Table, o OverwriteOptions, rows ...row) Result {
	t.Helper()
	o.Backoff = func(context.Context, int) error { return nil }
	r, err := Overwrite(t.Context(), tab, table.Batches(batch(rows...)), o)
	return must(t, "overwrite", r, err)
}

func TestAnOverwriteReplacesAllRows(t *testing.T) {
	tab := create(t, vectors, "part")
	add(t, tab, rowsFrom(0, 30)...)
	r := overwriting(t, tab, OverwriteOptions{}, rowsFrom(100, 3)...)
	want(t, tab, rowsFrom(100, 3)...)
	_, _, _, info := last(t, tab)
	p := info.OperationParameters
	if info.Operation != "WRITE" || string(p["mode"]) != `"Overwrite"` || string(p["partitionBy"]) != `"[\"part\"]"` || r.RemovedFiles != 3 || info.OperationMetrics["numOutputRows"] != "3" {
		t.Fatalf("%+v %+v", info, r.Metrics)
	}
	overwriting(t, tab, OverwriteOptions{})
	want(t, tab)
}

func TestADynamicOverwriteReplacesPartitions(t *testing.T) {
	tab := create(t, nil, "part")
	rows := rowsFrom(0, 30)
	add(t, tab, rows...)
	fresh := row{ID: 1000, Part: "b"}
	overwriting(t, tab, OverwriteOptions{PartitionOverwriteMode: Dynamic}, fresh)
	want(t, tab, append(without(rows, equals("part", "b")), fresh)...)
}

func TestReplaceWhereReplacesWhatItNames(t *testing.T) {
	for _, props := range []map[string]string{nil, vectors} {
		tab := create(t, props, "part")
		rows := rowsFrom(0, 30)
		add(t, tab, rows...)
		fresh := row{ID: 5, Part: "q"}
		r := overwriting(t, tab, OverwriteOptions{ReplaceWhere: below("id", 10)}, fresh)
		want(t, tab, append(without(rows, below("id", 10)), fresh)...)
		if r.DeletedRows != 10 || r.OutputRows != 1 {
			t.Fatalf("%+v", r.Metrics)
		}
		var outside *ReplaceWhereError
		if _, err := Overwrite(t.Context(), tab, table.Batches(batch(row{ID: 5}, row{ID: 10})), OverwriteOptions{ReplaceWhere: below("id", 10)}); !errors.As(err, &outside) || outside.Row != 1 {
			t.Fatal(err)
		}
		want(t, tab, append(without(rows, below("id", 10)), fresh)...)
	}
}

func TestOptionsThatExcludeEachOtherAreRefused(t *testing.T) {
	tab := create(t, nil, "part")
	for _, o := range []OverwriteOptions{
		{ReplaceWhere: below("id", 1), PartitionOverwriteMode: Dynamic}, {OverwriteSchema: true, PartitionOverwriteMode: Dynamic},
		{OverwriteSchema: true, ReplaceWhere: below("id", 1)}, {PartitionBy: []string{"id"}}, {PartitionOverwriteMode: "some"},
	} {
		var refused *OptionsError
		if _, err := Overwrite(t.Context(), tab, table.Batches(), o); !errors.As(err, &refused) {
			t.Fatalf("%+v: %v", o, err)
		}
	}
}

func TestAnOverwriteIsDoneAgainWhereItsRowsCanBe(t *testing.T) {
	store := mem.New()
	tab := createIn(t, store, map[string]string{"delta.isolationLevel": "Serializable"})
	add(t, tab, rowsFrom(0, 5)...)
	mine := overtake(t, store, func() { add(t, open(t, store), rowsFrom(50, 5)...) })
	rows := batch(row{ID: 7})
	rows.Retain()
	r := must2(Overwrite(t.Context(), mine, table.Batches(rows), OverwriteOptions{Options: plain(), Replay: true}))(t)
	if r.Tries != 2 {
		t.Fatalf("%d tries", r.Tries)
	}
	want(t, tab, row{ID: 7})
}

func must2(r Result, err error) func(t tester) Result {
	return func(t tester) Result { return must(t, "overwrite", r, err) }
}

// moments are rows of an id and a moment that is the same for all.
func moments(ids ...int64) arrow.RecordBatch {
	b := array.NewRecordBuilder(memory.DefaultAllocator, arrow.NewSchema([]arrow.Field{
		{Name: "id", Type: arrow.PrimitiveTypes.Int64, Nullable: true}, {Name: "at", Type: arrow.FixedWidthTypes.Timestamp_us, Nullable: true}}, nil))
	defer b.Release()
	for _, id := range ids {
		b.Field(0).(*array.Int64Builder).Append(id)
		b.Field(1).(*array.TimestampBuilder).Append(1767225600_000000)
	}
	return b.NewRecordBatch()
}

func TestADynamicOverwriteKnowsPartitionsThatOthersSpellOtherwise(t *testing.T) {
	for _, spelled := range []string{"2026-01-01 00:00:00", "2026-01-01T00:00:00.000000Z"} {
		s, err := table.ParseSchema("id BIGINT, at TIMESTAMP")
		if err != nil {
			t.Fatal(err)
		}
		tab, err := table.Create(t.Context(), mem.New(), table.CreateOptions{Schema: s, PartitionBy: []string{"at"}}, options()...)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tab.Append(t.Context(), table.Batches(moments(1)), table.AppendOptions{}); err != nil {
			t.Fatal(err)
		}
		adds, _, _, _ := last(t, tab)
		again := *adds[0]
		again.PartitionValues = map[string]*string{"at": &spelled}
		for _, a := range []action.Action{&action.Remove{Path: again.Path, DataChange: true, DeletionTimestamp: new(int64(1))}, &again} {
			tx := open(t, tab.Store()).Snapshot().Begin(txlog.Operation{Name: "WRITE"})
			tx.Stage(a)
			if _, err := tx.Commit(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		r, err := Overwrite(t.Context(), tab, table.Batches(moments(2)), OverwriteOptions{Options: plain(), PartitionOverwriteMode: Dynamic})
		must(t, "overwrite", r, err)
		if got := columnsOf(t, tab, "id"); !slices.Equal(got, []string{"2"}) {
			t.Fatalf("%s: %q", spelled, got)
		}
	}
}

func TestReplaceWhereLooksAtWhatIsComputed(t *testing.T) {
	for _, props := range []map[string]string{nil, {"delta.enableChangeDataFeed": "true"}} {
		tab := computed(t, props)
		add(t, tab, rowsFrom(0, 4)...)
		overwriting(t, tab, OverwriteOptions{ReplaceWhere: below("twin", 1002)}, row{ID: -5})
		if got := columnsOf(t, tab, "id", "twin"); !slices.Equal(got, []string{"-5 995", "2 1002", "3 1003"}) {
			t.Fatal(got)
		}
		var outside *ReplaceWhereError
		if _, err := Overwrite(t.Context(), tab, table.Batches(batch(row{ID: 2})), OverwriteOptions{ReplaceWhere: below("twin", 1002)}); !errors.As(err, &outside) || outside.Row != 0 {
			t.Fatal(err)
		}
	}
}

// What replaceWhere writes again must be found by it the next time.
func TestReplaceWhereTakesNoEmptyTextForAPartition(t *testing.T) {
	tab := create(t, nil, "part")
	var outside *ReplaceWhereError
	if _, err := Overwrite(t.Context(), tab, table.Batches(batch(row{ID: 2})), OverwriteOptions{ReplaceWhere: equals("part", "")}); !errors.As(err, &outside) {
		t.Fatal(err)
	}
}

func TestReplaceWhereCanAddColumnsWhereTheFeedIsOn(t *testing.T) {
	tab := create(t, map[string]string{"delta.enableChangeDataFeed": "true"})
	add(t, tab, rowsFrom(0, 4)...)
	more := array.NewRecordBuilder(memory.DefaultAllocator, arrow.NewSchema([]arrow.Field{{Name: "id", Type: arrow.PrimitiveTypes.Int64}, {Name: "extra", Type: arrow.PrimitiveTypes.Int64, Nullable: true}}, nil))
	more.Field(0).(*array.Int64Builder).Append(1)
	more.Field(1).(*array.Int64Builder).Append(2)
	o := OverwriteOptions{Options: plain(), ReplaceWhere: below("id", 2)}
	o.MergeSchema = true
	r, err := Overwrite(t.Context(), tab, table.Batches(more.NewRecordBatch()), o)
	must(t, "overwrite", r, err)
	if got := columnsOf(t, tab, "id", "val", "extra"); !slices.Equal(got, []string{"1 <nil> 2", "2 2 <nil>", "3 3 <nil>"}) {
		t.Fatal(got)
	}
}
