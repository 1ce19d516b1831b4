package txlog

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/ingestd/ingestd/txlog/action"
	"github.com/ingestd/ingestd/txlog/schema"
)

// icebergRules keep a table such that it can be read as one of Apache Iceberg ("Writer Requirements for
// IcebergCompatV1" and V2). That partition values are also in the files, timestamps are int64 and nested fields have their ids there is up to the writer of files.
var icebergRules = []rule{
	{feature: "icebergCompatV1", applies: icebergV1, check: icebergV1Table, add: countsRows},
	{feature: "icebergCompatV2", applies: icebergV2, check: icebergV2Table, add: countsRows},
	{feature: "icebergCompatV1", applies: icebergV1, check: icebergTable},
	{feature: "icebergCompatV2", applies: icebergV2, check: icebergTable},
}

func icebergV1(p *proposal) bool { return p.after.props.bool(PropIcebergCompatV1, false) }
func icebergV2(p *proposal) bool { return p.after.props.bool(PropIcebergCompatV2, false) }

func countsRows(_ *proposal, a *action.Add) error {
	if _, ok := numRecords(a.Stats); !ok {
		return invalid("the added file %s has no numRecords in its statistics", a.Path)
	}
	return nil
}

func icebergV1Table(_ context.Context, p *proposal) error {
	if p.after.Supports("deletionVectors") {
		return invalid("the table must not list the table feature deletionVectors")
	}
	if bad := findType(p.after.schema, func(t schema.Type) bool {
		switch t.(type) {
		case *schema.Array, *schema.Map:
			return true
		}
		return t == schema.Type(schema.Void)
	}); bad != "" {
		return invalid("a column of the type %s; Iceberg compatibility version 2 allows arrays and maps", bad)
	}
	return nil
}

func icebergV2Table(_ context.Context, p *proposal) error {
	if icebergV1(p) && p.after.Supports("icebergCompatV1") {
		return invalid("%s and %s cannot both be true", PropIcebergCompatV1, PropIcebergCompatV2)
	}
	if p.after.DeletionVectorsEnabled() {
		return invalid("%s must be false", PropDeletionVectors)
	}
	if bad := findType(p.after.schema, func(t schema.Type) bool { return t == schema.Type(schema.Void) || t == schema.Type(schema.Variant) }); bad != "" {
		return invalid("a column of the type %s, which Iceberg does not have", bad)
	}
	for path, f := range p.after.schema.Walk() {
		nested, err := nestedIDs(f)
		if err != nil {
			return invalid("the column %s: %s: %v", strings.Join(path, "."), schema.KeyNestedIDs, err)
		}
		for _, key := range nestedKeys(f.PhysicalName(), f.Type) {
			if _, ok := nested[key]; !ok {
				return invalid("the column %s has no id for %s in %s", strings.Join(path, "."), key, schema.KeyNestedIDs)
			}
		}
	}
	return nil
}

// icebergTable are the demands of both versions.
func icebergTable(_ context.Context, p *proposal) error {
	if p.after.Mapping() == schema.MappingNone {
		return invalid("%s must be name or id", PropMappingMode)
	}
	if !p.t.create {
		was, is := p.base.state.metadata.PartitionColumns, p.after.state.metadata.PartitionColumns
		if len(was) > 0 && !slices.Equal(was, is) && !renamedOnly(p.base, p.after) {
			return invalid("a table partitioned by %q cannot come to be partitioned by %q", was, is)
		}
	}
	for path, c := range typeChanges(p.after.schema) {
		if !schema.CanWidenInIceberg(c.from, c.to) {
			return invalid("the type of the column %s was changed from %s to %s, which Iceberg does not allow", path, c.from, c.to)
		}
	}
	return nil
}

// renamedOnly says whether the partition columns are the same by their physical names.
func renamedOnly(base, after *Snapshot) bool {
	physical := func(s *Snapshot) (out []string) {
		for _, c := range s.state.metadata.PartitionColumns {
			if path, ok := s.schema.PhysicalPath(s.Mapping(), c); ok {
				c = path[0]
			}
			out = append(out, c)
		}
		return out
	}
	return slices.Equal(physical(base), physical(after))
}

// findType is the first type for which is holds, or empty.
func findType(s *schema.Struct, is func(schema.Type) bool) (found string) {
	schema.Contains(s, func(t schema.Type) bool {
		if is(t) && found == "" {
			found = t.String()
		}
		return false
	})
	return found
}

// nestedIDs are the ids of elements, keys and values of arrays and maps of a field.
func nestedIDs(f *schema.Field) (ids map[string]int64, err error) {
	raw, ok := f.Metadata[schema.KeyNestedIDs]
	if !ok {
		return nil, nil
	}
	if err := json.Unmarshal(raw, &ids); err != nil {
		return nil, fmt.Errorf("not an object of ids: %w", err)
	}
	return ids, nil
}

// nestedKeys are the keys that the nested ids of a field must have: those up to the next struct.
func nestedKeys(prefix string, t schema.Type) []string {
	switch t := t.(type) {
	case *schema.Array:
		return append([]string{prefix + ".element"}, nestedKeys(prefix+".element", t.Element)...)
	case *schema.Map:
		keys := []string{prefix + ".key", prefix + ".value"}
		return append(append(keys, nestedKeys(prefix+".key", t.Key)...), nestedKeys(prefix+".value", t.Value)...)
	}
	return nil
}
