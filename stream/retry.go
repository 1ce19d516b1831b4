package stream

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/stream/checkpoint"
)

// Retry says how a batch that failed is tried again: from the sink's own positions, after a pause
// that doubles, with jitter. Only errors with Retryable() true, unknown outcomes and fencing are.
type Retry struct {
	// Attempts in a row that may fail before the query does; 0 is 10, which with the default pauses
	// rides out an outage of some two minutes. Being fenced is no failure and is not counted.
	Attempts int
	// First and Most bound the pause; 0 is 200 ms and 30 s.
	First, Most time.Duration
}

func (p Retry) withDefaults() Retry {
	if p.Attempts == 0 {
		p.Attempts = 10
	}
	if p.First == 0 {
		p.First = 200 * time.Millisecond
	}
	if p.Most == 0 {
		p.Most = 30 * time.Second
	}
	return p
}

// pause before attempt n (from 1), with jitter from a number in [0, 1).
func (p Retry) pause(n int, jitter float64) time.Duration {
	d := p.First
	for ; n > 1 && d < p.Most; n-- {
		d *= 2
	}
	d = min(d, p.Most)
	return d/2 + time.Duration(jitter*float64(d)/2)
}

// recoverFrom decides what an error means: nil after a pause when the query goes on, from restored
// positions, or the error that ends it.
func (r *run) recoverFrom(ctx context.Context, err error) error {
	if _, kill := errors.AsType[*killed](err); kill {
		return err
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	r.ready = false
	r.state.failed(r.Now(), err)
	switch {
	case r.isFenced(err):
		r.state.fenced()
		r.attempts = max(r.attempts, 1)
		r.Logger.Warn("another process runs this query; going on from where the sink stands", "error", err)
	case objstore.IsRetryable(err) || errors.Is(err, objstore.ErrOutcomeUnknown):
		if r.attempts++; r.attempts >= r.Retry.Attempts {
			return fmt.Errorf("gave up after %d attempts: %w", r.attempts, err)
		}
		r.state.retried()
		r.Logger.Warn("the batch is tried again", "attempt", r.attempts, "error", err)
	default:
		return err
	}
	r.sleep(ctx, r.Retry.pause(r.attempts, r.Rand.Float64()))
	return nil
}

// isFenced says that another process got ahead, and that the sink can tell how far.
func (r *run) isFenced(err error) bool {
	if errors.Is(err, ErrFenced) {
		return true
	}
	_, taken := errors.AsType[*checkpoint.TakenError](err)
	return taken && r.holds
}
