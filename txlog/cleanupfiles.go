package txlog

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ingestd/ingestd/txlog/action"
	"github.com/ingestd/ingestd/txlog/checkpoint"
	"github.com/ingestd/ingestd/txlog/feature"
)

// deleteBatch is how many keys are deleted in one call.
const deleteBatch = 500

// deleteBefore deletes the files of the versions before base, and compacted files that begin at base or before.
// Commits go before the checkpoints, so that no checkpoint of theirs is missing while there is one ("Checkpoint
// Protection"), and in the order of versions. Nothing that a version from base on is built from is touched.
func (l *Log) deleteBefore(ctx context.Context, base int64) (n int, err error) {
	order := []fileKind{compactedFile, commitFile, multiPartCheckpoint, uuidCheckpoint, classicCheckpoint, checksumFile}
	keys := map[fileKind][]string{}
	for info, err := range l.store.List(ctx, logDir, firstDigit) {
		if err != nil {
			return 0, err
		}
		name := parseName(info.Key)
		if name.kind == otherFile {
			if rest, _ := strings.CutPrefix(info.Key, logDir); rest > ":" {
				break
			}
			continue
		}
		if name.version > base {
			break
		}
		if name.version < base || name.kind == compactedFile {
			keys[name.kind] = append(keys[name.kind], info.Key)
		}
	}
	for _, kind := range order {
		for batch := range slices.Chunk(keys[kind], deleteBatch) {
			if err := l.store.Delete(ctx, batch...); err != nil {
				return n, fmt.Errorf("clean up the log before version %d: %w", base, err)
			}
			n += len(batch)
		}
	}
	return n, nil
}

const sidecarDir = logDir + "_sidecars/"

// deleteSidecars deletes the sidecars that are older than a time and that no checkpoint names. Where a checkpoint cannot
// be read nothing is deleted, for it may name any.
func (l *Log) deleteSidecars(ctx context.Context, olderThan time.Time) (int, error) {
	var old []string
	for info, err := range l.store.List(ctx, sidecarDir, "") {
		if err != nil {
			return 0, err
		}
		if !info.ModTime.IsZero() && info.ModTime.Before(olderThan) {
			old = append(old, info.Key)
		}
	}
	if len(old) == 0 {
		return 0, nil
	}
	list, err := l.list(ctx, 0)
	if err != nil {
		return 0, err
	}
	named := map[string]bool{}
	for _, ref := range list.checkpoints {
		top, err := ref.Top(ctx, l.store)
		if err != nil {
			if mayFallBack(err) {
				l.opts.Logger.Warn("a checkpoint cannot be read, so no sidecars are deleted", "table", l.store.URL(), "error", err)
				return 0, nil
			}
			return 0, err
		}
		for _, a := range top {
			if s, ok := a.(*action.Sidecar); ok {
				named[checkpoint.SidecarKey(s)] = true
			}
		}
	}
	old = slices.DeleteFunc(old, func(key string) bool { return named[key] })
	for batch := range slices.Chunk(old, deleteBatch) {
		if err := l.store.Delete(ctx, batch...); err != nil {
			return 0, fmt.Errorf("clean up sidecars: %w", err)
		}
	}
	return len(old), nil
}

// keepForOldClients gives the newest checkpoint a classic name, too, where it has a UUID in its name: clients that do not
// know V2 checkpoints then find the protocol, and fail by it, once the commits that had it are gone ("Handling Backward
// compatibility while moving to UUID-named v2 Checkpoints"). As in Spark this is when the log is cleaned up.
func (s *Snapshot) keepForOldClients(ctx context.Context, list *listing) error {
	if !feature.Supports(s.state.protocol, "v2Checkpoint") || len(list.checkpoints) == 0 {
		return nil
	}
	var newest *checkpoint.Ref
	for i := range list.checkpoints {
		ref := &list.checkpoints[i]
		switch kind := parseName(ref.Files[0].Key).kind; {
		case newest == nil || ref.Version > newest.Version:
			newest = ref
		case kind != uuidCheckpoint:
			newest = ref
		}
	}
	if parseName(newest.Files[0].Key).kind != uuidCheckpoint {
		return nil
	}
	return newest.WriteClassic(ctx, s.log.store, checkpointKey(newest.Version))
}

// mayForget says whether the versions before base may be deleted, as far as checkpointProtection is concerned: all that
// are protected go at once, or the protocols of all that go are ones that we read and write.
func (s *Snapshot) mayForget(ctx context.Context, list *listing, base int64) (bool, error) {
	if !feature.Supports(s.state.protocol, "checkpointProtection") || base >= s.props.int(PropCheckpointProtection, 0) {
		return true, nil
	}
	first := list.earliest()
	if list.version(0) < first { // of what is left below we cannot tell
		return false, nil
	}
	oldest, err := s.log.SnapshotAt(ctx, first)
	if err == nil {
		err = oldest.CheckWrite()
	}
	if unsupported(err) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	protocols, err := readSegment(ctx, s.log, between(first+1, base), func(c rawCommit) (p *action.Protocol, err error) {
		top, err := c.top()
		for _, a := range top {
			if a, ok := a.(*action.Protocol); ok {
				p = a
			}
		}
		return p, err
	})
	if err != nil {
		return false, err
	}
	for _, p := range protocols {
		if p != nil && (feature.CheckRead(p, oldest.features()) != nil || feature.CheckWrite(p, oldest.features()) != nil) {
			return false, nil
		}
	}
	return true, nil
}
