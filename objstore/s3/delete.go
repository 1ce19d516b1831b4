package s3

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/ingestd/ingestd/objstore"
	"github.com/minio/minio-go/v7"
)

// batch is the most that one request of S3 deletes.
const batch = 1000

// Delete implements objstore.Store. It goes on after an error and reports all errors, each with
// its key.
func (s *Store) Delete(ctx context.Context, keys ...string) error {
	byName := map[string]string{} // in the bucket -> key
	for _, key := range keys {
		name, err := s.name(ctx, key)
		if err != nil {
			return s.opError("delete", key, err, false)
		}
		byName[name] = key
	}
	var errs []error
	for names := range slices.Chunk(slices.Sorted(maps.Keys(byName)), batch) {
		failed := s.deleteNames(ctx, names)
		for _, name := range slices.Sorted(maps.Keys(failed)) {
			errs = append(errs, s.fail("delete", byName[name], failed[name]))
		}
		if ctx.Err() != nil {
			break
		}
	}
	return errors.Join(errs...)
}

// deleteNames deletes at most batch objects; those that fail for now are tried again. It returns
// what went wrong with which.
func (s *Store) deleteNames(ctx context.Context, names []string) map[string]error {
	failed := map[string]error{}
	for n := 1; ; n++ {
		var again []string
		for name, err := range s.deleteOnce(ctx, names) {
			failed[name] = err
			if s.classify(err).transient {
				again = append(again, name)
			}
		}
		if len(again) == 0 || n >= s.opts.MaxAttempts || s.backoff(ctx, n) != nil {
			return failed
		}
		for _, name := range again {
			delete(failed, name)
		}
		slices.Sort(again)
		names = again
	}
}

// deleteOnce asks once, and returns the objects that are not known to be gone, with why.
func (s *Store) deleteOnce(ctx context.Context, names []string) map[string]error {
	w := newWatch(ctx, s.opts.AttemptTimeout)
	defer w.stop()
	if len(names) == 1 {
		err := w.explain(s.core.RemoveObject(w.ctx, s.bucket, names[0], minio.RemoveObjectOptions{}))
		if err == nil || errors.Is(s.classify(err).sentinel, objstore.ErrNotExist) {
			return nil
		}
		return map[string]error{names[0]: err}
	}
	left := map[string]error{}
	for _, name := range names {
		left[name] = errors.New("the server's answer does not mention it")
	}
	results, err := s.core.RemoveObjectsWithIter(w.ctx, s.bucket, func(yield func(minio.ObjectInfo) bool) {
		for _, name := range names {
			if !yield(minio.ObjectInfo{Key: name}) {
				return
			}
		}
	}, minio.RemoveObjectsOptions{})
	if err == nil {
		for r := range results {
			switch _, asked := left[r.ObjectName]; {
			case r.Err == nil || errors.Is(s.classify(r.Err).sentinel, objstore.ErrNotExist):
				delete(left, r.ObjectName)
			case asked:
				left[r.ObjectName] = w.explain(r.Err)
			default:
				err = fmt.Errorf("of the whole batch: %w", w.explain(r.Err))
			}
		}
	}
	if err = cmp.Or(err, w.explain(w.ctx.Err())); err != nil {
		for name := range left {
			left[name] = err
		}
	}
	return left
}
