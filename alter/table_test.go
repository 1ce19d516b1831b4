package alter

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/ingestd/ingestd/table"
	"github.com/ingestd/ingestd/table/deletionvector"
	"github.com/ingestd/ingestd/txlog"
	"github.com/ingestd/ingestd/txlog/action"
	"github.com/ingestd/ingestd/txlog/feature"
	"github.com/ingestd/ingestd/txlog/schema"
)

func supports(tab *table.Table, names ...string) bool {
	for _, n := range names {
		if !feature.Supports(tab.Snapshot().Protocol(), n) {
			return false
		}
	}
	return true
}

func TestPropertiesThatNobodyKnowsAreRefused(t *testing.T) {
	tab := create(t, "a INT", nil)
	for _, c := range []struct{ key, value, text string }{
		{"delta.appendOnyl", "true", "did you mean delta.appendOnly?"},
		{"delta.columnMapping.maxColumnId", "7", "writers keep it"},
		{"delta.constraints.x", "a > 0", "add-constraint"},
		{"delta.feature.clustering", "supported", "cluster-by"},
		{"location", "/x", "cannot be changed"},
		{"delta.columnMapping.mode", "both", "no mode"},
		{"delta.columnMapping.mode", "id", "cannot change from none to id"},
	} {
		_, err := SetProperties(t.Context(), tab, map[string]string{c.key: c.value})
		fails[*PropertyError](t, err, c.text)
	}
	_, err := SetProperties(t.Context(), tab, map[string]string{"delta.appendOnly": "yes"})
	fails[*txlog.PropertyError](t, err, "must be true or false")
	_, err = SetProperties(t.Context(), tab, map[string]string{"delta.feature.nonsense": "supported"})
	fails[*feature.UnsupportedFeatureError](t, err, "nonsense")
	_, err = UnsetProperties(t.Context(), tab, false, "delta.appendOnly")
	fails[*PropertyError](t, err, "is not set")
	if tab.Version() != 0 {
		t.Error("something was committed")
	}
}

func TestPropertiesTurnFeaturesOn(t *testing.T) {
	tab := create(t, "a INT, ts TIMESTAMP", nil)
	add(t, tab, "a INT", `[{"a":1}]`)
	must(t)(SetProperties(t.Context(), tab, map[string]string{"DELTA.appendonly": "true", "mine": "x", "comment": "about"}))
	if p := tab.Snapshot().Protocol(); p.MinReaderVersion != 1 || p.MinWriterVersion != 2 {
		t.Errorf("the protocol was raised for nothing: %v", p)
	}
	must(t)(SetProperties(t.Context(), tab, map[string]string{"delta.enableDeletionVectors": "true", "delta.checkpointPolicy": "v2",
		"delta.enableChangeDataFeed": "true", "delta.minWriterVersion": "5", "delta.feature.vacuumProtocolCheck": "supported"}))
	must(t)(SetProperties(t.Context(), tab, map[string]string{"delta.enableInCommitTimestamps": "true"}))
	must(t)(SetProperties(t.Context(), tab, map[string]string{"delta.enableRowTracking": "true"}))
	tab = reopen(t, tab)
	if !supports(tab, "appendOnly", "deletionVectors", "v2Checkpoint", "changeDataFeed", "generatedColumns", "columnMapping", "vacuumProtocolCheck", "inCommitTimestamp", "rowTracking", "domainMetadata") {
		t.Errorf("%v", feature.Names(tab.Snapshot().Protocol()))
	}
	props := tab.Snapshot().Properties().All()
	if props["delta.appendOnly"] != "true" || props["mine"] != "x" || *tab.Snapshot().Metadata().Description != "about" {
		t.Errorf("%v", props)
	}
	for k := range props {
		if feature.Steers(k) {
			t.Errorf("%s was stored", k)
		}
	}
	if !tab.Snapshot().RowTrackingEnabled() || props[txlog.PropRowIDColumn] == "" {
		t.Error("rows are not tracked")
	}
	for a := range tab.Snapshot().Files(t.Context()) {
		if a.BaseRowID == nil {
			t.Error("a file has no row ids")
		}
	}
	must(t)(UnsetProperties(t.Context(), tab, false, "mine", "delta.appendonly", "comment"))
	must(t)(UnsetProperties(t.Context(), tab, true, "mine"))
	props = reopen(t, tab).Snapshot().Properties().All()
	if _, ok := props["delta.appendOnly"]; ok || tab.Snapshot().Metadata().Description != nil {
		t.Errorf("%v", props)
	}
}

