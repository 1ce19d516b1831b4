package restore

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"

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
	proto := old.Protocol()
	if !downgrade {
		proto = feature.Union(latest.Protocol(), proto)
		keepHighest(meta.Configuration, old, latest, txlog.PropCheckpointProtection)
		keepRowIDColumns(meta.Configuration, latest)
	}
	proto, err := feature.Upgrade(proto, feature.Table{Schema: merged, Properties: meta.Configuration})
	return proto, &meta, err
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
		now := latest.Field(f.Name)
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
