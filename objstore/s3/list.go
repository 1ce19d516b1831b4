package s3

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"

	"github.com/ingestd/ingestd/objstore"
	"github.com/minio/minio-go/v7"
)

// List implements objstore.Store. A list that breaks off goes on after the last key that it gave.
func (s *Store) List(ctx context.Context, prefix, after string) iter.Seq2[objstore.Info, error] {
	return func(yield func(objstore.Info, error) bool) {
		l := lister{s: s, ctx: ctx, prefix: prefix, last: after, yield: yield}
		i := strings.LastIndexByte(prefix, '/') + 1
		l.asked = prefix
		if last := prefix[i:]; last == "." || last == ".." { // "x/.y" begins with it, but MinIO refuses to be asked so
			l.asked = prefix[:i]
		}
		err := ctx.Err()
		if err == nil && i > 0 && objstore.CheckKey(prefix[:i-1]) != nil {
			return // no key begins so
		}
		for l.more = err == nil; l.more && err == nil; {
			err = s.retryBare(ctx, l.some)
		}
		if err != nil && !l.stopped {
			yield(objstore.Info{}, s.fail("list", prefix, err))
		}
	}
}

type lister struct {
	s       *Store
	ctx     context.Context //nolint:containedctx // lives as long as one List
	prefix  string
	asked   string // the prefix that the server is asked for: prefix, or shorter
	last    string // key that was given, or the one to start after
	yield   func(objstore.Info, error) bool
	more    bool // it broke off, but after a key; so go on with a new count of attempts
	stopped bool // by the loop
}

// some gives the objects from last on, until the end or an error. An error after at least one key
// is not returned but sets more.
func (l *lister) some() error {
	w := newWatch(l.ctx, l.s.opts.AttemptTimeout)
	defer w.stop()
	owner := false
	o := minio.ListObjectsOptions{Prefix: l.s.prefix + l.asked, Recursive: true, MaxKeys: 1000, FetchOwner: &owner}
	if l.last != "" {
		o.StartAfter = l.s.prefix + l.last
	}
	l.more = false
	given := false
	for obj := range l.s.core.ListObjectsIter(w.ctx, l.s.bucket, o) {
		w.idle()
		err := obj.Err
		if err == nil {
			err = l.give(obj)
			given = true
		}
		if l.stopped {
			return nil
		}
		if err != nil {
			err = w.explain(err)
			l.more = given && l.s.classify(err).transient
			if l.more {
				return nil
			}
			return err
		}
		w.busy()
	}
	return w.explain(w.ctx.Err()) // the iterator ends in silence when its context does
}

var errOrder = errors.New("the server does not list in the byte order of the keys")

// give yields the object if it is a match.
func (l *lister) give(obj minio.ObjectInfo) error {
	key, ok := strings.CutPrefix(obj.Key, l.s.prefix)
	switch {
	case !ok || !strings.HasPrefix(key, l.asked):
		return fmt.Errorf("%w: asked for %q it lists %q", objstore.ErrNotSupported, l.s.prefix+l.asked, obj.Key)
	case !strings.HasPrefix(key, l.prefix):
		return nil
	case objstore.CheckKey(key) != nil: // the marker of a folder ("a/"), a probe, and the like
		return nil
	case key <= l.last: // servers that ignore StartAfter would make us loop
		return fmt.Errorf("%w: %w: %q after %q", objstore.ErrNotSupported, errOrder, key, l.last)
	}
	l.last = key
	l.stopped = !l.yield(infoOf(key, obj), nil)
	return nil
}
