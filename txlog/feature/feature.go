// Package feature is the one place that knows every table feature of the Delta protocol, and what
// this version of ingestd can do with a table that has it ("Table Features" of the protocol).
//
// Each feature is one entry in one of the files here; to support one more, its entry changes and
// nothing else in this package. It knows protocols, schemas and properties, but no files and no rows.
package feature

import (
	"slices"
	"strings"

	"github.com/ingestd/ingestd/txlog/action"
	"github.com/ingestd/ingestd/txlog/schema"
)

// Support is how much of a feature this version can honour.
type Support int

// Levels of support.
const (
	No       Support = iota // a table that has the feature is refused
	Inactive                // accepted as long as the metadata do not make it active
	Full                    // honoured
)

// Table is what makes a feature active: "its metadata requirements are satisfied".
type Table struct {
	Schema     *schema.Struct
	Properties map[string]string
}

// Feature is one table feature: all that the protocol, and this version of ingestd, has to say about it.
type Feature struct {
	Name         string
	ReaderWriter bool // readers must know it too
	// LegacyReader and LegacyWriter are the protocol versions that imply the feature without
	// listing it; 0 for a feature that is always listed.
	LegacyReader, LegacyWriter int
	Read                       Support // of reading rows; Full for features of writers only
	Write                      Support // of any commit
	// Active says whether the table makes use of the feature; nil for one that is active wherever
	// it is listed and that nothing in the metadata asks for.
	Active func(Table) bool
	// TurnedOn says in words what makes the feature active: a property, or something in the schema.
	TurnedOn string
	// Requires names the features that a table with this one must support as well.
	Requires []string
	// Asked: metadata that make the feature active do not add it to an existing table by
	// themselves, as in Spark; the user adds it by "delta.feature.NAME" ([NotAddedError]). New tables get it.
	Asked bool
	// Droppable says whether a table can lose the feature again; KeptBecause, why not.
	Droppable   bool
	KeptBecause string
	// Readers and Writers are what the feature demands of each, a line of text; empty is nothing.
	Readers, Writers string
}

// The highest protocol versions that there are.
const (
	MaxReader = 3
	MaxWriter = 7
)

var byName = func() map[string]*Feature {
	m := make(map[string]*Feature, len(all))
	for i := range all {
		m[all[i].Name] = &all[i]
	}
	return m
}()

// ByName is the feature of that name, in any case, as Spark finds it; false for an unknown one.
func ByName(name string) (Feature, bool) {
	for _, f := range all {
		if strings.EqualFold(f.Name, name) {
			return f, true
		}
	}
	return Feature{}, false
}

// All yields every feature that is known by name, supported or not.
func All() []Feature { return slices.Clone(all) }

// Supports says whether the feature is supported by the table: listed, implied by its versions, or
// listed as the preview that it once was, which means the same.
func Supports(p *action.Protocol, name string) bool {
	return Listed(p, name) || Listed(p, name+preview)
}

// Listed says whether the feature is supported under exactly that name: listed, or implied by the versions.
func Listed(p *action.Protocol, name string) bool {
	if p.MinWriterVersion >= MaxWriter {
		return slices.Contains(p.WriterFeatures, name)
	}
	f := byName[name]
	return f != nil && f.LegacyWriter > 0 && f.LegacyWriter <= p.MinWriterVersion
}

// preview ends the name of a feature that was not yet part of the protocol.
const preview = "-preview"

// readerFeatures are the names of the features that a reader must honour.
func readerFeatures(p *action.Protocol) []string {
	if p.MinReaderVersion >= MaxReader {
		return p.ReaderFeatures
	}
	return implied(func(f *Feature) bool { return f.LegacyReader > 0 && f.LegacyReader <= p.MinReaderVersion })
}

// writerFeatures are the names of the features that a writer must honour.
func writerFeatures(p *action.Protocol) []string {
	if p.MinWriterVersion >= MaxWriter {
		return p.WriterFeatures
	}
	return implied(func(f *Feature) bool { return f.LegacyWriter > 0 && f.LegacyWriter <= p.MinWriterVersion })
}

func implied(is func(*Feature) bool) []string {
	var names []string
	for i := range all {
		if is(&all[i]) {
			names = append(names, all[i].Name)
		}
	}
	return names
}

// Names are the features that the table supports, listed or implied by its versions, sorted.
func Names(p *action.Protocol) []string {
	names := slices.Concat(readerFeatures(p), writerFeatures(p))
	slices.Sort(names)
	return slices.Compact(names)
}
