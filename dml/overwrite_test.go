package dml

import (
	"context"
	"errors"
	"testing"

	"github.com/ingestd/ingestd/objstore/mem"
	"github.com/ingestd/ingestd/table"
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
