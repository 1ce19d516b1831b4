package fsck

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/table"
	"github.com/ingestd/ingestd/table/partition"
	"github.com/ingestd/ingestd/txlog"
	"github.com/ingestd/ingestd/txlog/action"
)

// Repaired says what Repair did.
type Repaired struct {
	Version    int64 // of the table afterwards
	Removed    int   // files taken out of the table
	Deleted    int   // files of the log
	Checkpoint bool  // a checkpoint was written
}

// Repair mends the findings that say so: live files that the store has not are looked for once more and removed from the table, in one commit; a checkpoint of
// the newest version is written where one or _last_checkpoint is broken, and then the broken ones are deleted; version checksums that
// cannot be read are deleted. Others are passed over. What the findings say must be of the version that t stands at: where a commit has
// come between that conflicts, the error is a *txlog.ConflictError, and the check is to be made again.
func Repair(ctx context.Context, t *table.Table, findings []Finding) (Repaired, error) {
	out := Repaired{Version: t.Version()}
	gone := map[string]bool{}
	var broken []string
	checkpoint, badHint := false, false
	for _, f := range findings {
		if !f.Mends {
			continue
		}
		switch f.Kind {
		case MissingFile, BadPath:
			gone[f.Path] = true
		case BrokenCheckpoint, IncompleteCheckpoint:
			checkpoint = true
			if broken = append(broken, f.files...); len(f.files) == 0 {
				broken = append(broken, f.Path)
			}
		case BrokenHint:
			checkpoint, badHint = true, true
		case BrokenChecksum:
			broken = append(broken, f.Path)
		}
	}
	s := t.Snapshot()
	if len(gone) > 0 {
		var err error
		if s, err = removeFiles(ctx, t, gone, &out); err != nil {
			return out, err
		}
	}
	if badHint { // one that names a later version would stay
		if err := t.Store().Delete(ctx, logDir+"_last_checkpoint"); err != nil {
			return out, err
		}
	}
	written := "" // one that was just written in the place of a broken one stays
	if checkpoint {
		c, err := s.Checkpoint(ctx)
		if err != nil {
			return out, fmt.Errorf("write a checkpoint: %w", err)
		}
		if out.Checkpoint = true; c.V2 == nil {
			written = fmt.Sprintf("%s%020d.checkpoint.parquet", logDir, c.Version)
		}
	}
	for _, key := range broken {
		if key == written {
			continue
		}
		if err := t.Store().Delete(ctx, key); err != nil {
			return out, err
		}
		out.Deleted++
	}
	return out, nil
}

// isBack says whether a file that was missed is there now. What the store does not answer is an error: silence is no absence.
func isBack(ctx context.Context, t *table.Table, a *action.Add) (bool, error) {
	store, key, err := t.Locate(ctx, a.Path)
	if bad := (*partition.PathError)(nil); errors.As(err, &bad) {
		return false, nil
	} else if err != nil {
		return false, err
	}
	_, err = store.Head(ctx, key)
	if errors.Is(err, objstore.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// removeFiles commits the removal of files.
func removeFiles(ctx context.Context, t *table.Table, gone map[string]bool, out *Repaired) (*txlog.Snapshot, error) {
	s := t.Snapshot()
	if err := s.CheckWrite(); err != nil {
		return nil, err
	}
	now := t.Now()
	var actions []action.Action
	named := false
	for a, err := range s.Files(ctx) {
		if err != nil {
			return nil, err
		}
		if !gone[a.Path] {
			continue
		}
		named = true
		if back, err := isBack(ctx, t, a); err != nil {
			return nil, err
		} else if back {
			continue
		}
		actions = append(actions, &action.Remove{
			Path: a.Path, DeletionTimestamp: &now, DataChange: true, ExtendedFileMetadata: new(true), PartitionValues: a.PartitionValues,
			Size: &a.Size, Tags: a.Tags, DeletionVector: a.DeletionVector, BaseRowID: a.BaseRowID, DefaultRowCommitVersion: a.DefaultRowCommitVersion,
		})
	}
	if named && len(actions) == 0 {
		return s, nil
	}
	if len(actions) == 0 {
		return s, errors.New("the files to be removed are not in the table any more; check again")
	}
	tx, err := t.Begin(s, txlog.Operation{
		Name: "FSCK", Parameters: map[string]any{"numMissingFiles": int64(len(actions))},
		Metrics: map[string]string{"numRemovedFiles": strconv.Itoa(len(actions))},
	})
	if err != nil {
		return nil, err
	}
	tx.Stage(actions...)
	c, err := t.CommitTransaction(ctx, tx)
	if err != nil {
		return nil, err
	}
	out.Version, out.Removed = c.Version, len(actions)
	return c.Snapshot, nil
}
