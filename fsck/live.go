package fsck

import (
	"context"
	"errors"
	"fmt"
	"path"
	"strings"
	"time"

	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/table/deletionvector"
	"github.com/ingestd/ingestd/table/partition"
	"github.com/ingestd/ingestd/table/scalar"
	"github.com/ingestd/ingestd/txlog/action"
	"github.com/ingestd/ingestd/txlog/schema"
)

// readLog looks at each action of the version and notes the files that it names.
func (c *check) readLog(ctx context.Context) error {
	for add, err := range c.s.Files(ctx) {
		if err == nil {
			err = c.add(ctx, add)
		}
		if err != nil {
			return err
		}
	}
	// Removed files stay for readers of older versions: they are not orphans.
	for r, err := range c.s.Tombstones(ctx) {
		if err != nil {
			return err
		}
		if _, _, err := c.note(ctx, r.Path, state{size: -1}); err != nil {
			continue // a path that names no file makes no file of it
		}
		c.noteVector(ctx, r.DeletionVector, false)
	}
	return nil
}

// note puts a file into the set, and tells its key where it is below the table and whether it was there.
func (c *check) note(ctx context.Context, encoded string, s state) (before state, known bool, err error) {
	store, key, err := c.t.Locate(ctx, encoded)
	if bad := (*partition.PathError)(nil); errors.As(err, &bad) {
		return state{}, false, err
	}
	if err != nil || store != c.t.Store() {
		c.elsewhere = c.elsewhere || s.live
		return state{}, false, nil
	}
	before, known = c.put(key, s)
	return before, known, nil
}

func (c *check) put(key string, s state) (before state, known bool) {
	f := fingerprintOf(key)
	before, known = c.files.files[f]
	if !known || s.live {
		c.files.files[f] = s
	}
	return before, known
}

func (c *check) noteVector(ctx context.Context, d *action.DeletionVector, live bool) {
	if d == nil || d.StorageType == deletionvector.Inline {
		return
	}
	// One that cannot be located is told where it is read.
	if store, key, err := c.t.LocateVector(ctx, d); err == nil && store == c.t.Store() {
		c.put(key, state{size: -1, live: live, vector: true})
	}
}

// add checks what the log alone tells of a live file.
func (c *check) add(ctx context.Context, a *action.Add) error {
	before, known, err := c.note(ctx, a.Path, state{size: a.Size, live: true})
	if err != nil {
		return c.found(Finding{Kind: BadPath, Path: a.Path, What: err.Error(), Do: "the commit that added it is not Delta's; remove the entry with --repair, and add the file again", Mends: true})
	}
	if known && before.live {
		if err := c.found(Finding{Kind: DuplicateFile, Path: a.Path, What: "two live entries of the log are of this file, so its rows count twice",
			Do: "restore the table to a version before the second was added"}); err != nil {
			return err
		}
	}
	c.noteVector(ctx, a.DeletionVector, true)
	for _, f := range c.partitionValues(a) {
		if err := c.found(f); err != nil {
			return err
		}
	}
	f, err := c.checkStats(a)
	for _, f := range f {
		if err := c.found(f); err != nil {
			return err
		}
	}
	if err != nil {
		return err
	}
	return nil
}

const rewrite = "rewrite the file: restore a version before it, or delete and write its rows again"

func (c *check) partitionValues(a *action.Add) (out []Finding) {
	wrong := func(format string, args ...any) {
		out = append(out, Finding{Kind: PartitionValue, Path: a.Path, What: fmt.Sprintf(format, args...), Do: rewrite})
	}
	for _, p := range c.parts {
		v, ok := a.PartitionValues[p.Name]
		switch {
		case !ok:
			wrong("it has no value of partition column %s", p.Name)
		case v == nil || *v == "":
			if !p.Nullable {
				wrong("partition column %s is NOT NULL and its value is null", p.Name)
			}
		default:
			if _, err := scalar.Parse(p.Type, *v); err != nil {
				wrong("partition column %s: %v", p.Name, err)
			}
		}
	}
	if len(out) == 0 && len(a.PartitionValues) > len(c.parts) {
		wrong("it has %d partition values and the table %d partition columns", len(a.PartitionValues), len(c.parts))
	}
	return out
}

