package feature

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/ingestd/ingestd/txlog/action"
	"github.com/ingestd/ingestd/txlog/schema"
)

// protocol reads "1/2" or "3/7 r1,r2 w1,w2".
func protocol(t *testing.T, s string) *action.Protocol {
	t.Helper()
	p := &action.Protocol{}
	parts := strings.Fields(s)
	if _, err := fmt.Sscanf(parts[0], "%d/%d", &p.MinReaderVersion, &p.MinWriterVersion); err != nil {
		t.Fatal(err)
	}
	list := func(i int) []string {
		if len(parts) <= i || parts[i] == "-" {
			return nil
		}
		return strings.Split(parts[i], ",")
	}
	p.ReaderFeatures, p.WriterFeatures = list(1), list(2)
	return p
}

func spell(p *action.Protocol) string {
	s := fmt.Sprintf("%d/%d", p.MinReaderVersion, p.MinWriterVersion)
	if p.ReaderFeatures == nil && p.WriterFeatures == nil {
		return s
	}
	r := strings.Join(p.ReaderFeatures, ",")
	if r == "" {
		r = "-"
	}
	return s + " " + r + " " + strings.Join(p.WriterFeatures, ",")
}

func table(t *testing.T, columns string, properties ...string) Table {
	t.Helper()
	s, err := schema.Parse(columns)
	if err != nil {
		if s, err = schema.ParseDDL(columns); err != nil {
			t.Fatal(err)
		}
	}
	props := map[string]string{}
	for _, p := range properties {
		k, v, _ := strings.Cut(p, "=")
		props[k] = v
	}
	return Table{Schema: s, Properties: props}
}

func withMetadata(key string) string {
	return `{"type":"struct","fields":[{"name":"s","type":{"type":"struct","fields":[{"name":"a","type":"long","nullable":true,"metadata":{"` + key + `":"x"}}]},"nullable":true,"metadata":{}}]}`
}

func TestWhichTablesCanBeReadAndWritten(t *testing.T) {
	const plain = "a INT"
	for _, c := range []struct {
		name, protocol string
		table          Table
		read, write    string // names that are refused
	}{
		{"plain", "1/1", table(t, plain), "", ""},
		{"spark's default", "1/2", table(t, plain), "", ""},
		{"append only", "1/2", table(t, plain, "delta.appendOnly=true"), "", ""},
		{"invariant used", "1/2", table(t, withMetadata("delta.invariants")), "", ""},
		{"invariant before its version", "1/1", table(t, withMetadata("delta.invariants")), "", ""},
		{"constraints", "1/3", table(t, plain, "delta.constraints.x=a > 0"), "", ""},
		{"constraint before its version", "1/2", table(t, plain, "delta.constraints.x=a > 0"), "", ""},
		{"writer 4 unused", "1/4", table(t, plain), "", ""},
		{"change data feed", "1/4", table(t, plain, "delta.enableChangeDataFeed=true"), "", ""},
		{"generated", "1/4", table(t, withMetadata("delta.generationExpression")), "", ""},
		{"column mapping unused", "2/5", table(t, plain, "delta.columnMapping.mode=none"), "", ""},
		{"column mapping", "2/5", table(t, plain, "delta.columnMapping.mode=name"), "", ""},
		{"identity", "1/6", table(t, withMetadata("delta.identity.start")), "", ""},
		{"listed and unused", "1/7 - appendOnly,invariants,checkConstraints,changeDataFeed,generatedColumns", table(t, plain), "", ""},
		{"listed and used", "1/7 - checkConstraints,changeDataFeed", table(t, plain, "delta.constraints.x=a", "delta.enableChangeDataFeed=TRUE"), "", ""},
		{"timestamp_ntz", "3/7 timestampNtz timestampNtz,appendOnly,invariants", table(t, "a TIMESTAMP_NTZ"), "", ""},
		{"vacuum check", "3/7 vacuumProtocolCheck vacuumProtocolCheck", table(t, plain), "", ""},
		{"domains", "1/7 - domainMetadata", table(t, plain), "", ""},
		{"deletion vectors and more", "3/7 deletionVectors,v2Checkpoint,timestampNtz deletionVectors,v2Checkpoint,timestampNtz,rowTracking", table(t, plain), "", ""},
		{"writers only", "1/7 - rowTracking,clustering", table(t, plain), "", ""},
		{"from the future", "3/7 quantum quantum,tachyon", table(t, plain), "quantum", "quantum"},
		{"future for writers", "1/7 - tachyon", table(t, plain), "", "tachyon"},
		{"variant", "3/7 variantType-preview variantType-preview", table(t, "a VARIANT, b INT"), "", ""},
		{"commit timestamps off", "1/7 - inCommitTimestamp", table(t, plain), "", ""},
		{"commit timestamps", "1/7 - inCommitTimestamp", table(t, plain, "delta.enableInCommitTimestamps=true"), "", ""},
		{"of a catalog", "3/7 catalogManaged catalogManaged,inCommitTimestamp", table(t, plain), "catalogManaged", "catalogManaged"},
		{"redirected writers", "1/7 - redirectWriterOnly-preview", table(t, plain), "", "redirectWriterOnly-preview"},
		{"Iceberg V3 off", "3/7 columnMapping columnMapping,icebergCompatV3", table(t, plain), "", ""},
		{"Iceberg V3 on", "3/7 columnMapping columnMapping,icebergCompatV3", table(t, plain, "delta.enableIcebergCompatV3=true"), "", "icebergCompatV3"},
		{"no lists", "3/7", table(t, plain), "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := protocol(t, c.protocol)
			expectRefusal(t, CheckRead(p, c.table), c.read, true)
			expectRefusal(t, CheckWrite(p, c.table), c.write, c.read != "")
		})
	}
}

