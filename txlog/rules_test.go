package txlog

import (
	"errors"
	"strings"
	"testing"

	"github.com/ingestd/ingestd/txlog/action"
	"github.com/ingestd/ingestd/txlog/schema"
)

// ruled is a table with features, made without the rules' leave, so that each test says what it is about.
func ruled(t *testing.T, m *action.Metadata, features string) *Snapshot {
	t.Helper()
	store, c := newStore()
	p := &action.Protocol{MinReaderVersion: 3, MinWriterVersion: 7, ReaderFeatures: []string{}, WriterFeatures: strings.Fields(features)}
	for _, f := range p.WriterFeatures {
		if f == "columnMapping" || f == "deletionVectors" || f == "typeWidening" {
			p.ReaderFeatures = append(p.ReaderFeatures, f)
		}
	}
	put(t, store, commitKey(0), string(action.Encode(p, m)))
	s, err := New(store, testOptions(c)).Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

const (
	mapped = `{"type":"struct","fields":[{"name":"id","type":"long","nullable":true,"metadata":{"delta.columnMapping.id":1,"delta.columnMapping.physicalName":"c1"}},` +
		`{"name":"p","type":"string","nullable":true,"metadata":{"delta.columnMapping.id":2,"delta.columnMapping.physicalName":"c2"}}]}`
	arrays = `{"type":"struct","fields":[{"name":"id","type":{"type":"array","elementType":"long","containsNull":true},"nullable":true,"metadata":{"delta.columnMapping.id":1,"delta.columnMapping.physicalName":"c1"}}]}`
)

// table is metadata with a schema in JSON, and properties "name=value".
func table(json string, by []string, properties ...string) *action.Metadata {
	m := metadata("id BIGINT", by)
	m.SchemaString = json
	for _, p := range properties {
		k, v, _ := strings.Cut(p, "=")
		m.Configuration[k] = v
	}
	return m
}

func plain(properties ...string) *action.Metadata {
	s, _ := schema.ParseDDL("id BIGINT, p STRING")
	return table(s.JSON(), nil, properties...)
}

func field(kind, meta string) string {
	return `{"type":"struct","fields":[{"name":"id","type":` + kind + `,"nullable":true,"metadata":{` + meta + `}},{"name":"p","type":"string","nullable":true,"metadata":{}}]}`
}

func with(a *action.Add, change func(*action.Add)) *action.Add {
	a.PartitionValues = map[string]*string{}
	change(a)
	return a
}

func dv(id string) *action.DeletionVector {
	return &action.DeletionVector{StorageType: "u", PathOrInlineDv: id, SizeInBytes: 1, Cardinality: 1}
}

func stats(text string) func(*action.Add) {
	return func(a *action.Add) { a.Stats = &text }
}

// Each rule is broken once; what it takes to keep it is the case without words.
func TestRulesOfFeatures(t *testing.T) {
	tagged := func(d string) func(*action.Add) { return func(a *action.Add) { a.DeletionVector = dv(d) } }
	one := func(a ...action.Action) []action.Action { return a }
	const dvs, mapping, iceberg1, iceberg2 = "deletionVectors", "columnMapping", "columnMapping icebergCompatV1", "columnMapping icebergCompatV2"
	on, name, maxID := PropDeletionVectors+"=true", PropMappingMode+"=name", PropMappingMaxID+"=2"
	for what, c := range map[string]struct {
		table    *action.Metadata
		features string
		actions  []action.Action
		want     string
	}{
		"vector without the feature":   {plain(), "", one(with(add("f"), tagged("a"))), "does not list"},
		"vector":                       {plain(on), dvs, one(remove("f"), with(add("f"), tagged("a"))), ""},
		"vector while off":             {plain(), dvs, one(remove("f"), with(add("f"), tagged("a"))), PropDeletionVectors},
		"vector without row count":     {plain(on), dvs, one(with(add("f"), func(a *action.Add) { a.DeletionVector, a.Stats = dv("a"), nil })), "numRecords"},
		"vector of too many rows":      {plain(on), dvs, one(with(add("f"), func(a *action.Add) { a.DeletionVector = dv("a"); a.DeletionVector.Cardinality = 2 })), "of 2 rows"},
		"tight bounds":                 {plain(on), dvs, one(remove("f"), with(add("f"), func(a *action.Add) { a.DeletionVector = dv("a"); stats(`{"numRecords":1,"tightBounds":true}`)(a) })), "tight"},
		"bounds that do not say":       {plain(on), dvs, one(remove("f"), with(add("f"), func(a *action.Add) { a.DeletionVector = dv("a"); stats(`{"numRecords":1,"minValues":{"id":1}}`)(a) })), "tight"},
		"removed and added":            {plain(), "", one(remove("f"), with(add("f"), func(*action.Add) {})), "both removed and added"},
		"spelled in two ways":          {plain(), "", one(with(add("a%20b"), func(*action.Add) {}), with(add("a b"), func(*action.Add) {})), "two add actions"},
		"change data":                  {plain(PropChangeDataFeed + "=true"), "changeDataFeed", one(&action.CDC{Path: "c"}), ""},
		"change data while off":        {plain(), "changeDataFeed", one(&action.CDC{Path: "c"}), PropChangeDataFeed},
		"change data that is data":     {plain(PropChangeDataFeed + "=true"), "changeDataFeed", one(&action.CDC{Path: "c", DataChange: true}), "dataChange"},
		"reserved column":              {plain(), "changeDataFeed", one(table(strings.Replace(field(`"long"`, ""), `"id"`, `"_Change_Type"`, 1), nil, PropChangeDataFeed+"=true")), "reserved"},
		"domain without the feature":   {plain(), "", one(&action.DomainMetadata{Domain: "d"}), "domainMetadata"},
		"domain of Delta":              {plain(), "domainMetadata", one(&action.DomainMetadata{Domain: "delta.x"}), "kept by Delta"},
		"high-water mark":              {plain(), "domainMetadata rowTracking", one(&action.DomainMetadata{Domain: domainRowTracking}), "kept by Delta"},
		"clustering":                   {plain(), "domainMetadata clustering", one(&action.DomainMetadata{Domain: domainClustering, Configuration: `{"clusteringColumns":[["id"]]}`}), ""},
		"clustering by nothing known":  {plain(), "domainMetadata clustering", one(&action.DomainMetadata{Domain: domainClustering, Configuration: `{"clusteringColumns":["x"]}`}), "no column"},
		"clustered and partitioned":    {plain(), "domainMetadata clustering", one(metadata("id BIGINT, p STRING", []string{"p"})), "partitioned"},
		"row tracking without columns": {plain(), "domainMetadata rowTracking", one(plain(PropRowTracking + "=true")), PropRowIDColumn},
		"sequences":                    {plain(), "", one(plain(PropSequenceColumn + "=_seq")), ""},
		"sequences without a name":     {plain(PropSequenceColumn + "=_seq"), "", one(plain()), ""},
		"sequences of another name":    {plain(PropSequenceColumn + "=_seq"), "", one(plain(PropSequenceColumn + "=_other")), "must stay _seq"},
		"sequences in a column":        {plain(), "", one(plain(PropSequenceColumn + "=ID")), "taken by " + PropSequenceColumn},
		"sequences as row ids":         {plain(), "", one(plain(PropSequenceColumn+"=_r", PropRowIDColumn+"=_r")), "row tracking"},
		"mapping by name":              {plain(), mapping, one(table(mapped, nil, name, maxID)), ""},
		"mapping by id, later":         {plain(), mapping, one(table(mapped, nil, PropMappingMode+"=id", maxID)), "cannot be changed"},
		"unknown mode":                 {plain(), mapping, one(table(mapped, nil, PropMappingMode+"=x")), "none, name or id"},
		"fields without ids":           {plain(), mapping, one(plain(name, maxID)), schema.KeyFieldID},
		"highest id too low":           {plain(), mapping, one(table(mapped, nil, name, PropMappingMaxID+"=1")), PropMappingMaxID},
		"the same id twice":            {plain(), mapping, one(table(strings.Replace(mapped, "id\":2", "id\":1", 1), nil, name, maxID)), "same id"},
		"another physical name":        {table(mapped, nil, name, maxID), mapping, one(table(strings.Replace(mapped, "c1", "c3", 1), nil, name, maxID)), "cannot come to have"},
		"a new column of an old id":    {table(mapped, nil, name, PropMappingMaxID+"=9"), mapping, one(table(strings.Replace(mapped, "id\":2", "id\":5", 1), nil, name, PropMappingMaxID+"=9")), "above 9"},
		"partitions by physical name":  {table(mapped, []string{"p"}, name, maxID), mapping, one(with(add("f"), func(a *action.Add) { a.PartitionValues["c2"] = nil })), ""},
		"partitions by logical name":   {table(mapped, []string{"p"}, name, maxID), mapping, one(with(add("f"), func(a *action.Add) { a.PartitionValues["p"] = nil })), "partition values"},
		"iceberg without mapping":      {plain(), iceberg2, one(plain(PropIcebergCompatV2 + "=true")), PropMappingMode},
		"iceberg file without count":   {table(mapped, nil, name, maxID, PropIcebergCompatV2+"=true"), iceberg2, one(with(add("f"), stats("{}"))), "numRecords"},
		"iceberg 1 with arrays":        {table(arrays, nil, name, maxID), iceberg1, one(table(arrays, nil, name, maxID, PropIcebergCompatV1+"=true")), "array"},
		"iceberg 2 without nested ids": {table(arrays, nil, name, maxID), iceberg2, one(table(arrays, nil, name, maxID, PropIcebergCompatV2+"=true")), "c1.element"},
		"iceberg 2 with vectors":       {table(mapped, nil, name, maxID), iceberg2 + " deletionVectors", one(table(mapped, nil, name, maxID, on, PropIcebergCompatV2+"=true")), PropDeletionVectors},
		"iceberg 1 with vectors":       {table(mapped, nil, name, maxID), iceberg1 + " deletionVectors", one(table(mapped, nil, name, maxID, PropIcebergCompatV1+"=true")), dvs},
		"iceberg partitions":           {table(mapped, []string{"p"}, name, maxID, PropIcebergCompatV2+"=true"), iceberg2, one(table(mapped, nil, name, maxID, PropIcebergCompatV2+"=true")), "partitioned"},
		"a type in place":              {plain(), "", one(table(field(`"string"`, ""), nil)), "cannot become"},
		"widening without the feature": {table(field(`"integer"`, ""), nil), "", one(table(field(`"long"`, ""), nil)), "typeWidening"},
		"widening not recorded":        {table(field(`"integer"`, ""), nil), "typeWidening", one(table(field(`"long"`, ""), nil, PropTypeWidening+"=true")), "not recorded"},
		"widening": {table(field(`"integer"`, ""), nil), "typeWidening",
			one(table(field(`"long"`, `"delta.typeChanges":[{"fromType":"integer","toType":"long"}]`), nil, PropTypeWidening+"=true")), ""},
		"narrowing on record": {table(field(`"integer"`, ""), nil), "typeWidening",
			one(table(field(`"integer"`, `"delta.typeChanges":[{"fromType":"long","toType":"integer"}]`), nil)), "cannot be widened"},
		"identity of no step":  {plain(), "identityColumns", one(table(field(`"long"`, `"delta.identity.start":1,"delta.identity.step":0`), nil)), "not 0"},
		"identity of a text":   {table(field(`"string"`, ""), nil), "identityColumns", one(table(field(`"string"`, `"delta.identity.start":1,"delta.identity.step":1`), nil)), "must be a long"},
		"identity going back":  {table(field(`"long"`, `"delta.identity.start":1,"delta.identity.step":1,"delta.identity.highWaterMark":9`), nil), "identityColumns", one(table(field(`"long"`, `"delta.identity.start":1,"delta.identity.step":1,"delta.identity.highWaterMark":3`), nil)), "go back"},
		"generated by nothing": {plain(), "generatedColumns", one(table(field(`"long"`, `"delta.generationExpression":" "`), nil)), "not a text"},
		"two sources":          {plain(), "generatedColumns allowColumnDefaults", one(table(field(`"long"`, `"delta.generationExpression":"1","CURRENT_DEFAULT":"2"`), nil)), "default"},
		"default of no text":   {plain(), "allowColumnDefaults", one(table(field(`"long"`, `"CURRENT_DEFAULT":3`), nil)), "not a text"},
		"void in an array":     {table(field(`{"type":"array","elementType":"void","containsNull":true}`, ""), nil), "", one(with(add("f"), func(*action.Add) {})), "void"},
		"protected version":    {plain(), "checkpointProtection", one(plain(PropCheckpointProtection + "=9")), "must be a version"},
	} {
		t.Run(what, func(t *testing.T) {
			tx := ruled(t, c.table, c.features).Begin(Operation{Name: "WRITE"})
			tx.Stage(c.actions...)
			_, err := tx.Commit(t.Context())
			if c.want == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), c.want) || !errors.Is(err, ErrProvablyRejected) || !errors.As(err, new(*InvalidCommitError)) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}
