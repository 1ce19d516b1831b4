package arbiter

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"sync"

	"github.com/ingestd/ingestd/objstore"
)

// Store is the wrapper. Make one with New.
type Store struct {
	inner   objstore.Store
	opts    Options
	entries *entries

	// recovering keeps readers of one process from copying the same bytes side by side; it is no part of what makes commits safe.
	recovering sync.Mutex
}

// New is inner with commits that go through DynamoDB. It sends no request. Errors are those of the options.
func New(inner objstore.Store, o Options) (*Store, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", inner.URL(), err)
	}
	return &Store{inner: inner, opts: o, entries: &entries{opts: o}}, nil
}

// URL implements objstore.Store.
func (s *Store) URL() string { return s.inner.URL() }

// Unwrap is the store that holds the objects.
func (s *Store) Unwrap() objstore.Store { return s.inner }

func (s *Store) tablePath(table string) string { return tablePath(s.inner.URL(), s.opts.Scheme, table) }

// Get implements objstore.Store. A commit that is not there but prepared is recovered first.
func (s *Store) Get(ctx context.Context, key string, r objstore.Range) (io.ReadCloser, objstore.Info, error) {
	rc, info, err := s.inner.Get(ctx, key, r)
	if again, rerr := s.recoverAbsent(ctx, key, err); rerr != nil {
		return nil, objstore.Info{}, s.fail("get", key, rerr)
	} else if again {
		return s.inner.Get(ctx, key, r)
	}
	return rc, info, err
}

// Head implements objstore.Store. A commit that is not there but prepared is recovered first.
func (s *Store) Head(ctx context.Context, key string) (objstore.Info, error) {
	info, err := s.inner.Head(ctx, key)
	if again, rerr := s.recoverAbsent(ctx, key, err); rerr != nil {
		return objstore.Info{}, s.fail("head", key, rerr)
	} else if again {
		return s.inner.Head(ctx, key)
	}
	return info, err
}

// List implements objstore.Store. For a list of a log the newest entry is recovered first, where it is not complete.
func (s *Store) List(ctx context.Context, prefix, after string) iter.Seq2[objstore.Info, error] {
	table, ok := logPlace(prefix)
	if !ok {
		return s.inner.List(ctx, prefix, after)
	}
	return func(yield func(objstore.Info, error) bool) {
		e, found, err := s.entries.latest(ctx, s.tablePath(table))
		if err == nil && found && !e.complete {
			_, err = s.recover(ctx, table, e)
		}
		if err != nil {
			yield(objstore.Info{}, s.fail("list", prefix, err))
			return
		}
		s.inner.List(ctx, prefix, after)(yield)
	}
}

// Delete implements objstore.Store.
func (s *Store) Delete(ctx context.Context, keys ...string) error {
	return s.inner.Delete(ctx, keys...)
}

// Put implements objstore.Store. With IfAbsent a commit goes through DynamoDB; see the package comment.
func (s *Store) Put(ctx context.Context, key string, b objstore.Body, c objstore.Cond) (objstore.Info, error) {
	if !c.IfAbsent || c.IfMatch != "" {
		return s.inner.Put(ctx, key, b, c)
	}
	p, ok := commitPlace(key)
	if !ok {
		return s.putAbsent(ctx, key, b, c)
	}
	info, err := s.commit(ctx, p, b)
	if err != nil {
		return objstore.Info{}, s.fail("put", key, err)
	}
	return info, nil
}

// putAbsent is a Put with IfAbsent of what is no commit. Where the wrapped store has no such puts, and it does no harm when two
// writers both have their way, it looks before it puts; all else is refused.
func (s *Store) putAbsent(ctx context.Context, key string, b objstore.Body, c objstore.Cond) (objstore.Info, error) {
	info, err := s.inner.Put(ctx, key, b, c)
	if !errors.Is(err, objstore.ErrNotSupported) || b.Once || !derived(key) && !unique(key) {
		return info, err
	}
	if there, err := s.there(ctx, key); err != nil {
		return objstore.Info{}, err
	} else if there {
		return objstore.Info{}, s.fail("put", key, objstore.ErrPrecondition)
	}
	return s.inner.Put(ctx, key, b, objstore.Cond{})
}

// fail wraps an error with what and where, once.
func (s *Store) fail(op, key string, err error) error {
	return &objstore.OpError{Op: op, Key: key, Store: s.URL(), Err: err, Retry: retryable(err)}
}

// retryable: an answer that DynamoDB or the store did not give in time may be asked for again, what they refused may not.
func retryable(err error) bool {
	for _, definite := range []error{
		objstore.ErrPrecondition, objstore.ErrOutcomeUnknown, objstore.ErrPermission, objstore.ErrNotSupported,
		objstore.ErrNotExist, objstore.ErrNoSpace, objstore.ErrKey, objstore.ErrNoBucket, context.Canceled, context.DeadlineExceeded,
	} {
		if errors.Is(err, definite) {
			return false
		}
	}
	var entry *EntryError
	return !errors.As(err, &entry)
}

var _ objstore.Store = (*Store)(nil)
