package txlog

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/txlog/checkpoint"
)

// latest stands for the newest version.
const latest = int64(-1)

// segment is what one version is made of: a checkpoint, if any, and the commits after it.
type segment struct {
	base    *checkpoint.Ref // nil: the commits begin with start
	start   int64           // without a base: the version of the first commit, which is 0 for a whole table
	version int64           // of the last commit, or of base where there is none after it
	// compacted are log compaction files that may stand for some of the commits.
	compacted []span
}

// first is the version of the first commit of the segment.
func (s segment) first() int64 {
	if s.base == nil {
		return s.start
	}
	return s.base.Version + 1
}

// build finds the ways to build a version and tries them, the shortest first, until one does not fail
// for want of a usable checkpoint. First come the files from the one that the hint names, and only
// then the whole log. Errors: those of try; *NotATableError, *VersionNotFoundError, *GapError; those of the store.
func (l *Log) build(ctx context.Context, version int64, try func(segment) error) error {
	h, err := checkpoint.ReadHint(ctx, l.store)
	if err != nil && !errors.Is(err, checkpoint.ErrNoHint) {
		return err
	}
	if err == nil && (version == latest || h.Version <= version) {
		list, err := l.list(ctx, h.Version)
		if err != nil {
			return err
		}
		if seg, ok := list.hinted(version); ok {
			if err := l.trust(seg, try); err == nil || !mayFallBack(err) {
				return err
			}
		}
	}
	segments, err := l.segments(ctx, version)
	if err != nil {
		return err
	}
	var first error
	for _, seg := range segments {
		err := l.trust(seg, try)
		if err == nil || !mayFallBack(err) {
			return err
		}
		l.opts.Logger.Warn("a checkpoint cannot be used; an older one is tried", "table", l.store.URL(), "error", err)
		if first == nil {
			first = err
		}
	}
	return first
}

// listTries bounds how often the log is listed for one reading.
const listTries = 3

// segments are the ways to build a version. A listing is not of one moment: of two commits that are made
// while it runs it may show the second alone. So what is missing is looked for before the log is called damaged.
func (l *Log) segments(ctx context.Context, version int64) ([]segment, error) {
	for n := 1; ; n++ {
		list, err := l.list(ctx, 0)
		if err != nil {
			return nil, err
		}
		segments, err := list.segments(version)
		var gap *GapError
		if !errors.As(err, &gap) || n == listTries {
			return segments, err
		}
		if _, headErr := l.store.Head(ctx, commitKey(gap.Missing)); errors.Is(headErr, objstore.ErrNotExist) {
			return nil, err
		} else if headErr != nil {
			return nil, headErr
		}
	}
}

// trust tries a segment, unless its checkpoint was found to be damaged before.
func (l *Log) trust(seg segment, try func(segment) error) error {
	if seg.base == nil {
		return try(seg)
	}
	if _, bad := l.damaged.Load(identity(seg.base)); bad {
		return &checkpoint.CorruptError{Key: seg.base.Files[0].Key, Err: errFoundBad}
	}
	return try(seg)
}

// distrust notes that a checkpoint is damaged, so that nothing more is read of it. Written anew it is another.
func (l *Log) distrust(base *checkpoint.Ref) { l.damaged.Store(identity(base), true) }

var errFoundBad = errors.New("it was found so before")

// identity tells a checkpoint from one that is written in its place later.
func identity(r *checkpoint.Ref) string {
	var b strings.Builder
	for _, f := range r.Files {
		fmt.Fprintf(&b, "%s %d %d %s\n", f.Key, f.Size, f.ModTime.UnixNano(), f.ETag)
	}
	return b.String()
}

// mayFallBack says whether another checkpoint, or none, could still give the version.
func mayFallBack(err error) bool {
	var corrupt *checkpoint.CorruptError
	return errors.As(err, &corrupt) || errors.Is(err, objstore.ErrNotExist)
}
