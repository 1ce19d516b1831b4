package feature

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ingestd/ingestd/txlog/action"
)

// explicit is the prefix of properties that ask for a feature by name, as in Spark; the value is "supported".
const explicit = "delta.feature."

// NotAddedError is metadata that need a feature which an existing table does not get unasked.
type NotAddedError struct{ Features []string }

// Error names the features and the way out.
func (e *NotAddedError) Error() string {
	return fmt.Sprintf("the table does not support %s, which the change needs and which is not added unasked, since older writers would be locked out: add the feature first, by the property %s%s=supported",
		strings.Join(e.Features, ", "), explicit, e.Features[0])
}

// ForNewTable is the lowest protocol that a new table of that schema and those properties can have,
// but not below Spark's 1/2. Where features must be listed, appendOnly and invariants are among
// them, which Spark needs. A property "delta.feature.NAME" asks for a feature, and
// "delta.minReaderVersion" and "delta.minWriterVersion" ask for all features of those versions.
// Errors: *UnsupportedFeatureError where the table would need what this version cannot write;
// *InvalidProtocolError for versions and values that there are not.
func ForNewTable(t Table) (*action.Protocol, error) {
	return upgrade(&action.Protocol{MinReaderVersion: 1, MinWriterVersion: 2}, t, true)
}

// Upgrade is p, or the lowest protocol above it, such that all features that the table uses, those
// that they require, and those that the properties ask for are supported ("Table Features for New and
// Existing Tables"). Features are never removed, and versions never lowered: lower ones are ignored, as in Spark.
// Errors: those of [ForNewTable]; *NotAddedError.
func Upgrade(p *action.Protocol, t Table) (*action.Protocol, error) {
	return upgrade(p, t, false)
}

func upgrade(p *action.Protocol, t Table, fresh bool) (*action.Protocol, error) {
	asked, err := askedFor(t.Properties)
	if err != nil {
		return nil, err
	}
	want, err := askedVersions(p, t.Properties)
	if err != nil {
		return nil, err
	}
	missing, bad := needs(p, t, append(asked, want.features...))
	if len(bad) > 0 {
		return nil, &UnsupportedFeatureError{Features: bad}
	}
	if !fresh {
		if err := unasked(missing, asked); err != nil {
			return nil, err
		}
	}
	if len(missing) == 0 && !want.above(p) {
		return p, nil
	}
	return with(p, missing, want), nil
}

// unasked: features that Spark adds to existing tables by name only.
func unasked(missing []*Feature, asked []string) error {
	var names []string
	for _, f := range missing {
		if f.Asked && !slices.Contains(asked, f.Name) {
			names = append(names, f.Name)
		}
	}
	if len(names) > 0 {
		return &NotAddedError{Features: names}
	}
	return nil
}

// with is p with more features and at least those versions.
func with(p *action.Protocol, missing []*Feature, want versions) *action.Protocol {
	reader, writer := max(p.MinReaderVersion, want.reader), max(p.MinWriterVersion, want.writer)
	listed := writer >= MaxWriter
	for _, f := range missing {
		if f.LegacyWriter == 0 {
			listed = true
		}
		reader, writer = max(reader, f.LegacyReader), max(writer, f.LegacyWriter)
	}
	out := &action.Protocol{MinReaderVersion: reader, MinWriterVersion: writer, Extra: p.Extra}
	if !listed {
		return out
	}
	names := slices.Clone(writerFeatures(p))
	for _, f := range missing {
		names = append(names, f.Name)
	}
	return list(out, p, names)
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
	if len(readers) == 0 && out.MinReaderVersion < MaxReader {
		out.MinReaderVersion = from.MinReaderVersion
		return out
	}
	slices.Sort(readers)
	out.MinReaderVersion, out.ReaderFeatures = MaxReader, slices.Compact(append([]string{}, readers...))
	return out
}

// needs are the features that the table uses, those asked for and those that they require, which p does not
// support yet; bad are those among them that this version cannot write, and names that it does not know.
func needs(p *action.Protocol, t Table, asked []string) (missing []*Feature, bad []string) {
	want := map[string]bool{} // true: active
	for _, name := range asked {
		want[name] = false
	}
	for i := range all {
		// A preview is not asked for any more: its successor is.
		if f := &all[i]; f.Active != nil && f.Active(t) && !strings.HasSuffix(f.Name, preview) {
			want[f.Name] = true
		}
	}
	closeOver(want)
	for i := range all {
		f := &all[i]
		active, ok := want[f.Name]
		delete(want, f.Name)
		if !ok || Supports(p, f.Name) {
			continue
		}
		missing = append(missing, f)
		if f.Write == No || f.Write == Inactive && active || f.Read == No {
			bad = append(bad, f.Name)
		}
	}
	return missing, append(bad, slices.Sorted(maps.Keys(want))...)
}

// closeOver adds what the features require.
func closeOver(want map[string]bool) {
	queue := slices.Collect(maps.Keys(want))
	for len(queue) > 0 {
		f := byName[queue[0]]
		queue = queue[1:]
		if f == nil {
			continue
		}
		for _, r := range f.Requires {
			if _, ok := want[r]; !ok {
				want[r] = false
				queue = append(queue, r)
			}
		}
	}
}

// Missing are the features, of readers and of writers, that a table of that schema and those properties
// makes use of, or that its features require, and that the protocol does not support: a table must not come to have any.
func Missing(p *action.Protocol, t Table) []string {
	var names []string
	missing, _ := needs(p, t, writerFeatures(p))
	for _, f := range missing {
		names = append(names, f.Name)
	}
	return names
}

// Without is p without a feature. A protocol whose versions imply features comes to list the others.
// Where readers need no feature any more, any reader will do. That nothing uses the feature is up to the caller.
func Without(p *action.Protocol, name string) *action.Protocol {
	not := func(names []string) []string {
		return slices.DeleteFunc(slices.Clone(names), func(n string) bool { return n == name })
	}
	out := &action.Protocol{MinReaderVersion: p.MinReaderVersion, MinWriterVersion: MaxWriter, WriterFeatures: not(writerFeatures(p)), Extra: p.Extra}
	slices.Sort(out.WriterFeatures)
	out.WriterFeatures = append([]string{}, out.WriterFeatures...)
	switch readers := not(readerFeatures(p)); {
	case p.MinReaderVersion >= MaxReader && len(readers) > 0:
		out.ReaderFeatures = readers
	case len(readers) == 0:
		out.MinReaderVersion = 1
	}
	return out
}

// Union is the lowest protocol that supports what p supports and what q supports.
func Union(p, q *action.Protocol) *action.Protocol {
	var missing []*Feature
	for _, name := range Names(q) {
		if f := byName[name]; f != nil && !Listed(p, name) {
			missing = append(missing, f)
		}
	}
	want := versions{reader: q.MinReaderVersion, writer: q.MinWriterVersion}
	if len(missing) == 0 && !want.above(p) {
		return p
	}
	return with(p, missing, want)
}
