package feature

import (
	"strings"

	"github.com/ingestd/ingestd/txlog/schema"
)

// The features that writer versions 2 to 6 imply ("Writer Version Requirements").
var (
	appendOnly = Feature{Name: "appendOnly", LegacyWriter: 2, Read: Full, Write: Full, Active: isTrue("delta.appendOnly")}

	invariants = Feature{Name: "invariants", LegacyWriter: 2, Read: Full, Write: Full, Active: hasFieldKey("delta.invariants")}

	checkConstraints = Feature{Name: "checkConstraints", LegacyWriter: 3, Read: Full, Write: Full, Active: hasPrefix("delta.constraints.")}

	changeDataFeed = Feature{Name: "changeDataFeed", LegacyWriter: 4, Read: Full, Write: Full, Active: isTrue("delta.enableChangeDataFeed")}

	generatedColumns = Feature{Name: "generatedColumns", LegacyWriter: 4, Read: Full, Write: Full, Active: hasFieldKey("delta.generationExpression")}

	columnMapping = Feature{
		Name: "columnMapping", ReaderWriter: true, LegacyReader: 2, LegacyWriter: 5, Read: Full, Write: Full,
		Active: func(t Table) bool {
			mode := strings.ToLower(t.Properties["delta.columnMapping.mode"])
			return mode != "" && mode != "none"
		},
	}

	identityColumns = Feature{Name: "identityColumns", LegacyWriter: 6, Read: Full, Write: Full, Active: hasFieldKey("delta.identity.")}
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
