package table

import (
	"context"
	"errors"

	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/table/deletionvector"
	"github.com/ingestd/ingestd/txlog/action"
)

// deletionVector reads which rows of a data file are deleted; nil where none are. Errors: *MissingDeletionVectorError,
// *deletionvector.CorruptError, *ForeignFileError, those of the store.
func (t *Table) deletionVector(ctx context.Context, add *action.Add) (*deletionvector.Bitmap, error) {
	if add.DeletionVector == nil {
		return nil, nil
	}
	return t.vectorAt(ctx, t.Version(), add.Path, add.DeletionVector)
}

// vectorAt reads a vector that a version has for a data file.
func (t *Table) vectorAt(ctx context.Context, version int64, dataFile string, d *action.DeletionVector) (*deletionvector.Bitmap, error) {
	var at string
	b, err := deletionvector.Read(ctx, func(path string) (objstore.Store, string, error) {
		at = path
		return t.locateKey(ctx, path, d.StorageType == deletionvector.Absolute)
	}, d)
	if errors.Is(err, objstore.ErrNotExist) {
		return nil, &MissingDeletionVectorError{Vector: at, Path: dataFile, Location: t.Location(), Version: version, Err: err}
	}
	return b, err
}
