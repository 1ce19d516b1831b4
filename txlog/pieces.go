package txlog

import (
	"context"
	"errors"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/txlog/action"
)

// span is a range of versions, both ends included.
type span struct{ first, last int64 }

// pieces are the files that hold the commits of a segment, in order: where a log compaction file covers several of
// them, that, and of several that begin at the same version the longest; else each commit by itself.
func (s segment) pieces() []span {
	var out []span
	for v := s.first(); v <= s.version; {
		last := v
		i, _ := slices.BinarySearchFunc(s.compacted, v, func(c span, v int64) int {
			if c.first < v {
				return -1
			}
			return 1
		})
		for ; i < len(s.compacted) && s.compacted[i].first == v; i++ {
			if c := s.compacted[i]; c.last <= s.version {
				last = max(last, c.last)
			}
		}
		out = append(out, span{v, last})
		v = last + 1
	}
	return out
}

// readSegment gets the commits of a segment, several at once, and gives what read makes of each, in the order
// of versions. read runs on several goroutines. A log compaction file stands for the commits that it covers; where it
// is gone or cannot be read, they are read instead.
func readSegment[T any](ctx context.Context, l *Log, seg segment, read func(rawCommit) (T, error)) ([]T, error) {
	pieces := seg.pieces()
	if len(pieces) == 0 {
		return nil, nil
	}
	results := make([][]T, len(pieces))
	g, within := errgroup.WithContext(ctx)
	g.SetLimit(fetchers)
	for i, p := range pieces {
		if within.Err() != nil {
			break
		}
		g.Go(func() (err error) {
			results[i], err = readPiece(within, l, p, read)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	return slices.Concat(results...), ctx.Err()
}

func readPiece[T any](ctx context.Context, l *Log, p span, read func(rawCommit) (T, error)) ([]T, error) {
	if p.first < p.last {
		t, err := readCompacted(ctx, l, p, read)
		if err == nil {
			return []T{t}, nil
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		l.opts.Logger.Warn("a log compaction file cannot be used; the commits are read", "table", l.store.URL(), "file", compactedKey(p), "error", err)
	}
	out := make([]T, 0, p.last-p.first+1)
	for v := p.first; v <= p.last; v++ {
		c, err := l.fetch(ctx, v)
		if err != nil {
			return nil, err
		}
		t, err := read(c)
		if err != nil {
			return nil, err
		}
		out = append(out, t)
	}
	return out, nil
}

var errEmptyFile = errors.New("it holds nothing")

func readCompacted[T any](ctx context.Context, l *Log, p span, read func(rawCommit) (T, error)) (t T, err error) {
	text, _, err := objstore.ReadAll(ctx, l.store, compactedKey(p))
	if err != nil {
		return t, err
	}
	// All of it is decoded before any is used: one of the readings, for the state or for the files, must not
	// take the file while the other refuses it, although either would be true.
	if err := action.Scan(text, func(action.FileRef) error { return nil }, func(action.Action) error { return nil }); err != nil {
		return t, err
	}
	if len(text) == 0 {
		return t, errEmptyFile
	}
	return read(rawCommit{version: p.last, text: text, compacted: true})
}