func TestColumnMappingComesWithoutRewritingAndGoesOnlyWithoutDrops(t *testing.T) {
	tab := create(t, "`a` INT, s STRUCT<x: INT>", nil)
	add(t, tab, "a INT, s STRUCT<x: INT>", `[{"a":1,"s":{"x":2}}]`)
	before := rows(t, tab)
	must(t)(SetProperties(t.Context(), tab, byName))
	f := tab.Schema().Lookup("s", "x")
	if id, ok := f.FieldID(); !ok || id != 3 || f.PhysicalName() != "x" || rows(t, tab) != before {
		t.Errorf("%v %v", f, rows(t, tab))
	}
	must(t)(SetProperties(t.Context(), tab, map[string]string{"delta.columnMapping.mode": "none"}))
	if _, ok := tab.Schema().Field("a").FieldID(); ok || rows(t, tab) != before {
		t.Error("the mapping has not gone")
	}
	must(t)(SetProperties(t.Context(), tab, byName))
	must(t)(AddColumns(t.Context(), tab, NewColumn{Field: column(t, "b INT")}))
	must(t)(DropColumns(t.Context(), tab, Path{"b"}))
	_, err := SetProperties(t.Context(), tab, map[string]string{"delta.columnMapping.mode": "none"})
	fails[*PropertyError](t, err, "without rewriting")
	_, err = SetProperties(t.Context(), tab, map[string]string{"delta.columnMapping.mode": "id"})
	fails[*PropertyError](t, err, "without rewriting")
}

func TestConstraintsAreCheckedAgainstAllRows(t *testing.T) {
	tab := create(t, "a INT, b INT", nil)
	add(t, tab, "a INT, b INT", `[{"a":1,"b":5},{"a":2,"b":-5}]`)
	must(t)(AddConstraint(t.Context(), tab, "Pos", "a > 0"))
	_, err := AddConstraint(t.Context(), tab, "pos", "a > 0")
	fails[*ConstraintError](t, err, "is there already")
	_, err = AddConstraint(t.Context(), tab, "b", "b > 0")
	fails[*ViolationError](t, err, "(b = -5)")
	if !supports(tab, "checkConstraints") || tab.Snapshot().Properties().All()["delta.constraints.pos"] != "a > 0" {
		t.Error("it is not there")
	}
	_, err = DropConstraint(t.Context(), tab, "poss", false)
	fails[*ConstraintError](t, err, "did you mean pos?")
	if r := must(t)(DropConstraint(t.Context(), tab, "poss", true)); r.Changed {
		t.Error("nothing was to drop")
	}
	_, err = DropFeature(t.Context(), tab, "checkConstraints")
	fails[*FeatureError](t, err, "constraints pos")
	must(t)(DropConstraint(t.Context(), tab, "POS", false))
	must(t)(DropFeature(t.Context(), tab, "checkConstraints"))
	if supports(tab, "checkConstraints") || tab.Snapshot().Protocol().MinReaderVersion != 1 {
		t.Errorf("%v", tab.Snapshot().Protocol())
	}
	plain, err := table.Open(t.Context(), tab.Store())
	if err != nil {
		t.Fatal(err)
	}
	_, err = AddConstraint(t.Context(), plain, "pos", "a > 0")
	fails[*table.NoExpressionsError](t, err, "the constraint pos")
}

func TestRowsThatComeWhileOthersAreCheckedAreChecked(t *testing.T) {
	tab := create(t, "a INT", nil)
	other := reopen(t, tab)
	first := true
	_, err := apply(t.Context(), tab, func(ctx context.Context, d *draft) error {
		if err := d.satisfied(ctx, "the constraint pos", "a > 0"); err != nil {
			return err
		}
		if first {
			add(t, other, "a INT", `[{"a":-1}]`)
			first = false
		}
		d.properties["delta.constraints.pos"] = "a > 0"
		return nil
	})
	fails[*ViolationError](t, err, "a = -1")
}

func TestAlterationsOfOthersAreFollowed(t *testing.T) {
	tab := create(t, "a INT", nil)
	other := reopen(t, tab)
	must(t)(AddColumns(t.Context(), other, NewColumn{Field: column(t, "b INT")}))
	must(t)(SetProperties(t.Context(), tab, map[string]string{"mine": "1"}))
	must(t)(AddColumns(t.Context(), other, NewColumn{Field: column(t, "c INT")}))
	_, err := AddColumns(t.Context(), tab, NewColumn{Field: column(t, "c STRING")})
	fails[*ColumnError](t, err, "there is already a column c")
	if got := reopen(t, tab).Schema().Names(); strings.Join(got, ",") != "a,b,c" {
		t.Errorf("%v", got)
	}
}

