package txlog

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/ingestd/ingestd/txlog/feature"
	"github.com/ingestd/ingestd/txlog/schema"
)

// featureRules are those of features about the table as a whole.
var featureRules = []rule{
	{check: domains},
	{applies: (*proposal).changesTable, check: requiredFeatures},
	{feature: "clustering", applies: func(p *proposal) bool { return p.changed || len(p.staged) > 0 }, check: clustering},
	{feature: "rowTracking", applies: (*proposal).changesTable, check: rowTrackingColumns},
	{applies: (*proposal).changesTable, check: sequenceColumn},
	{feature: "rowTracking", applies: enablesRowTracking, check: allFilesHaveRowIDs},
	{feature: "changeDataFeed", applies: func(p *proposal) bool { return p.changed && p.after.ChangeDataFeed() }, check: changeColumns},
	{feature: "checkpointProtection", applies: (*proposal).changesTable, check: protectedVersions},
}

const domainClustering = "delta.clustering"

// domains: the table supports them, and those of the system are only changed by features that are known here.
func domains(_ context.Context, p *proposal) error {
	for _, d := range p.staged {
		switch {
		case !p.after.Supports("domainMetadata") && !p.base.had("domainMetadata"):
			return invalid("the domain %s, but the protocol of the table does not list the table feature domainMetadata; add it to the table first", d.Domain)
		case !strings.HasPrefix(d.Domain, "delta."):
		case d.Domain == domainClustering && (d.Removed || p.after.Supports("clustering")):
		case d.Domain == domainRowTracking && d.Removed && (!p.after.Supports("rowTracking") || p.after.props.bool(PropRowTrackingSuspended, false)):
		default:
			return invalid("the domain %s is kept by Delta itself and cannot be set", d.Domain)
		}
	}
	return nil
}

// had is Supports for a base that may be no table yet.
func (s *Snapshot) had(name string) bool { return s.state.protocol != nil && s.Supports(name) }

// requiredFeatures: a change of the protocol brings what its features need beside them.
func requiredFeatures(_ context.Context, p *proposal) error {
	if !p.t.create && p.after.state.protocol == p.base.state.protocol {
		return nil
	}
	for _, f := range feature.All() {
		for _, need := range f.Requires {
			if p.after.Supports(f.Name) && !p.after.Supports(need) {
				return &InvalidCommitError{f.Name, "it needs the table feature " + need + ", which the protocol action does not list"}
			}
		}
	}
	return nil
}

// ClusteringColumns are the physical paths of the columns that the table is clustered by, in order, and whether it is clustered at
// all: the table may be so by no column ("Clustered Table").
func (s *Snapshot) ClusteringColumns() (paths [][]string, ok bool) {
	if !s.had("clustering") {
		return nil, false
	}
	text, ok := s.Domain(domainClustering)
	if !ok {
		return nil, true
	}
	paths, err := clusteringColumns(text)
	return paths, err == nil
}

// clusteringColumns reads the domain: Spark writes a list of paths, the protocol shows a list of names.
func clusteringColumns(text string) ([][]string, error) {
	var d struct {
		Columns []json.RawMessage `json:"clusteringColumns"`
	}
	if err := json.Unmarshal([]byte(text), &d); err != nil {
		return nil, err
	}
	paths := make([][]string, len(d.Columns))
	for i, raw := range d.Columns {
		var name string
		if json.Unmarshal(raw, &name) == nil {
			paths[i] = []string{name}
		} else if err := json.Unmarshal(raw, &paths[i]); err != nil {
			return nil, err
		}
	}
	return paths, nil
}

func clustering(_ context.Context, p *proposal) error {
	if len(p.after.state.metadata.PartitionColumns) > 0 {
		return invalid("a table cannot be both clustered and partitioned (by %s)", strings.Join(p.after.state.metadata.PartitionColumns, ", "))
	}
	text, ok := p.after.Domain(domainClustering)
	if !ok {
		return nil
	}
	paths, err := clusteringColumns(text)
	if err != nil {
		return invalid("the domain %s is not a list of columns: %v", domainClustering, err)
	}
	physical := p.after.schema.Physical(p.after.Mapping())
	for _, path := range paths {
		f := physical.Lookup(path...)
		if f == nil {
			return invalid("there is no column of the physical name %s to cluster by", strings.Join(path, "."))
		}
		switch t := f.Type.(type) {
		case *schema.Struct, *schema.Array, *schema.Map:
			return invalid("a table cannot be clustered by %s, which is of type %s", strings.Join(path, "."), t)
		case schema.Primitive:
			if t == schema.Variant || t == schema.Void || t == schema.Binary || t == schema.Boolean {
				return invalid("a table cannot be clustered by %s, which is of type %s and has no bounds in statistics", strings.Join(path, "."), t)
			}
		}
	}
	return nil
}

