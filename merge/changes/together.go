package changes

import (
	"context"
	"errors"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/ingestd/ingestd/internal/arrowrows"
	"github.com/ingestd/ingestd/merge/internal/match"
)

// anyMoved says whether rows of a set, behind whose columns there are those of so many keys that they had before, had any.
func anyMoved(rec arrow.RecordBatch, keys int) bool {
	was := rec.Columns()[int(rec.NumCols())-keys:]
	return slices.ContainsFunc(was, func(c arrow.Array) bool { return c.NullN() < c.Len() })
}

// together deals changes anew that went to disk by their keys, where rows had other keys before: a change takes values that it does not know
// from the changes of those keys, so these must come into one part. All that hang together so are read at once, however many they are.
func (a *Applier) together(ctx context.Context) error {
	if a.source == nil || !a.moved {
		return nil
	}
	if err := a.source.Seal(ctx); err != nil || !a.source.Spilled() {
		return err
	}
	linked := links{}
	err := eachChunk(ctx, a.source, func(chunk arrow.RecordBatch) error { return linked.add(ctx, chunk, a.keys) })
	if err != nil {
		return err
	}
	by := a.source
	if a.source, err = a.newSource(a.fit, linked); err != nil {
		return errors.Join(err, by.Close())
	}
	a.older = append(a.older, by) // which discard closes, should this fail
	if err := eachChunk(ctx, by, func(chunk arrow.RecordBatch) error { return a.source.Append(ctx, chunk) }); err != nil {
		return err
	}
	a.older = nil
	return by.Close()
}

// eachChunk calls do for the rows of a source.
func eachChunk(ctx context.Context, s *match.Source, do func(arrow.RecordBatch) error) error {
	for rows, err := range s.Parts(ctx) {
		if err != nil {
			return err
		}
		for _, chunk := range rows.Chunks() {
			if err == nil {
				err = do(chunk)
			}
		}
		rows.Release()
		if err != nil {
			return err
		}
	}
	return nil
}

// links are keys, by their hashes, that rows had one after the other: each leads to another one of those that it hangs together with, in the
// end to the same for all. Keys of equal hashes are taken for one, which does no harm. The zero links link nothing, and take no more.
type links map[uint64]uint64

// root is the key that all lead to which hang together with one.
func (l links) root(h uint64) uint64 {
	for to, ok := l[h]; ok; to, ok = l[h] {
		if further, ok := l[to]; ok {
			l[h] = further
		}
		h = to
	}
	return h
}

// roots puts roots in the place of keys.
func (l links) roots(hashes []uint64) []uint64 {
	if len(l) > 0 {
		for i, h := range hashes {
			hashes[i] = l.root(h)
		}
	}
	return hashes
}

// add links the keys of changes that lack values to those that their rows had before.
func (l links) add(ctx context.Context, chunk arrow.RecordBatch, names []string) error {
	if !anyMoved(chunk, len(names)) {
		return nil
	}
	keys, err := keysOf(ctx, chunk, names)
	if err != nil {
		return err
	}
	defer keys.Release()
	was, err := wasOf(ctx, chunk, names)
	if err != nil {
		return err
	}
	defer was.Release()
	lacks := chunk.Column(int(chunk.NumCols()) - len(names) - numAbout + 2).(*array.Binary)
	is := keys.Hash(nil)
	for i, before := range was.Hash(nil) {
		if before == 0 || !anySet(bytesAt(lacks, i)) {
			continue
		}
		if from, to := l.root(is[i]), l.root(before); from != to {
			l[from] = to
		}
	}
	return nil
}

// wasOf are the keys that rows had before: such as match nothing for those that had none.
func wasOf(ctx context.Context, rec arrow.RecordBatch, names []string) (*match.Keys, error) {
	was := make([]string, len(names))
	for i, k := range names {
		was[i] = wasPrefix + k
	}
	only, err := arrowrows.Columns(rec, was)
	if err != nil {
		return nil, err
	}
	defer only.Release()
	return match.NewKeys(ctx, only, nil)
}
