package fsck

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/txlog"
	"github.com/ingestd/ingestd/txlog/action"
	"github.com/ingestd/ingestd/txlog/checkpoint"
	"github.com/ingestd/ingestd/txlog/checksum"
)

const logDir = "_delta_log/"

// logFiles is what the listing tells of the log.
type logFiles struct {
	commits     []int64                      // versions, ascending
	checkpoints []checkpoint.Ref             // of one file
	parts       map[[2]int64][]objstore.Info // of several: by version and how many there should be
	checksums   []int64                      // versions
	sidecars    map[string]bool              // names
	hint        bool
}

// take notes a file that is below the log's folder, and says whether it is.
func (l *logFiles) take(info objstore.Info) bool {
	name, ok := strings.CutPrefix(info.Key, logDir)
	if !ok {
		return false
	}
	if name == "_last_checkpoint" {
		l.hint = true
		return true
	}
	if s, ok := strings.CutPrefix(name, "_sidecars/"); ok {
		if l.sidecars == nil {
			l.sidecars = map[string]bool{}
		}
		l.sidecars[s] = true
		return true
	}
	digits, rest, ok := strings.Cut(name, ".")
	version, err := strconv.ParseInt(digits, 10, 64)
	if !ok || err != nil || len(digits) != 20 {
		return true
	}
	f := strings.Split(rest, ".")
	switch {
	case rest == "json":
		l.commits = append(l.commits, version)
	case rest == "crc":
		l.checksums = append(l.checksums, version)
	case rest == "checkpoint.parquet", len(f) == 3 && f[0] == "checkpoint":
		l.checkpoints = append(l.checkpoints, checkpoint.Ref{Version: version, Files: []objstore.Info{info}})
	case len(f) == 4 && f[0] == "checkpoint":
		if n, err := strconv.ParseInt(f[2], 10, 64); err == nil {
			if l.parts == nil {
				l.parts = map[[2]int64][]objstore.Info{}
			}
			l.parts[[2]int64{version, n}] = append(l.parts[[2]int64{version, n}], info)
		}
	}
	return true
}

