package txlog

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/txlog/checkpoint"
)

// latest stands for the newest version.
const latest = int64(-1)

// segment is what one version is made of: a checkpoint, if any, and the commits after it.
type segment struct {
	base    *checkpoint.Ref // nil: the commits begin with version 0
	version int64           // of the last commit, or of base where there is none after it
}

// first is the version of the first commit of the segment.
func (s segment) first() int64 {
	if s.base == nil {
		return 0
	}
	return s.base.Version + 1
}

// listing is what the log folder holds, from some version on.
type listing struct {
	url         string
	from        int64
	commits     []objstore.Info  // ascending by version
	checkpoints []checkpoint.Ref // complete ones, ascending by version
}

func (l *listing) version(i int) int64 { return parseName(l.commits[i].Key).version }

// list lists the log from the files of a version on.
func (l *Log) list(ctx context.Context, from int64) (*listing, error) {
	after := firstDigit
	if from > 0 {
		after = belowVersion(from)
	}
	out := &listing{url: l.store.URL(), from: from}
	parts := map[[2]int64][]objstore.Info{} // of multi-part checkpoints, by version and number of parts
	for info, err := range l.store.List(ctx, logDir, after) {
		if err != nil {
			return nil, err
		}
		if name, _ := strings.CutPrefix(info.Key, logDir); name > ":" { // past all digits
			break
		}
		n := parseName(info.Key)
		switch n.kind {
		case commitFile:
			out.commits = append(out.commits, info)
		case classicCheckpoint, uuidCheckpoint:
			if info.Size > 0 {
				out.checkpoints = append(out.checkpoints, checkpoint.Ref{Version: n.version, Files: []objstore.Info{info}})
			}
		case multiPartCheckpoint:
			id := [2]int64{n.version, int64(n.parts)}
			parts[id] = append(parts[id], info)
			if len(parts[id]) == n.parts {
				out.checkpoints = append(out.checkpoints, checkpoint.Ref{Version: n.version, Files: parts[id]})
			}
		case otherFile, checksumFile, compactedFile:
		}
	}
	slices.SortStableFunc(out.checkpoints, func(a, b checkpoint.Ref) int { return int(a.Version - b.Version) })
	return out, nil
}

// hinted is the segment of a version as far as a listing from a hint's version tells; false where
// that does not bear out the hint, or has not the version.
func (l *listing) hinted(version int64) (segment, bool) {
	for i := len(l.checkpoints) - 1; i >= 0; i-- {
		base := &l.checkpoints[i]
		if version != latest && base.Version > version {
			continue
		}
		end, gap := l.contiguous(base.Version + 1)
		if version == latest {
			return segment{base: base, version: end}, gap == nil
		}
		return segment{base: base, version: version}, end >= version
	}
	return segment{}, false
}

// contiguous is the last of the commits that follow each other from a version on, or one less than
// it; gap tells of a later one.
func (l *listing) contiguous(from int64) (end int64, gap *GapError) {
	end = from - 1
	for i := range l.commits {
		switch v := l.version(i); {
		case v <= end:
		case v == end+1:
			end = v
		default:
			return end, &GapError{URL: l.url, Missing: end + 1, Next: v, LastGood: end}
		}
	}
	return end, nil
}

// segments are the ways to build a version from a whole listing: newest checkpoint first, no
// checkpoint last. Errors: *NotATableError, *VersionNotFoundError, *GapError.
func (l *listing) segments(version int64) ([]segment, error) {
	if len(l.commits) == 0 && len(l.checkpoints) == 0 {
		return nil, &NotATableError{URL: l.url}
	}
	newest := l.newest()
	want := version
	if version == latest {
		want = newest
	}
	var out []segment
	var gap *GapError
	try := func(base *checkpoint.Ref) {
		s := segment{base: base, version: want}
		end, g := l.contiguous(s.first())
		switch {
		case end >= want:
			out = append(out, s)
		case g != nil && gap == nil:
			gap = g
		case gap == nil:
			gap = &GapError{URL: l.url, Missing: end + 1, Next: -1, LastGood: end}
		}
	}
	if want <= newest {
		for i := len(l.checkpoints) - 1; i >= 0; i-- {
			if l.checkpoints[i].Version <= want {
				try(&l.checkpoints[i])
			}
		}
		try(nil)
	}
	if len(out) > 0 {
		return out, nil
	}
	earliest := l.earliest()
	if version != latest && (version > newest || version < earliest) {
		return nil, &VersionNotFoundError{Version: version, Earliest: earliest, Latest: newest}
	}
	return nil, gap
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

// newest is the highest version that there is.
func (l *listing) newest() int64 {
	v := int64(-1)
	if n := len(l.commits); n > 0 {
		v = l.version(n - 1)
	}
	if n := len(l.checkpoints); n > 0 {
		v = max(v, l.checkpoints[n-1].Version)
	}
	return v
}

// earliest is the lowest version that can be built: 0, or that of the oldest checkpoint.
func (l *listing) earliest() int64 {
	if len(l.commits) > 0 && l.version(0) == 0 {
		return 0
	}
	if len(l.checkpoints) > 0 {
		return l.checkpoints[0].Version
	}
	return l.newest()
}
