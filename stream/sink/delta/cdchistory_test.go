package delta

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/ingestd/ingestd/merge/changes"
	"github.com/ingestd/ingestd/stream"
	"github.com/ingestd/ingestd/table"
)

func TestAHistoryIsMadeAndEvolvesAsItsChangesDo(t *testing.T) {
	l := newLake(t)
	s := l.sink("lake/{table}", changes.Options{History: true})
	l.run(s, ev{table: "a", offset: 0, op: changes.Truncate}, ev{table: "b", offset: 0, op: changes.Truncate})
	l.run(s, ev{table: "a", offset: 1, op: changes.Create, shape: "s", id: 1, v: "x"}, ev{table: "a", offset: 2, op: changes.Create, shape: "s", id: 2, v: "y"})
	l.run(s, ev{table: "a", offset: 3, op: changes.Update, id: 1, v: "z", shape: "w"}, ev{table: "a", offset: 4, op: changes.Update, id: 2, v: "z"}) // id gets wider, and there is a new column
	l.run(s, ev{table: "a", offset: 5, op: changes.Delete, id: 2}, ev{table: "a", offset: 6, op: changes.Truncate}, ev{table: "a", offset: 7, op: changes.Create, id: 1, v: "new"})
	l.expect("lake/a",
		`id=1;v="new";__START_AT=8;__END_AT=null;W=null;`, `id=1;v="x";__START_AT=2;__END_AT=4;W=null;`, `id=1;v="z";__START_AT=4;__END_AT=7;W="z";`,
		`id=2;v="y";__START_AT=3;__END_AT=5;W=null;`, `id=2;v="z";__START_AT=5;__END_AT=6;W=null;`)
	if got, reasons := l.refused(); len(got) > 0 {
		t.Errorf("%q %q", got, reasons)
	}
	if d := openTable(t, l.store("lake/a")).Snapshot().Metadata().Description; d == nil || !strings.HasPrefix(*d, "history of the rows of ") {
		t.Errorf("described as %v", d)
	}
}

func TestATableOfTheOtherSCDTypeIsLeftAlone(t *testing.T) {
	for _, history := range []bool{true, false} {
		l := newLake(t)
		l.run(l.sink("lake/{table}", changes.Options{History: history}), ev{table: "a", offset: 0, op: changes.Create, id: 1, v: "x"})
		before := l.rows("lake/a")
		l.run(l.sink("lake/{table}", changes.Options{History: !history}), ev{table: "a", offset: 1, op: changes.Update, id: 1, v: "y"}, ev{table: "b", offset: 1, op: changes.Create, id: 1})
		l.expect("lake/a", before...)
		if got, reasons := l.refused(); !slices.Equal(got, []string{"a@1"}) || !strings.Contains(reasons[0], "scd_type") {
			t.Errorf("%q: %q", got, reasons)
		}
		one := l.sink("lake/a", changes.Options{History: !history})
		_, err := one.Admit(t.Context(), ev{table: "a"}.batch())
		if refused := (*changes.SCDError)(nil); !errors.As(err, &refused) {
			t.Error(err)
		}
	}
}

func TestAChangeWithoutATimeIsADeadLetterOfAHistory(t *testing.T) {
	l := newLake(t)
	s := l.sink("lake/{table}", changes.Options{History: true})
	l.run(s, ev{table: "a", offset: 0, op: changes.Create, id: 1, v: "x"}, ev{table: "a", offset: 1, op: changes.Update, id: 1, v: "y", untimed: true}, ev{table: "b", offset: 1, op: changes.Create, id: 1, v: "z"})
	if got, reasons := l.refused(); !slices.Contains(got, "a@1") || !strings.Contains(reasons[0], "does not tell when it was made") {
		t.Errorf("%q: %q", got, reasons)
	}
	l.expect("lake/b", `id=1;v="z";__START_AT=2;__END_AT=null;`)
}

// A process that was killed between the commit of the tombstones and that of the table does all of it again.
func TestTheHistoryOfOneTableIsCommittedWithItsOffsets(t *testing.T) {
	l := newLake(t)
	o := changes.Options{History: true}
	events := []ev{{table: "a", offset: 0, op: changes.Create, id: 1, v: "x"}, {table: "a", offset: 1, op: changes.Update, id: 1, v: "y"}, {table: "a", offset: 2, op: changes.Delete, id: 1}}
	s := l.sink("lake/a", o)
	l.run(s, events...)
	at, err := s.Positions(t.Context(), "q")
	if err != nil || at["a/0"] != 3 {
		t.Fatalf("%v %v", at, err)
	}
	want := []string{`id=1;v="x";__START_AT=1;__END_AT=2;`, `id=1;v="y";__START_AT=2;__END_AT=3;`}
	l.expect("lake/a", want...)
	w, _ := l.begin(s, stream.BatchID{Query: "other", From: stream.Offsets{"a/0": 0}}, events...) // the same by another query
	if _, err := w.Commit(t.Context(), stream.Offsets{"a/0": 3}); err != nil {
		t.Fatal(err)
	}
	l.expect("lake/a", want...)
	tombs, err := table.Open(t.Context(), l.store("lake/a"+tombstonesFolder))
	if err != nil || tombs.Schema().Field("end_at") == nil {
		t.Fatalf("%v %v", tombs, err)
	}
}
