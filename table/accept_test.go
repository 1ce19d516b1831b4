package table

import (
	"errors"
	"strings"
	"testing"

	"github.com/ingestd/ingestd/txlog/schema"
)

func ddl(t testing.TB, s string) *schema.Struct {
	t.Helper()
	out, err := schema.ParseDDL(s)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestWhichRowsATableTakes(t *testing.T) {
	const table = "id BIGINT NOT NULL, name STRING, at STRUCT<x: INT, y: DOUBLE>, tags ARRAY<STRUCT<k: STRING>>, m MAP<STRING, STRUCT<v: INT>>, d DECIMAL(10,2)"
	for _, c := range []struct {
		name, in     string
		plain, merge string // "": accepted as it is; "+...": accepted, with these columns; else part of the error
	}{
		{"the same", table, "", ""},
		{"another order and case", "NAME STRING, Id BIGINT", "", ""},
		{"upcasts", "id INT, d DECIMAL(5,1), at STRUCT<y: FLOAT>", "", ""},
		{"void", "id BIGINT, name VOID", "", ""},
		{"narrower integer in decimal", "id SMALLINT, d INT", "column d is decimal(10,2) in the table and int", "column d is decimal(10,2) in the table and int"},
		{"unknown columns of nulls", "id BIGINT, x VOID, at STRUCT<x: INT, z: VOID>, y STRUCT<v: VOID>", "", ""},
		{"lossy", "id DOUBLE", "column id is bigint in the table and double in the data", "column id is bigint in the table and double in the data"},
		{"text for number", "id STRING", "column id is bigint in the table and string", "column id is bigint in the table and string"},
		{"number for text", "id BIGINT, name INT", "column name is string in the table and int", "column name"},
		{"nested mismatch", "id BIGINT, tags ARRAY<STRUCT<k: INT>>", "column tags.element.k", "column tags.element.k"},
		{"struct for text", "id BIGINT, name STRUCT<a: INT>", "column name", "column name"},
		{"required column missing", "name STRING", "column id is NOT NULL in the table and the data does not have it", "column id is NOT NULL"},
		{"extra", "id BIGINT, more INT, yet DATE", "the table has no columns more INT, yet DATE", "+more,yet"},
		{"extra nested", "id BIGINT, at STRUCT<x: INT, z: INT>", "no column at.z INT", "+at.z"},
		{"extra in array", "id BIGINT, tags ARRAY<STRUCT<k: STRING, v: INT>>", "no column tags.element.v INT", "+tags.element.v"},
		{"extra in map", "id BIGINT, m MAP<STRING, STRUCT<v: INT, w: INT>>", "no column m.value.w INT", "+m.value.w"},
	} {
		t.Run(c.name, func(t *testing.T) {
			for merge, want := range map[bool]string{false: c.plain, true: c.merge} {
				tab := ddl(t, table)
				got, err := accept(tab, ddl(t, c.in), merge, schema.Merger{})
				switch {
				case want == "":
					if err != nil || got != tab {
						t.Errorf("merge %v: %v, %v", merge, got, err)
					}
				case strings.HasPrefix(want, "+"):
					if err != nil {
						t.Fatal(err)
					}
					if names := columnNames(added(tab, got, nil)); "+"+names != want {
						t.Errorf("added %s, want %s", names, want)
					}
				case err == nil || !strings.Contains(err.Error(), want):
					t.Errorf("merge %v: error %v, want %q", merge, err, want)
				}
			}
		})
	}
}

func columnNames(added []string) string {
	for i, a := range added {
		added[i], _, _ = strings.Cut(a, " ")
	}
	return strings.Join(added, ",")
}

func TestExtraColumnsErrorTellsTheWayOut(t *testing.T) {
	_, err := accept(ddl(t, "a INT"), ddl(t, "a INT, b INT"), false, schema.Merger{})
	var extra *ExtraColumnsError
	if !errors.As(err, &extra) || !strings.Contains(err.Error(), "merge_schema") {
		t.Errorf("%v", err)
	}
}

func TestANewColumnIsNullable(t *testing.T) {
	got, err := accept(ddl(t, "a INT NOT NULL"), ddl(t, "a INT NOT NULL, b STRUCT<c: INT NOT NULL> NOT NULL"), true, schema.Merger{})
	if err != nil {
		t.Fatal(err)
	}
	if b := got.Field("b"); !b.Nullable || !b.Type.(*schema.Struct).Fields[0].Nullable || got.Field("a").Nullable {
		t.Errorf("%s", got.DDL())
	}
}