func TestClustering(t *testing.T) {
	tab := create(t, "a INT, s STRUCT<x: STRING, b: BOOLEAN>, l ARRAY<INT>", nil)
	must(t)(ClusterBy(t.Context(), tab, Path{"A"}, Path{"s", "x"}))
	if !supports(tab, "clustering", "domainMetadata") {
		t.Error("the feature is missing")
	}
	if got, _ := tab.Snapshot().Domain(clusteringDomain); got != `{"clusteringColumns":[["a"],["s","x"]],"domainName":"delta.clustering"}` {
		t.Errorf("%s", got)
	}
	for _, c := range []struct {
		columns []Path
		text    string
	}{
		{[]Path{{"l"}}, "simple types"}, {[]Path{{"s", "b"}}, "no minimum"}, {[]Path{{"l", "element"}}, "inside"}, {[]Path{{"a"}, {"A"}}, "twice"},
		{[]Path{{"x"}}, "there is no x"}, {make([]Path, 5), "up to 4"},
	} {
		_, err := ClusterBy(t.Context(), tab, c.columns...)
		fails[*ColumnError](t, err, c.text)
	}
	must(t)(ClusterBy(t.Context(), tab))
	if by, err := ClusteringColumns(reopen(t, tab).Snapshot()); err != nil || len(by) != 0 {
		t.Errorf("%v, %v", by, err)
	}
	if r := must(t)(ClusterBy(t.Context(), tab)); r.Changed {
		t.Error("it is clustered by none already")
	}
	_, err := ClusterBy(t.Context(), create(t, "a INT, p INT", nil, "p"), Path{"a"})
	fails[*ColumnError](t, err, "partitioned")
	few := create(t, "a INT, b INT", map[string]string{"delta.dataSkippingNumIndexedCols": "1"})
	must(t)(ClusterBy(t.Context(), few, Path{"a"}))
	_, err = Move(t.Context(), few, Path{"b"}, Position{First: true})
	fails[*ColumnError](t, err, "any more")
	_, err = SetProperties(t.Context(), few, map[string]string{"delta.dataSkippingNumIndexedCols": "0"})
	fails[*ColumnError](t, err, "any more")
	_, err = ClusterBy(t.Context(), few, Path{"b"})
	fails[*ColumnError](t, err, "no statistics")
}

func TestFeaturesAreAddedWithWhatTheyRequire(t *testing.T) {
	tab := create(t, "a INT", nil)
	must(t)(AddFeature(t.Context(), tab, "ROWTRACKING"))
	if !supports(tab, "rowTracking", "domainMetadata") {
		t.Error("missing")
	}
	if r := must(t)(AddFeature(t.Context(), tab, "rowTracking")); r.Changed {
		t.Error("it was there")
	}
	_, err := AddFeature(t.Context(), tab, "deletionVector")
	fails[*FeatureError](t, err, "did you mean deletionVectors?")
	_, err = AddFeature(t.Context(), tab, "clustering")
	fails[*FeatureError](t, err, "cluster-by")
	_, err = AddFeature(t.Context(), tab, "catalogManaged")
	fails[*feature.UnsupportedFeatureError](t, err, "catalogManaged")
}

func TestFeaturesAreDropped(t *testing.T) {
	for _, c := range []struct {
		feature    string
		properties map[string]string
		protected  bool
	}{
		{"deletionVectors", map[string]string{"delta.enableDeletionVectors": "true"}, true},
		{"v2Checkpoint", map[string]string{"delta.checkpointPolicy": "v2"}, true},
		{"columnMapping", byName, true},
		{"typeWidening", map[string]string{"delta.enableTypeWidening": "true"}, true},
		{"vacuumProtocolCheck", map[string]string{"delta.feature.vacuumProtocolCheck": "supported"}, true},
		{"inCommitTimestamp", map[string]string{"delta.enableInCommitTimestamps": "true"}, false},
		{"rowTracking", map[string]string{"delta.enableRowTracking": "true"}, false},
		{"domainMetadata", map[string]string{"delta.feature.domainMetadata": "supported"}, false},
	} {
		t.Run(c.feature, func(t *testing.T) {
			tab := create(t, "a INT", nil)
			add(t, tab, "a INT", `[{"a":1}]`)
			must(t)(SetProperties(t.Context(), tab, c.properties))
			add(t, tab, "a INT", `[{"a":2}]`)
			before := rows(t, tab)
			must(t)(DropFeature(t.Context(), tab, c.feature))
			tab = reopen(t, tab)
			if supports(tab, c.feature) || supports(tab, "checkpointProtection") != c.protected || rows(t, tab) != before {
				t.Errorf("%v", feature.Names(tab.Snapshot().Protocol()))
			}
			for k := range c.properties {
				if _, ok := tab.Snapshot().Properties().Get(k); ok {
					t.Errorf("%s is still set", k)
				}
			}
			add(t, tab, "a INT", `[{"a":3}]`)
			if op := tab.Snapshot().Log(); op == nil {
				t.Error("no log")
			}
		})
	}
}

