package dml

import (
	"errors"
	"slices"
	"testing"

	"github.com/ingestd/ingestd/table"
)

func TestAnUpdateSeesTheOldRow(t *testing.T) {
	for _, props := range []map[string]string{nil, vectors} {
		tab := create(t, props)
		rows := rowsFrom(0, 50)
		add(t, tab, rows...)
		r, err := Update(t.Context(), tab, engine{}, []Assignment{{"ID", "val + 1000"}, {"val", "id"}}, modulo("val", 7, 2), plain())
		if err != nil {
			t.Fatal(err)
		}
		n := int64(0)
		for i, o := range rows {
			if o.Val == 2 {
				rows[i].ID, rows[i].Val = o.Val+1000, o.ID
				n++
			}
		}
		want(t, tab, rows...)
		if r.UpdatedRows != n || (props == nil) != (r.CopiedRows == 50-n) {
			t.Fatalf("%+v", r.Metrics)
		}
		if _, _, _, info := last(t, tab); info.Operation != "UPDATE" || info.OperationMetrics["numUpdatedRows"] != "7" {
			t.Fatalf("%+v", info)
		}
	}
}

func TestAnUpdateOfAPartitionColumnMovesRows(t *testing.T) {
	for _, props := range []map[string]string{nil, vectors} {
		tab := create(t, props, "part")
		rows := rowsFrom(0, 30)
		add(t, tab, rows...)
		if _, err := Update(t.Context(), tab, engine{}, []Assignment{{"part", "'z'"}}, either(modulo("id", 5, 0), modulo("id", 5, 1)), plain()); err != nil {
			t.Fatal(err)
		}
		for i := range rows {
			if rows[i].ID%5 < 2 {
				rows[i].Part = "z"
			}
		}
		want(t, tab, rows...)
		if _, err := Update(t.Context(), tab, engine{}, []Assignment{{"part", "'y'"}}, equals("part", "z"), plain()); err != nil {
			t.Fatal(err)
		}
		for i := range rows {
			if rows[i].Part == "z" {
				rows[i].Part = "y"
			}
		}
		want(t, tab, rows...)
	}
}

func TestWrongAssignmentsAreRefusedByName(t *testing.T) {
	tab := create(t, nil)
	add(t, tab, rowsFrom(0, 3)...)
	var none *table.ColumnNotFoundError
	if _, err := Update(t.Context(), tab, engine{}, []Assignment{{"nope", "1"}}, nil, plain()); !errors.As(err, &none) || none.Column != "nope" {
		t.Fatal(err)
	}
	for _, set := range [][]Assignment{nil, {{"val", "1"}, {"VAL", "2"}}} {
		var refused *NotAssignableError
		if _, err := Update(t.Context(), tab, engine{}, set, nil, plain()); !errors.As(err, &refused) {
			t.Fatal(err)
		}
	}
	if r, err := Update(t.Context(), tab, engine{}, []Assignment{{"val", "1"}}, below("id", -1), plain()); err != nil || r.Attempts != 0 {
		t.Fatalf("%v %+v", err, r)
	}
	if !slices.Equal(all(t, tab), []string{"0 a 0 row 0", "1 b 1 row 1", "2 c 2 row 2"}) {
		t.Fatal(all(t, tab))
	}
}
