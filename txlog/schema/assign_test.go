package schema

import (
	"fmt"
	"testing"
)

func TestIDsAreGivenOnceAndNeverTwice(t *testing.T) {
	s, err := ParseDDL("a INT, s STRUCT<x: INT, l: ARRAY<STRUCT<y: INT>>>, m MAP<STRING, STRUCT<z: INT>>")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	name := func() string { n++; return fmt.Sprintf("col-%d", n) }
	mapped, last := s.AssignMapping(10, name, false)
	if last != 17 {
		t.Errorf("last is %d", last)
	}
	ids, names := map[int64]bool{}, map[string]bool{}
	for path, f := range mapped.Walk() {
		id, ok := f.FieldID()
		if !ok || ids[id] || names[f.PhysicalName()] || f.PhysicalName() == f.Name {
			t.Errorf("%v: %d %v %s", path, id, ok, f.PhysicalName())
		}
		ids[id], names[f.PhysicalName()] = true, true
	}
	if again, l := mapped.AssignMapping(0, name, false); again != mapped || l != last {
		t.Error("what has ids must be left alone")
	}
	if s.MaxFieldID() != 0 || s.Fields[0].Metadata != nil {
		t.Error("the schema itself was changed")
	}
}

func TestNestedIDsStandAtTheNearestField(t *testing.T) {
	s, _ := ParseDDL("col1 ARRAY<ARRAY<INT>>, col3 MAP<INT, STRUCT<subcol1: ARRAY<INT>>>")
	n := 0
	s, last := s.AssignMapping(0, func() string { n++; return fmt.Sprintf("p%d", n) }, true)
	got := fmt.Sprint(s.Field("col1").NestedIDs(), s.Field("col3").NestedIDs(), s.Field("col3").Type.(*Map).Value.(*Struct).Fields[0].NestedIDs(), last)
	want := "map[p1.element:4 p1.element.element:5] map[p2.key:6 p2.value:7] map[p3.element:8] 8"
	if got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if again, l := s.AssignMapping(last, nil, true); again != s || l != last {
		t.Error("what has ids must be left alone")
	}
}
