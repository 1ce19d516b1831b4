package dml

import (
	"errors"
	"slices"
	"testing"

	"github.com/ingestd/ingestd/objstore/mem"
	"github.com/ingestd/ingestd/table"
)

func TestAnOverwriteOfNoTableMakesItInOneCommit(t *testing.T) {
	s, err := table.ParseSchema(columns)
	if err != nil {
		t.Fatal(err)
	}
	store := mem.New()
	o := OverwriteOptions{Options: plain(), ReplaceWhere: below("id", 5)}
	var outside *ReplaceWhereError
	if _, _, err := OverwriteNew(t.Context(), store, table.CreateOptions{Schema: s}, table.Batches(batch(row{ID: 1}, row{ID: 7})), o, options()...); !errors.As(err, &outside) || outside.Row != 1 {
		t.Fatal(err)
	}
	tab, r, err := OverwriteNew(t.Context(), store, table.CreateOptions{Schema: s, PartitionBy: []string{"PART"}}, table.Batches(batch(row{ID: 1})), o, options()...)
	must(t, "overwrite", r, err)
	if got := columnsOf(t, tab, "id"); !slices.Equal(got, []string{"1"}) || tab.Version() != 0 || r.OutputRows != 1 {
		t.Fatal(got, tab.Version())
	}
	for h, err := range tab.History(t.Context(), 0) {
		p := h.OperationParameters
		if err != nil || h.Operation != "WRITE" || p["mode"] != "Overwrite" || p["partitionBy"] != `["part"]` {
			t.Error(h, err)
		}
	}
}
