package feature

import (
	"maps"
	"slices"
	"strings"

	"github.com/ingestd/ingestd/txlog/action"
)

// explicit is the prefix of properties that ask for a feature by name, as in Spark; the value is "supported".
const explicit = "delta.feature."

// ForNewTable is the lowest protocol that a new table of that schema and those properties can have,
// but not below Spark's 1/2. Where features must be listed, appendOnly and invariants are among
// them, which Spark needs. A property "delta.feature.NAME" asks for a feature.
// Errors: *UnsupportedFeatureError where the table would need what this version cannot write.
func ForNewTable(t Table) (*action.Protocol, error) {
	return Upgrade(&action.Protocol{MinReaderVersion: 1, MinWriterVersion: 2}, t)
}

// Upgrade is p, or the lowest protocol above it, such that all features that the table uses are
// supported ("Table Features for New and Existing Tables"). Features are never removed.
// Errors: *UnsupportedFeatureError.
func Upgrade(p *action.Protocol, t Table) (*action.Protocol, error) {
	missing, bad := needs(p, t)
	if len(bad) > 0 {
		return nil, &UnsupportedFeatureError{Features: bad}
	}
	if len(missing) == 0 {
		return p, nil
	}
	reader, writer, listed := p.MinReaderVersion, p.MinWriterVersion, p.MinWriterVersion >= MaxWriter
	for _, f := range missing {
		if f.LegacyWriter == 0 {
			listed = true
		}
		reader, writer = max(reader, f.LegacyReader), max(writer, f.LegacyWriter)
	}
	out := &action.Protocol{MinReaderVersion: reader, MinWriterVersion: writer, Extra: p.Extra}
	if !listed {
		return out, nil
	}
	names := slices.Clone(writerFeatures(p))
	for _, f := range missing {
		names = append(names, f.Name)
	}
	return list(out, p, names), nil
}

// list makes out a protocol with feature lists.
func list(out, from *action.Protocol, names []string) *action.Protocol {
	slices.Sort(names)
	out.MinWriterVersion, out.WriterFeatures = MaxWriter, slices.Compact(names)
	readers := slices.Clone(readerFeatures(from))
	for _, n := range out.WriterFeatures {
		if f := byName[n]; f != nil && f.ReaderWriter {
			readers = append(readers, n)
		}
	}
	if len(readers) == 0 {
		out.MinReaderVersion = from.MinReaderVersion
		if from.MinReaderVersion >= MaxReader {
			out.ReaderFeatures = []string{}
		}
		return out
	}
	slices.Sort(readers)
	out.MinReaderVersion, out.ReaderFeatures = MaxReader, slices.Compact(readers)
	return out
}

// needs are the features that the table uses and p does not support yet; bad are those among them
// that this version cannot write.
func needs(p *action.Protocol, t Table) (missing []*Feature, bad []string) {
	asked := map[string]bool{}
	for k := range t.Properties {
		if name, ok := strings.CutPrefix(k, explicit); ok {
			asked[name] = true
		}
	}
	for i := range all {
		f := &all[i]
		preview := strings.HasSuffix(f.Name, "-preview") // its successor is asked for
		active := f.Active != nil && f.Active(t) && !preview
		if !active && !asked[f.Name] {
			continue
		}
		delete(asked, f.Name)
		if Supports(p, f.Name) {
			continue
		}
		missing = append(missing, f)
		if f.Write == No || f.Write == Inactive && active || f.Read == No {
			bad = append(bad, f.Name)
		}
	}
	bad = append(bad, slices.Sorted(maps.Keys(asked))...)
	return missing, bad
}

// Missing are the features that readers would need to know for a table of that schema and those
// properties, and that the protocol does not support: a table must not come to have any.
func Missing(p *action.Protocol, t Table) []string {
	var names []string
	missing, _ := needs(p, Table{Schema: t.Schema, Properties: Stored(t.Properties)})
	for _, f := range missing {
		if f.ReaderWriter {
			names = append(names, f.Name)
		}
	}
	return names
}

// Stored are the properties without those that only steer the protocol of the table
// (delta.feature.*, delta.minReaderVersion, delta.minWriterVersion), which a metaData action never holds.
func Stored(properties map[string]string) map[string]string {
	out := make(map[string]string, len(properties))
	for k, v := range properties {
		if !strings.HasPrefix(k, explicit) && k != "delta.minReaderVersion" && k != "delta.minWriterVersion" {
			out[k] = v
		}
	}
	return out
}
