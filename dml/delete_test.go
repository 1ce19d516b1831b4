package dml

import (
	"errors"
	"strings"
	"testing"

	"github.com/ingestd/ingestd/txlog"
)

func TestADeleteMarksRowsInADeletionVector(t *testing.T) {
	tab := create(t, vectors)
	rows := rowsFrom(0, 1000)
	add(t, tab, rows...)
	before, _, _, _ := last(t, tab)
	r, err := Delete(t.Context(), tab, modulo("val", 7, 3), plain())
	if err != nil {
		t.Fatal(err)
	}
	want(t, tab, without(rows, modulo("val", 7, 3))...)
	adds, removes, cdc, info := last(t, tab)
	if len(adds) != 1 || len(removes) != 1 || len(cdc) != 0 || adds[0].Path != before[0].Path || removes[0].Path != adds[0].Path || removes[0].DeletionVector != nil {
		t.Fatalf("the file is not there again: %+v %+v", adds, removes)
	}
	if dv := adds[0].DeletionVector; dv == nil || dv.Cardinality != r.DeletedRows || r.DeletedRows != 143 {
		t.Fatalf("%+v of %d rows", dv, r.DeletedRows)
	}
	if s := *adds[0].Stats; !strings.Contains(s, `"tightBounds":false`) || !strings.Contains(s, `"numRecords":1000`) || !strings.Contains(s, `"minValues"`) {
		t.Fatal(s)
	}
	if r.DeletionVectorsAdded != 1 || r.RemovedFiles != 0 || info.OperationMetrics["numDeletedRows"] != "143" || info.OperationMetrics["numDeletionVectorsAdded"] != "1" {
		t.Fatalf("%+v %v", r.Metrics, info.OperationMetrics)
	}
	if p := string(info.OperationParameters["predicate"]); info.Operation != "DELETE" || p != `"[\"(val % 7) = 3\"]"` {
		t.Fatalf("%s %s", info.Operation, p)
	}
	// more rows of the same file: the vector takes the place of the old one
	r, err = Delete(t.Context(), tab, below("id", 100), plain())
	if err != nil || r.DeletionVectorsUpdated != 1 {
		t.Fatalf("%v %+v", err, r.Metrics)
	}
	want(t, tab, without(rows, modulo("val", 7, 3), below("id", 100))...)
	if _, err := Delete(t.Context(), tab, below("id", 2000), plain()); err != nil {
		t.Fatal(err)
	}
	adds, removes, _, _ = last(t, tab)
	if len(adds) != 0 || len(removes) != 1 || removes[0].DeletionVector == nil {
		t.Fatalf("a file without rows stays: %v %v", adds, removes)
	}
	want(t, tab)
}

func TestADeleteRewritesFilesWhereThereAreNoVectors(t *testing.T) {
	for name, o := range map[string]Options{"the table has none": plain(), "none are wanted": {NoDeletionVectors: true}} {
		t.Run(name, func(t *testing.T) {
			props := vectors
			if !o.NoDeletionVectors {
				props = nil
			}
			tab := create(t, props, "part")
			rows := rowsFrom(0, 100)
			add(t, tab, rows...)
			r, err := Delete(t.Context(), tab, modulo("id", 6, 0), o) // part a only
			if err != nil {
				t.Fatal(err)
			}
			want(t, tab, without(rows, modulo("id", 6, 0))...)
			if r.AddedFiles != 1 || r.RemovedFiles != 1 || r.DeletedRows != 17 || r.CopiedRows != 17 || r.DeletionVectorsAdded != 0 {
				t.Fatalf("%+v", r.Metrics)
			}
		})
	}
}

func TestADeleteByPartitionRemovesFilesUnread(t *testing.T) {
	for _, props := range []map[string]string{nil, vectors} {
		tab := create(t, props, "part")
		rows := rowsFrom(0, 100)
		add(t, tab, rows...)
		adds, _, _, _ := last(t, tab)
		for _, a := range adds { // files that cannot be read are no hindrance
			if err := tab.Store().Delete(t.Context(), a.Path); err != nil {
				t.Fatal(err)
			}
		}
		r, err := Delete(t.Context(), tab, equals("part", "a"), plain())
		if err != nil {
			t.Fatal(err)
		}
		if r.RemovedFiles != 1 || r.DeletedRows != 34 || r.AddedFiles != 0 {
			t.Fatalf("%+v", r.Metrics)
		}
		if _, err := Delete(t.Context(), tab, nil, plain()); err != nil {
			t.Fatal(err)
		}
		want(t, tab)
	}
}

func TestADeleteOfNothingCommitsNothing(t *testing.T) {
	tab := create(t, vectors)
	add(t, tab, rowsFrom(0, 10)...)
	r, err := Delete(t.Context(), tab, below("id", -5), plain())
	if err != nil || r.Attempts != 0 || r.Version != 1 || open(t, tab.Store()).Version() != 1 {
		t.Fatalf("%+v %v", r, err)
	}
}

func TestAnAppendOnlyTableLosesNoRows(t *testing.T) {
	tab := create(t, map[string]string{"delta.appendOnly": "true"})
	add(t, tab, rowsFrom(0, 10)...)
	var refused *txlog.AppendOnlyError
	if _, err := Delete(t.Context(), tab, below("id", 5), plain()); !errors.As(err, &refused) {
		t.Fatal(err)
	}
	if _, err := Update(t.Context(), tab, engine{}, []Assignment{{"val", "1"}}, nil, plain()); !errors.As(err, &refused) {
		t.Fatal(err)
	}
	if _, err := Overwrite(t.Context(), tab, nil, OverwriteOptions{}); !errors.As(err, &refused) {
		t.Fatal(err)
	}
}