func expectRefusal(t *testing.T, err error, names string, reader bool) {
	t.Helper()
	if names == "" {
		if err != nil {
			t.Errorf("refused: %v", err)
		}
		return
	}
	var e *UnsupportedFeatureError
	if !errors.As(err, &e) || strings.Join(e.Features, ",") != names || e.Reader != reader {
		t.Errorf("got %v, want a refusal of %s", err, names)
	}
}

func TestVersionsBeyondTheProtocolAreRefused(t *testing.T) {
	for p, reader := range map[string]bool{"99/7": true, "0/2": true, "1/8": false, "1/0": false} {
		var e *UnsupportedVersionError
		err := CheckWrite(protocol(t, p), Table{})
		if !errors.As(err, &e) || e.Reader != reader || !strings.Contains(err.Error(), "use a newer version") {
			t.Errorf("%s: %v", p, err)
		}
	}
	var e *InvalidProtocolError
	if err := CheckRead(protocol(t, "3/5"), Table{}); !errors.As(err, &e) {
		t.Errorf("3/5: %v", err)
	}
}

func TestANewTableGetsTheLowestProtocolThatItNeeds(t *testing.T) {
	for _, c := range []struct {
		table Table
		want  string
	}{
		{table(t, "a INT"), "1/2"},
		{table(t, "a INT", "delta.appendOnly=true"), "1/2"},
		{table(t, "a ARRAY<STRUCT<b: TIMESTAMP_NTZ>>"), "3/7 timestampNtz appendOnly,invariants,timestampNtz"},
		{table(t, "a INT", "delta.feature.domainMetadata=supported"), "1/7 - appendOnly,domainMetadata,invariants"},
		{table(t, "a INT", "delta.feature.checkConstraints=supported"), "1/3"},
		{table(t, "a INT", "delta.enableChangeDataFeed=true"), "1/4"},
		{table(t, "a INT", "delta.columnMapping.mode=name"), "2/5"},
		{table(t, withMetadata("CURRENT_DEFAULT")), "1/7 - allowColumnDefaults,appendOnly,invariants"},
		{table(t, "a INT", "delta.enableRowTracking=true"), "1/7 - appendOnly,domainMetadata,invariants,rowTracking"},
		{table(t, "a INT", "delta.feature.clustering=supported"), "1/7 - appendOnly,clustering,domainMetadata,invariants"},
		{table(t, "a INT", "delta.enableIcebergCompatV2=true"), "3/7 columnMapping appendOnly,columnMapping,icebergCompatV2,invariants"},
		{table(t, "a INT", "delta.enableVariantShredding=true"), "3/7 variantShredding,variantType appendOnly,invariants,variantShredding,variantType"},
		{table(t, "a INT", "delta.feature.DELETIONVECTORS=enabled"), "3/7 deletionVectors appendOnly,deletionVectors,invariants"},
		{table(t, "a INT", "delta.minReaderVersion=1", "delta.minWriterVersion=1"), "1/2"},
		{table(t, "a INT", "delta.minReaderVersion=2", "delta.minWriterVersion=5"), "2/5"},
		{table(t, "a INT", "delta.minWriterVersion=7"), "1/7 - appendOnly,invariants"},
		{table(t, "a INT", "delta.minReaderVersion=3", "delta.minWriterVersion=7"), "3/7 - appendOnly,invariants"},
		{table(t, "a TIMESTAMP_NTZ", "delta.minReaderVersion=1", "delta.minWriterVersion=3"), "3/7 timestampNtz appendOnly,checkConstraints,invariants,timestampNtz"},
	} {
		p, err := ForNewTable(c.table)
		if err != nil || spell(p) != c.want {
			t.Errorf("%v: got %v, %v, want %s", c.table, p, err, c.want)
			continue
		}
		if err := CheckWrite(p, c.table); err != nil {
			t.Errorf("what we make we must be able to write: %v", err)
		}
		if p.MinReaderVersion == MaxReader && p.ReaderFeatures == nil {
			t.Errorf("%s: reader version 3 has a list, empty or not", c.want)
		}
	}
	for property, name := range map[string]string{
		"delta.feature.catalogManaged=supported": "catalogManaged", "delta.feature.nonsense=supported": "nonsense",
		"delta.enableIcebergCompatV3=true": "icebergCompatV3", "delta.feature.collations=supported": "collations",
	} {
		_, err := ForNewTable(table(t, "a INT", property))
		expectRefusal(t, err, name, false)
	}
}

