// Package mem keeps objects in memory: the store of tests, and of memory:// URLs.
//
// It is exact: every call is atomic and lists are never behind, so whatever goes wrong above it
// is not the store's doing. It must not grow behaviour that other stores lack; faults are added
// by wrapping it with package fault.
package mem

import (
	"bytes"
	"context"
	"errors"
	"io"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/ingestd/ingestd/objstore"
)

// Store is an objstore.Store in memory. Make one with New.
type Store struct {
	url string
	now func() time.Time

	mu      sync.RWMutex
	keys    []string // of objects, sorted
	objects map[string]object
	writes  int64 // ever; makes ETags unique
}

// object is immutable once it is in the map.
type object struct {
	data []byte
	info objstore.Info
}

// Option changes what New makes.
type Option func(*Store)

// WithNow sets the clock that gives modification times; the default is time.Now.
func WithNow(now func() time.Time) Option { return func(s *Store) { s.now = now } }

// WithURL sets what URL returns; the default is "memory:///".
func WithURL(url string) Option { return func(s *Store) { s.url = url } }

// New makes an empty store.
func New(opts ...Option) *Store {
	s := &Store{url: "memory:///", now: time.Now, objects: map[string]object{}}
	for _, o := range opts {
		o(s)
	}
	return s
}

// Clone is an independent copy as of now, for a test that goes on from one state in many ways.
func (s *Store) Clone() *Store {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return &Store{url: s.url, now: s.now, keys: slices.Clone(s.keys), objects: maps.Clone(s.objects), writes: s.writes}
}

// URL implements objstore.Store.
func (s *Store) URL() string { return s.url }

func (s *Store) fail(op, key string, err error) error {
	return &objstore.OpError{Op: op, Key: key, Store: s.url, Err: err}
}

// find is Get and Head without their names.
func (s *Store) find(ctx context.Context, key string) (object, error) {
	if err := errors.Join(ctx.Err(), objstore.CheckKey(key)); err != nil {
		return object{}, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	o, ok := s.objects[key]
	if !ok {
		return object{}, objstore.ErrNotExist
	}
	return o, nil
}

// Get implements objstore.Store.
func (s *Store) Get(ctx context.Context, key string, r objstore.Range) (io.ReadCloser, objstore.Info, error) {
	o, err := s.find(ctx, key)
	if err != nil {
		return nil, objstore.Info{}, s.fail("get", key, err)
	}
	off, n, err := r.Resolve(o.info.Size)
	if err != nil {
		return nil, objstore.Info{}, s.fail("get", key, err)
	}
	return io.NopCloser(objstore.WithContext(ctx, bytes.NewReader(o.data[off:off+n]))), o.info, nil
}

// Head implements objstore.Store.
func (s *Store) Head(ctx context.Context, key string) (objstore.Info, error) {
	o, err := s.find(ctx, key)
	if err != nil {
		return objstore.Info{}, s.fail("head", key, err)
	}
	return o.info, nil
}

// Put implements objstore.Store.
func (s *Store) Put(ctx context.Context, key string, b objstore.Body, c objstore.Cond) (objstore.Info, error) {
	if err := errors.Join(ctx.Err(), objstore.CheckKey(key), objstore.CheckCond(c)); err != nil {
		return objstore.Info{}, s.fail("put", key, err)
	}
	data, err := readBody(ctx, b)
	if err != nil {
		return objstore.Info{}, s.fail("put", key, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	old, exists := s.objects[key]
	if c.IfAbsent && exists || c.IfMatch != "" && old.info.ETag != c.IfMatch {
		return objstore.Info{}, s.fail("put", key, objstore.ErrPrecondition)
	}
	if !exists {
		i, _ := slices.BinarySearch(s.keys, key)
		s.keys = slices.Insert(s.keys, i, key)
	}
	s.writes++
	info := objstore.Info{
		Key:     key,
		Size:    int64(len(data)),
		ModTime: s.now(),
		ETag:    objstore.ETag(strconv.FormatInt(s.writes, 16)),
	}
	s.objects[key] = object{data, info}
	return info, nil
}

func readBody(ctx context.Context, b objstore.Body) ([]byte, error) {
	r, err := b.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(objstore.WithContext(ctx, objstore.ExactSize(r, b.Size)))
}

// List implements objstore.Store. It shows the store as it was at the start of each block of keys.
func (s *Store) List(ctx context.Context, prefix, after string) iter.Seq2[objstore.Info, error] {
	return func(yield func(objstore.Info, error) bool) {
		for at := after; ; {
			if err := ctx.Err(); err != nil {
				yield(objstore.Info{}, s.fail("list", prefix, err))
				return
			}
			block := s.block(prefix, at)
			if len(block) == 0 {
				return
			}
			for _, info := range block {
				if !yield(info, nil) {
					return
				}
			}
			at = block[len(block)-1].Key
		}
	}
}

// block returns the next objects, at most 1000, as S3 would.
func (s *Store) block(prefix, after string) []objstore.Info {
	s.mu.RLock()
	defer s.mu.RUnlock()
	i, found := slices.BinarySearch(s.keys, max(prefix, after))
	if found && s.keys[i] == after {
		i++
	}
	var block []objstore.Info
	for ; i < len(s.keys) && len(block) < 1000 && strings.HasPrefix(s.keys[i], prefix); i++ {
		block = append(block, s.objects[s.keys[i]].info)
	}
	return block
}

// Delete implements objstore.Store. It removes all of the keys or, on error, none.
func (s *Store) Delete(ctx context.Context, keys ...string) error {
	for _, key := range keys {
		if err := errors.Join(ctx.Err(), objstore.CheckKey(key)); err != nil {
			return s.fail("delete", key, err)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, key := range keys {
		if i, ok := slices.BinarySearch(s.keys, key); ok {
			s.keys = slices.Delete(s.keys, i, i+1)
			delete(s.objects, key)
		}
	}
	return nil
}
