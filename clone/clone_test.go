package clone

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/ingestd/ingestd/alter"
	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/objstore/local"
	"github.com/ingestd/ingestd/table"
	"github.com/ingestd/ingestd/table/arrowmap"
	"github.com/ingestd/ingestd/table/arrowtest"
	"github.com/ingestd/ingestd/table/deletionvector"
	"github.com/ingestd/ingestd/txlog"
	"github.com/ingestd/ingestd/txlog/action"
	"github.com/ingestd/ingestd/txlog/schema"
)

func folder(t testing.TB, name string) objstore.Store {
	t.Helper()
	s, err := local.New(filepath.Join(t.TempDir(), name))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func create(t testing.TB, columns string, properties map[string]string, partitionBy ...string) *table.Table {
	t.Helper()
	s, err := schema.ParseDDL(columns)
	if err != nil {
		t.Fatal(err)
	}
	tab, err := table.Create(t.Context(), folder(t, "a source, 100%"), table.CreateOptions{Schema: s, Properties: properties, PartitionBy: partitionBy})
	if err != nil {
		t.Fatal(err)
	}
	return tab
}

func add(t testing.TB, tab *table.Table, columns, rows string) {
	t.Helper()
	s, err := schema.ParseDDL(columns)
	if err != nil {
		t.Fatal(err)
	}
	as, err := arrowmap.ToArrow(s)
	if err != nil {
		t.Fatal(err)
	}
	rec, _, err := array.RecordFromJSON(memory.DefaultAllocator, as, strings.NewReader(rows))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tab.Append(t.Context(), table.Batches(rec), table.AppendOptions{}); err != nil {
		t.Fatal(err)
	}
}

func rows(t testing.TB, tab *table.Table) string {
	t.Helper()
	var out []string
	for rec, err := range tab.Scan(t.Context(), table.ScanOptions{}) {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, arrowtest.Rows(rec)...)
		rec.Release()
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}

func shallow(t testing.TB, source *table.Table) Result {
	t.Helper()
	r, err := Shallow(t.Context(), source, folder(t, "clone"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func open(t testing.TB, store objstore.Store) *table.Table {
	t.Helper()
	tab, err := table.Open(t.Context(), store)
	if err != nil {
		t.Fatal(err)
	}
	return tab
}

func TestACloneReadsTheFilesOfItsSourceAndWritesItsOwn(t *testing.T) {
	source := create(t, "a INT, p STRING", map[string]string{"mine": "x"}, "p")
	add(t, source, "a INT, p STRING", `[{"a":1,"p":"x y/%"},{"a":2,"p":null}]`)
	before := rows(t, source)
	r := shallow(t, source)
	if r.NumFiles != 2 || r.SourceVersion != 1 || r.Version != 0 || r.Size == 0 {
		t.Errorf("%+v", r)
	}
	c := open(t, r.Table.Store())
	if got := rows(t, c); got != before {
		t.Errorf("got %s, want %s", got, before)
	}
	m, of := c.Snapshot().Metadata(), source.Snapshot().Metadata()
	if m.ID == of.ID || m.SchemaString != of.SchemaString || m.Configuration["mine"] != "x" || m.PartitionColumns[0] != "p" {
		t.Errorf("%+v", m)
	}
	info := c.Snapshot().CommitInfo()
	if info.Operation != "CLONE" || string(info.OperationParameters["sourceVersion"]) != "1" || info.OperationMetrics["sourceNumOfFiles"] != "2" {
		t.Errorf("%s %s %v", info.Operation, info.OperationParameters, info.OperationMetrics)
	}
	add(t, c, "a INT, p STRING", `[{"a":3,"p":"z"}]`)
	if got := open(t, source.Store()); got.Version() != 1 || rows(t, got) != before {
		t.Errorf("the source has changed: %s", rows(t, got))
	}
	again := shallow(t, open(t, c.Store()))
	if rows(t, open(t, again.Table.Store())) != rows(t, c) {
		t.Error("a clone of the clone has other rows")
	}
}

func TestACloneIsOfOneVersion(t *testing.T) {
	source := create(t, "a INT", nil)
	add(t, source, "a INT", `[{"a":1}]`)
	then := rows(t, source)
	add(t, source, "a INT", `[{"a":2}]`)
	old, err := source.At(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	r := shallow(t, old)
	add(t, source, "a INT", `[{"a":3}]`)
	if got := rows(t, open(t, r.Table.Store())); got != then || r.SourceVersion != 1 {
		t.Errorf("got %s, want %s", got, then)
	}
}

func TestThereMustBeNoTableYet(t *testing.T) {
	source := create(t, "a INT", nil)
	r := shallow(t, source)
	var e *table.ExistsError
	if _, err := Shallow(t.Context(), source, r.Table.Store(), Options{}); !errors.As(err, &e) {
		t.Errorf("%v", err)
	}
	if _, err := Shallow(t.Context(), source, source.Store(), Options{}); err == nil {
		t.Error("a table was cloned to itself")
	}
}

func TestProgressRowIDsAndProtectionStayWithTheSource(t *testing.T) {
	source := create(t, "a INT, b INT", nil)
	add(t, source, "a INT", `[{"a":1}]`)
	if _, err := alter.SetProperties(t.Context(), source, map[string]string{"delta.enableRowTracking": "true", "delta.enableInCommitTimestamps": "true"}); err != nil {
		t.Fatal(err)
	}
	if _, err := alter.ClusterBy(t.Context(), source, alter.Path{"a"}); err != nil {
		t.Fatal(err)
	}
	if _, err := alter.AddFeature(t.Context(), source, "vacuumProtocolCheck"); err != nil {
		t.Fatal(err)
	}
	if _, err := alter.DropFeature(t.Context(), source, "vacuumProtocolCheck"); err != nil {
		t.Fatal(err)
	}
	tx, err := source.Begin(source.Snapshot(), txlog.Operation{Name: "STREAMING UPDATE"})
	if err != nil {
		t.Fatal(err)
	}
	tx.Stage(&action.Txn{AppID: "query/topic/0", Version: 7}, &action.DomainMetadata{Domain: "mine", Configuration: "1"})
	if _, err := source.CommitTransaction(t.Context(), tx); err != nil {
		t.Fatal(err)
	}
	s := open(t, shallow(t, source).Table.Store()).Snapshot()
	if _, ok := s.Txn("query/topic/0"); ok {
		t.Error("a stream to the clone would take the source's progress for its own")
	}
	if _, ok := s.Domain("mine"); ok || s.Supports("checkpointProtection") {
		t.Error("domain or protection was copied")
	}
	if by, err := alter.ClusteringColumns(s); err != nil || len(by) != 1 {
		t.Errorf("clustered by %v, %v", by, err)
	}
	of := source.Snapshot().Properties().All()
	got := s.Properties().All()
	if !s.RowTrackingEnabled() || got[txlog.PropRowIDColumn] == of[txlog.PropRowIDColumn] || got[txlog.PropInCommitEnabledVersion] != "" {
		t.Errorf("%v", got)
	}
	for a := range s.Files(t.Context()) {
		if a.BaseRowID == nil || *a.BaseRowID != 0 || *a.DefaultRowCommitVersion != 0 {
			t.Errorf("%v %v", a.BaseRowID, a.DefaultRowCommitVersion)
		}
	}
}

func TestDeletedRowsStayDeletedInTheClone(t *testing.T) {
	source := create(t, "a INT", map[string]string{"delta.enableDeletionVectors": "true"})
	const n = 4000
	all, odd := make([]string, n), deletionvector.New() // a vector so large that it gets a file
	for i := range all {
		all[i] = fmt.Sprintf(`{"a":%d}`, i)
		if i%2 == 1 {
			odd.Add(uint64(i))
		}
	}
	add(t, source, "a INT", "["+strings.Join(all, ",")+"]")
	for a := range source.Snapshot().Files(t.Context()) {
		vectors, _, err := deletionvector.WriteBelow(t.Context(), source.Store(), "a%b", source.NewID, odd)
		if err != nil {
			t.Fatal(err)
		}
		with := *a
		with.DeletionVector = vectors[0]
		with.Stats = new(`{"numRecords":4000,"tightBounds":false}`)
		tx, err := source.Begin(source.Snapshot(), txlog.Operation{Name: "DELETE"})
		if err != nil {
			t.Fatal(err)
		}
		tx.Stage(&action.Remove{Path: a.Path, DataChange: true, DeletionTimestamp: new(int64(1))}, &with)
		if _, err := source.CommitTransaction(t.Context(), tx); err != nil {
			t.Fatal(err)
		}
	}
	before := rows(t, source)
	if got := strings.Count(before, "a="); got != n/2 {
		t.Fatalf("%d rows are left", got)
	}
	c := open(t, shallow(t, source).Table.Store())
	if got := rows(t, c); got != before {
		t.Error("other rows are left in the clone")
	}
	for a := range c.Snapshot().Files(t.Context()) {
		if d := a.DeletionVector; d == nil || d.StorageType != "p" || !strings.HasPrefix(d.PathOrInlineDv, "file:/") || strings.Contains(d.PathOrInlineDv, " ") {
			t.Errorf("%+v", d)
		}
	}
}

func TestURLsOfSources(t *testing.T) {
	for in, want := range map[string]string{
		"file:///a/b%20c": "file:/a/b%20c/", "s3://bucket/a b/100%/": "s3://bucket/a%20b/100%25/", "s3://bucket": "s3://bucket/",
	} {
		if got := rootURL(in); got != want {
			t.Errorf("%s: got %s, want %s", in, got, want)
		}
	}
}
