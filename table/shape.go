package table

import (
	"slices"
	"strings"

	"github.com/ingestd/ingestd/txlog"
	"github.com/ingestd/ingestd/txlog/action"
	"github.com/ingestd/ingestd/txlog/feature"
	"github.com/ingestd/ingestd/txlog/schema"
)

// Properties that only writers heed.
const (
	propMaterializePartitions = "delta.enableMaterializePartitionColumnsFeature"
	constraintPrefix          = "delta.constraints."
)

// shape is what of a table, beside its schema, decides how its rows become files. It is immutable.
type shape struct {
	partitionBy []string // in the table's names
	props       txlog.Properties
	mapping     schema.Mapping
	nestedIDs   bool // elements, keys and values have field ids (icebergCompatV2)
	materialize bool // partition columns stand in the files too
	constraints []constraint
	clustered   [][]string // physical paths of the clustering columns, which need statistics
}

// constraint is a CHECK constraint of the table, as its properties have it.
type constraint struct{ name, text string }

// shapeOf is the shape of a version of a table.
func shapeOf(s *txlog.Snapshot) *shape {
	sh := newShape(s.Metadata(), s.Protocol())
	sh.clustered, _ = s.ClusteringColumns()
	return sh
}

// newShape is that of a table of such metadata and protocol.
func newShape(m *action.Metadata, p *action.Protocol) *shape {
	props := txlog.NewProperties(m.Configuration)
	sh := &shape{partitionBy: m.PartitionColumns, props: props, mapping: schema.MappingNone}
	if feature.Supports(p, "columnMapping") {
		sh.mapping = props.Mapping()
	}
	sh.nestedIDs = sh.mapped() && props.IcebergCompat() >= 2
	sh.materialize = props.IcebergCompat() > 0 || isTrue(m.Configuration, propMaterializePartitions) && feature.Supports(p, "materializePartitionColumns")
	if feature.Supports(p, "checkConstraints") {
		sh.constraints = constraintsOf(m.Configuration)
	}
	return sh
}

func (sh *shape) mapped() bool { return sh.mapping != schema.MappingNone }

func isTrue(properties map[string]string, name string) bool {
	return strings.EqualFold(strings.TrimSpace(properties[name]), "true")
}

// constraintsOf are the CHECK constraints, by name. The names of properties are told apart by case, but not this prefix.
func constraintsOf(properties map[string]string) []constraint {
	var out []constraint
	for k, v := range properties {
		if len(k) > len(constraintPrefix) && strings.EqualFold(k[:len(constraintPrefix)], constraintPrefix) {
			out = append(out, constraint{name: k[len(constraintPrefix):], text: v})
		}
	}
	slices.SortFunc(out, func(a, b constraint) int { return strings.Compare(a.name, b.name) })
	return out
}
