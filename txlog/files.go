package txlog

import (
	"context"
	"iter"
	"sync"
	"sync/atomic"

	"github.com/ingestd/ingestd/txlog/action"
	"github.com/ingestd/ingestd/txlog/checkpoint"
)

// maxFollowed is how many commits a list of files is carried on over before it is better read anew,
// from a newer checkpoint.
const maxFollowed = 1000

// fileSet says where the files of a version are listed: in the parts of a checkpoint, and in the
// layers of the commits after it, which have the last word. Immutable.
type fileSet struct {
	base    *checkpoint.Ref // nil: none
	parts   []checkpoint.Part
	layers  layers
	commits int // in layers
}

// fileCache keeps the file set of a snapshot once it was needed.
type fileCache struct {
	building sync.Mutex // who commits, or follows the log, must not wait for it
	set      atomic.Pointer[fileSet]
}

// follow carries the parent's set on over one commit, if the parent has one. What goes wrong is
// left to be found by whoever reads the files.
func (c *fileCache) follow(parent *fileCache, commit rawCommit) {
	set := parent.set.Load()
	if set == nil || set.commits >= maxFollowed {
		return
	}
	if entries, err := readEntries(commit); err == nil {
		c.set.Store(&fileSet{base: set.base, parts: set.parts, layers: set.layers.with(newLayer(entries)), commits: set.commits + 1})
	}
}

// fileSet finds the set, building it the first time.
func (s *Snapshot) fileSet(ctx context.Context) (*fileSet, error) {
	if set := s.files.set.Load(); set != nil {
		return set, nil
	}
	s.files.building.Lock()
	defer s.files.building.Unlock()
	set := s.files.set.Load()
	if set != nil {
		return set, nil
	}
	err := s.log.build(ctx, s.version, func(seg segment) (err error) {
		set, err = s.buildFileSet(ctx, seg)
		return err
	})
	if err != nil {
		return nil, err
	}
	s.files.set.Store(set)
	return set, nil
}

func (s *Snapshot) buildFileSet(ctx context.Context, seg segment) (*fileSet, error) {
	set := &fileSet{base: seg.base, commits: int(seg.version - seg.first() + 1)}
	if seg.base != nil {
		top, err := s.log.sidecars(ctx, seg.base)
		if err != nil {
			return nil, err
		}
		set.parts = seg.base.Parts(top)
	}
	commits, err := readSegment(ctx, s.log, seg, readEntries)
	if err != nil {
		return nil, err
	}
	if l := newLayer(commits...); len(l.entries) > 0 {
		set.layers = layers{l}
	}
	return set, nil
}

// sidecars are the top-level actions of a checkpoint, or nil where it is known to have no sidecars. The protocol of the
// snapshot does not tell: it may have lost v2Checkpoint since the checkpoint.
func (l *Log) sidecars(ctx context.Context, base *checkpoint.Ref) ([]action.Action, error) {
	if plain := l.plain.Load(); len(base.Files) > 1 || plain != nil && *plain == identity(base) {
		return nil, nil
	}
	return base.Top(ctx, l.store)
}

// sawTop notes of a checkpoint that was read that it has no sidecars, if so.
func (l *Log) sawTop(base *checkpoint.Ref, top []action.Action) {
	for _, a := range top {
		if _, ok := a.(*action.Sidecar); ok {
			return
		}
	}
	l.plain.Store(new(identity(base)))
}

// distrust notes that the checkpoint of a set is damaged, so that the next reading takes another.
func (s *Snapshot) distrust(set *fileSet, err error) {
	s.log.opts.Logger.Warn("a checkpoint cannot be used; an older one is tried", "table", s.log.store.URL(), "error", err)
	s.log.distrust(set.base)
	s.files.set.CompareAndSwap(set, nil)
}

// Files streams the live files, in no order to rely on. The actions are the caller's, maps included.
// The checkpoint is read as the sequence is; of the commits after it only the text is in memory.
// A damaged checkpoint is passed over, unless it is only found to be so after files of it were
// given: then the sequence ends with *checkpoint.CorruptError, and the next call passes it over.
// Other errors: as [Log.Snapshot]. The first error ends the sequence.
func (s *Snapshot) Files(ctx context.Context) iter.Seq2[*action.Add, error] {
	return stream(ctx, s, false, (*action.FileDecoder).Add,
		func(p checkpoint.Part) iter.Seq2[*action.Add, error] { return p.Adds(ctx, s.log.store) },
		func(a *action.Add) fileKey { return keyOf([]byte(a.Path), a.DeletionVector.UniqueID()) })
}

// Tombstones streams the removed files that the log still knows of, expired ones included. Errors
// and order as [Snapshot.Files].
func (s *Snapshot) Tombstones(ctx context.Context) iter.Seq2[*action.Remove, error] {
	return stream(ctx, s, true, (*action.FileDecoder).Remove,
		func(p checkpoint.Part) iter.Seq2[*action.Remove, error] { return p.Removes(ctx, s.log.store) },
		func(r *action.Remove) fileKey { return keyOf([]byte(r.Path), r.DeletionVector.UniqueID()) })
}

// stream gives the adds, or the removes, of a snapshot.
func stream[A any](ctx context.Context, s *Snapshot, removes bool, decode func(*action.FileDecoder, []byte) (*A, error),
	rows func(checkpoint.Part) iter.Seq2[*A, error], key func(*A) fileKey,
) iter.Seq2[*A, error] {
	return func(yield func(*A, error) bool) {
		for {
			set, err := s.fileSet(ctx)
			if err != nil {
				yield(nil, err)
				return
			}
			given, stopped, err := baseRows(set, rows, key, yield)
			if stopped {
				return
			}
			if err != nil {
				if mayFallBack(err) {
					s.distrust(set, err)
					if !given {
						continue
					}
				}
				yield(nil, err)
				return
			}
			layerRows(ctx, set.layers, removes, decode, yield)
			return
		}
	}
}

// baseRows gives the rows of the checkpoint that no later commit has an action of.
func baseRows[A any](set *fileSet, rows func(checkpoint.Part) iter.Seq2[*A, error], key func(*A) fileKey, yield func(*A, error) bool) (given, stopped bool, err error) {
	for _, p := range set.parts {
		for a, err := range rows(p) {
			if err != nil {
				return given, false, err
			}
			if set.layers.knows(key(a)) {
				continue
			}
			given = true
			if !yield(a, nil) {
				return given, true, nil
			}
		}
	}
	return given, false, nil
}
