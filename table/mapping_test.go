package table

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"

	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/table/partition"
	"github.com/ingestd/ingestd/txlog/action"
	"github.com/ingestd/ingestd/txlog/schema"
)

// files are the data files of the table.
func files(t testing.TB, tab *Table) []*action.Add {
	t.Helper()
	var out []*action.Add
	for a, err := range tab.Snapshot().Files(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, a)
	}
	return out
}

// footer are the columns of a data file as Parquet has them.
func footer(t fataler, tab *Table, path string) []string {
	t.Helper()
	key, _, err := partition.DecodePath(path)
	if err != nil {
		t.Fatal(err)
	}
	b, _, err := objstore.ReadAll(t.Context(), tab.Store(), key)
	if err != nil {
		t.Fatal(err)
	}
	f, err := parquet.OpenFile(strings.NewReader(string(b)), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range f.Metadata().Schema[1:] {
		out = append(out, e.Name)
	}
	return out
}

func TestColumnMappingPutsPhysicalNamesIntoFiles(t *testing.T) {
	for _, mode := range []string{"name", "id"} {
		tab := createIn(t, newStore(), CreateOptions{
			Schema: ddl(t, "`a b` BIGINT, s STRUCT<x: STRING, `y,z`: ARRAY<STRUCT<q: BIGINT>>>, p STRING"), PartitionBy: []string{"P"},
			Properties: map[string]string{"delta.columnMapping.mode": mode},
		})
		snap := tab.Snapshot()
		if p := snap.Protocol(); p.MinReaderVersion != 2 || p.MinWriterVersion != 5 {
			t.Errorf("protocol %+v", p)
		}
		if got := snap.Properties().MaxColumnID(); got != 6 {
			t.Errorf("maxColumnId is %d", got)
		}
		add(t, tab, "`a b` BIGINT, s STRUCT<x: STRING, `y,z`: ARRAY<STRUCT<q: BIGINT>>>, p STRING", `[{"a b": 7, "s": {"x": "u", "y,z": [{"q": 1}]}, "p": "v"}]`)
		a := files(t, tab)[0]
		names := map[string]string{}
		for path, f := range tab.Schema().Walk() {
			name := f.PhysicalName()
			if !strings.HasPrefix(name, "col-") {
				t.Errorf("%v is called %s", path, name)
			}
			names[f.Name] = name
		}
		if v := a.PartitionValues[names["p"]]; v == nil || *v != "v" || len(a.PartitionValues) != 1 || !strings.HasPrefix(a.Path, names["p"]+"=v/") {
			t.Errorf("%s: partition values %v, path %s", mode, a.PartitionValues, a.Path)
		}
		if got, want := footer(t, tab, a.Path), []string{names["a b"], names["s"], names["x"], names["y,z"], "list", "element", names["q"]}; !slices.Equal(got, want) {
			t.Errorf("the file has %v, want %v", got, want)
		}
		var st struct {
			NumRecords int64
			MinValues  map[string]json.RawMessage
		}
		if err := json.Unmarshal([]byte(*a.Stats), &st); err != nil || string(st.MinValues[names["a b"]]) != "7" || string(st.MinValues[names["s"]]) != `{"`+names["x"]+`":"u"}` {
			t.Errorf("statistics %s", *a.Stats)
		}
		if got := all(t, reopen(t, tab), ScanOptions{}); !sameRows(got, []string{`a b=7;s={"u",[{1,},],};p="v";`}) {
			t.Errorf("%s: got %v", mode, got)
		}
	}
}

func TestSchemaEvolutionGivesNewColumnsNewIDs(t *testing.T) {
	tab := createIn(t, newStore(), CreateOptions{Schema: ddl(t, "a BIGINT, s STRUCT<x: BIGINT>"), Properties: map[string]string{
		"delta.columnMapping.mode": "name", "delta.enableIcebergCompatV2": "true",
	}})
	before := tab.Schema()
	_, err := tryAdd(t, tab, "a BIGINT, S STRUCT<x: BIGINT, y: ARRAY<BIGINT>>, n STRING", `[{"a": 1, "S": {"x": 2, "y": [3]}, "n": "z"}]`, AppendOptions{WriteOptions: WriteOptions{MergeSchema: true}})
	if err != nil {
		t.Fatal(err)
	}
	now, seen := tab.Schema(), map[int64]bool{}
	for path, f := range now.Walk() {
		id, ok := f.FieldID()
		if !ok || seen[id] || id > tab.Snapshot().Properties().MaxColumnID() || !strings.HasPrefix(f.PhysicalName(), "col-") {
			t.Errorf("%v has id %d and name %s", path, id, f.PhysicalName())
		}
		seen[id] = true
	}
	for path, f := range before.Walk() {
		if g := now.Lookup(path...); g.PhysicalName() != f.PhysicalName() {
			t.Errorf("%v changed its name to %s", path, g.PhysicalName())
		}
	}
	y := now.Lookup("s", "y")
	if len(y.NestedIDs()) != 1 || tab.Snapshot().Properties().MaxColumnID() != 6 {
		t.Errorf("nested ids %v, maxColumnId %d", y.NestedIDs(), tab.Snapshot().Properties().MaxColumnID())
	}
}

func TestColumnsThatTwoWritersAddWithOneIDAreNotBothCommitted(t *testing.T) {
	tab := createIn(t, newStore(), CreateOptions{Schema: ddl(t, "a BIGINT"), Properties: map[string]string{"delta.columnMapping.mode": "name"}})
	var sets []*WriteSet
	for _, columns := range []string{"a BIGINT, b BIGINT", "a BIGINT, c BIGINT"} {
		w, err := reopen(t, tab).NewWriteSet(t.Context(), WriteOptions{MergeSchema: true})
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Write(t.Context(), jsonRows(t, ddl(t, columns), `[{"a": 1}]`)); err != nil {
			t.Fatal(err)
		}
		sets = append(sets, w)
	}
	if _, err := sets[0].Commit(t.Context(), CommitOptions{}); err != nil {
		t.Fatal(err)
	}
	var changed *SchemaChangedError
	if _, err := sets[1].Commit(t.Context(), CommitOptions{}); !errors.As(err, &changed) {
		t.Errorf("got %v", err)
	}
}

func TestTypesWidenWithTheDataWhereTheTableLetsThem(t *testing.T) {
	merge := AppendOptions{WriteOptions: WriteOptions{MergeSchema: true}}
	tab := createIn(t, newStore(), CreateOptions{Schema: ddl(t, "a INT, s STRUCT<x: ARRAY<SMALLINT>>"), Properties: map[string]string{"delta.enableTypeWidening": "true"}})
	add(t, tab, "a INT", `[{"a": 1}]`)
	if _, err := tryAdd(t, tab, "A BIGINT, s STRUCT<x: ARRAY<INT>>", `[{"A": 5000000000, "s": {"x": [70000]}}]`, merge); err != nil {
		t.Fatal(err)
	}
	a, x := tab.Schema().Field("a"), tab.Schema().Lookup("s", "x")
	if got := string(a.Metadata[schema.KeyTypeChanges]); got != `[{"fromType":"integer","toType":"long"}]` || a.Type != schema.Type(schema.Long) {
		t.Errorf("a is %s with %s", a.Type, got)
	}
	if got := string(x.Metadata[schema.KeyTypeChanges]); got != `[{"fromType":"short","toType":"integer","fieldPath":"element"}]` {
		t.Errorf("s.x has %s", got)
	}
	if !tab.Snapshot().Supports("typeWidening") {
		t.Error("the feature is missing")
	}
	if got := all(t, reopen(t, tab), ScanOptions{Columns: []string{"a"}}); !sameRows(got, []string{"a=1;", "a=5000000000;"}) {
		t.Errorf("got %v", got)
	}
	var wrong *schema.MergeError
	if _, err := tryAdd(t, tab, "a DOUBLE", `[{"a": 1.5}]`, merge); !errors.As(err, &wrong) {
		t.Errorf("a BIGINT must not become a DOUBLE unasked: %v", err)
	}
	plain := create(t, "a INT")
	_, err := tryAdd(t, plain, "a BIGINT", `[{"a": 5}]`, merge)
	if !errors.As(err, &wrong) || !strings.Contains(err.Error(), "delta.enableTypeWidening=true") || !strings.Contains(err.Error(), "a is int in the table and bigint in the data") {
		t.Errorf("got %v", err)
	}
}

func TestPartitionColumnsStandInFilesWhereTheTableWantsThem(t *testing.T) {
	for _, props := range []map[string]string{
		{"delta.enableMaterializePartitionColumnsFeature": "true"},
		{"delta.enableIcebergCompatV1": "true", "delta.columnMapping.mode": "name"},
	} {
		tab := createIn(t, newStore(), CreateOptions{Schema: ddl(t, "p STRING, a BIGINT"), PartitionBy: []string{"p"}, Properties: props})
		add(t, tab, "a BIGINT, p STRING", `[{"a": 1, "p": "x"}, {"a": 2, "p": "y"}]`)
		for _, a := range files(t, tab) {
			p, _ := tab.Schema().PhysicalPath(tab.Snapshot().Mapping(), "p")
			if got := footer(t, tab, a.Path); len(got) != 2 || got[1] != p[0] {
				t.Errorf("%v: the file has %v, want %v at the end", props, got, p)
			}
			if !strings.Contains(*a.Stats, `"numRecords":1`) {
				t.Errorf("statistics %s", *a.Stats)
			}
		}
		if got := all(t, reopen(t, tab), ScanOptions{}); !sameRows(got, []string{`p="x";a=1;`, `p="y";a=2;`}) {
			t.Errorf("got %v", got)
		}
	}
}

func TestCreateFurnishesWhatFeaturesNeed(t *testing.T) {
	tab := createIn(t, newStore(), CreateOptions{
		Schema: ddl(t, "a BIGINT, s STRUCT<x: DATE>, z STRING"), ClusterBy: [][]string{{"A"}, {"s", "x"}, {"z"}},
		Properties: map[string]string{
			"delta.columnMapping.mode": "name", "delta.enableRowTracking": "true", "delta.enableInCommitTimestamps": "true",
			"delta.dataSkippingStatsColumns": "s,a,z", "delta.feature.vacuumProtocolCheck": "supported", "mine": "1",
		},
	})
	snap := tab.Snapshot()
	for _, f := range []string{"clustering", "domainMetadata", "rowTracking", "inCommitTimestamp", "columnMapping", "vacuumProtocolCheck", "appendOnly", "invariants"} {
		if !snap.Supports(f) {
			t.Errorf("%s is missing", f)
		}
	}
	paths, _ := snap.ClusteringColumns()
	for i, want := range [][]string{{"a"}, {"s", "x"}, {"z"}} {
		if physical, _ := tab.Schema().PhysicalPath(snap.Mapping(), want...); len(paths) != 3 || !slices.Equal(paths[i], physical) {
			t.Errorf("clustered by %v", paths)
		}
	}
	if ids, versions := snap.Properties().MaterializedRowIDs(); !strings.HasPrefix(ids, "_row-id-col-") || !strings.HasPrefix(versions, "_row-commit-version-col-") {
		t.Errorf("hidden columns %q and %q", ids, versions)
	}
	add(t, tab, "a BIGINT, z STRING", `[{"a": 1, "z": "q"}]`)
	if a := files(t, tab)[0]; a.BaseRowID == nil || !strings.Contains(*a.Stats, `"minValues":{"col-`) {
		t.Errorf("file %+v", a)
	}
	for name, o := range map[string]CreateOptions{
		"clustered and partitioned": {Schema: ddl(t, "a INT, b INT"), ClusterBy: [][]string{{"a"}}, PartitionBy: []string{"b"}},
		"by a column of no order":   {Schema: ddl(t, "a ARRAY<INT>"), ClusterBy: [][]string{{"a"}}},
		"by what is not there":      {Schema: ddl(t, "a INT"), ClusterBy: [][]string{{"b"}}},
		"by a column twice":         {Schema: ddl(t, "a INT"), ClusterBy: [][]string{{"a"}, {"A"}}},
		"without statistics":        {Schema: ddl(t, "a INT, b INT"), ClusterBy: [][]string{{"b"}}, Properties: map[string]string{"delta.dataSkippingNumIndexedCols": "1"}},
	} {
		var e *ClusteringError
		if _, err := Create(t.Context(), newStore(), o, options()...); !errors.As(err, &e) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestAskedProtocolVersionsAreHonoured(t *testing.T) {
	tab := createIn(t, newStore(), CreateOptions{Schema: ddl(t, "a INT"), Properties: map[string]string{"delta.minReaderVersion": "2", "delta.minWriterVersion": "5"}})
	if p := tab.Snapshot().Protocol(); p.MinReaderVersion != 2 || p.MinWriterVersion != 5 || len(tab.Snapshot().Metadata().Configuration) != 0 {
		t.Errorf("protocol %+v, properties %v", p, tab.Snapshot().Metadata().Configuration)
	}
}

func TestAColumnThatAnotherWriterDropsOrRenamesIsNotBroughtBack(t *testing.T) {
	for name, change := range map[string]func(*schema.Struct) *schema.Struct{
		"dropped": func(s *schema.Struct) *schema.Struct { return &schema.Struct{Fields: s.Fields[:1]} },
		"renamed": func(s *schema.Struct) *schema.Struct { s.Fields[1].Name = "z"; return s },
		"a field of one": func(s *schema.Struct) *schema.Struct {
			s.Fields[0].Type.(*schema.Struct).Fields[1].Name = "z"
			return s
		},
	} {
		t.Run(name, func(t *testing.T) {
			tab := createIn(t, newStore(), CreateOptions{Schema: ddl(t, "s STRUCT<x: BIGINT, y: BIGINT>, b BIGINT"), Properties: map[string]string{"delta.columnMapping.mode": "name"}})
			w := begin(t, tab, WriteOptions{MergeSchema: true})
			write(t, w, jsonRows(t, ddl(t, "s STRUCT<x: BIGINT, y: BIGINT>, b BIGINT"), `[{"s": {"x": 1, "y": 2}, "b": 3}]`))
			alter(t, reopen(t, tab), func(m *action.Metadata) {
				s, err := schema.Parse(m.SchemaString)
				if err != nil {
					t.Fatal(err)
				}
				m.SchemaString = change(s).JSON()
			})
			var changed *SchemaChangedError
			if _, err := w.Commit(t.Context(), CommitOptions{}); !errors.As(err, &changed) {
				t.Errorf("error %v, the table has %s", err, reopen(t, tab).Schema().JSON())
			}
		})
	}
}