func TestWhatCannotBeAskedForIsRefused(t *testing.T) {
	for _, property := range []string{
		"delta.feature.rowTracking=yes", "delta.minReaderVersion=3", "delta.minReaderVersion=4", "delta.minWriterVersion=8",
		"delta.minWriterVersion=0", "delta.minWriterVersion=seven",
	} {
		var e *InvalidProtocolError
		if _, err := ForNewTable(table(t, "a INT", property)); !errors.As(err, &e) {
			t.Errorf("%s: %v", property, err)
		}
	}
}

func TestUpgradeListsWhatTheOldVersionsImplied(t *testing.T) {
	for _, c := range []struct{ from, want string }{
		{"1/1", "3/7 timestampNtz timestampNtz"},
		{"1/4", "3/7 timestampNtz appendOnly,changeDataFeed,checkConstraints,generatedColumns,invariants,timestampNtz"},
		{"2/5", "3/7 columnMapping,timestampNtz appendOnly,changeDataFeed,checkConstraints,columnMapping,generatedColumns,invariants,timestampNtz"},
		{"3/7 vacuumProtocolCheck vacuumProtocolCheck", "3/7 timestampNtz,vacuumProtocolCheck timestampNtz,vacuumProtocolCheck"},
		{"3/7 timestampNtz timestampNtz", "3/7 timestampNtz timestampNtz"},
	} {
		p, err := Upgrade(protocol(t, c.from), table(t, "a TIMESTAMP_NTZ"))
		if err != nil || spell(p) != c.want {
			t.Errorf("%s: got %s, %v, want %s", c.from, spell(p), err, c.want)
		}
	}
}

func TestRegistryIsConsistent(t *testing.T) {
	var names []string
	for _, f := range All() {
		names = append(names, f.Name)
		if !f.ReaderWriter && f.Read != Full {
			t.Errorf("%s is a feature of writers but hinders reading", f.Name)
		}
		if (f.Read == Inactive || f.Write == Inactive) && f.Active == nil {
			t.Errorf("%s: who accepts it while inactive must say when it is active", f.Name)
		}
		for _, r := range f.Requires {
			if _, ok := ByName(r); !ok {
				t.Errorf("%s requires %s, which nobody knows", f.Name, r)
			}
		}
		if f.Write != No && (f.TurnedOn == "" || f.Readers == "" && f.Writers == "") {
			t.Errorf("%s: it must say what turns it on and what it demands", f.Name)
		}
		if f.Droppable == (f.KeptBecause != "") {
			t.Errorf("%s: a feature can be dropped, or says why not", f.Name)
		}
		if f.ReaderWriter && f.LegacyReader == 0 && f.LegacyWriter != 0 {
			t.Errorf("%s: one version of it", f.Name)
		}
	}
	slices.Sort(names)
	if len(slices.Compact(slices.Clone(names))) != len(names) {
		t.Errorf("a name comes twice: %v", names)
	}
}

func TestStoredLeavesOutWhatSteersTheProtocol(t *testing.T) {
	got := Stored(map[string]string{"delta.feature.x": "supported", "delta.minReaderVersion": "3", "delta.appendOnly": "true", "mine": "1"})
	if len(got) != 2 || got["mine"] != "1" {
		t.Errorf("%v", got)
	}
	if !Supports(protocol(t, "1/2"), "appendOnly") || Supports(protocol(t, "1/7 - invariants"), "appendOnly") {
		t.Error("Supports")
	}
}

