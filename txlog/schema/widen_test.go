package schema

import (
	"slices"
	"testing"
)

func TestTypesWidenAsTheProtocolAllows(t *testing.T) {
	all := []string{"TINYINT", "SMALLINT", "INT", "BIGINT", "FLOAT", "DOUBLE", "DATE", "TIMESTAMP", "TIMESTAMP_NTZ", "STRING", "BOOLEAN",
		"DECIMAL(5,2)", "DECIMAL(10,0)", "DECIMAL(12,2)", "DECIMAL(20,0)", "DECIMAL(10,4)"}
	for _, c := range []struct {
		from            string
		asked           []string
		unasked, lowest []string // by schema evolution; and what Iceberg has
	}{
		{"TINYINT", []string{"SMALLINT", "INT", "BIGINT", "DOUBLE", "DECIMAL(10,0)", "DECIMAL(12,2)", "DECIMAL(20,0)"}, []string{"SMALLINT", "INT", "BIGINT"}, []string{"SMALLINT", "INT", "BIGINT"}},
		{"INT", []string{"BIGINT", "DOUBLE", "DECIMAL(10,0)", "DECIMAL(12,2)", "DECIMAL(20,0)"}, []string{"BIGINT"}, []string{"BIGINT"}},
		{"BIGINT", []string{"DECIMAL(20,0)"}, nil, nil},
		{"FLOAT", []string{"DOUBLE"}, []string{"DOUBLE"}, []string{"DOUBLE"}},
		{"DATE", []string{"TIMESTAMP_NTZ"}, []string{"TIMESTAMP_NTZ"}, nil},
		{"DECIMAL(5,2)", []string{"DECIMAL(12,2)", "DECIMAL(10,4)"}, []string{"DECIMAL(12,2)", "DECIMAL(10,4)"}, []string{"DECIMAL(12,2)"}},
		{"DECIMAL(10,0)", []string{"DECIMAL(12,2)", "DECIMAL(20,0)"}, []string{"DECIMAL(12,2)", "DECIMAL(20,0)"}, []string{"DECIMAL(20,0)"}},
		{"DOUBLE", nil, nil, nil},
		{"STRING", nil, nil, nil},
		{"TIMESTAMP", nil, nil, nil},
	} {
		from := mustType(t, c.from)
		var asked, unasked, iceberg []string
		for _, to := range all {
			ty := mustType(t, to)
			if CanWiden(from, ty) {
				asked = append(asked, to)
			}
			if CanWidenUnasked(from, ty) {
				unasked = append(unasked, to)
			}
			if CanWidenInIceberg(from, ty) {
				iceberg = append(iceberg, to)
			}
		}
		if !slices.Equal(asked, c.asked) || !slices.Equal(unasked, c.unasked) || !slices.Equal(iceberg, c.lowest) {
			t.Errorf("%s: asked %v, unasked %v, in Iceberg %v", c.from, asked, unasked, iceberg)
		}
	}
}

func mustType(t *testing.T, ddl string) Type {
	t.Helper()
	ty, err := ParseType(ddl)
	if err != nil {
		t.Fatal(err)
	}
	return ty
}

func TestTypeChangesAreRecordedAtTheNearestField(t *testing.T) {
	parse := func(ddl string) *Struct {
		s, err := ParseDDL(ddl)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	first := parse("a SMALLINT, m MAP<FLOAT, ARRAY<DECIMAL(6,2)>>, s STRUCT<x: INT, y: STRING>, same INT")
	second := RecordTypeChanges(first, parse("a INT, m MAP<DOUBLE, ARRAY<DECIMAL(8,2)>>, S STRUCT<X: BIGINT, y: STRING>, same INT, new BIGINT"))
	third := parse(second.DDL())
	third.Fields[0].Metadata, third.Fields[0].Type = second.Fields[0].Metadata, Long
	third = RecordTypeChanges(second, third)
	for _, c := range []struct{ got, want string }{
		{string(third.Field("a").Metadata[KeyTypeChanges]), `[{"fromType":"short","toType":"integer"},{"fromType":"integer","toType":"long"}]`},
		{string(second.Field("m").Metadata[KeyTypeChanges]), `[{"fromType":"float","toType":"double","fieldPath":"key"},{"fromType":"decimal(6,2)","toType":"decimal(8,2)","fieldPath":"value.element"}]`},
		{string(second.Field("s").Type.(*Struct).Fields[0].Metadata[KeyTypeChanges]), `[{"fromType":"integer","toType":"long"}]`},
		{string(second.Field("s").Metadata[KeyTypeChanges]), ""},
		{string(second.Field("new").Metadata[KeyTypeChanges]), ""},
	} {
		if c.got != c.want {
			t.Errorf("got %s, want %s", c.got, c.want)
		}
	}
	if again := RecordTypeChanges(first, first); again != first {
		t.Error("nothing was widened")
	}
	if n := len(third.Field("a").TypeChanges()); n != 2 {
		t.Errorf("%d changes are read back", n)
	}
}
