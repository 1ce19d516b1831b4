package alter

import (
	"strings"
	"testing"

	"github.com/ingestd/ingestd/table"
	"github.com/ingestd/ingestd/txlog/feature"
	"github.com/ingestd/ingestd/txlog/schema"
)

var byName = map[string]string{"delta.columnMapping.mode": "name"}

func column(t testing.TB, ddl string) schema.Field {
	t.Helper()
	s, err := schema.ParseDDL(ddl)
	if err != nil {
		t.Fatal(err)
	}
	return s.Fields[0]
}

func TestColumnsAreAddedWhereTheyAreWanted(t *testing.T) {
	tab := create(t, "a INT, s STRUCT<x: INT>, l ARRAY<STRUCT<y: INT>>, m MAP<STRING, STRUCT<z: INT>>", nil)
	add(t, tab, "a INT, s STRUCT<x: INT>", `[{"a":1,"s":{"x":2}}]`)
	for _, c := range []struct {
		parent, ddl string
		at          Position
	}{
		{"", "b STRING COMMENT 'new'", Position{}}, {"", "first DATE", Position{First: true}}, {"", "c INT", Position{After: "A"}},
		{"s", "w INT", Position{First: true}}, {"l.element", "v INT", Position{}}, {"m.value", "u INT", Position{After: "z"}},
	} {
		var parent Path
		if c.parent != "" {
			parent = path(t, c.parent)
		}
		must(t)(AddColumns(t.Context(), tab, NewColumn{Parent: parent, Field: column(t, c.ddl), At: c.at}))
	}
	want := "first DATE, a INT, c INT, s STRUCT<w: INT, x: INT>, l ARRAY<STRUCT<y: INT, v: INT>>, m MAP<STRING, STRUCT<z: INT, u: INT>>, b STRING COMMENT 'new'"
	if got := reopen(t, tab).Schema().DDL(); !strings.EqualFold(strings.ReplaceAll(got, ":", ""), strings.ReplaceAll(want, ":", "")) {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got := rows(t, tab); !strings.Contains(got, "1") {
		t.Errorf("old rows are gone: %s", got)
	}
	info := tab.Snapshot().CommitInfo()
	if info.Operation != "ADD COLUMNS" || !strings.Contains(string(info.OperationParameters["columns"]), `\"position\":\"AFTER z\"`) {
		t.Errorf("%s %s", info.Operation, info.OperationParameters)
	}
}

func TestWhatCannotBeAddedIsNamed(t *testing.T) {
	tab := create(t, "a INT, l ARRAY<INT>", nil)
	try := func(parent Path, ddl string, at Position) error {
		_, err := AddColumns(t.Context(), tab, NewColumn{Parent: parent, Field: column(t, ddl), At: at})
		return err
	}
	fails[*ColumnError](t, try(nil, "A STRING", Position{}), "there is already a column a")
	fails[*ColumnError](t, try(nil, "b INT NOT NULL", Position{}), "NOT NULL")
	fails[*ColumnError](t, try(nil, "b INT", Position{After: "x"}), "there is no x")
	fails[*ColumnError](t, try(nil, "b INT", Position{First: true, After: "a"}), "not both")
	fails[*ColumnError](t, try(Path{"l"}, "b INT", Position{}), "only a struct")
	fails[*ColumnError](t, try(Path{"l", "element"}, "b INT", Position{}), "only a struct")
	fails[*ColumnError](t, try(Path{"nope"}, "b INT", Position{}), "there is no nope")
	fails[*schema.InvalidError](t, try(nil, "`b c` INT", Position{}), "without column mapping")
	if tab.Version() != 0 {
		t.Error("something was committed")
	}
}

func TestRenamesAndDropsNeedColumnMapping(t *testing.T) {
	tab := create(t, "a INT, b INT", nil)
	_, err := RenameColumn(t.Context(), tab, Path{"a"}, "c")
	fails[*MappingNeededError](t, err, "delta.columnMapping.mode=name")
	_, err = DropColumns(t.Context(), tab, Path{"a"})
	fails[*MappingNeededError](t, err, "delta.columnMapping.mode=name")
}

func TestRenamedColumnsKeepTheirValuesAndDroppedOnesDoNotComeBack(t *testing.T) {
	tab := create(t, "a INT, s STRUCT<x: INT, y: INT>, p STRING", nil, "p")
	add(t, tab, "a INT, s STRUCT<x: INT, y: INT>, p STRING", `[{"a":1,"s":{"x":2,"y":3},"p":"q"}]`)
	must(t)(SetProperties(t.Context(), tab, byName))
	before := rows(t, tab)
	must(t)(RenameColumn(t.Context(), tab, path(t, "A"), "b"))
	must(t)(RenameColumn(t.Context(), tab, path(t, "s.x"), "z w"))
	must(t)(RenameColumn(t.Context(), tab, path(t, "p"), "part"))
	if got := tab.PartitionColumns(); len(got) != 1 || got[0] != "part" {
		t.Errorf("partitioned by %v", got)
	}
	got := rows(t, reopen(t, tab))
	if got != strings.NewReplacer("a=", "b=", "p=", "part=").Replace(before) {
		t.Errorf("got %s, before %s", got, before)
	}
	must(t)(DropColumns(t.Context(), tab, path(t, "b"), path(t, "s.y")))
	must(t)(AddColumns(t.Context(), tab, NewColumn{Field: column(t, "b INT")}, NewColumn{Field: column(t, "a INT")}))
	if got := rows(t, reopen(t, tab)); strings.Contains(got, "1") || strings.Contains(got, "3") || !strings.Contains(got, "2") {
		t.Errorf("values of dropped columns came back: %s", got)
	}
	if got := tab.Snapshot().Properties().MaxColumnID(); got != 7 {
		t.Errorf("delta.columnMapping.maxColumnId is %d", got)
	}
}

func TestColumnsInUseStay(t *testing.T) {
	tab := create(t, "a INT, b INT, p INT, c INT, s STRUCT<x: INT, y: INT>", map[string]string{"delta.constraints.pos": "s.x > 0 AND 'a' <> \"b\""}, "p")
	must(t)(SetProperties(t.Context(), tab, byName))
	_, err := DropColumns(t.Context(), tab, Path{"p"})
	fails[*InUseError](t, err, "partitioning")
	_, err = DropColumns(t.Context(), tab, Path{"S", "x"})
	fails[*InUseError](t, err, "constraint pos")
	_, err = RenameColumn(t.Context(), tab, Path{"s"}, "t")
	fails[*InUseError](t, err, "constraint pos")
	must(t)(DropColumns(t.Context(), tab, Path{"s", "y"}, Path{"a"}, Path{"b"}))

	clustered := create(t, "a INT, b INT", nil)
	must(t)(SetProperties(t.Context(), clustered, byName))
	must(t)(ClusterBy(t.Context(), clustered, Path{"A"}))
	_, err = DropColumns(t.Context(), clustered, Path{"a"})
	fails[*InUseError](t, err, "cluster-by")
	must(t)(RenameColumn(t.Context(), clustered, Path{"a"}, "z"))
	by, err := ClusteringColumns(clustered.Snapshot())
	if err != nil || joinPaths(by) != "z" {
		t.Errorf("%v, %v", by, err)
	}
}

func TestGeneratedColumnsHoldThoseThatTheyAreMadeOf(t *testing.T) {
	tab := create(t, "a INT, g INT GENERATED ALWAYS AS (a + 1), b INT", nil)
	must(t)(SetProperties(t.Context(), tab, byName))
	_, err := DropColumns(t.Context(), tab, Path{"a"})
	fails[*InUseError](t, err, "generated column g (a + 1)")
	_, err = RenameColumn(t.Context(), tab, Path{"a"}, "z")
	fails[*InUseError](t, err, "generated column g")
	must(t)(DropColumns(t.Context(), tab, Path{"g"}))
	must(t)(DropColumns(t.Context(), tab, Path{"a"}))
}

func TestStatisticsColumnsFollowRenamesAndDrops(t *testing.T) {
	tab := create(t, "a INT, b INT, c INT", map[string]string{"delta.dataSkippingStatsColumns": "a,b"})
	must(t)(SetProperties(t.Context(), tab, byName))
	must(t)(RenameColumn(t.Context(), tab, Path{"a"}, "a,1"))
	must(t)(DropColumns(t.Context(), tab, Path{"b"}))
	if got, _ := tab.Snapshot().Properties().StatsColumns(); got != "`a,1`" {
		t.Errorf("got %s", got)
	}
}

func TestTypesWidenWhereTheTableWidensTypes(t *testing.T) {
	tab := create(t, "a INT, l ARRAY<SMALLINT>, s STRING", nil)
	add(t, tab, "a INT, l ARRAY<SMALLINT>", `[{"a":1,"l":[2]}]`)
	_, err := ChangeType(t.Context(), tab, Path{"a"}, schema.Long)
	fails[*TypeChangeError](t, err, "delta.enableTypeWidening=true")
	must(t)(SetProperties(t.Context(), tab, map[string]string{"delta.enableTypeWidening": "true"}))
	must(t)(ChangeType(t.Context(), tab, Path{"a"}, schema.Long))
	must(t)(ChangeType(t.Context(), tab, Path{"l", "element"}, schema.Integer))
	_, err = ChangeType(t.Context(), tab, Path{"a"}, schema.Integer)
	fails[*TypeChangeError](t, err, "only be widened")
	_, err = ChangeType(t.Context(), tab, Path{"s"}, schema.Integer)
	fails[*TypeChangeError](t, err, "only be widened")
	_, err = ChangeType(t.Context(), tab, Path{"l"}, schema.String)
	fails[*TypeChangeError](t, err, "one by one")
	s := reopen(t, tab).Schema()
	if c := s.Field("l").TypeChanges(); len(c) != 1 || c[0].FieldPath != "element" || c[0].FromType != "short" {
		t.Errorf("%v", c)
	}
	if got := rows(t, tab); !strings.Contains(got, "1") || !strings.Contains(got, "2") {
		t.Errorf("got %s", got)
	}
	if r := must(t)(ChangeType(t.Context(), tab, Path{"a"}, schema.Long)); r.Changed {
		t.Error("nothing had to be committed")
	}
}

func TestNullsAreForbiddenOnlyWhereThereAreNone(t *testing.T) {
	tab := create(t, "a INT, b INT, s STRUCT<x: INT>", nil)
	add(t, tab, "a INT, b INT, s STRUCT<x: INT>", `[{"a":1,"b":null,"s":null},{"a":2,"b":3,"s":{"x":4}}]`)
	_, err := SetNotNull(t.Context(), tab, Path{"b"})
	fails[*ViolationError](t, err, "NOT NULL of column b")
	must(t)(SetNotNull(t.Context(), tab, Path{"a"}))
	must(t)(SetNotNull(t.Context(), tab, Path{"s", "x"}))
	if tab.Schema().Field("a").Nullable || tab.Schema().Lookup("s", "x").Nullable {
		t.Error("still nullable")
	}
	must(t)(DropNotNull(t.Context(), tab, Path{"a"}))
	if r := must(t)(DropNotNull(t.Context(), tab, Path{"a"})); r.Changed {
		t.Error("it was nullable already")
	}
	if !reopen(t, tab).Schema().Field("a").Nullable {
		t.Error("still NOT NULL")
	}
}

func TestCommentsDefaultsAndPlaces(t *testing.T) {
	tab := create(t, "a INT, b INT", nil)
	must(t)(Comment(t.Context(), tab, Path{"a"}, "it's"))
	_, err := SetDefault(t.Context(), tab, Path{"a"}, "7")
	fails[*feature.NotAddedError](t, err, "allowColumnDefaults")
	must(t)(AddFeature(t.Context(), tab, "allowColumnDefaults"))
	must(t)(SetDefault(t.Context(), tab, Path{"a"}, "7"))
	if _, err := SetDefault(t.Context(), tab, Path{"a"}, "seven"); err == nil {
		t.Error("a default that is no value of the column was taken")
	}
	must(t)(Move(t.Context(), tab, Path{"b"}, Position{First: true}))
	s := reopen(t, tab).Schema()
	if c, _ := s.Field("a").Comment(); c != "it's" || string(s.Field("a").Metadata[keyDefault]) != `"7"` || s.Names()[0] != "b" {
		t.Errorf("%s", s.JSON())
	}
	must(t)(DropDefault(t.Context(), tab, Path{"a"}))
	must(t)(Comment(t.Context(), tab, Path{"a"}, ""))
	if m := reopen(t, tab).Schema().Field("a").Metadata; len(m) != 0 {
		t.Errorf("%s", m)
	}
}

func TestAnOlderVersionIsNotAltered(t *testing.T) {
	tab := create(t, "a INT", nil)
	old, err := tab.At(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = Comment(t.Context(), old, Path{"a"}, "x")
	fails[*table.PinnedError](t, err, "version 0")
}

func TestPaths(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"a", "a"}, {" a . b ", "a.b"}, {"`a.b`.c", "`a.b`.c"}, {"`a``b`", "`a``b`"}, {"`x`.`y z`", "x.`y z`"},
	} {
		if got := path(t, c.text).String(); got != c.want {
			t.Errorf("%s: got %s, want %s", c.text, got, c.want)
		}
	}
	for _, bad := range []string{"", "a.", ".a", "`a", "``", "`a`b"} {
		if p, err := ParsePath(bad); err == nil {
			t.Errorf("%q: got %v", bad, p)
		}
	}
}

