package clone

import (
	"context"
	"fmt"
	"maps"
	"strconv"
	"strings"

	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/table"
	"github.com/ingestd/ingestd/table/deletionvector"
	"github.com/ingestd/ingestd/table/partition"
	"github.com/ingestd/ingestd/txlog"
	"github.com/ingestd/ingestd/txlog/action"
	"github.com/ingestd/ingestd/txlog/feature"
)

// Options say how the clone differs from its source.
type Options struct {
	Properties map[string]string // set on the clone, over those of the source
}

// Result says what was made, in the words of Spark's metrics.
type Result struct {
	Table         *table.Table
	Version       int64 // of the clone: 0
	Source        string
	SourceVersion int64
	NumFiles      int64 // that the clone shares with its source
	Size          int64 // of them, in bytes
}

const (
	clusteringDomain  = "delta.clustering"
	checkpointFeature = "checkpointProtection"
)

// Shallow makes a table at target of the version that source stands at: its rows, schema, partitioning,
// properties, protocol and clustering. Opened with WithOtherStores, the clone reads files in other stores.
//
// What is tied to the source stays there: its id, name and history, progress of applications (txn; a stream to the clone
// starts afresh, and one to the source is not taken for it), the ids of its rows, and the domains of users.
// Errors: *table.ExistsError where there is a table at target; those of reading source.
func Shallow(ctx context.Context, source *table.Table, target objstore.Store, o Options, opts ...table.Option) (Result, error) {
	s := source.Snapshot()
	r := Result{Source: source.Location(), SourceVersion: s.Version()}
	if sameURL(r.Source, target.URL()) {
		return r, fmt.Errorf("%s cannot be cloned to itself", r.Source)
	}
	proto, meta, err := definition(source, s, o)
	if err != nil {
		return r, fmt.Errorf("cloning %s: %w", r.Source, err)
	}
	actions := []action.Action{proto, meta}
	if text, ok := s.Domain(clusteringDomain); ok {
		actions = append(actions, &action.DomainMetadata{Domain: clusteringDomain, Configuration: text})
	}
	root := rootURL(r.Source)
	for a, err := range s.Files(ctx) {
		if err != nil {
			return r, err
		}
		file, err := outside(root, a)
		if err != nil {
			return r, fmt.Errorf("cloning %s: %w", r.Source, err)
		}
		actions = append(actions, file)
		r.NumFiles++
		r.Size += a.Size
	}
	r.Table, err = table.CreateOf(ctx, target, r.operation(), actions, opts...)
	return r, err
}

// operation is what history tells, with the names that Spark uses.
func (r *Result) operation() txlog.Operation {
	files, size := strconv.FormatInt(r.NumFiles, 10), strconv.FormatInt(r.Size, 10)
	return txlog.Operation{
		Name:       "CLONE",
		Parameters: map[string]any{"source": "delta.`" + r.Source + "`", "sourceVersion": r.SourceVersion},
		Metrics: map[string]string{
			"sourceTableSize": size, "sourceNumOfFiles": files, "numRemovedFiles": "0", "numCopiedFiles": "0",
			"removedFilesSize": "0", "copiedFilesSize": "0",
		},
	}
}

// definition is the protocol and the metadata of the clone.
func definition(source *table.Table, s *txlog.Snapshot, o Options) (*action.Protocol, *action.Metadata, error) {
	meta := *s.Metadata()
	meta.ID, meta.Name, meta.Description, meta.CreatedTime = source.NewID(), nil, nil, new(source.Now())
	props := maps.Clone(meta.Configuration)
	if props == nil {
		props = map[string]string{}
	}
	maps.Copy(props, o.Properties)
	// Ids of rows that files have in columns of their own are those of the source: the clone has other columns for its own.
	for _, k := range []string{txlog.PropRowIDColumn, txlog.PropRowVersionColumn, txlog.PropInCommitEnabledVersion, txlog.PropInCommitEnabledTime, txlog.PropCheckpointProtection} {
		delete(props, k)
	}
	proto := s.Protocol()
	if feature.Listed(proto, checkpointFeature) { // it protects a history that the clone has not
		proto = feature.Without(proto, checkpointFeature)
	}
	proto, err := feature.Upgrade(proto, feature.Table{Schema: s.Schema(), Properties: props})
	if err != nil {
		return nil, nil, err
	}
	if feature.Supports(proto, "rowTracking") {
		maps.Copy(props, txlog.RowTrackingColumns(txlog.NewProperties(props), source.NewID))
	}
	meta.Configuration = feature.Stored(props)
	return proto, &meta, txlog.NewProperties(meta.Configuration).Check()
}

// outside is the file as a table elsewhere names it. It has no row ids: the log gives it new ones.
func outside(root string, a *action.Add) (*action.Add, error) {
	out := *a
	out.DataChange, out.BaseRowID, out.DefaultRowCommitVersion = true, nil, nil
	_, absolute, err := partition.DecodePath(a.Path)
	if err != nil {
		return nil, err
	}
	if !absolute {
		out.Path = root + a.Path
	}
	if d := a.DeletionVector; d != nil && d.StorageType == deletionvector.Relative {
		name, err := deletionvector.Path(d)
		if err != nil {
			return nil, err
		}
		v := *d
		v.StorageType, v.PathOrInlineDv = deletionvector.Absolute, root+partition.EncodePath(name)
		out.DeletionVector = &v
	}
	return &out, nil
}

// rootURL is the URL of a table as the prefix of its files, percent-encoded. Those of local stores are so
// already; those of others are names of objects as they are. A local one has one slash, as Spark spells it, which
// compares the paths of files by their spelling when it deletes rows.
func rootURL(location string) string {
	location = strings.TrimSuffix(location, "/")
	scheme, rest, ok := strings.Cut(location, "://")
	switch {
	case ok && scheme == "file" && strings.HasPrefix(rest, "/"):
		location = scheme + ":" + rest
	case ok && scheme != "file":
		location = scheme + "://" + partition.EncodePath(rest)
	}
	return location + "/"
}

func sameURL(a, b string) bool { return strings.TrimSuffix(a, "/") == strings.TrimSuffix(b, "/") }