func TestMissingNamesWhatTheProtocolDoesNotTell(t *testing.T) {
	for _, c := range []struct {
		protocol string
		table    Table
		want     string
	}{
		{"1/2", table(t, "a TIMESTAMP_NTZ", "delta.columnMapping.mode=id", "delta.enableChangeDataFeed=true"), "changeDataFeed,columnMapping,timestampNtz"},
		{"3/7 timestampNtz timestampNtz", table(t, "a TIMESTAMP_NTZ"), ""},
		{"3/7 variantType-preview variantType-preview", table(t, "a VARIANT"), ""},
		{"1/7 - rowTracking", table(t, "a INT"), "domainMetadata"},
		{"1/7 - invariants", table(t, "a INT", "delta.enableInCommitTimestamps=true"), "inCommitTimestamp"},
	} {
		got := Missing(protocol(t, c.protocol), c.table)
		slices.Sort(got)
		if strings.Join(got, ",") != c.want {
			t.Errorf("%s: got %v, want %s", c.protocol, got, c.want)
		}
	}
	if got := Names(protocol(t, "2/5")); strings.Join(got, ",") != "appendOnly,changeDataFeed,checkConstraints,columnMapping,generatedColumns,invariants" {
		t.Errorf("Names: %v", got)
	}
}

func TestUpgradeNeverLowersAndNeverAddsUnaskedWhatSparkDoesNot(t *testing.T) {
	p := protocol(t, "3/7 deletionVectors deletionVectors,invariants")
	got, err := Upgrade(p, table(t, "a INT", "delta.minReaderVersion=1", "delta.minWriterVersion=2"))
	if err != nil || spell(got) != "3/7 deletionVectors appendOnly,deletionVectors,invariants" {
		t.Errorf("%s, %v", spell(got), err)
	}
	if got, err := Upgrade(got, table(t, "a INT", "delta.minWriterVersion=2")); err != nil || spell(got) != "3/7 deletionVectors appendOnly,deletionVectors,invariants" {
		t.Errorf("%s, %v", spell(got), err)
	}
	defaults := table(t, withMetadata("CURRENT_DEFAULT"))
	var e *NotAddedError
	if _, err := Upgrade(p, defaults); !errors.As(err, &e) || !strings.Contains(err.Error(), "delta.feature.allowColumnDefaults=supported") {
		t.Errorf("%v", err)
	}
	defaults.Properties = map[string]string{"delta.feature.allowColumnDefaults": "supported"}
	if got, err := Upgrade(p, defaults); err != nil || !Supports(got, "allowColumnDefaults") {
		t.Errorf("%v, %v", got, err)
	}
	if got, err := Upgrade(protocol(t, "1/7 - appendOnly"), table(t, "a INT", "delta.minReaderVersion=3")); err != nil || spell(got) != "3/7 - appendOnly" || got.ReaderFeatures == nil {
		t.Errorf("%v, %v", got, err)
	}
}

func TestWithoutListsWhatIsLeft(t *testing.T) {
	for _, c := range []struct{ from, name, want string }{
		{"3/7 deletionVectors,timestampNtz deletionVectors,invariants,timestampNtz", "deletionVectors", "3/7 timestampNtz invariants,timestampNtz"},
		{"3/7 deletionVectors deletionVectors,invariants", "deletionVectors", "1/7 - invariants"},
		{"2/5", "columnMapping", "1/7 - appendOnly,changeDataFeed,checkConstraints,generatedColumns,invariants"},
		{"2/5", "checkConstraints", "2/7 - appendOnly,changeDataFeed,columnMapping,generatedColumns,invariants"},
		{"1/7 - rowTracking", "rowTracking", "1/7 - "},
	} {
		p := Without(protocol(t, c.from), c.name)
		if got := spell(p); got != c.want || p.WriterFeatures == nil {
			t.Errorf("%s without %s: got %s, want %s", c.from, c.name, got, c.want)
		}
	}
}

func TestUnionLosesNothing(t *testing.T) {
	for _, c := range []struct{ p, q, want string }{
		{"1/2", "1/2", "1/2"}, {"1/2", "2/5", "2/5"}, {"2/5", "1/2", "2/5"},
		{"1/2", "3/7 deletionVectors deletionVectors,invariants", "3/7 deletionVectors appendOnly,deletionVectors,invariants"},
		{"3/7 deletionVectors deletionVectors", "1/3", "3/7 deletionVectors appendOnly,checkConstraints,deletionVectors,invariants"},
		{"1/7 - rowTracking", "2/5", "3/7 columnMapping appendOnly,changeDataFeed,checkConstraints,columnMapping,generatedColumns,invariants,rowTracking"},
	} {
		if got := spell(Union(protocol(t, c.p), protocol(t, c.q))); got != c.want {
			t.Errorf("%s and %s: got %s, want %s", c.p, c.q, got, c.want)
		}
	}
}
