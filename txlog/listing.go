package txlog

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/txlog/checkpoint"
)

// listing is what the log folder holds, from some version on.
type listing struct {
	url         string
	from        int64
	commits     []objstore.Info  // ascending by version
	checkpoints []checkpoint.Ref // complete ones, ascending by version
	compacted   []span           // of the log compaction files, ascending by first and last
	known       []span           // see runs
}

func (l *listing) version(i int) int64 { return parseName(l.commits[i].Key).version }

// search is the index of the first commit at or after a version.
func (l *listing) search(version int64) int {
	i, _ := slices.BinarySearchFunc(l.commits, commitKey(version), func(c objstore.Info, key string) int { return strings.Compare(c.Key, key) })
	return i
}

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
		case compactedFile:
			out.compacted = append(out.compacted, span{n.version, n.end})
		case otherFile, checksumFile:
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
			return segment{base: base, version: end, compacted: l.compacted}, gap == nil
		}
		return segment{base: base, version: version, compacted: l.compacted}, end >= version
	}
	return segment{}, false
}

// contiguous is the last of the commits that follow each other from a version on, or one less than
// it; gap tells of a later one.
func (l *listing) contiguous(from int64) (end int64, gap *GapError) {
	end = from - 1
	runs := l.runs()
	i, _ := slices.BinarySearchFunc(runs, from, func(r span, v int64) int { return cmp.Compare(r.last, v) })
	if i < len(runs) && runs[i].first <= from {
		end = runs[i].last
		i++
	}
	if i < len(runs) {
		gap = &GapError{URL: l.url, Missing: end + 1, Next: runs[i].first, LastGood: end}
	}
	return end, gap
}

// runs are the ranges of commits that follow each other, found once: there may be many checkpoints to ask for. Not for
// concurrent use.
func (l *listing) runs() []span {
	if l.known != nil {
		return l.known
	}
	for i := range l.commits {
		v := l.version(i)
		if n := len(l.known); n > 0 && l.known[n-1].last == v-1 {
			l.known[n-1].last = v
		} else {
			l.known = append(l.known, span{v, v})
		}
	}
	return l.known
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
		s := segment{base: base, version: want, compacted: l.compacted}
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

// earliest is the lowest version from which on every version can be built: 0, or that of the oldest checkpoint that
// no commit is missing after. A cleanup that was cut short leaves commits below it, which nothing can be built from.
func (l *listing) earliest() int64 {
	newest := l.newest()
	if len(l.commits) > 0 && l.version(0) == 0 {
		if end, _ := l.contiguous(0); end >= newest {
			return 0
		}
	}
	for i := range l.checkpoints {
		v := l.checkpoints[i].Version
		if end, _ := l.contiguous(v + 1); end >= newest {
			return v
		}
	}
	return newest
}
