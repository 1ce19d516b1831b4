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
	name := func(f *Field) string { return "col-" + f.Name }
	mapped, last := s.AssignIDs(10, name)
	if last != 17 {
		t.Errorf("last is %d", last)
	}
	seen := map[int64]bool{}
	for path, f := range mapped.Walk() {
		id, ok := f.FieldID()
		if !ok || seen[id] || f.PhysicalName() != "col-"+f.Name {
			t.Errorf("%v: %d %v %s", path, id, ok, f.PhysicalName())
		}
		seen[id] = true
	}
	if again, l := mapped.AssignIDs(0, name); again != mapped || l != last {
		t.Error("what has ids must be left alone")
	}
	if s.MaxFieldID() != 0 || s.Fields[0].Metadata != nil {
		t.Error("the schema itself was changed")
	}
}

func TestNestedIDsStandAtTheNearestField(t *testing.T) {
	s, _ := ParseDDL("col1 ARRAY<ARRAY<INT>>, col3 MAP<INT, STRUCT<subcol1: ARRAY<INT>>>")
	s, last := s.AssignIDs(0, func(f *Field) string { return "p-" + f.Name })
	s, last = s.AssignNestedIDs(last)
	got := fmt.Sprint(s.Field("col1").NestedIDs(), s.Field("col3").NestedIDs(), s.Field("col3").Type.(*Map).Value.(*Struct).Fields[0].NestedIDs(), last)
	want := "map[p-col1.element:4 p-col1.element.element:5] map[p-col3.key:6 p-col3.value:7] map[p-subcol1.element:8] 8"
	if got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if again, l := s.AssignNestedIDs(last); again != s || l != last {
		t.Error("what has ids must be left alone")
	}
}
