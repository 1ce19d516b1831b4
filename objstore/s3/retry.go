package s3

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// watch is the context of one attempt, which ends when nothing happens for too long.
type watch struct {
	ctx    context.Context //nolint:containedctx // lives as long as one attempt
	parent context.Context //nolint:containedctx // of the call
	cancel context.CancelCauseFunc
	timer  *time.Timer
	limit  time.Duration
}

func newWatch(parent context.Context, limit time.Duration) *watch {
	ctx, cancel := context.WithCancelCause(parent)
	late := time.AfterFunc(limit, func() { cancel(errTimeout) })
	return &watch{ctx: ctx, parent: parent, cancel: cancel, timer: late, limit: limit}
}

// busy starts the time anew; idle stops it while it is not the store that is waited for.
func (w *watch) busy() { w.timer.Reset(w.limit) }
func (w *watch) idle() { w.timer.Stop() }

// stop ends the attempt.
func (w *watch) stop() {
	w.timer.Stop()
	w.cancel(nil)
}

// explain is err, as errTimeout where it was the watch that ended the attempt.
func (w *watch) explain(err error) error {
	switch {
	case err == nil:
		return nil
	case w.parent.Err() != nil:
		return fmt.Errorf("%w: %w", w.parent.Err(), err)
	case errors.Is(context.Cause(w.ctx), errTimeout):
		return fmt.Errorf("%w: after %v", errTimeout, w.limit)
	}
	return err
}

// attempt does f once, with the time limit.
func (s *Store) attempt(ctx context.Context, f func(ctx context.Context) error) error {
	w := newWatch(ctx, s.opts.AttemptTimeout)
	defer w.stop()
	return w.explain(f(w.ctx))
}

// retry does f until it succeeds, fails for good, or has failed too often. For idempotent
// requests only.
func (s *Store) retry(ctx context.Context, f func(ctx context.Context) error) error {
	return s.retryBare(ctx, func() error { return s.attempt(ctx, f) })
}

// retryBare is retry where f takes care of the time limit itself.
func (s *Store) retryBare(ctx context.Context, f func() error) error {
	for n := 1; ; n++ {
		err := f()
		if err == nil || ctx.Err() != nil || !s.classify(err).transient {
			return err
		}
		if n >= s.opts.MaxAttempts {
			return fmt.Errorf("%w (%d attempts)", err, n)
		}
		if stopped := s.backoff(ctx, n); stopped != nil {
			return errors.Join(stopped, err)
		}
	}
}

// backoff waits after the nth attempt: 100 ms, doubled each time up to 5 s, the half of it random.
func (s *Store) backoff(ctx context.Context, n int) error {
	d := min(100*time.Millisecond<<min(n-1, 10), 5*time.Second)
	return s.opts.Sleep(ctx, d/2+time.Duration(s.opts.Jitter()*float64(d/2)))
}
