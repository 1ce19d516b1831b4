package fault

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"

	"github.com/ingestd/ingestd/objstore"
)

func (s *Store) fail(c Call, err error, retry bool) error {
	return &objstore.OpError{Op: string(c.Op), Key: c.Key, Store: s.URL(), Err: err, Retry: retry}
}

// injected is the error that the effect of r gives a call.
func (s *Store) injected(c Call, r Rule) error {
	why := fmt.Errorf("%w (call %d: %s)", ErrInjected, c.N, r)
	switch {
	case r.Effect == Crash || r.Effect == CrashAfter:
		return s.fail(c, fmt.Errorf("%w (call %d: %s)", ErrCrashed, c.N, r), false)
	case c.Op == Put && (r.Effect == Lost || r.Effect == Phantom || r.Effect == Late):
		return s.fail(c, fmt.Errorf("%w: %w", objstore.ErrOutcomeUnknown, why), false)
	case r.Effect == Fail && failures[r.Arg] != nil:
		return s.fail(c, fmt.Errorf("%w: %w", failures[r.Arg], why), false)
	}
	return s.fail(c, why, true)
}

// after is what a call returns that was done and gave err.
func (s *Store) after(c Call, r Rule, err error) error {
	if err == nil && (r.Effect == Lost || r.Effect == CrashAfter) {
		err = s.injected(c, r)
	}
	if r.Effect == CrashAfter {
		s.mu.Lock()
		s.dead = true
		s.mu.Unlock()
	}
	return err
}

// nothing says that the call shall not be done, for calls other than puts.
func nothing(e Effect) bool { return e == Phantom || e == Late }

// Get implements objstore.Store.
func (s *Store) Get(ctx context.Context, key string, r objstore.Range) (io.ReadCloser, objstore.Info, error) {
	c, rule, err := s.begin(ctx, Get, key)
	if err == nil && nothing(rule.Effect) {
		err = s.injected(c, rule)
	}
	var rc io.ReadCloser
	var info objstore.Info
	if err == nil {
		rc, info, err = s.inner.Get(ctx, key, r)
		if lost := s.after(c, rule, err); err == nil && lost != nil {
			rc.Close()
			err = lost
		}
	}
	if err = s.done(ctx, c, err); err != nil {
		return nil, objstore.Info{}, err
	}
	left := int64(-1)
	if rule.Effect == Torn {
		if _, n, err := r.Resolve(info.Size); err == nil {
			left = n / 2
		}
	}
	return &reader{ReadCloser: rc, s: s, c: c, rule: rule, left: left}, info, nil
}

// reader is the body of a get: it can break, and it ends when the process has died.
type reader struct {
	io.ReadCloser
	s    *Store
	c    Call
	rule Rule
	left int64 // bytes until it breaks; negative: it does not
}

func (r *reader) Read(p []byte) (int, error) {
	r.s.mu.Lock()
	dead := r.s.dead
	r.s.mu.Unlock()
	switch {
	case dead:
		return 0, r.s.fail(r.c, ErrCrashed, false)
	case r.left == 0:
		return 0, r.s.injected(r.c, r.rule)
	case r.left > 0:
		p = p[:min(int64(len(p)), r.left)]
	}
	n, err := r.ReadCloser.Read(p)
	if r.left > 0 {
		r.left -= int64(n)
	}
	return n, err
}

// Head implements objstore.Store.
func (s *Store) Head(ctx context.Context, key string) (objstore.Info, error) {
	c, rule, err := s.begin(ctx, Head, key)
	if err == nil && (nothing(rule.Effect) || rule.Effect == Torn) {
		err = s.injected(c, rule)
	}
	var info objstore.Info
	if err == nil {
		info, err = s.inner.Head(ctx, key)
		err = s.after(c, rule, err)
	}
	if err = s.done(ctx, c, err); err != nil {
		return objstore.Info{}, err
	}
	return info, nil
}

// List implements objstore.Store. It is one call, counted when the loop starts.
func (s *Store) List(ctx context.Context, prefix, after string) iter.Seq2[objstore.Info, error] {
	return func(yield func(objstore.Info, error) bool) {
		c, rule, err := s.begin(ctx, List, prefix)
		hidden := s.lagging()
		if err == nil && (nothing(rule.Effect) || rule.Effect == Lost || rule.Effect == CrashAfter) {
			err = s.after(c, rule, s.injected(c, rule))
		}
		if err != nil {
			yield(objstore.Info{}, s.done(ctx, c, err))
			return
		}
		seq := s.inner.List(ctx, prefix, after)
		if rule.Effect == Torn {
			seq = s.halfList(c, rule, seq)
		}
		for info, err := range seq {
			if err == nil && hidden[info.Key] {
				continue
			}
			if !yield(info, err) || err != nil {
				break
			}
		}
		_ = s.done(ctx, c, nil) // what the loop was to get, it has got
	}
}