// rowTrackingColumns: a table that promises row ids has names for the columns that keep them, unlike those of any other column.
func rowTrackingColumns(_ context.Context, p *proposal) error {
	ids, versions := p.after.props.MaterializedRowIDs()
	if p.after.RowTrackingEnabled() {
		if ids == "" || versions == "" {
			return invalid("%s needs the properties %s and %s", PropRowTracking, PropRowIDColumn, PropRowVersionColumn)
		}
		if p.after.props.bool(PropRowTrackingSuspended, false) {
			return invalid("%s cannot be true together with %s", PropRowTracking, PropRowTrackingSuspended)
		}
	}
	if err := p.notTaken("the hidden columns of row tracking", ids, versions); err != nil {
		return err
	}
	if p.t.create || p.replaces() {
		return nil
	}
	if i, v := p.base.props.MaterializedRowIDs(); i != "" && i != ids || v != "" && v != versions {
		return invalid("the properties %s and %s must stay as they are, since files have columns of those names", PropRowIDColumn, PropRowVersionColumn)
	}
	return nil
}

// notTaken: no column has the name of a hidden one.
func (p *proposal) notTaken(by string, hidden ...string) error {
	for _, f := range p.after.schema.Fields {
		for _, name := range hidden {
			if name != "" && (schema.Fold(f.Name) == schema.Fold(name) || schema.Fold(f.PhysicalName()) == schema.Fold(name)) {
				return invalid("the column name %s is taken by %s", name, by)
			}
		}
	}
	return nil
}

// sequenceColumn: the hidden column of sequences has a name of its own, and keeps it as long as the table has one.
func sequenceColumn(_ context.Context, p *proposal) error {
	name := p.after.props.SequenceColumn()
	if err := p.notTaken(PropSequenceColumn, name); err != nil || name == "" {
		return err
	}
	ids, versions := p.after.props.MaterializedRowIDs()
	if schema.Fold(name) == schema.Fold(ids) || schema.Fold(name) == schema.Fold(versions) {
		return invalid("%s is %s, which is a hidden column of row tracking", PropSequenceColumn, name)
	}
	if p.t.create || p.replaces() {
		return nil
	}
	if was := p.base.props.SequenceColumn(); was != "" && was != name {
		return invalid("%s must stay %s, since files have a column of that name", PropSequenceColumn, was)
	}
	return nil
}

func enablesRowTracking(p *proposal) bool {
	return !p.t.create && p.after.RowTrackingEnabled() && !p.base.RowTrackingEnabled()
}

// allFilesHaveRowIDs: the property may only be set when every file has ids. It reads the list of files, which is
// done in no other commit.
func allFilesHaveRowIDs(ctx context.Context, p *proposal) error {
	for a, err := range p.base.Files(ctx) {
		if err != nil {
			return err
		}
		_, removed := p.removes[pathKey(a.Path)]
		_, added := p.adds[pathKey(a.Path)]
		if (a.BaseRowID == nil || a.DefaultRowCommitVersion == nil) && !removed && !added {
			return invalid("the file %s has no row ids yet; give them to all files first (Log.BackfillRowIDs)", a.Path)
		}
	}
	return nil
}

// changeNames are the columns that readers of the change data feed get beside those of the table.
var changeNames = []string{"_change_type", "_commit_version", "_commit_timestamp"}

func changeColumns(_ context.Context, p *proposal) error {
	for _, f := range p.after.schema.Fields {
		if slices.Contains(changeNames, schema.Fold(f.Name)) {
			return invalid("the column name %s is reserved while %s is true; rename the column", f.Name, PropChangeDataFeed)
		}
	}
	return nil
}

// protectedVersions: the boundary of protected checkpoints is a version, and moves up only.
func protectedVersions(_ context.Context, p *proposal) error {
	text, ok := p.after.props.Get(PropCheckpointProtection)
	if !ok {
		if _, had := p.base.props.Get(PropCheckpointProtection); had && p.base.had("checkpointProtection") {
			return invalid("%s cannot be unset while the table has the feature", PropCheckpointProtection)
		}
		return nil
	}
	v, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
	if err != nil || v < 0 || v > p.after.version {
		return invalid("%s = %q must be a version of the table", PropCheckpointProtection, text)
	}
	if p.base.had("checkpointProtection") && v < p.base.props.int(PropCheckpointProtection, 0) {
		return invalid("%s cannot go down to %d", PropCheckpointProtection, v)
	}
	return nil
}
