package dml

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/objstore/mem"
	"github.com/ingestd/ingestd/table"
	"github.com/ingestd/ingestd/txlog"
	"github.com/ingestd/ingestd/txlog/action"
	"github.com/ingestd/ingestd/txlog/schema"
)

// changes are the changes that a version tells, as a reader of the feed finds them: the change data files and nothing
// else where there are any; else the rows of added and removed files, by how their deletion vectors differ.
func changes(t tester, tab *table.Table, version int64) (gone, come []string) {
	t.Helper()
	after := at(t, tab, version)
	var cdc []*action.CDC
	var adds, removes []*action.Add
	for c, err := range tab.Log().Commits(t.Context(), version, version) {
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range c.Actions {
			switch a := a.(type) {
			case *action.CDC:
				cdc = append(cdc, a)
			case *action.Add:
				if a.DataChange {
					adds = append(adds, a)
				}
			case *action.Remove:
				if a.DataChange {
					removes = append(removes, &action.Add{Path: a.Path, PartitionValues: a.PartitionValues, DeletionVector: a.DeletionVector})
				}
			}
		}
	}
	if len(cdc) > 0 {
		gone, come = changeData(t, after, cdc)
	} else {
		for _, f := range removes {
			gone = append(gone, fileRows(t, after, f)...)
		}
		for _, f := range adds {
			come = append(come, fileRows(t, after, f)...)
		}
		gone, come = minus(gone, come), minus(come, gone)
	}
	slices.Sort(gone)
	slices.Sort(come)
	return gone, come
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
	for rows, err := range tab.ScanFile(t.Context(), tab.Snapshot(), f, table.ScanOptions{Columns: []string{"id", "part", "val", "txt"}}) {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, lines(rows.Rec)...)
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

// replays says that the feed of each version is the difference to the one before.
func replays(t tester, tab *table.Table, from int64) {
	t.Helper()
	tab = open(t, tab.Store())
	for v := from; v <= tab.Version(); v++ {
		before := texts2(t, at(t, tab, v-1).Scan(t.Context(), table.ScanOptions{Columns: []string{"id", "part", "val", "txt"}}))
		after := texts2(t, at(t, tab, v).Scan(t.Context(), table.ScanOptions{Columns: []string{"id", "part", "val", "txt"}}))
		gone, come := changes(t, tab, v)
		if got := minus(append(slices.Clone(before), come...), gone); !sameRows(got, after) {
			t.Fatalf("version %d: gone %q, come %q\nbefore %q\nafter  %q", v, gone, come, before, after)
		}
	}
}

func sameRows(a, b []string) bool {
	slices.Sort(a)
	slices.Sort(b)
	return slices.Equal(a, b)
}

func TestTheFeedTellsWhatChanged(t *testing.T) {
	for _, props := range []map[string]string{{}, vectors} {
		for _, by := range [][]string{nil, {"part"}} {
			t.Run(fmt.Sprint(props, by), func(t *testing.T) {
				p := map[string]string{"delta.enableChangeDataFeed": "true"}
				for k, v := range props {
					p[k] = v
				}
				tab := create(t, p, by...)
				add(t, tab, rowsFrom(0, 60)...)
				r, err := Delete(t.Context(), tab, modulo("id", 10, 1), plain())
				must(t, "DELETE", r, err)
				if (r.ChangeFiles > 0) != (len(props) == 0) {
					t.Fatalf("%d files of change data", r.ChangeFiles)
				}
				r, err = Update(t.Context(), tab, engine{}, []Assignment{{"part", "'b'"}, {"val", "val + 1"}}, modulo("id", 10, 2), plain())
				must(t, "UPDATE", r, err)
				if r.ChangeFiles == 0 {
					t.Fatal("no change data")
				}
				overwriting(t, tab, OverwriteOptions{ReplaceWhere: below("id", 7)}, row{ID: 3, Part: "new"})
				r, err = Delete(t.Context(), tab, equals("part", "b"), plain())
				must(t, "DELETE", r, err)
				overwriting(t, tab, OverwriteOptions{}, rowsFrom(5, 5)...)
				replays(t, tab, 2)
			})
		}
	}
}

func TestTheFeedOfALoserIsRight(t *testing.T) {
	tab := create(t, map[string]string{"delta.enableChangeDataFeed": "true", "delta.enableDeletionVectors": "true"})
	add(t, tab, rowsFrom(0, 60)...)
	mine := overtake(t, tab.Store(), deletes(t, tab.Store(), modulo("id", 10, 2)))
	r, err := Update(t.Context(), mine, engine{}, []Assignment{{"val", "val + 1"}}, modulo("id", 10, 3), plain())
	must(t, "UPDATE", r, err)
	if r.Tries != 1 {
		t.Fatalf("%d tries", r.Tries)
	}
	replays(t, tab, 2)
}

// changeData reads change data files: rows that they say are gone, and that have come. It makes a table of them.
func changeData(t tester, tab *table.Table, files []*action.CDC) (gone, come []string) {
	t.Helper()
	meta := *tab.Snapshot().Metadata()
	kind := schema.Field{Name: "_change_type", Type: schema.String, Nullable: true}
	if tab.Snapshot().Mapping() != schema.MappingNone {
		kind = kind.With(schema.KeyPhysicalName, json.RawMessage(`"_change_type"`)).With(schema.KeyFieldID, json.RawMessage("9999"))
	}
	meta.Configuration = maps.Clone(meta.Configuration)
	delete(meta.Configuration, "delta.enableChangeDataFeed") // reserves the name of the column
	if tab.Snapshot().Mapping() != schema.MappingNone {
		meta.Configuration[txlog.PropMappingMaxID] = "9999"
		meta.Configuration[txlog.PropMappingMode] = "name" // the column has no id in files
	}
	meta.SchemaString = (&schema.Struct{Fields: append(slices.Clone(tab.Schema().Fields), kind)}).JSON()
	store := mem.New()
	log := txlog.New(store, txlog.Options{})
	tx := log.Create(t.Context(), txlog.Operation{Name: "CREATE TABLE"})
	tx.Stage(tab.Snapshot().Protocol(), &meta)
	for _, f := range files {
		if !strings.HasPrefix(f.Path, "_change_data/") || f.DataChange {
			t.Fatalf("change data in %s", f.Path)
		}
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
	for _, line := range texts2(t, open(t, store).Scan(t.Context(), table.ScanOptions{Columns: []string{"_change_type", "id", "part", "val", "txt"}})) {
		kind, rest, _ := strings.Cut(line, " ")
		switch table.ChangeType(kind) {
		case table.ChangeDelete, table.ChangePreimage:
			gone = append(gone, rest)
		case table.ChangeInsert, table.ChangePostimage:
			come = append(come, rest)
		default:
			t.Fatalf("a change of type %q", kind)
		}
	}
	return gone, come
}