func TestMentionsErrsOnTheSideOfTrue(t *testing.T) {
	for _, c := range []struct {
		expr, column string
		want         bool
	}{
		{"a > 0", "A", true}, {"ab > 0", "a", false}, {"x = 'a'", "a", false}, {`x = "a"`, "a", false}, {"`a b` > 0", "`a b`", true},
		{"s.x > 0", "s", true}, {"s.x > 0", "s.x", true}, {"s.x > 0", "s.y", false}, {"s . x > 0", "s.y", false}, {"s.x > 0", "x", false},
		{"upper(name) = 'it''s a'", "name", true}, {`x = 'a\'b' AND a`, "a", true},
	} {
		if got := mentions(c.expr, path(t, c.column)); got != c.want {
			t.Errorf("%s mentions %s: %v", c.expr, c.column, got)
		}
	}
}

func TestColumnsAreReadFromDDL(t *testing.T) {
	for _, c := range []struct{ ddl, parent, name, typ string }{
		{"a INT", "", "a", "int"}, {" s.x: BIGINT COMMENT 'c, d' ", "s", "x", "bigint"}, {"`a b`.`c d` MAP<STRING, INT>", "`a b`", "c d", "map<string,int>"},
	} {
		got, err := ParseColumn(c.ddl)
		if err != nil || got.Parent.String() != c.parent || got.Field.Name != c.name || got.Field.Type.String() != c.typ {
			t.Errorf("%s: %+v, %v", c.ddl, got, err)
		}
	}
	for _, bad := range []string{"", "a", "a INT, b INT", "a NOTYPE"} {
		if got, err := ParseColumn(bad); err == nil {
			t.Errorf("%s: %+v", bad, got)
		}
	}
	if got, err := ParsePaths("a, s.x,`b,c`"); err != nil || len(got) != 3 || got[2][0] != "b,c" {
		t.Errorf("%v, %v", got, err)
	}
}
