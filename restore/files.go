package restore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/table"
	"github.com/ingestd/ingestd/txlog"
	"github.com/ingestd/ingestd/txlog/action"
)

// MissingFilesError says that files of the version to be restored are gone.
type MissingFilesError struct {
	Location string
	Version  int64
	Paths    []string // as the log has them; the first 100
	More     int      // beside those
}

// Error names some of them and the way out.
func (e *MissingFilesError) Error() string {
	shown := e.Paths[:min(len(e.Paths), 5)]
	text := strings.Join(shown, ", ")
	if rest := len(e.Paths) + e.More - len(shown); rest > 0 {
		text += fmt.Sprintf(" and %d more", rest)
	}
	return fmt.Sprintf("version %d of %s cannot be restored: VACUUM, or someone by hand, has deleted files of it: %s; restore a newer version, or, to lose their rows, ignore missing files", e.Version, e.Location, text)
}

// maxNamed is how many missing files an error names.
const maxNamed = 100

// heads is how many requests look for files at once.
const heads = 16

// difference gives what the old version has and the latest has not, and the other way round; and files of both that the old
// one has row ids of, to be added once more. It holds the files of the
// old version in memory.
func (r *Result) difference(ctx context.Context, old, latest *txlog.Snapshot, now time.Time) (adds []*action.Add, removes []action.Action, err error) {
	then := map[string]*action.Add{}
	for a, err := range old.Files(ctx) {
		if err != nil {
			return nil, nil, err
		}
		then[key(a)] = a
		r.NumFilesAfter++
		r.TableSizeAfter += a.Size
	}
	for a, err := range latest.Files(ctx) {
		if err != nil {
			return nil, nil, err
		}
		k := key(a)
		if was, ok := then[k]; ok {
			delete(then, k)
			if old.RowTrackingEnabled() && was.BaseRowID != nil && a.BaseRowID == nil { // they were taken off since, and are promised again
				again := *was
				again.DataChange = false
				adds = append(adds, &again)
			}
			continue
		}
		removes = append(removes, removal(a, now))
		r.NumRemovedFiles++
		r.RemovedFilesSize += a.Size
	}
	for _, a := range then {
		back := *a
		back.DataChange = true
		adds = append(adds, &back)
		r.NumRestored++
		r.RestoredSize += a.Size
	}
	slices.SortFunc(adds, func(a, b *action.Add) int { return strings.Compare(a.Path, b.Path) })
	return adds, removes, nil
}

// key is the identity of a logical file ("Action Reconciliation").
func key(a *action.Add) string {
	return table.CanonicalPath(a.Path) + "\x00" + a.DeletionVector.UniqueID()
}

func removal(a *action.Add, now time.Time) *action.Remove {
	return &action.Remove{
		Path: a.Path, DeletionTimestamp: new(now.UnixMilli()), DataChange: true, ExtendedFileMetadata: new(true),
		PartitionValues: a.PartitionValues, Size: new(a.Size), Stats: a.Stats, Tags: a.Tags, DeletionVector: a.DeletionVector,
		BaseRowID: a.BaseRowID, DefaultRowCommitVersion: a.DefaultRowCommitVersion,
	}
}

// present looks whether the files, and those of their deletion vectors, are there, and leaves out those that are not where
// that is to be ignored. Errors: *MissingFilesError.
func (r *Result) present(ctx context.Context, t *table.Table, adds []*action.Add, ignore bool) ([]*action.Add, error) {
	gone := make([]bool, len(adds))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(heads)
	var mu sync.Mutex
	for i, a := range adds {
		g.Go(func() error {
			missing, err := missing(ctx, t, a)
			mu.Lock()
			defer mu.Unlock()
			gone[i] = missing
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	var kept []*action.Add
	for i, a := range adds {
		if !gone[i] {
			kept = append(kept, a)
			continue
		}
		r.Missing = append(r.Missing, a.Path)
		r.NumFilesAfter, r.TableSizeAfter = r.NumFilesAfter-1, r.TableSizeAfter-a.Size
		r.NumRestored, r.RestoredSize = r.NumRestored-1, r.RestoredSize-a.Size
	}
	if len(r.Missing) == 0 || ignore {
		return kept, nil
	}
	named := r.Missing[:min(len(r.Missing), maxNamed)]
	return nil, &MissingFilesError{Location: t.Location(), Version: r.Restored, Paths: named, More: len(r.Missing) - len(named)}
}

func missing(ctx context.Context, t *table.Table, a *action.Add) (bool, error) {
	store, name, err := t.Locate(ctx, a.Path)
	if err != nil {
		return false, err
	}
	if gone, err := absent(ctx, store, name); gone || err != nil {
		return gone, err
	}
	if a.DeletionVector == nil || a.DeletionVector.StorageType == "i" {
		return false, nil
	}
	if store, name, err = t.LocateVector(ctx, a.DeletionVector); err != nil {
		return false, err
	}
	return absent(ctx, store, name)
}

func absent(ctx context.Context, store objstore.Store, name string) (bool, error) {
	_, err := store.Head(ctx, name)
	if errors.Is(err, objstore.ErrNotExist) {
		return true, nil
	}
	return false, err
}
