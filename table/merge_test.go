package table

import (
	"errors"
	"strings"
	"testing"

	"github.com/ingestd/ingestd/txlog"
	"github.com/ingestd/ingestd/txlog/action"
)

var merging = AppendOptions{WriteOptions: WriteOptions{MergeSchema: true}}

func TestMergeSchemaAddsColumnsInTheSameCommit(t *testing.T) {
	tab := create(t, "id BIGINT, s STRUCT<a: INT>, p INT", "p")
	add(t, tab, "id BIGINT, s STRUCT<a: INT>, p INT", `[{"id":1,"s":{"a":10},"p":1}]`)
	c, err := tryAdd(t, tab, "ID INT, s STRUCT<b: STRING, a: INT>, p INT, extra DOUBLE", `[{"ID":2,"s":{"a":20,"b":"x"},"p":1,"extra":0.5}]`, merging)
	if err != nil || c.Version != 2 {
		t.Fatalf("%+v, %v", c, err)
	}
	for _, at := range []*Table{tab, reopen(t, tab)} {
		if got, want := at.Schema().DDL(), ddl(t, "id BIGINT, s STRUCT<a: INT, b: STRING>, p INT, extra DOUBLE").DDL(); got != want {
			t.Errorf("schema %s, want %s", got, want)
		}
		expectRows(t, at, ScanOptions{}, "id=1;s={10,null,};p=1;extra=null;", `id=2;s={20,"x",};p=1;extra=3fe0000000000000;`)
	}
	before, err := tab.At(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	expectRows(t, before, ScanOptions{}, "id=1;s={10,};p=1;")
}

func TestMergeSchemaAcrossTheBatchesOfOneWrite(t *testing.T) {
	tab := create(t, "id BIGINT")
	w := begin(t, tab, merging.WriteOptions)
	write(t, w, jsonRows(t, ddl(t, "id BIGINT"), `[{"id":1}]`))
	write(t, w, jsonRows(t, ddl(t, "id BIGINT, a STRING"), `[{"id":2,"a":"x"}]`))
	write(t, w, jsonRows(t, ddl(t, "id BIGINT"), `[{"id":3}]`))
	write(t, w, jsonRows(t, ddl(t, "b INT, id BIGINT"), `[{"id":4,"b":7}]`))
	commit(t, w)
	expectRows(t, reopen(t, tab), ScanOptions{}, "id=1;a=null;b=null;", `id=2;a="x";b=null;`, "id=3;a=null;b=null;", "id=4;a=null;b=7;")
}

func TestMergeSchemaRaisesTheProtocolWhereATypeNeedsIt(t *testing.T) {
	tab := create(t, "id BIGINT")
	if _, err := tryAdd(t, tab, "id BIGINT, t TIMESTAMP_NTZ", `[{"id":1,"t":"2026-01-01T00:00:00"}]`, merging); err != nil {
		t.Fatal(err)
	}
	if p := reopen(t, tab).Snapshot().Protocol(); p.MinReaderVersion != 3 || p.MinWriterVersion != 7 {
		t.Errorf("protocol %+v", p)
	}
}

func TestAnAppendOutlivesASchemaChangeThatFits(t *testing.T) {
	for name, c := range map[string]struct {
		theirs string // columns that another writer adds
		row    string // its row
		mine   string
		merge  bool
		rows   []string
	}{
		"they add a column, I add none": {"id BIGINT, b INT", `[{"id":1,"b":2}]`, "id BIGINT", false, []string{"id=1;b=2;", "id=9;b=null;"}},
		"both add the same":             {"id BIGINT, b INT", `[{"id":1,"b":2}]`, "id BIGINT, b INT", true, []string{"id=1;b=2;", "id=9;b=8;"}},
		"both add another":              {"id BIGINT, b INT", `[{"id":1,"b":2}]`, "id BIGINT, c INT", true, []string{"id=1;b=2;c=null;", "id=9;b=null;c=8;"}},
		"they add a wider one":          {"id BIGINT, c BIGINT", `[{"id":1,"c":3}]`, "id BIGINT, c INT", true, nil},
		"they spell it otherwise":       {"id BIGINT, C INT", `[{"id":1,"C":3}]`, "id BIGINT, c INT", true, nil},
		"they add one of another type":  {"id BIGINT, c STRING", `[{"id":1,"c":"3"}]`, "id BIGINT, c INT", true, nil},
	} {
		t.Run(name, func(t *testing.T) {
			tab := create(t, "id BIGINT")
			w := begin(t, tab, WriteOptions{MergeSchema: c.merge})
			write(t, w, jsonRows(t, ddl(t, c.mine), `[{"id":9,"b":8,"c":8}]`))
			if _, err := tryAdd(t, reopen(t, tab), c.theirs, c.row, merging); err != nil {
				t.Fatal(err)
			}
			_, err := w.Commit(t.Context(), CommitOptions{})
			if c.rows == nil {
				var changed *SchemaChangedError
				if !errors.As(err, &changed) || !changed.Retryable() || !strings.Contains(changed.Err.Error(), "column c is") {
					t.Errorf("error %v", err)
				}
				if n := len(dataFiles(t, tab)); n != 1 {
					t.Errorf("%d files, want that of the other writer alone", n)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			expectRows(t, reopen(t, tab), ScanOptions{}, c.rows...)
		})
	}
}

func TestWithoutMergeSchemaNewColumnsAreRefused(t *testing.T) {
	tab := create(t, "id BIGINT")
	_, err := tryAdd(t, tab, "id BIGINT, s STRUCT<a: INT>", `[{"id":1,"s":{"a":1}}]`, AppendOptions{})
	if err == nil || !strings.Contains(err.Error(), "s STRUCT<A:INT>") && !strings.Contains(err.Error(), "STRUCT") || !strings.Contains(err.Error(), "merge_schema") {
		t.Errorf("%v", err)
	}
}

// alter commits a change of the metadata, as ALTER TABLE does.
func alter(t *testing.T, tab *Table, change func(*action.Metadata)) {
	t.Helper()
	meta := *tab.Snapshot().Metadata()
	change(&meta)
	tx := tab.Snapshot().Begin(txlog.Operation{Name: "ALTER TABLE"})
	tx.Stage(&meta)
	if _, err := tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestAnAppendMeetsOtherChangesOfTheTable(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*action.Metadata)
		ok     bool
	}{
		"a property":            {func(m *action.Metadata) { m.Configuration = map[string]string{"mine": "x"} }, true},
		"a column NOT NULL":     {func(m *action.Metadata) { m.SchemaString = ddl(t, "id BIGINT NOT NULL, p BIGINT").JSON() }, false},
		"a new column NOT NULL": {func(m *action.Metadata) { m.SchemaString = ddl(t, "id BIGINT, p BIGINT, q INT NOT NULL").JSON() }, false},
		"a column dropped":      {func(m *action.Metadata) { m.SchemaString = ddl(t, "id BIGINT").JSON() }, false},
		"a comment":             {func(m *action.Metadata) { m.SchemaString = ddl(t, "id BIGINT COMMENT 'x', p BIGINT").JSON() }, true},
		"partitioning":          {func(m *action.Metadata) { m.PartitionColumns = []string{"p"} }, false},
		"another table":         {func(m *action.Metadata) { m.ID, m.SchemaString = "other", ddl(t, "id BIGINT, p BIGINT, z INT").JSON() }, false},
	} {
		t.Run(name, func(t *testing.T) {
			tab := create(t, "id BIGINT, p BIGINT")
			w := begin(t, tab, WriteOptions{})
			write(t, w, numbers(0, 3, 1))
			alter(t, reopen(t, tab), c.change)
			_, err := w.Commit(t.Context(), CommitOptions{})
			var changed *SchemaChangedError
			if c.ok != (err == nil) || !c.ok && !errors.As(err, &changed) {
				t.Fatalf("error %v", err)
			}
			if files := len(dataFiles(t, tab)); c.ok != (files == 1) {
				t.Errorf("%d files", files)
			}
			if c.ok && countRows(t, reopen(t, tab)) != 3 {
				t.Error("rows are missing")
			}
		})
	}
}
