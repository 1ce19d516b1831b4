package restore

import (
	"errors"
	"fmt"
	"math/rand"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/ingestd/ingestd/alter"
	"github.com/ingestd/ingestd/objstore/mem"
	"github.com/ingestd/ingestd/table"
	"github.com/ingestd/ingestd/table/arrowmap"
	"github.com/ingestd/ingestd/table/arrowtest"
	"github.com/ingestd/ingestd/txlog"
	"github.com/ingestd/ingestd/txlog/action"
	"github.com/ingestd/ingestd/txlog/schema"
)

var (
	ids   atomic.Int64
	ticks atomic.Int64
)

func options() []table.Option {
	start := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	now := func() time.Time { return start.Add(time.Duration(ticks.Add(1)) * time.Millisecond) }
	return []table.Option{
		table.WithLogOptions(txlog.Options{Now: now, Rand: rand.New(rand.NewSource(1))}),
		table.WithIDs(func() string { return fmt.Sprintf("00000000-0000-4000-8000-%012d", ids.Add(1)) }),
	}
}

func create(t testing.TB, columns string, properties map[string]string) *table.Table {
	t.Helper()
	s, err := schema.ParseDDL(columns)
	if err != nil {
		t.Fatal(err)
	}
	tab, err := table.Create(t.Context(), mem.New(), table.CreateOptions{Schema: s, Properties: properties}, options()...)
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

func reopen(t testing.TB, tab *table.Table) *table.Table {
	t.Helper()
	out, err := table.Open(t.Context(), tab.Store(), options()...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func to(t testing.TB, tab *table.Table, version int64) Result {
	t.Helper()
	r, err := Restore(t.Context(), tab, Options{Version: &version})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func field(t testing.TB, ddl string) schema.Field {
	t.Helper()
	s, err := schema.ParseDDL(ddl)
	if err != nil {
		t.Fatal(err)
	}
	return s.Fields[0]
}

func TestAnOlderVersionComesBackWholeAndSoDoesTheNewer(t *testing.T) {
	tab := create(t, "a INT", map[string]string{"mine": "old"})
	add(t, tab, "a INT", `[{"a":1}]`) // 1
	old := rows(t, tab)
	add(t, tab, "a INT", `[{"a":2}]`)                                                                        // 2
	if _, err := alter.AddColumns(t.Context(), tab, alter.NewColumn{Field: field(t, "b INT")}); err != nil { // 3
		t.Fatal(err)
	}
	if _, err := alter.SetProperties(t.Context(), tab, map[string]string{"mine": "new"}); err != nil { // 4
		t.Fatal(err)
	}
	newer := rows(t, tab)
	r := to(t, tab, 1)
	if r.Version != 5 || !r.Changed || r.NumFilesAfter != 1 || r.NumRemovedFiles != 1 || r.NumRestored != 0 || r.TableSizeAfter == 0 {
		t.Errorf("%+v", r)
	}
	back := reopen(t, tab)
	if rows(t, back) != old || len(back.Schema().Fields) != 1 || back.Snapshot().Properties().All()["mine"] != "old" {
		t.Errorf("%s, %s, %v", rows(t, back), back.Schema(), back.Snapshot().Properties().All())
	}
	info := back.Snapshot().CommitInfo()
	if info.Operation != "RESTORE" || info.OperationMetrics["numRemovedFiles"] != "1" || string(info.OperationParameters["timestamp"]) != "null" {
		t.Errorf("%s %s %v", info.Operation, info.OperationParameters, info.OperationMetrics)
	}
	r = to(t, tab, 4)
	if r.NumRestored != 1 || r.RestoredSize == 0 || rows(t, reopen(t, tab)) != newer {
		t.Errorf("%+v %s", r, rows(t, tab))
	}
	if r := to(t, tab, 6); r.Changed || r.Version != 6 {
		t.Errorf("it was there already: %+v", r)
	}
}

func TestAMomentIsAVersion(t *testing.T) {
	tab := create(t, "a INT", map[string]string{"delta.enableInCommitTimestamps": "true"})
	add(t, tab, "a INT", `[{"a":1}]`)
	then := tab.Snapshot().Timestamp()
	add(t, tab, "a INT", `[{"a":2}]`)
	r, err := Restore(t.Context(), tab, Options{Time: &then})
	if err != nil || r.Restored != 1 {
		t.Errorf("%+v, %v", r, err)
	}
	if _, err := Restore(t.Context(), tab, Options{}); err == nil {
		t.Error("neither version nor time")
	}
	version := int64(99)
	var e *txlog.VersionNotFoundError
	if _, err := Restore(t.Context(), tab, Options{Version: &version}); !errors.As(err, &e) {
		t.Errorf("%v", err)
	}
}

func TestMissingFilesAreNamedAndMayBeIgnored(t *testing.T) {
	tab := create(t, "a INT", nil)
	add(t, tab, "a INT", `[{"a":1}]`)
	first := rows(t, tab)
	add(t, tab, "a INT", `[{"a":2}]`)
	var paths []string
	for a := range tab.Snapshot().Files(t.Context()) {
		paths = append(paths, a.Path)
	}
	to(t, tab, 0)
	before := reopen(t, tab)
	old, err := tab.At(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	for a := range old.Snapshot().Files(t.Context()) {
		paths = slices.DeleteFunc(paths, func(p string) bool { return p == a.Path })
	}
	if err := tab.Store().Delete(t.Context(), paths...); err != nil {
		t.Fatal(err)
	}
	version := int64(2)
	_, err = Restore(t.Context(), tab, Options{Version: &version})
	var e *MissingFilesError
	if !errors.As(err, &e) || len(e.Paths) != 1 || e.Paths[0] != paths[0] || reopen(t, tab).Version() != before.Version() {
		t.Errorf("%v", err)
	}
	r, err := Restore(t.Context(), tab, Options{Version: &version, IgnoreMissing: true})
	if err != nil || len(r.Missing) != 1 || r.NumFilesAfter != 1 || rows(t, reopen(t, tab)) != first {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestWhatOnlyGoesUpStaysUp(t *testing.T) {
	tab := create(t, "a INT", nil)
	add(t, tab, "a INT", `[{"a":1}]`)
	if _, err := alter.SetProperties(t.Context(), tab, map[string]string{"delta.enableDeletionVectors": "true", "delta.enableRowTracking": "true"}); err != nil {
		t.Fatal(err)
	}
	add(t, tab, "a INT", `[{"a":2}]`)
	mark, _ := tab.Snapshot().Domain(rowTrackingDomain)
	to(t, tab, 1)
	tab = reopen(t, tab)
	if !tab.Snapshot().Supports("deletionVectors") || tab.Snapshot().DeletionVectorsEnabled() {
		t.Error("the protocol stays, the property goes")
	}
	if got, _ := tab.Snapshot().Domain(rowTrackingDomain); got != mark {
		t.Errorf("row ids could be given twice: %s, was %s", got, mark)
	}
	version := int64(1)
	if _, err := Restore(t.Context(), tab, Options{Version: &version, DowngradeProtocol: true}); err != nil {
		t.Fatal(err)
	}
	if tab.Snapshot().Supports("deletionVectors") {
		t.Error("it was asked to go")
	}
}

func TestIdentityMarksOnlyGoOn(t *testing.T) {
	at := func(mark string) *schema.Struct {
		s, err := schema.Parse(`{"type":"struct","fields":[{"name":"id","type":"long","nullable":true,"metadata":{"delta.identity.start":1,"delta.identity.step":1` + mark + `}},{"name":"b","type":"long","nullable":true,"metadata":{}}]}`)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	for _, c := range []struct{ old, latest, want string }{
		{`,"delta.identity.highWaterMark":3`, `,"delta.identity.highWaterMark":9`, "9"}, {``, `,"delta.identity.highWaterMark":9`, "9"},
		{`,"delta.identity.highWaterMark":3`, ``, "3"}, {`,"delta.identity.highWaterMark":3`, `,"delta.identity.highWaterMark":2`, "3"},
	} {
		if got := string(keepMarks(at(c.old), at(c.latest)).Fields[0].Metadata[keyMark]); got != c.want {
			t.Errorf("%s, %s: got %s, want %s", c.old, c.latest, got, c.want)
		}
	}
}

func TestTheMarkOfAnIdentityColumnThatWasRenamedStays(t *testing.T) {
	tab := create(t, "id BIGINT GENERATED ALWAYS AS IDENTITY, b BIGINT", map[string]string{"delta.columnMapping.mode": "name"})
	add(t, tab, "b BIGINT", `[{"b":1}]`)
	if _, err := alter.RenameColumn(t.Context(), tab, alter.Path{"id"}, "pk"); err != nil {
		t.Fatal(err)
	}
	add(t, tab, "b BIGINT", `[{"b":2},{"b":3}]`)
	to(t, tab, 1)
	add(t, tab, "b BIGINT", `[{"b":4}]`)
	if got := rows(t, tab); !strings.Contains(got, "id=4;b=4;") {
		t.Errorf("a value was given twice: %s", got)
	}
}

func TestAFileThatIsSpelledInTwoWaysIsOne(t *testing.T) {
	path := func(p string) string { return key(&action.Add{Path: p}) }
	if path("p=a%3Ab/f") != path("p=a:b/f") || path("file:///t/f") != path("file:/t/f") || path("a%2Fb") == path("a%252Fb") {
		t.Error("the spelling of a path is taken for the file")
	}
}

func TestRowIDsComeBackWithTheVersionThatPromisesThem(t *testing.T) {
	tab := create(t, "a BIGINT", map[string]string{"delta.enableRowTracking": "true"})
	add(t, tab, "a BIGINT", `[{"a":1},{"a":2}]`)
	add(t, tab, "a BIGINT", `[{"a":3}]`)
	before := rowIDs(t, tab)
	if _, err := alter.DropFeature(t.Context(), tab, "rowTracking"); err != nil {
		t.Fatal(err)
	}
	add(t, tab, "a BIGINT", `[{"a":4}]`)
	if r := to(t, tab, 2); r.NumRestored != 0 || r.NumRemovedFiles != 1 {
		t.Errorf("%+v", r)
	}
	tab = reopen(t, tab)
	if !tab.Snapshot().RowTrackingEnabled() {
		t.Fatal("rows are not tracked")
	}
	if got := rowIDs(t, tab); got != before {
		t.Errorf("got %s, want %s", got, before)
	}
	add(t, tab, "a BIGINT", `[{"a":5}]`)
	if got := rowIDs(t, tab); got != before+" 3" {
		t.Errorf("a new row has an id of another: %s", got)
	}
}

// rowIDs are the base row ids of the files, in order.
func rowIDs(t testing.TB, tab *table.Table) string {
	t.Helper()
	var out []string
	for a, err := range tab.Snapshot().Files(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if a.BaseRowID == nil {
			t.Fatalf("%s has no row ids", a.Path)
		}
		out = append(out, fmt.Sprint(*a.BaseRowID))
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}

func TestDomainsComeBack(t *testing.T) {
	tab := create(t, "a INT, b INT", map[string]string{"delta.feature.domainMetadata": "supported"})
	set := func(d ...action.Action) {
		tx, err := tab.Begin(tab.Snapshot(), txlog.Operation{Name: "Manual Update"})
		if err != nil {
			t.Fatal(err)
		}
		tx.Stage(d...)
		if _, err := tab.CommitTransaction(t.Context(), tx); err != nil {
			t.Fatal(err)
		}
	}
	set(&action.DomainMetadata{Domain: "x", Configuration: "1"})                                                          // 1
	set(&action.DomainMetadata{Domain: "x", Configuration: "2"}, &action.DomainMetadata{Domain: "y", Configuration: "3"}) // 2
	if _, err := alter.ClusterBy(t.Context(), tab, alter.Path{"a"}); err != nil {
		t.Fatal(err)
	}
	to(t, tab, 1)
	s := reopen(t, tab).Snapshot()
	by, err := alter.ClusteringColumns(s)
	x, _ := s.Domain("x")
	if _, y := s.Domain("y"); y || x != "1" || len(by) != 0 || err != nil {
		t.Errorf("x %s, y %v, clustered by %v, %v", x, y, by, err)
	}
	to(t, tab, 3)
	if by, _ := alter.ClusteringColumns(tab.Snapshot()); len(by) != 1 {
		t.Errorf("clustered by %v", by)
	}
}

func TestProgressOfStreamsStays(t *testing.T) {
	tab := create(t, "a INT", nil)
	add(t, tab, "a INT", `[{"a":1}]`)
	tx, err := tab.Begin(tab.Snapshot(), txlog.Operation{Name: "STREAMING UPDATE"})
	if err != nil {
		t.Fatal(err)
	}
	tx.Stage(&action.Txn{AppID: "q", Version: 7})
	if _, err := tab.CommitTransaction(t.Context(), tx); err != nil {
		t.Fatal(err)
	}
	to(t, tab, 0)
	if v, ok := reopen(t, tab).Snapshot().Txn("q"); !ok || v != 7 {
		t.Errorf("%d, %v", v, ok)
	}
}

func TestRowsThatComeMeanwhileMakeItStartOver(t *testing.T) {
	tab := create(t, "a INT", nil)
	add(t, tab, "a INT", `[{"a":1}]`)
	other := reopen(t, tab)
	add(t, other, "a INT", `[{"a":2}]`)
	if r := to(t, tab, 0); r.NumRemovedFiles != 2 || r.Version != 3 || rows(t, reopen(t, tab)) != "" {
		t.Errorf("%+v", r)
	}
	only := create(t, "a INT", map[string]string{"delta.appendOnly": "true"})
	add(t, only, "a INT", `[{"a":1}]`)
	version := int64(0)
	var e *txlog.AppendOnlyError
	if _, err := Restore(t.Context(), only, Options{Version: &version}); !errors.As(err, &e) {
		t.Errorf("%v", err)
	}
}

func TestColumnsStayMappedInAVersionFromBefore(t *testing.T) {
	tab := create(t, "a INT, s STRUCT<x: INT>", nil)
	add(t, tab, "a INT, s STRUCT<x: INT>", `[{"a":1,"s":{"x":2}}]`)
	before := rows(t, tab)
	if _, err := alter.SetProperties(t.Context(), tab, map[string]string{"delta.columnMapping.mode": "name"}); err != nil {
		t.Fatal(err)
	}
	add(t, tab, "a INT, s STRUCT<x: INT>", `[{"a":3,"s":{"x":4}}]`)
	if _, err := alter.DropColumns(t.Context(), tab, alter.Path{"a"}); err != nil {
		t.Fatal(err)
	}
	x, _ := tab.Schema().Lookup("s", "x").FieldID()
	to(t, tab, 1)
	tab = reopen(t, tab)
	a, _ := tab.Schema().Field("a").FieldID()
	if id, _ := tab.Schema().Lookup("s", "x").FieldID(); tab.Snapshot().Mapping() != schema.MappingName || id != x || a <= 3 || rows(t, tab) != before {
		t.Errorf("%s, %s", tab.Schema().JSON(), rows(t, tab))
	}
	to(t, tab, 3)
	if got := rows(t, reopen(t, tab)); !strings.Contains(got, "3") || !strings.Contains(got, "4") {
		t.Errorf("%s", got)
	}
}
