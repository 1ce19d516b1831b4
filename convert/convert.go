package convert

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strconv"

	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/table"
	"github.com/ingestd/ingestd/table/arrowmap"
	"github.com/ingestd/ingestd/table/partition"
	"github.com/ingestd/ingestd/txlog"
	"github.com/ingestd/ingestd/txlog/action"
	"github.com/ingestd/ingestd/txlog/feature"
	"github.com/ingestd/ingestd/txlog/schema"
)

// Convert makes the folder at the root of store a Delta table. The schema is that of all files, every column nullable, and the
// partition columns at its end, or in the place of columns of the same name in the files.
//
// Errors: *table.ExistsError; *EmptyError; *FileError for a file that cannot be read; *ConflictError; *PartitionError;
// *schema.InvalidError for a column whose name needs column mapping; those of properties, of the store, and *txlog.CommitError.
func Convert(ctx context.Context, store objstore.Store, o Options) (Result, error) {
	o = o.withDefaults()
	props := txlog.NewProperties(o.Properties)
	if err := props.Check(); err != nil {
		return Result{}, err
	}
	log := txlog.New(store, o.Log)
	if existing, err := log.Snapshot(ctx); err == nil {
		return Result{}, &table.ExistsError{Location: store.URL(), Version: existing.Version()}
	} else if none := (*txlog.NotATableError)(nil); !errors.As(err, &none) {
		return Result{}, err
	}
	files, names, err := list(ctx, store)
	if err != nil {
		return Result{}, err
	}
	by, err := partitionColumns(files, names, o.PartitionBy)
	if err != nil {
		return Result{}, err
	}
	r := &footers{store: store, opts: o, props: props, shapes: map[string]*shape{}}
	shapes, err := r.read(ctx, files)
	if err != nil {
		return Result{}, err
	}
	columns, err := mergeAll(shapes)
	if err != nil {
		return Result{}, err
	}
	meta, proto, err := describe(o, withPartitions(columns, by), by)
	if err != nil {
		return Result{}, err
	}
	return commit(ctx, log, o, files, by, meta, proto)
}

// withPartitions puts the partition columns in the place of columns of the same name, or at the end.
func withPartitions(columns *schema.Struct, by []schema.Field) *schema.Struct {
	out := &schema.Struct{Fields: slices.Clone(columns.Fields)}
	for _, f := range by {
		if i := out.Index(f.Name); i >= 0 {
			out.Fields[i] = f
		} else {
			out.Fields = append(out.Fields, f)
		}
	}
	return out
}

// describe makes the actions that say what the table is.
func describe(o Options, s *schema.Struct, by []schema.Field) (*action.Metadata, *action.Protocol, error) {
	names := make([]string, len(by))
	for i, f := range by {
		names[i] = f.Name
	}
	if err := errors.Join(s.Check(), s.CheckFileNames(), s.CheckPartitionColumns(names)); err != nil {
		return nil, nil, err
	}
	if _, err := arrowmap.FileSchema(s, names); err != nil {
		return nil, nil, err
	}
	proto, err := feature.ForNewTable(feature.Table{Schema: s, Properties: o.Properties})
	if err != nil {
		return nil, nil, err
	}
	return &action.Metadata{
		ID: o.Log.NewID(), Format: action.Format{Provider: "parquet", Options: map[string]string{}},
		SchemaString: s.JSON(), PartitionColumns: names, Configuration: feature.Stored(maps.Clone(o.Properties)),
		CreatedTime: new(o.Log.Now().UnixMilli()),
	}, proto, nil
}

// commit names all files in version 0.
func commit(ctx context.Context, log *txlog.Log, o Options, files []*file, by []schema.Field, meta *action.Metadata, proto *action.Protocol) (Result, error) {
	partitionedBy, err := json.Marshal(meta.PartitionColumns)
	if err != nil {
		return Result{}, err
	}
	tx := log.Create(ctx, txlog.Operation{
		Name: "CONVERT",
		Parameters: map[string]any{
			"numFiles": int64(len(files)), "partitionedBy": string(partitionedBy), "collectStats": !o.NoStatistics, "sourceFormat": "parquet",
		},
		Metrics: map[string]string{"numConvertedFiles": strconv.Itoa(len(files))},
	})
	tx.Stage(proto, meta)
	out := Result{Files: int64(len(files)), PartitionColumns: meta.PartitionColumns}
	for _, f := range files {
		a, err := addOf(f, by)
		if err != nil {
			return Result{}, err
		}
		out.Rows += f.rows
		out.Bytes += f.size
		tx.Stage(a)
	}
	c, err := tx.Commit(ctx)
	if exists := (*txlog.TableExistsError)(nil); errors.As(err, &exists) {
		return Result{}, &table.ExistsError{Location: log.Store().URL()}
	} else if err != nil {
		return Result{}, err
	}
	out.Version, out.Schema = c.Snapshot.Version(), c.Snapshot.Schema()
	return out, nil
}

// addOf is the action of a file.
func addOf(f *file, by []schema.Field) (*action.Add, error) {
	a := &action.Add{
		Path: partition.EncodePath(f.key), PartitionValues: map[string]*string{}, Size: f.size,
		ModificationTime: f.modTime.UnixMilli(), DataChange: true, Stats: f.stats,
	}
	for i, c := range by {
		v, err := textOf(f, i, c)
		if err != nil {
			return nil, err
		}
		a.PartitionValues[c.Name] = v
	}
	return a, nil
}
