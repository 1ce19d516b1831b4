package table

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/table/deletionvector"
	"github.com/ingestd/ingestd/table/scalar"
	"github.com/ingestd/ingestd/txlog"
	"github.com/ingestd/ingestd/txlog/action"
	"github.com/ingestd/ingestd/txlog/schema"
)

// ChangedRows are rows that a commit has changed. They are the receiver's to release.
type ChangedRows struct {
	Rec   arrow.RecordBatch // as Scan has them
	Types arrow.Array       // utf8: the [ChangeType] of each
}

// Release gives the arrays back.
func (r ChangedRows) Release() {
	if r.Rec != nil {
		r.Rec.Release()
	}
	if r.Types != nil {
		r.Types.Release()
	}
}

// UnknownPartitionError says that the log does not tell the partition of a file that was removed, so that its rows cannot be told.
type UnknownPartitionError struct{ Path, Location string }

func (e *UnknownPartitionError) Error() string {
	return fmt.Sprintf("the log of %s does not say which partition the file %s was of when it was removed (it has no extendedFileMetadata): read the feed from the version after that",
		e.Location, e.Path)
}

// ScanChangeFile yields the changed rows that a file tells of, in its order, in the columns of s. The file is read whatever its statistics
// say. Errors: as [Table.Scan]; *UnknownPartitionError.
func (t *Table) ScanChangeFile(ctx context.Context, s *txlog.Snapshot, f ChangeFile, o ScanOptions) iter.Seq2[ChangedRows, error] {
	return func(yield func(ChangedRows, error) bool) {
		rows, err := t.changeRows(ctx, s, f, o)
		if err != nil {
			yield(ChangedRows{}, err)
			return
		}
		for r, err := range rows {
			var out ChangedRows
			if err == nil {
				out, err = f.typed(r)
			}
			if !yield(out, err) || err != nil {
				return
			}
		}
	}
}

func (t *Table) changeRows(ctx context.Context, s *txlog.Snapshot, f ChangeFile, o ScanOptions) (iter.Seq2[FileRows, error], error) {
	if f.add.PartitionValues == nil && len(s.Metadata().PartitionColumns) > 0 {
		return nil, &UnknownPartitionError{Path: f.add.Path, Location: t.Location()}
	}
	if f.among != nil {
		var err error
		if o.Only, err = t.vectorAt(ctx, s.Version(), f.add.Path, f.among); err != nil {
			return nil, err
		}
	}
	o.changeTypes = f.Type == ""
	return t.ScanFile(ctx, s, f.add, o), nil
}

// typed takes rows over, and gives them with what happened to them.
func (f ChangeFile) typed(r FileRows) (ChangedRows, error) {
	types := r.changeTypes
	if f.Type != "" {
		var err error
		if types, err = scalar.Repeat(schema.String, string(f.Type), int(r.Rec.NumRows())); err != nil {
			r.Release()
			return ChangedRows{}, err
		}
	} else {
		types.Retain()
	}
	r.Rec.Retain()
	out := ChangedRows{Rec: r.Rec, Types: types}
	r.Release()
	return out, nil
}

// HasChangeFile says whether a file that tells of changed rows is still there, with the deletion vectors that it is read by.
func (t *Table) HasChangeFile(ctx context.Context, f ChangeFile) (bool, error) {
	there := func(store objstore.Store, key string, err error) (bool, error) {
		if err == nil {
			_, err = store.Head(ctx, key)
		}
		if errors.Is(err, objstore.ErrNotExist) {
			return false, nil
		}
		return err == nil, err
	}
	if ok, err := there(t.locate(ctx, f.add)); !ok {
		return false, err
	}
	for _, d := range []*action.DeletionVector{f.add.DeletionVector, f.among} {
		if d == nil || d.StorageType == deletionvector.Inline {
			continue
		}
		if ok, err := there(t.LocateVector(ctx, d)); !ok {
			return false, err
		}
	}
	return true, nil
}