// checkLog checks the files of the log.
func (c *check) checkLog(ctx context.Context) error {
	steps := []func(context.Context) error{c.gaps, c.checkpoints, c.hint, c.checksum}
	if c.o.Deep {
		steps = append(steps, c.commits, c.olderChecksums)
	}
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

func commitKey(version int64) string { return fmt.Sprintf("%s%020d.json", logDir, version) }

// gaps finds commits that are missing between the first and the last.
func (c *check) gaps(context.Context) error {
	for i := 1; i < len(c.log.commits); i++ {
		before, v := c.log.commits[i-1], c.log.commits[i]
		if v == before+1 {
			continue
		}
		if err := c.found(Finding{Kind: LogGap, Path: commitKey(before + 1), What: fmt.Sprintf("commits %d to %d are missing between others", before+1, v-1),
			Do: "restore them from a copy: versions from there to the next checkpoint cannot be read"}); err != nil {
			return err
		}
	}
	return nil
}

const anew = "--repair writes a checkpoint of the newest version and deletes this one; the commits hold the same"

// checkpoints reads the head of each checkpoint, or all of it where the check is deep.
func (c *check) checkpoints(ctx context.Context) error {
	refs := slices.Clone(c.log.checkpoints)
	for id, files := range c.log.parts {
		if int64(len(files)) == id[1] {
			refs = append(refs, checkpoint.Ref{Version: id[0], Files: files})
			continue
		}
		if err := c.found(Finding{Kind: IncompleteCheckpoint, Path: files[0].Key, What: fmt.Sprintf("%d of its %d parts are there", len(files), id[1]), Do: anew, Mends: true, files: keysOf(files)}); err != nil {
			return err
		}
	}
	slices.SortFunc(refs, func(a, b checkpoint.Ref) int { return strings.Compare(a.Files[0].Key, b.Files[0].Key) })
	for _, r := range refs {
		if err := c.checkpoint(ctx, r); err != nil {
			return err
		}
	}
	return nil
}

func keysOf(files []objstore.Info) (keys []string) {
	for _, f := range files {
		keys = append(keys, f.Key)
	}
	return keys
}

func (c *check) checkpoint(ctx context.Context, r checkpoint.Ref) error {
	broken := func(err error) error {
		var corrupt *checkpoint.CorruptError
		if err == nil || !errors.As(err, &corrupt) && !errors.Is(err, objstore.ErrNotExist) && !errors.Is(err, objstore.ErrRange) {
			return err
		}
		return c.found(Finding{Kind: BrokenCheckpoint, Path: r.Files[0].Key, What: err.Error(), Do: anew, Mends: true, files: keysOf(r.Files)})
	}
	top, err := r.Top(ctx, c.t.Store())
	if err != nil {
		return broken(err)
	}
	kinds := map[string]bool{}
	for _, a := range top {
		kinds[a.Kind()] = true
		if s, ok := a.(*action.Sidecar); ok && !strings.Contains(s.Path, "/") && !c.log.sidecars[s.Path] {
			return c.found(Finding{Kind: IncompleteCheckpoint, Path: r.Files[0].Key, What: "its sidecar " + s.Path + " is not in the store", Do: anew, Mends: true, files: keysOf(r.Files)})
		}
	}
	if !kinds["protocol"] || !kinds["metaData"] {
		return c.found(Finding{Kind: BrokenCheckpoint, Path: r.Files[0].Key, What: "it has no protocol or no metaData action", Do: anew, Mends: true, files: keysOf(r.Files)})
	}
	if !c.o.Deep {
		return nil
	}
	for _, p := range r.Parts(top) {
		for _, err := range p.Adds(ctx, c.t.Store()) {
			if err != nil {
				return broken(err)
			}
		}
		for _, err := range p.Removes(ctx, c.t.Store()) {
			if err != nil {
				return broken(err)
			}
		}
	}
	return nil
}

// hint checks _last_checkpoint: that it can be read and names a checkpoint that is there.
func (c *check) hint(ctx context.Context) error {
	if !c.log.hint {
		return nil
	}
	const do = "readers list the whole log instead; --repair writes a checkpoint and names that"
	h, err := checkpoint.ReadHint(ctx, c.t.Store())
	switch {
	case errors.Is(err, checkpoint.ErrNoHint), errors.Is(err, objstore.ErrRange):
		return c.found(Finding{Kind: BrokenHint, Path: checkpoint.HintKey, What: err.Error(), Do: do, Mends: true})
	case err != nil:
		return err
	}
	if c.log.whole(h.Version) {
		return nil
	}
	var now logFiles // a writer may have made it since the store was listed
	for info, err := range c.t.Store().List(ctx, fmt.Sprintf("%s%020d.checkpoint", logDir, h.Version), "") {
		if err != nil {
			return err
		}
		now.take(info)
	}
	if now.whole(h.Version) {
		return nil
	}
	return c.found(Finding{Kind: BrokenHint, Path: checkpoint.HintKey, What: fmt.Sprintf("it names a checkpoint of version %d, and there is none", h.Version), Do: do, Mends: true})
}

// whole says whether there is a checkpoint of a version that has all its parts.
func (l *logFiles) whole(version int64) bool {
	for id, files := range l.parts {
		if id[0] == version && int64(len(files)) == id[1] {
			return true
		}
	}
	return slices.ContainsFunc(l.checkpoints, func(r checkpoint.Ref) bool { return r.Version == version })
}

// checksum holds the version checksum file of the newest version against the log.
func (c *check) checksum(ctx context.Context) error {
	if !slices.Contains(c.log.checksums, c.s.Version()) {
		return nil
	}
	err := c.s.VerifyChecksum(ctx)
	var bad *txlog.ChecksumError
	if !errors.As(err, &bad) {
		return err
	}
	f := Finding{Kind: BrokenChecksum, Path: bad.Key, What: bad.Error(), Do: "compare the log with a copy that is trusted; delete the file if the log is right"}
	if bad.Err != nil {
		f.Do, f.Mends = "--repair deletes it; it is not needed", true
	}
	return c.found(f)
}

// olderChecksums reads the version checksum files of other versions.
func (c *check) olderChecksums(ctx context.Context) error {
	for _, v := range c.log.checksums {
		if v == c.s.Version() {
			continue
		}
		key := fmt.Sprintf("%s%020d.crc", logDir, v)
		text, _, err := objstore.ReadAll(ctx, c.t.Store(), key)
		if errors.Is(err, objstore.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		if _, err := checksum.Parse(text); err != nil {
			if err := c.found(Finding{Kind: BrokenChecksum, Path: key, What: err.Error(), Do: "--repair deletes it; it is not needed", Mends: true}); err != nil {
				return err
			}
		}
	}
	return nil
}

// commits reads each commit.
func (c *check) commits(ctx context.Context) error {
	for _, v := range c.log.commits {
		text, _, err := objstore.ReadAll(ctx, c.t.Store(), commitKey(v))
		if errors.Is(err, objstore.ErrNotExist) {
			continue // cleaned up meanwhile
		}
		if err != nil {
			return err
		}
		if len(text) == 0 {
			err = errors.New("it is empty")
		} else {
			err = action.Each(text, func(action.Action) error { return nil })
		}
		if err == nil {
			continue
		}
		if err := c.found(Finding{Kind: BrokenCommit, Path: commitKey(v), What: err.Error(), Do: "restore it from a copy; versions from it to the next checkpoint cannot be read"}); err != nil {
			return err
		}
	}
	return nil
}
