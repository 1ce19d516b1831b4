package restore

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/ingestd/ingestd/txlog"
	"github.com/ingestd/ingestd/txlog/action"
	"github.com/ingestd/ingestd/txlog/feature"
	"github.com/ingestd/ingestd/txlog/schema"
)

const (
	keyMark = "delta.identity.highWaterMark"
	keyStep = "delta.identity.step"
)

// definition is the protocol and the metadata of the table as it was, but for what must not go back.
func definition(old, latest *txlog.Snapshot, downgrade bool) (*action.Protocol, *action.Metadata, error) {
	meta := *old.Metadata()
	merged := keepMarks(old.Schema(), latest.Schema())
	if merged != old.Schema() {
		meta.SchemaString = merged.JSON()
	}
	meta.Configuration = maps.Clone(meta.Configuration)
	if meta.Configuration == nil {
		meta.Configuration = map[string]string{}
	}
	keepHighest(meta.Configuration, old, latest, txlog.PropMappingMaxID)
	if !downgrade && old.Mapping() == schema.MappingNone && latest.Mapping() != schema.MappingNone {
		var last int64
		merged, last = keepMapping(merged, latest)
		meta.SchemaString = merged.JSON()
		meta.Configuration[txlog.PropMappingMode] = string(latest.Mapping())
		meta.Configuration[txlog.PropMappingMaxID] = strconv.FormatInt(last, 10)
	}
	proto := old.Protocol()
	if !downgrade {
		proto = feature.Union(latest.Protocol(), proto)
		keepHighest(meta.Configuration, old, latest, txlog.PropCheckpointProtection)
		keepRowIDColumns(meta.Configuration, latest)
	}
	proto, err := feature.Upgrade(proto, feature.Table{Schema: merged, Properties: meta.Configuration})
	return proto, &meta, err
}

// keepMapping is a schema of before the table mapped its columns, mapped: column mapping cannot be turned off, and the
// files of then have each column under its own name, which is its physical name. Columns that are still there keep their ids.
func keepMapping(old *schema.Struct, latest *txlog.Snapshot) (*schema.Struct, int64) {
	ids := map[string]json.RawMessage{}
	for path, f := range latest.Schema().Physical(latest.Mapping()).Walk() {
		ids[strings.Join(path, "\x00")] = f.Metadata[schema.KeyFieldID]
	}
	mapped := named(old, nil, ids).(*schema.Struct)
	return mapped.AssignMapping(latest.Properties().MaxColumnID(), func() string { return "" }, latest.Properties().IcebergCompat() == 2)
}

// named gives every field at every level its own name as physical name, and the id that is known for its path.
func named(t schema.Type, path []string, ids map[string]json.RawMessage) schema.Type {
	at := func(name string) []string { return append(path[:len(path):len(path)], name) }
	switch t := t.(type) {
	case *schema.Struct:
		out := &schema.Struct{Fields: slices.Clone(t.Fields)}
		for i, f := range out.Fields {
			here := at(f.Name)
			raw, _ := json.Marshal(f.Name) // a text
			f = f.With(schema.KeyPhysicalName, raw)
			if id := ids[strings.Join(here, "\x00")]; id != nil {
				f = f.With(schema.KeyFieldID, id)
			}
			f.Type = named(f.Type, here, ids)
			out.Fields[i] = f
		}
		return out
	case *schema.Array:
		return &schema.Array{Element: named(t.Element, at("element"), ids), ContainsNull: t.ContainsNull}
	case *schema.Map:
		return &schema.Map{Key: named(t.Key, at("key"), ids), Value: named(t.Value, at("value"), ids), ValueContainsNull: t.ValueContainsNull}
	}
	return t
}

// keepHighest keeps a number that only goes up where both versions have it, or it protects what has been since.
func keepHighest(into map[string]string, old, latest *txlog.Snapshot, name string) {
	text, ok := latest.Properties().Get(name)
	if !ok || name == txlog.PropMappingMaxID && old.Mapping() == schema.MappingNone {
		return
	}
	now, err := strconv.ParseInt(text, 10, 64)
	then, _ := strconv.ParseInt(into[name], 10, 64)
	if err == nil && now > then {
		into[name] = text
	}
}

// keepRowIDColumns keeps the names of the hidden columns for row ids, which files that are there may have.
func keepRowIDColumns(into map[string]string, latest *txlog.Snapshot) {
	for _, name := range []string{txlog.PropRowIDColumn, txlog.PropRowVersionColumn} {
		if v, ok := latest.Properties().Get(name); ok {
			into[name] = v
		}
	}
}

// keepMarks is the old schema with the high-water marks of identity columns where they have got to since, so
// that no value is given twice ("Identity Columns").
func keepMarks(old, latest *schema.Struct) *schema.Struct {
	var fields []schema.Field
	for i, f := range old.Fields {
		now := columnNow(latest, &f)
		if now == nil {
			continue
		}
		mark, step := number(now, keyMark), number(&f, keyStep)
		if mark == nil || step == nil {
			continue
		}
		was := number(&f, keyMark)
		if was == nil || *step > 0 && *mark > *was || *step < 0 && *mark < *was {
			if fields == nil {
				fields = slices.Clone(old.Fields)
			}
			fields[i] = f.With(keyMark, now.Metadata[keyMark])
		}
	}
	if fields == nil {
		return old
	}
	return &schema.Struct{Fields: fields}
}

// columnNow is a column of an older version, which may have been renamed since: its physical name stays.
func columnNow(latest *schema.Struct, then *schema.Field) *schema.Field {
	for i := range latest.Fields {
		if latest.Fields[i].PhysicalName() == then.PhysicalName() {
			return &latest.Fields[i]
		}
	}
	return latest.Field(then.Name)
}

func number(f *schema.Field, key string) *int64 {
	var n int64
	if raw, ok := f.Metadata[key]; !ok || json.Unmarshal(raw, &n) != nil {
		return nil
	}
	return &n
}

// Domains that Delta keeps itself.
const (
	clusteringDomain  = "delta.clustering"
	rowTrackingDomain = "delta.rowTracking"
)

// domains are those that the version had and that have changed since, and removals of those that it had not.
// Row tracking goes on from where it is. Clustering by nothing is a domain too, as Spark has it.
func domains(old, latest *txlog.Snapshot) (out []action.Action) {
	then := maps.Collect(old.Domains())
	now := maps.Collect(latest.Domains())
	for _, name := range slices.Sorted(maps.Keys(then)) {
		if name != rowTrackingDomain && now[name] != then[name] {
			out = append(out, &action.DomainMetadata{Domain: name, Configuration: then[name]})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(now)) {
		if _, ok := then[name]; ok || name == rowTrackingDomain {
			continue
		}
		if name == clusteringDomain {
			out = append(out, &action.DomainMetadata{Domain: name, Configuration: `{"clusteringColumns":[],"domainName":"delta.clustering"}`})
			continue
		}
		out = append(out, &action.DomainMetadata{Domain: name, Configuration: now[name], Removed: true})
	}
	return out
}
