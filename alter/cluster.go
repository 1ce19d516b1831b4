package alter

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ingestd/ingestd/table"
	"github.com/ingestd/ingestd/table/stats"
	"github.com/ingestd/ingestd/txlog"
	"github.com/ingestd/ingestd/txlog/action"
	"github.com/ingestd/ingestd/txlog/schema"
)

const clusteringDomain = "delta.clustering"

// maxClustering is how many columns a table can be clustered by, as in Spark.
const maxClustering = 4

// ClusterBy sets the columns by which OPTIMIZE lays the rows out, or none. Files are left as they are until then.
// Errors: *ColumnError for a column that cannot cluster: of a type without an order, without statistics, or on a table
// with partitions.
func ClusterBy(ctx context.Context, t *table.Table, columns ...Path) (Result, error) {
	if len(columns) > maxClustering {
		return Result{}, &ColumnError{Reason: fmt.Sprintf("a table can be clustered by up to %d columns, not by %d", maxClustering, len(columns))}
	}
	return apply(ctx, t, func(_ context.Context, d *draft) error {
		old, err := d.clusteredBy()
		if err != nil {
			return err
		}
		if len(columns) == 0 && len(old) == 0 {
			return nil
		}
		if len(d.partitionBy) > 0 {
			return &ColumnError{Reason: "the table is partitioned, by " + strings.Join(d.partitionBy, ", ") + ", and cannot be clustered as well"}
		}
		var logical []Path
		physical := make([][]string, 0, len(columns))
		for _, c := range columns {
			path, err := d.clusterable(c)
			if err != nil {
				return err
			}
			if slices.ContainsFunc(logical, func(p Path) bool { return samePath(p, path) }) {
				return &ColumnError{path, "it is named twice"}
			}
			names, _ := d.schema.PhysicalPath(d.mapping(), path...)
			logical, physical = append(logical, path), append(physical, names)
		}
		d.ask["delta.feature.clustering"] = "supported"
		d.extra = append(d.extra, &action.DomainMetadata{Domain: clusteringDomain,
			Configuration: asJSON(clustering{Columns: physical, Domain: clusteringDomain})})
		d.op = txlog.Operation{Name: "CLUSTER BY", Parameters: map[string]any{"oldClusteringColumns": joinPaths(old), "newClusteringColumns": joinPaths(logical)}}
		return nil
	})
}

// clustering is the configuration of the domain delta.clustering, as Spark has it: a path for each column.
type clustering struct {
	Columns [][]string `json:"clusteringColumns"`
	Domain  string     `json:"domainName"`
}

// clusterable: statistics can tell files apart by the column.
func (d *draft) clusterable(c Path) (Path, error) {
	path, typ, err := spelled(d.schema, c)
	if err != nil {
		return nil, err
	}
	names, ok := d.schema.PhysicalPath(d.mapping(), path...)
	if !ok {
		return nil, &ColumnError{path, "what is inside of an array or a map cannot cluster"}
	}
	switch p := typ.(type) {
	case schema.Primitive:
		if p == schema.Boolean || p == schema.Binary || p == schema.Variant || p == schema.Void {
			return nil, &ColumnError{path, fmt.Sprintf("%s has no minimum and maximum, so that files cannot be told apart by it", p)}
		}
	case schema.Decimal:
	default:
		return nil, &ColumnError{path, fmt.Sprintf("a table is clustered by columns of simple types, not by %s", typ)}
	}
	has, err := d.hasStatistics(names)
	if err != nil {
		return nil, err
	}
	if !has {
		return nil, &ColumnError{path, "files have no statistics of it: move it among the first columns, or name it in the property delta.dataSkippingStatsColumns"}
	}
	return path, nil
}

func (d *draft) hasStatistics(physical []string) (bool, error) {
	props := txlog.NewProperties(d.properties)
	files := d.schema.Physical(d.mapping())
	list, ok := props.StatsColumns()
	if !ok {
		return stats.First(files, int(props.IndexedColumns())).Has(physical), nil
	}
	sel, err := stats.Named(d.schema, list)
	if err != nil {
		return false, &PropertyError{txlog.PropSkippingStatsColumns, err.Error()}
	}
	logical, err := logicalPath(d.schema, physical)
	return err == nil && sel.Has(logical), err
}

// clusteredBy are the columns by which the table is clustered, in the names of users.
func (d *draft) clusteredBy() ([]Path, error) { return ClusteringColumns(d.snap) }

// stayClustered: files go on having statistics of the columns that cluster, whatever moves before them.
func (d *draft) stayClustered() error {
	columns, err := physicalClustering(d.snap)
	if err != nil || len(columns) == 0 {
		return err
	}
	for _, names := range columns {
		path, err := logicalPath(d.schema, names)
		if err != nil {
			return err
		}
		if has, err := d.hasStatistics(names); err != nil {
			return err
		} else if !has {
			return &ColumnError{path, "the table is clustered by it, and files would have no statistics of it any more: it must stay among the first columns, or be named in the property delta.dataSkippingStatsColumns"}
		}
	}
	return nil
}

// ClusteringColumns are the columns by which a version of a table is clustered, in the names of users; none where it is not.
func ClusteringColumns(s *txlog.Snapshot) ([]Path, error) {
	columns, err := physicalClustering(s)
	if err != nil {
		return nil, err
	}
	out := make([]Path, len(columns))
	for i, names := range columns {
		if out[i], err = logicalPath(s.Schema(), names); err != nil {
			return nil, fmt.Errorf("domain %s: %w", clusteringDomain, err)
		}
	}
	return out, nil
}

// physicalClustering reads the domain. Columns are paths in what Spark writes, and names in the examples of the protocol.
func physicalClustering(s *txlog.Snapshot) ([][]string, error) {
	text, ok := s.Domain(clusteringDomain)
	if !ok {
		return nil, nil
	}
	var c struct {
		Columns []json.RawMessage `json:"clusteringColumns"`
	}
	if err := json.Unmarshal([]byte(text), &c); err != nil {
		return nil, fmt.Errorf("domain %s: %w", clusteringDomain, err)
	}
	out := make([][]string, len(c.Columns))
	for i, raw := range c.Columns {
		var name string
		if json.Unmarshal(raw, &name) == nil {
			out[i] = []string{name}
		} else if err := json.Unmarshal(raw, &out[i]); err != nil {
			return nil, fmt.Errorf("domain %s: %w", clusteringDomain, err)
		}
	}
	return out, nil
}

// logicalPath is the path of the field that has those physical names.
func logicalPath(s *schema.Struct, physical []string) (Path, error) {
	var out Path
	for depth, name := range physical {
		i := slices.IndexFunc(s.Fields, func(f schema.Field) bool { return f.PhysicalName() == name })
		if i < 0 {
			return nil, notFound(physical, depth, s)
		}
		out = append(out, s.Fields[i].Name)
		inner, ok := s.Fields[i].Type.(*schema.Struct)
		if !ok && depth < len(physical)-1 {
			return nil, notFound(physical, depth+1, s.Fields[i].Type)
		}
		s = inner
	}
	return out, nil
}

func joinPaths(paths []Path) string {
	names := make([]string, len(paths))
	for i, p := range paths {
		names[i] = p.String()
	}
	return strings.Join(names, ",")
}

// keysOf are the keys of a map in order.
func keysOf[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
