package txlog

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/txlog/checkpoint"
	"github.com/ingestd/ingestd/txlog/feature"
)

// PropLogCleanup is the table property that turns the cleanup of the log off, by the value "false".
const PropLogCleanup = "delta.enableExpiredLogCleanup"

// Cleaned says what a cleanup of the log has deleted.
type Cleaned struct {
	Cutoff   time.Time // what was committed after it stays
	Earliest int64     // the oldest version that is kept for it, with all after it; -1 where nothing was to be deleted
	Files    int       // of the log: commits, checkpoints, checksums and compacted files
	Sidecars int
	// Protected says that versions stay because they may be of protocols that only others know ("Checkpoint Protection").
	Protected bool
}

// cutoff is midnight UTC of the day that delta.logRetentionDuration reaches back to.
func (s *Snapshot) cutoff() time.Time { return midnight(s.log.opts.Now().Add(-s.props.LogRetention())) }

func midnight(t time.Time) time.Time { return t.UTC().Truncate(24 * time.Hour) }

// cleanupDue: once for every cutoff, which moves once a day, and only where the table wants it.
func (s *Snapshot) cleanupDue() bool {
	return s.props.bool(PropLogCleanup, true) && s.log.cleaned.Load() != s.cutoff().UnixMilli()
}

// CleanUp deletes what of the log is older than delta.logRetentionDuration and not needed for what is not ("Metadata
// Cleanup"): all before the newest checkpoint that is not newer than the newest commit at or before the cutoff. That
// checkpoint is read first, whole; one that is damaged does not count. So every version from it on stays readable, and
// so it is whenever the deleting is cut short: commits go first, the oldest before the others, then what they made
// unusable. Sidecars that no checkpoint names any more go last, after a day.
//
// What it keeps is the same whoever runs it, and how often. Errors: feature errors where we must not write the table;
// those of the store.
func (s *Snapshot) CleanUp(ctx context.Context) (Cleaned, error) {
	cut := s.cutoff()
	out := Cleaned{Cutoff: cut, Earliest: -1}
	if err := s.CheckWrite(); err != nil {
		return out, err
	}
	list, err := s.log.list(ctx, 0)
	if err != nil {
		return out, err
	}
	base, err := s.cleanupBase(ctx, list, cut)
	if err != nil {
		return out, err
	}
	if base != nil {
		allowed, err := s.mayForget(ctx, list, base.Version)
		if err != nil {
			return out, err
		}
		if out.Protected = !allowed; allowed {
			if err := s.keepForOldClients(ctx, list); err != nil {
				return out, err
			}
			out.Earliest = base.Version
			if out.Files, err = s.log.deleteBefore(ctx, base.Version); err != nil {
				return out, err
			}
		}
	}
	if out.Sidecars, err = s.log.deleteSidecars(ctx, midnight(s.log.opts.Now()).Add(-24*time.Hour)); err != nil {
		return out, err
	}
	s.log.cleaned.Store(cut.UnixMilli())
	return out, nil
}

// cleanupBase is the checkpoint before which everything can go; nil where nothing can.
func (s *Snapshot) cleanupBase(ctx context.Context, list *listing, cut time.Time) (*checkpoint.Ref, error) {
	if slices.ContainsFunc(list.commits, func(c objstore.Info) bool { return c.ModTime.IsZero() }) {
		return nil, nil // the store does not tell how old they are
	}
	last, err := s.versionAt(ctx, list, cut)
	if errors.As(err, new(*TimestampNotFoundError)) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	newest := list.newest()
	for i := len(list.checkpoints) - 1; i >= 0; i-- {
		ref := &list.checkpoints[i]
		if ref.Version > last || !list.has(ref.Version) {
			continue
		}
		if end, _ := list.contiguous(ref.Version); end < newest {
			continue
		}
		err := s.log.readWhole(ctx, ref)
		if err == nil {
			return ref, nil
		}
		if ctx.Err() != nil || !mayFallBack(err) && !unsupported(err) {
			return nil, err
		}
		s.log.opts.Logger.Warn("a checkpoint cannot be used; the log before it stays", "table", s.log.store.URL(), "version", ref.Version, "error", err)
	}
	return nil, nil
}

// has says whether the log has the commit of a version.
func (l *listing) has(version int64) bool {
	i := l.search(version)
	return i < len(l.commits) && l.version(i) == version
}

// readWhole reads all of a checkpoint, to know that it can be.
func (l *Log) readWhole(ctx context.Context, ref *checkpoint.Ref) error {
	seg := segment{base: ref, version: ref.Version}
	s, err := l.load(ctx, seg)
	if err != nil {
		return err
	}
	set, err := s.buildFileSet(ctx, seg)
	if err != nil {
		return err
	}
	for _, p := range set.parts {
		for _, err := range p.Adds(ctx, l.store) {
			if err != nil {
				return err
			}
		}
		for _, err := range p.Removes(ctx, l.store) {
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// unsupported says whether a table cannot be read or written because we do not know what it demands.
func unsupported(err error) bool {
	return errors.As(err, new(*feature.UnsupportedFeatureError)) || errors.As(err, new(*feature.UnsupportedVersionError))
}
