package merge_test

import (
	"encoding/json"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/objstore/mem"
	"github.com/ingestd/ingestd/table"
	"github.com/ingestd/ingestd/table/arrowtest"
	"github.com/ingestd/ingestd/txlog"
	"github.com/ingestd/ingestd/txlog/action"
	"github.com/ingestd/ingestd/txlog/schema"
)

// changed are the rows that a version's change data feed tells, by type: of the change data files and nothing else where there are any, else
// by the files that were added and removed, and how their deletion vectors differ.
func changed(t tester, tab *table.Table, version int64) map[table.ChangeType][]string {
	t.Helper()
	after := at(t, tab, version)
	var cdc []*action.CDC
	var gone, come []string
	for c, err := range tab.Log().Commits(t.Context(), version, version) {
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range c.Actions {
			switch a := a.(type) {
			case *action.CDC:
				cdc = append(cdc, a)
			case *action.Add:
				come = append(come, fileRows(t, after, a)...)
			case *action.Remove:
				gone = append(gone, fileRows(t, after, &action.Add{Path: a.Path, PartitionValues: a.PartitionValues, DeletionVector: a.DeletionVector})...)
			}
		}
	}
	if len(cdc) > 0 {
		return changeData(t, after, cdc)
	}
	return map[table.ChangeType][]string{table.ChangeDelete: minus(gone, come), table.ChangeInsert: minus(come, gone)}
}

func at(t tester, tab *table.Table, version int64) *table.Table {
	t.Helper()
	old, err := tab.At(t.Context(), version)
	if err != nil {
		t.Fatal(err)
	}
	return old
}

func fileRows(t tester, tab *table.Table, f *action.Add) []string {
	t.Helper()
	var out []string
	for rows, err := range tab.ScanFile(t.Context(), tab.Snapshot(), f, table.ScanOptions{}) {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, arrowtest.Rows(rows.Rec)...)
		rows.Release()
	}
	return out
}

// minus is a without b, each row as often as there are more of it.
func minus(a, b []string) []string {
	n := map[string]int{}
	for _, r := range b {
		n[r]++
	}
	var out []string
	for _, r := range a {
		if n[r] > 0 {
			n[r]--
			continue
		}
		out = append(out, r)
	}
	return out
}

// changeData reads change data files, by making a table of them.
func changeData(t tester, tab *table.Table, files []*action.CDC) map[table.ChangeType][]string {
	t.Helper()
	const column = "_change_type"
	meta := *tab.Snapshot().Metadata()
	meta.Configuration = maps.Clone(meta.Configuration)
	delete(meta.Configuration, "delta.enableChangeDataFeed") // reserves the name of the column
	kind := schema.Field{Name: column, Type: schema.String, Nullable: true}
	if tab.Snapshot().Mapping() != schema.MappingNone {
		kind = kind.With(schema.KeyPhysicalName, json.RawMessage(`"_change_type"`)).With(schema.KeyFieldID, json.RawMessage("9999"))
		meta.Configuration[txlog.PropMappingMaxID], meta.Configuration[txlog.PropMappingMode] = "9999", "name"
	}
	meta.SchemaString = (&schema.Struct{Fields: append([]schema.Field{kind}, tab.Schema().Fields...)}).JSON()
	store := mem.New()
	tx := txlog.New(store, txlog.Options{}).Create(t.Context(), txlog.Operation{Name: "CREATE TABLE"})
	tx.Stage(tab.Snapshot().Protocol(), &meta)
	for _, f := range files {
		key, _ := url.PathUnescape(f.Path)
		data, _, err := objstore.ReadAll(t.Context(), tab.Store(), key)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := store.Put(t.Context(), key, objstore.Bytes(data), objstore.Cond{}); err != nil {
			t.Fatal(err)
		}
		tx.Stage(&action.Add{Path: f.Path, PartitionValues: f.PartitionValues, Size: f.Size, DataChange: true, Stats: new(`{"numRecords":1}`)})
	}
	if _, err := tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	out := map[table.ChangeType][]string{}
	for _, row := range rowsOf(t, open(t, store)) {
		kind, rest, _ := strings.Cut(strings.TrimPrefix(row, column+`="`), `";`)
		out[table.ChangeType(kind)] = append(out[table.ChangeType(kind)], rest)
	}
	return out
}

// replays says that the feed of each version is the difference to the one before.
func replays(t tester, tab *table.Table, from int64) {
	t.Helper()
	tab = open(t, tab.Store())
	for v := from; v <= tab.Version(); v++ {
		before, after, feed := rowsOf(t, at(t, tab, v-1)), rowsOf(t, at(t, tab, v)), changed(t, tab, v)
		come := append(slices.Clone(feed[table.ChangeInsert]), feed[table.ChangePostimage]...)
		gone := append(slices.Clone(feed[table.ChangeDelete]), feed[table.ChangePreimage]...)
		got := minus(append(before, come...), gone)
		slices.Sort(got)
		if !slices.Equal(got, after) {
			t.Fatalf("version %d: the feed is %q\nand the rows are %q", v, feed, after)
		}
	}
}

func TestTheChangeDataFeedTellsOfEachClause(t *testing.T) {
	forBoth(t, func(t *testing.T, props map[string]string) {
		p := map[string]string{"delta.enableChangeDataFeed": "true"}
		maps.Copy(p, props)
		tab := create(t, "id BIGINT, v STRING", p)
		insert(t, tab, of("id, v", "(1::BIGINT, 'a'), (2, 'b'), (3, 'c'), (4, 'd'), (5, 'e')"))
		mustRun(t, tab, of("id, v", "(1::BIGINT, 'x'), (2, 'y'), (3, 'z'), (9, 'n')"), statement(t, "t.id = s.id", "MATCHED AND s.id = 1 THEN DELETE",
			"MATCHED AND s.id = 2 THEN UPDATE SET *", "NOT MATCHED THEN INSERT *",
			"NOT MATCHED BY SOURCE AND id = 4 THEN DELETE", "NOT MATCHED BY SOURCE THEN UPDATE SET v = 'E'"))
		want := map[table.ChangeType][]string{
			table.ChangeDelete:    {`id=1;v="a";`, `id=4;v="d";`},
			table.ChangePreimage:  {`id=2;v="b";`, `id=5;v="e";`},
			table.ChangePostimage: {`id=2;v="y";`, `id=5;v="E";`},
			table.ChangeInsert:    {`id=9;v="n";`},
		}
		if got := changed(t, tab, 2); !maps.EqualFunc(got, want, slices.Equal) {
			t.Fatalf("%q", got)
		}
		// inserts alone need no files of their own
		r := mustRun(t, tab, of("id, v", "(2::BIGINT, 'x'), (10, 'n')"), statement(t, "t.id = s.id", upsertInsert))
		if got := changed(t, tab, 3); r.ChangeFilesAdded != 0 || !slices.Equal(got[table.ChangeInsert], []string{`id=10;v="n";`}) || len(got[table.ChangeDelete]) > 0 {
			t.Fatalf("%d files, %q", r.ChangeFilesAdded, got)
		}
		replays(t, tab, 1)
	})
}
