package feature

import (
	"strings"

	"github.com/ingestd/ingestd/txlog/schema"
)

// The features that writer versions 2 to 6 imply ("Writer Version Requirements").
var (
	appendOnly = Feature{
		Name: "appendOnly", LegacyWriter: 2, Read: Full, Write: Full, Active: isTrue("delta.appendOnly"),
		TurnedOn:    "delta.appendOnly = true",
		KeptBecause: "every engine lists it; delta.appendOnly = false makes it inactive",
		Writers:     "no commit removes rows; files may still be rewritten",
	}
	invariants = Feature{
		Name: "invariants", LegacyWriter: 2, Read: Full, Write: Full, Active: hasFieldKey("delta.invariants"),
		TurnedOn:    "delta.invariants in a column",
		KeptBecause: "every engine lists it; a table whose columns have none is not bound by it",
		Writers:     "each new row makes the expression of the column true; false and null refuse the write",
	}
	checkConstraints = Feature{
		Name: "checkConstraints", LegacyWriter: 3, Read: Full, Write: Full, Active: hasPrefix("delta.constraints."),
		TurnedOn: "delta.constraints.NAME", Droppable: true,
		Writers: "each new row makes each constraint true; false and null refuse the write",
	}
	changeDataFeed = Feature{
		Name: "changeDataFeed", LegacyWriter: 4, Read: Full, Write: Full, Active: isTrue("delta.enableChangeDataFeed"),
		TurnedOn:    "delta.enableChangeDataFeed = true",
		KeptBecause: "Spark cannot drop it; delta.enableChangeDataFeed = false makes it inactive",
		Readers:     "of the feed: change files where a commit has them, else its added and removed files",
		Writers:     "change files for each commit that changes rows within files",
	}
	generatedColumns = Feature{
		Name: "generatedColumns", LegacyWriter: 4, Read: Full, Write: Full, Active: hasFieldKey("delta.generationExpression"),
		TurnedOn:    "delta.generationExpression in a column",
		KeptBecause: "Spark cannot drop it; a table without such columns is not bound by it",
		Writers:     "computes the column where it is not given, and checks it where it is",
	}
	columnMapping = Feature{
		Name: "columnMapping", ReaderWriter: true, LegacyReader: 2, LegacyWriter: 5, Read: Full, Write: Full,
		Active: func(t Table) bool {
			mode := strings.ToLower(t.Properties["delta.columnMapping.mode"])
			return mode != "" && mode != "none"
		},
		TurnedOn: "delta.columnMapping.mode = name or id", Droppable: true,
		Readers: "finds the columns of a file by physical name or field id",
		Writers: "physical names and field ids in files, statistics and partition values; ids never used twice",
	}
	identityColumns = Feature{
		Name: "identityColumns", LegacyWriter: 6, Read: Full, Write: Full, Active: hasFieldKey("delta.identity."),
		TurnedOn:    "delta.identity.start in a column",
		KeptBecause: "Spark cannot drop it; a table without such columns is not bound by it",
		Writers:     "makes values beyond the high-water mark, and moves the mark in the same commit",
	}
)

// isTrue: the property is set to true.
func isTrue(property string) func(Table) bool {
	return func(t Table) bool { return strings.EqualFold(strings.TrimSpace(t.Properties[property]), "true") }
}

// hasPrefix: a property begins so.
func hasPrefix(prefix string) func(Table) bool {
	return func(t Table) bool {
		for k := range t.Properties {
			if strings.HasPrefix(strings.ToLower(k), prefix) {
				return true
			}
		}
		return false
	}
}

// hasFieldKey: the metadata of a field, at any depth, has a key that begins so.
func hasFieldKey(prefix string) func(Table) bool {
	return func(t Table) bool {
		if t.Schema == nil {
			return false
		}
		for _, f := range t.Schema.Walk() {
			for k := range f.Metadata {
				if strings.HasPrefix(k, prefix) {
					return true
				}
			}
		}
		return false
	}
}

// hasType: a column, or a part of one, is of the type.
func hasType(p schema.Primitive) func(Table) bool {
	return func(t Table) bool {
		return t.Schema != nil && schema.Contains(t.Schema, func(x schema.Type) bool { return x == schema.Type(p) })
	}
}
