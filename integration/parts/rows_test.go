package parts

import (
	"strings"
	"testing"
)

func TestDiffComparesMultisets(t *testing.T) {
	rows := func(cells ...string) Rows {
		r := Rows{Columns: []string{"a"}, Types: []string{"string"}}
		for _, c := range cells {
			r.Rows = append(r.Rows, []string{c})
		}
		return r
	}
	for _, test := range []struct {
		name      string
		want, got Rows
		diff      string
	}{
		{"equal", rows("1", "2", "2"), rows("1", "2", "2"), ""},
		{"a duplicate", rows("1", "2"), rows("1", "2", "2"), "extra: 2"},
		{"a lost one of two", rows("1", "2", "2"), rows("1", "2"), "missing: 2"},
		{"another value", rows("1", "3"), rows("1", "2"), "missing: 3"},
		{"nothing", rows("1"), rows(), "missing: 1"},
	} {
		got := test.want.Diff(test.got)
		if (got == "") != (test.diff == "") || !strings.Contains(got, test.diff) {
			t.Errorf("%s: %q does not say %q", test.name, got, test.diff)
		}
	}
	other := rows("1")
	other.Types = []string{"binary"}
	if got := rows("1").Diff(other); !strings.HasPrefix(got, "types") {
		t.Errorf("another type: %q", got)
	}
}

func TestProjectSortsAnew(t *testing.T) {
	r := Rows{Columns: []string{"a", "b"}, Types: []string{"int", "string"}, Rows: [][]string{{"1", "z"}, {"2", "y"}}}
	got := r.Project("b", "a")
	want := Rows{Columns: []string{"b", "a"}, Types: []string{"string", "int"}, Rows: [][]string{{"y", "2"}, {"z", "1"}}}
	SameRows(t, "projected", want, got)
}