func (s *Store) halfList(c Call, rule Rule, seq iter.Seq2[objstore.Info, error]) iter.Seq2[objstore.Info, error] {
	return func(yield func(objstore.Info, error) bool) {
		var all []objstore.Info
		for info, err := range seq {
			if err != nil {
				yield(info, err)
				return
			}
			all = append(all, info)
		}
		for _, info := range all[:len(all)/2] {
			if !yield(info, nil) {
				return
			}
		}
		yield(objstore.Info{}, s.injected(c, rule))
	}
}

// lagging returns the keys that a list starting now does not show.
func (s *Store) lagging() map[string]bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	hidden := map[string]bool{}
	for key, n := range s.hidden {
		hidden[key] = true
		if s.hidden[key] = n - 1; n <= 1 {
			delete(s.hidden, key)
		}
	}
	return hidden
}

// Delete implements objstore.Store.
func (s *Store) Delete(ctx context.Context, keys ...string) error {
	c, rule, err := s.begin(ctx, Delete, keys...)
	switch {
	case err != nil:
	case nothing(rule.Effect):
		err = s.injected(c, rule)
	case rule.Effect == Torn:
		err = errors.Join(s.inner.Delete(ctx, keys[:len(keys)/2]...), s.injected(c, rule))
	default:
		err = s.after(c, rule, s.inner.Delete(ctx, keys...))
	}
	return s.done(ctx, c, err)
}

// Put implements objstore.Store.
func (s *Store) Put(ctx context.Context, key string, b objstore.Body, cond objstore.Cond) (objstore.Info, error) {
	c, rule, err := s.begin(ctx, Put, key)
	var info objstore.Info
	if err == nil {
		switch rule.Effect {
		case Phantom, Late, Torn:
			err = s.spoil(ctx, c, rule, b, cond)
		case Lag:
			s.mu.Lock()
			s.hidden[key] = rule.n()
			s.mu.Unlock()
			fallthrough
		default:
			info, err = s.inner.Put(ctx, key, b, cond)
			err = s.after(c, rule, err)
		}
	}
	if err = s.done(ctx, c, err); err != nil {
		return objstore.Info{}, err
	}
	return info, nil
}

// spoil reads the body, as a real put would have, and does less than it should with it.
func (s *Store) spoil(ctx context.Context, c Call, rule Rule, b objstore.Body, cond objstore.Cond) error {
	rc, err := b.Open()
	if err != nil {
		return s.fail(c, err, false)
	}
	defer rc.Close()
	data, err := io.ReadAll(objstore.WithContext(ctx, objstore.ExactSize(rc, b.Size)))
	if err != nil {
		return s.fail(c, err, false)
	}
	switch {
	case rule.Effect == Late:
		s.mu.Lock()
		s.pending = append(s.pending, latePut{s.calls + rule.n(), c.Key, data, cond})
		s.mu.Unlock()
	case rule.Effect == Torn && s.opts.NonAtomic:
		if _, err := s.inner.Put(ctx, c.Key, objstore.Bytes(data[:len(data)/2]), cond); err != nil {
			return err
		}
	}
	return s.injected(c, rule)
}

// latePut is a put that takes effect when call number at starts.
type latePut struct {
	at   int
	key  string
	data []byte
	cond objstore.Cond
}

// land does the put; nobody is there any more to be told how it went.
func (p latePut) land(ctx context.Context, inner objstore.Store) {
	_, _ = inner.Put(context.WithoutCancel(ctx), p.key, objstore.Bytes(p.data), p.cond)
}

// due takes the late puts whose time has come; s.mu is held.
func (s *Store) due() []latePut {
	var due []latePut
	s.pending = slices.DeleteFunc(s.pending, func(p latePut) bool {
		if p.at > s.calls {
			return false
		}
		due = append(due, p)
		return true
	})
	return due
}

// Settle lets all late puts take effect now.
func (s *Store) Settle(ctx context.Context) {
	s.mu.Lock()
	due := s.pending
	s.pending = nil
	s.mu.Unlock()
	for _, p := range due {
		p.land(ctx, s.inner)
	}
}
