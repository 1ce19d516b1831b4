package checkpoint

import (
	"context"
	"errors"
	"iter"

	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/txlog/action"
	"github.com/parquet-go/parquet-go"
)

// Adds streams the add actions of a part. Where a file has no statistics as JSON but as columns
// (stats_parsed), they are given as JSON. Errors end the sequence: *CorruptError, those of Store.Get.
func (p Part) Adds(ctx context.Context, store objstore.Store) iter.Seq2[*action.Add, error] {
	if isJSON(p.File.Key) {
		return jsonFiles[*action.Add](ctx, store, p.File)
	}
	return rows(ctx, store, p.File, "add", addReader)
}

// Removes streams the remove actions of a part: the tombstones. Errors as for Adds.
func (p Part) Removes(ctx context.Context, store objstore.Store) iter.Seq2[*action.Remove, error] {
	if isJSON(p.File.Key) {
		return jsonFiles[*action.Remove](ctx, store, p.File)
	}
	return rows(ctx, store, p.File, "remove", removeReader)
}

// jsonFiles reads the file actions of a V2 checkpoint that is JSON.
func jsonFiles[A action.Action](ctx context.Context, store objstore.Store, f objstore.Info) iter.Seq2[A, error] {
	return func(yield func(A, error) bool) {
		var none A
		text, _, err := objstore.ReadAll(ctx, store, f.Key)
		if err != nil {
			yield(none, err)
			return
		}
		err = action.Each(text, func(a action.Action) error {
			if a, ok := a.(A); ok && !yield(a, nil) {
				return errStopped
			}
			return nil
		})
		if err != nil && !errors.Is(err, errStopped) {
			yield(none, &CorruptError{f.Key, err})
		}
	}
}

// rows streams the rows of one kind; read makes the action of the row, or nil where it is of another kind.
func rows[A any](ctx context.Context, store objstore.Store, f objstore.Info, kind string, reader func(*group) func() *A) iter.Seq2[*A, error] {
	return func(yield func(*A, error) bool) {
		err := readParquet(ctx, store, f, func(file *parquet.File) error {
			if find(file.Root(), kind, "path") == nil {
				if find(file.Root(), kind) != nil {
					return errors.New("column " + kind + " has no path")
				}
				return nil
			}
			for _, rg := range file.RowGroups() {
				if err := groupRows(ctx, file.Root(), rg, reader, yield); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil && !errors.Is(err, errStopped) {
			yield(nil, err)
		}
	}
}

func groupRows[A any](ctx context.Context, root *parquet.Column, rg parquet.RowGroup, reader func(*group) func() *A, yield func(*A, error) bool) error {
	g := &group{root: root, rg: rg}
	defer g.close()
	row := reader(g)
	for i := range rg.NumRows() {
		if i%1024 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		a := row()
		if g.err != nil {
			return g.err
		}
		if a != nil && !yield(a, nil) {
			return errStopped
		}
	}
	return nil
}

func addReader(g *group) func() *action.Add {
	path, values := g.leaf("add", "path"), g.stringMap("add", "partitionValues")
	size, modified := g.leaf("add", "size"), g.leaf("add", "modificationTime")
	change, stats := g.leaf("add", "dataChange"), g.leaf("add", "stats")
	tags, dv := g.stringMap("add", "tags"), newDVReader(g, "add")
	base, version := g.leaf("add", "baseRowId"), g.leaf("add", "defaultRowCommitVersion")
	clustering, parsed := g.leaf("add", "clusteringProvider"), newStatsReader(g)
	return func() *action.Add {
		a := &action.Add{PartitionValues: g.strings(values), Stats: g.optText(stats), Tags: g.strings(tags), DeletionVector: dv.read(),
			BaseRowID: g.optInt(base), DefaultRowCommitVersion: g.optInt(version), ClusteringProvider: g.optText(clustering)}
		var ok bool
		a.Path, ok = g.text(path)
		a.Size, _ = g.int(size)
		a.ModificationTime, _ = g.int(modified)
		a.DataChange, _ = g.bool(change)
		if s := parsed.read(a.Stats == nil && ok); s != nil {
			a.Stats = s
		}
		if !ok {
			return nil
		}
		if a.PartitionValues == nil {
			a.PartitionValues = map[string]*string{}
		}
		return a
	}
}

func removeReader(g *group) func() *action.Remove {
	path, deleted := g.leaf("remove", "path"), g.leaf("remove", "deletionTimestamp")
	change, extended := g.leaf("remove", "dataChange"), g.leaf("remove", "extendedFileMetadata")
	values, size := g.stringMap("remove", "partitionValues"), g.leaf("remove", "size")
	dv := newDVReader(g, "remove")
	base, version := g.leaf("remove", "baseRowId"), g.leaf("remove", "defaultRowCommitVersion")
	return func() *action.Remove {
		r := &action.Remove{DeletionTimestamp: g.optInt(deleted), PartitionValues: g.strings(values), Size: g.optInt(size),
			DeletionVector: dv.read(), BaseRowID: g.optInt(base), DefaultRowCommitVersion: g.optInt(version)}
		var ok bool
		r.Path, ok = g.text(path)
		r.DataChange, _ = g.bool(change)
		if x, has := g.bool(extended); has {
			r.ExtendedFileMetadata = &x
		}
		if !ok {
			return nil
		}
		return r
	}
}

// dvReader reads the deletion vector of a file action.
type dvReader struct {
	g                                        *group
	storage, path, offset, size, cardinality *cursor
}

func newDVReader(g *group, kind string) *dvReader {
	leaf := func(name string) *cursor { return g.leaf(kind, "deletionVector", name) }
	return &dvReader{g, leaf("storageType"), leaf("pathOrInlineDv"), leaf("offset"), leaf("sizeInBytes"), leaf("cardinality")}
}

func (r *dvReader) read() *action.DeletionVector {
	storage, ok := r.g.text(r.storage)
	path, _ := r.g.text(r.path)
	offset, hasOffset := r.g.int(r.offset)
	size, _ := r.g.int(r.size)
	cardinality, _ := r.g.int(r.cardinality)
	if !ok {
		return nil
	}
	dv := &action.DeletionVector{StorageType: storage, PathOrInlineDv: path, SizeInBytes: int32(size), Cardinality: cardinality}
	if hasOffset {
		o := int32(offset)
		dv.Offset = &o
	}
	return dv
}
