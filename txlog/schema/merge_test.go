package schema

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func mustDDL(t testing.TB, ddl string) *Struct {
	t.Helper()
	s, err := ParseDDL(ddl)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestMergeAddsAtTheEndAndKeepsTheTables(t *testing.T) {
	for _, c := range []struct{ name, table, in, want string }{
		{"nothing new", "a INT NOT NULL, b STRING", "B STRING, A INT", "a INT NOT NULL, b STRING"},
		{"new column is nullable", "a INT", "b INT NOT NULL, c ARRAY<INT NOT NULL>", "a INT, b INT, c ARRAY<INT>"},
		{"nested", "s STRUCT<a: INT NOT NULL>", "s STRUCT<b: INT>", "s STRUCT<a: INT NOT NULL, b: INT>"},
		{"in an array", "x ARRAY<STRUCT<a: INT>>", "x ARRAY<STRUCT<b: INT>>", "x ARRAY<STRUCT<a: INT, b: INT>>"},
		{"in a map", "x MAP<STRING, STRUCT<a: INT>>", "x MAP<STRING, STRUCT<b: INT>>", "x MAP<STRING, STRUCT<a: INT, b: INT>>"},
		{"smaller fits", "a BIGINT, b DOUBLE, c DECIMAL(10,2), d DOUBLE, e DECIMAL(12,2)", "a TINYINT, b FLOAT, c DECIMAL(5,1), d INT, e INT", "a BIGINT, b DOUBLE, c DECIMAL(10,2), d DOUBLE, e DECIMAL(12,2)"},
		{"void in the data", "a INT", "a VOID", "a INT"},
		{"void in the table", "a VOID, b INT", "a STRUCT<x: INT NOT NULL>", "a STRUCT<x: INT>, b INT"},
	} {
		t.Run(c.name, func(t *testing.T) {
			table := mustDDL(t, c.table)
			got, err := Merge(table, mustDDL(t, c.in))
			if err != nil {
				t.Fatal(err)
			}
			if got.DDL() != c.want {
				t.Errorf("got %s, want %s", got.DDL(), c.want)
			}
			if (c.table == c.want) != (got == table) {
				t.Error("the very table must come back if and only if nothing was added")
			}
		})
	}
}

func TestMergeRefusesOtherTypesByNameAndSaysWhatToDo(t *testing.T) {
	for _, c := range []struct{ table, in, column string }{
		{"a INT", "a BIGINT", "a"},
		{"a INT", "a STRING", "a"},
		{"a FLOAT", "a INT", "a"},
		{"a DOUBLE", "a BIGINT", "a"},
		{"a DECIMAL(10,2)", "a DECIMAL(10,3)", "a"},
		{"a DECIMAL(10,2)", "a BIGINT", "a"},
		{"a STRUCT<b: INT>", "a INT", "a"},
		{"a STRUCT<b: ARRAY<INT>>", "a STRUCT<b: ARRAY<STRING>>", "a.b.element"},
		{"a MAP<STRING, INT>", "a MAP<STRING, DATE>", "a.value"},
		{"a MAP<STRING, INT>", "a MAP<BINARY, INT>", "a.key"},
		{"a TIMESTAMP", "a TIMESTAMP_NTZ", "a"},
	} {
		_, err := Merge(mustDDL(t, c.table), mustDDL(t, c.in))
		var e *MergeError
		if !errors.As(err, &e) || e.Column != c.column || !strings.Contains(err.Error(), "CAST") {
			t.Errorf("%s + %s: got %v", c.table, c.in, err)
		}
	}
}

func TestMergerAsksWidenBeforeItRefuses(t *testing.T) {
	m := Merger{Widen: func(table, incoming Type) (Type, bool) {
		return incoming, table == Type(Integer) && incoming == Type(Long)
	}}
	got, err := m.Merge(mustDDL(t, "a STRUCT<b: INT>"), mustDDL(t, "a STRUCT<b: BIGINT>"))
	if err != nil || got.DDL() != "a STRUCT<b: BIGINT>" {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestMergeIsIdempotentAndKeepsEveryColumn(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		table, in := genStruct(t, 2), genStruct(t, 2)
		once, err := Merge(table, in)
		if err != nil {
			return
		}
		if !slices.Equal(once.Names()[:len(table.Fields)], table.Names()) {
			t.Fatalf("columns moved: %s + %s -> %s", table, in, once)
		}
		twice, err := Merge(once, in)
		if err != nil || twice != once {
			t.Fatalf("not idempotent: %v\n%s\n%s", err, once.DDL(), twice.DDL())
		}
	})
}

func TestCheckFileNamesNamesTheCharacter(t *testing.T) {
	if err := mustDDL(t, "a INT, `ä.b` STRING").CheckFileNames(); err != nil {
		t.Error(err)
	}
	for _, name := range []string{"a b", "a,b", "a;b", "a{", "a}", "a(", "a)", "a=b"} {
		err := mustDDL(t, "x ARRAY<STRUCT<`"+name+"`: INT>>").CheckFileNames()
		var e *InvalidError
		if !errors.As(err, &e) || e.Column != "x.element."+name {
			t.Errorf("%q: got %v", name, err)
		}
	}
}

func TestCheckPartitionColumns(t *testing.T) {
	s := mustDDL(t, "a INT, b STRING, c ARRAY<INT>, v VARIANT")
	for _, c := range []struct {
		cols []string
		want string
	}{
		{nil, ""},
		{[]string{"A", "b"}, ""},
		{[]string{"x"}, "there is no such column"},
		{[]string{"a", "A"}, "named twice"},
		{[]string{"c"}, "simple type"},
		{[]string{"v"}, "simple type"},
	} {
		err := s.CheckPartitionColumns(c.cols)
		if (c.want == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: got %v, want %q", c.cols, err, c.want)
		}
	}
	if err := mustDDL(t, "a INT").CheckPartitionColumns([]string{"a"}); err == nil {
		t.Error("a table of partition columns alone has no data files")
	}
}

func TestLookupDisregardsCaseAndWalksStructs(t *testing.T) {
	s := mustDDL(t, "Ab INT, s STRUCT<X: STRUCT<y: DATE>>, l ARRAY<STRUCT<z: INT>>")
	if f := s.Lookup("S", "x", "Y"); f == nil || f.Type != Type(Date) {
		t.Errorf("got %v", f)
	}
	for _, path := range [][]string{{"nope"}, {"ab", "x"}, {"l", "z"}, {}} {
		if f := s.Lookup(path...); f != nil {
			t.Errorf("%v: got %v, want none", path, f)
		}
	}
	var paths []string
	for p := range s.Walk() {
		paths = append(paths, strings.Join(p, "."))
	}
	if got := strings.Join(paths, " "); got != "Ab s s.X s.X.y l l.element.z" {
		t.Error(got)
	}
	if !Contains(s, func(t Type) bool { return t == Type(Date) }) || Contains(s, func(t Type) bool { return t == Type(Variant) }) {
		t.Error("Contains")
	}
}
