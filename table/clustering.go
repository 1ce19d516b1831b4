package table

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/ingestd/ingestd/table/stats"
	"github.com/ingestd/ingestd/txlog"
	"github.com/ingestd/ingestd/txlog/action"
	"github.com/ingestd/ingestd/txlog/schema"
)

// maxClusteringColumns is how many Spark allows.
const maxClusteringColumns = 4

// ClusteringError says that a table cannot be clustered so.
type ClusteringError struct {
	Column string // "" where it is not about one
	Reason string
}

func (e *ClusteringError) Error() string {
	if e.Column == "" {
		return "CLUSTER BY: " + e.Reason
	}
	return "CLUSTER BY " + e.Column + ": " + e.Reason
}

// clusterBy is the domain that says what a new table is clustered by ("Clustered Table"), and its columns, in physical names.
func clusterBy(s *schema.Struct, sh *shape, o CreateOptions) (*action.DomainMetadata, [][]string, error) {
	if len(o.PartitionBy) > 0 {
		return nil, nil, &ClusteringError{Reason: "a table cannot be both clustered and partitioned; choose one"}
	}
	if len(o.ClusterBy) > maxClusteringColumns {
		return nil, nil, &ClusteringError{Reason: fmt.Sprintf("%d columns; at most %d make sense", len(o.ClusterBy), maxClusteringColumns)}
	}
	selected, err := statsColumns(sh, s, s.Physical(sh.mapping))
	if err != nil {
		return nil, nil, err
	}
	paths, seen := [][]string{}, map[string]bool{}
	for _, path := range o.ClusterBy {
		name := strings.Join(path, ".")
		f := s.Lookup(path...)
		physical, ok := s.PhysicalPath(sh.mapping, path...)
		switch {
		case f == nil || !ok:
			return nil, nil, &ClusteringError{Column: name, Reason: "there is no such column; the columns are " + strings.Join(s.Names(), ", ")}
		case seen[foldPath(path)]:
			return nil, nil, &ClusteringError{Column: name, Reason: "it is named twice"}
		case !stats.HasBounds(f.Type):
			return nil, nil, &ClusteringError{Column: name, Reason: fmt.Sprintf("a %s has no least and greatest value to cluster by; choose a number, a text or a point in time", strings.ToUpper(f.Type.String()))}
		case !selected.Has(physical):
			return nil, nil, &ClusteringError{Column: name, Reason: "no statistics are kept of it: name it in delta.dataSkippingStatsColumns, or move it forward among the columns"}
		}
		seen[foldPath(path)] = true
		paths = append(paths, physical)
	}
	text, err := json.Marshal(map[string]any{"clusteringColumns": paths, "domainName": "delta.clustering"})
	if err != nil {
		return nil, nil, err
	}
	return &action.DomainMetadata{Domain: "delta.clustering", Configuration: string(text)}, paths, nil
}

// clusteringNames are the columns that a table is clustered by as its users name them. A column that cannot be found keeps its
// name in the files.
func clusteringNames(s *txlog.Snapshot) []string {
	out := []string{}
	paths, _ := s.ClusteringColumns()
	for _, physical := range paths {
		name := strings.Join(physical, ".")
		for path := range s.Schema().Walk() {
			if p, ok := s.Schema().PhysicalPath(s.Mapping(), path...); ok && slices.Equal(p, physical) {
				name = strings.Join(path, ".")
				break
			}
		}
		out = append(out, name)
	}
	return out
}