func TestWhatCannotBeDroppedIsNamed(t *testing.T) {
	tab := create(t, "a SMALLINT", nil)
	drop := func(name, text string) {
		t.Helper()
		_, err := DropFeature(t.Context(), tab, name)
		fails[*FeatureError](t, err, text)
	}
	drop("appendOnly", "cannot be dropped")
	drop("rowTracking", "is not one of the table's")
	drop("quantum", "is none that is known")
	must(t)(AddFeature(t.Context(), tab, "rowTracking"))
	drop("domainMetadata", "required by rowTracking")
	must(t)(SetProperties(t.Context(), tab, map[string]string{"delta.enableTypeWidening": "true", "delta.columnMapping.mode": "name"}))
	must(t)(ChangeType(t.Context(), tab, Path{"a"}, schema.Long))
	must(t)(RenameColumn(t.Context(), tab, Path{"a"}, "b"))
	if _, err := DropFeature(t.Context(), tab, "columnMapping"); err == nil {
		t.Error("files still have the old name")
	}
	must(t)(AddFeature(t.Context(), tab, "vacuumProtocolCheck"))
	must(t)(DropFeature(t.Context(), tab, "vacuumProtocolCheck"))
	drop("checkpointProtection", "protects the history")
}

func TestFilesAreWrittenAnewWhereAFeatureIsInThem(t *testing.T) {
	tab := create(t, "a SMALLINT", nil)
	must(t)(SetProperties(t.Context(), tab, map[string]string{"delta.enableDeletionVectors": "true", "delta.enableTypeWidening": "true", "delta.enableRowTracking": "true"}))
	add(t, tab, "a SMALLINT", `[{"a":1},{"a":2}]`)
	c, err := tab.NewChange(t.Context(), table.ChangeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for f := range c.ReadFiles(t.Context(), func(*action.Add) bool { return true }) {
		c.DeleteRows(f, deletionvector.New(0))
	}
	if _, err := c.Commit(t.Context(), table.CommitOptions{Operation: "DELETE"}); err != nil {
		t.Fatal(err)
	}
	must(t)(ChangeType(t.Context(), tab, Path{"a"}, schema.Long))
	before := rows(t, tab)
	must(t)(DropFeature(t.Context(), tab, "deletionVectors"))
	for f := range tab.Snapshot().Files(t.Context()) {
		if f.DeletionVector != nil {
			t.Error("a file still has deleted rows")
		}
	}
	must(t)(DropFeature(t.Context(), tab, "typeWidening"))
	tab = reopen(t, tab)
	if supports(tab, "deletionVectors") || supports(tab, "typeWidening") || tab.Schema().Field("a").Metadata[schema.KeyTypeChanges] != nil || rows(t, tab) != before {
		t.Errorf("%v, %s, %s", feature.Names(tab.Snapshot().Protocol()), tab.Schema().JSON(), rows(t, tab))
	}
	for f := range tab.Snapshot().Files(t.Context()) {
		for got, err := range tab.ScanFile(t.Context(), tab.Snapshot(), f, table.ScanOptions{RowTracking: true}) {
			if err != nil || got.RowIDs.Value(0) != 1 {
				t.Errorf("the row has lost its id: %v, %v", got.RowIDs, err)
			}
			got.Release()
		}
	}
}

func TestPropertiesOfANewTableAreKnownToDelta(t *testing.T) {
	got, err := ForNewTable(map[string]string{"DELTA.appendonly": "true", "mine": "x", "delta.constraints.c": "id > 0", "delta.feature.deletionVectors": "supported"})
	if err != nil || got["delta.appendOnly"] != "true" || got["mine"] != "x" || len(got) != 4 {
		t.Error(got, err)
	}
	for _, name := range []string{"delta.enableDeletionVector", "delta.columnMapping.maxColumnId", "delta.mine"} {
		var wrong *PropertyError
		if _, err := ForNewTable(map[string]string{name: "true"}); !errors.As(err, &wrong) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