// list compares the store with the log.
func (c *check) list(ctx context.Context) error {
	now := c.o.Now()
	for info, err := range c.t.Store().List(ctx, "", "") {
		if err != nil {
			return err
		}
		if c.log.take(info) {
			continue
		}
		f := fingerprintOf(info.Key)
		s, known := c.files.files[f]
		if known {
			s.seen = true
			c.files.files[f] = s
		}
		switch {
		case known && s.live && s.size >= 0 && s.size != info.Size:
			err = c.found(Finding{Kind: FileSize, Path: info.Key, What: fmt.Sprintf("it has %d bytes and the log says %d", info.Size, s.size),
				Do: "restore the file from a copy, or restore a version without it"})
		case !known && !hidden(info.Key) && info.Size > 0:
			age := now.Sub(info.ModTime).Truncate(time.Second)
			err = c.found(Finding{Kind: OrphanedFile, Path: info.Key, What: fmt.Sprintf("the newest version names it neither as live nor as removed (%d bytes, %s old)", info.Size, age),
				Do: "VACUUM removes it once it is older than the retention; a young one may be of a write under way", Size: info.Size, Age: age})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// missing names the live files that are not in the store. Most tables have none, and then the log is not read again; files elsewhere
// (a shallow clone's) are asked for one by one.
func (c *check) missing(ctx context.Context) error {
	if !c.elsewhere && c.files.complete() {
		return nil
	}
	return c.each(ctx, c.unlisted, c.gone)
}

// unlisted says whether the listing had not the file. One that it cannot have is unlisted too.
func (c *check) unlisted(a *action.Add) bool {
	key, absolute, err := partition.DecodePath(a.Path)
	return err != nil || absolute || !c.files.files[fingerprintOf(path.Clean(key))].seen
}

// gone asks the store for one file: the list may have been behind, or the file is elsewhere.
func (c *check) gone(ctx context.Context, a *action.Add) ([]Finding, error) {
	store, key, err := c.t.Locate(ctx, a.Path)
	if bad := (*partition.PathError)(nil); errors.As(err, &bad) {
		return nil, nil // told as a bad path
	}
	if err != nil {
		return []Finding{{Kind: BadPath, Path: a.Path, What: err.Error(), Do: "check the table where that place can be reached"}}, nil
	}
	_, err = store.Head(ctx, key)
	away := errors.Is(err, objstore.ErrNoBucket)
	if !away && !errors.Is(err, objstore.ErrNotExist) {
		return nil, err
	}
	if !away && store != c.t.Store() {
		if away, err = folderGone(ctx, store, key); err != nil {
			return nil, err
		}
	}
	f := Finding{Kind: MissingFile, Path: a.Path, What: fmt.Sprintf("the log names it (%d bytes) and the store has it not", a.Size),
		Do: "restore the file from a copy, or take it out of the table with --repair; its rows are lost", Mends: true}
	if away {
		f.What = fmt.Sprintf("the log names it (%d bytes), and neither it nor anything else is in its place", a.Size)
		f.Do, f.Mends = "check again where that place can be reached: a disk that is not mounted, or another machine's, looks the same; if it is gone for good, delete the file's rows", false
	}
	return []Finding{f}, nil
}

// folderGone says whether the folder of a file of a disk outside of the table has nothing in it, as where that is not mounted.
// In an object store there is no such doubt: what it has not, it has not.
func folderGone(ctx context.Context, store objstore.Store, key string) (bool, error) {
	if !strings.HasPrefix(store.URL(), "file:") {
		return false, nil
	}
	for _, err := range store.List(ctx, key[:strings.LastIndexByte(key, '/')+1], "") {
		return false, err
	}
	return true, nil
}

func physicalName(f *schema.Field, m schema.Mapping) string {
	if m == schema.MappingNone {
		return f.Name
	}
	return f.PhysicalName()
}
