package stream

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/ingestd/ingestd/stream/checkpoint"
)

// run is one run of a query.
type run struct {
	*Query
	idle    context.Context //nolint:containedctx // of the run, ended by Stop too: for what is done outside of a batch
	limiter limiter
	tasks   []DecodeTask // one for each worker
	due     *dueRunner
	report  reporter
	runID   string

	ready    bool // positions are restored
	holds    bool // the sink holds positions
	begun    bool // positions are those of a query with progress: partitions that appear are new
	pos      Offsets
	next     int64             // number of the next batch
	pending  *checkpoint.Batch // begun but not committed
	until    Offsets           // where a bounded trigger ends; nil before that is known
	attempts int               // failed in a row
	patience time.Duration     // the last poll delay
}

// errDone ends the loop of a bounded trigger.
var errDone = errors.New("all data is in")

// open binds the operators and opens the sink, until idle ends. The run that it gives is to be closed, also after an error.
func (q *Query) open(ctx, idle context.Context) (*run, error) {
	newID := q.NewID
	if newID == nil {
		newID = uuid.NewString
	}
	r := &run{Query: q, idle: idle, limiter: limiter{Limits: q.Limits}, runID: newID()}
	r.due = startDue(ctx, q.Logger, &q.state)
	r.report = reporter{query: q, runID: r.runID, id: r.runID}
	if q.Checkpoint != nil {
		r.report.id = q.Checkpoint.ID()
	}
	for range q.Workers {
		r.tasks = append(r.tasks, q.Decoder.NewTask())
	}
	schema := q.Decoder.Schema()
	for _, op := range q.Operators {
		if schema == nil {
			return r, fmt.Errorf("operator %s: %w", op.Name(), ErrNoSchema)
		}
		var err error
		if schema, err = op.Bind(idle, schema); err != nil {
			return r, fmt.Errorf("operator %s: %w", op.Name(), err)
		}
	}
	if err := q.Sink.Open(idle, schema); err != nil {
		return r, fmt.Errorf("open sink %s: %w", q.Sink.Name(), err)
	}
	return r, nil
}

// close waits for background work and closes what the query was given.
func (r *run) close() error {
	r.due.close()
	for _, t := range r.tasks {
		t.Close()
	}
	var errs []error
	for _, op := range r.Operators {
		errs = append(errs, op.Close())
	}
	errs = append(errs, r.Sink.Close())
	if r.DeadLetters != nil {
		errs = append(errs, r.DeadLetters.Close())
	}
	errs = append(errs, r.Source.Close())
	return errors.Join(errs...)
}

// loop triggers batches until the query ends.
func (r *run) loop(ctx context.Context) error {
	for {
		if err := ctx.Err(); err != nil {
			return context.Cause(ctx)
		}
		if r.stopped() {
			return nil
		}
		fired := r.Now()
		ran, err := r.trigger(ctx, fired)
		switch {
		case errors.Is(err, errDone):
			return nil
		case err != nil:
			if err := r.recoverFrom(ctx, err); err != nil {
				return err
			}
		default:
			r.wait(ctx, fired, ran)
		}
	}
}

// unlessStopped is err, which came outside of a batch, or nil where Stop may be what brought it about.
func (r *run) unlessStopped(ctx context.Context, err error) error {
	if r.stopped() && ctx.Err() == nil {
		r.Logger.Debug("stopped", "while", err)
		return nil
	}
	return err
}

func (r *run) stopped() bool {
	select {
	case <-r.stop():
		return true
	default:
		return false
	}
}

// trigger runs at most one batch, and says whether it did.
func (r *run) trigger(ctx context.Context, fired time.Time) (bool, error) {
	r.report.fire(fired)
	if !r.ready {
		if err := r.restore(r.idle); err != nil {
			return false, r.unlessStopped(ctx, fmt.Errorf("restore positions: %w", err))
		}
		r.ready = true
	}
	b, err := r.plan(r.idle)
	if err != nil {
		return false, r.unlessStopped(ctx, fmt.Errorf("plan batch %d: %w", r.next, err))
	}
	if b == nil {
		if r.Trigger.bounded() {
			return false, errDone
		}
		r.report.idle(r)
		r.succeeded()
		return false, nil
	}
	if err := r.execute(ctx, b); err != nil {
		return false, fmt.Errorf("batch %d: %w", b.id, err)
	}
	r.succeeded()
	return true, nil
}

// succeeded ends a row of failures.
func (r *run) succeeded() {
	r.attempts = 0
	r.state.healthy()
}

const (
	// minPoll and maxPoll bound how often a source without new data is asked, with interval 0.
	minPoll = 10 * time.Millisecond
	maxPoll = 100 * time.Millisecond
)

// wait waits for the next trigger, or for Stop or ctx.
func (r *run) wait(ctx context.Context, fired time.Time, ran bool) {
	var d time.Duration
	switch {
	case ran:
		r.patience = 0
	default:
		r.patience = min(max(r.patience*5/4, minPoll), maxPoll)
	}
	switch {
	case r.Trigger.bounded():
		return
	case r.Trigger.interval > 0:
		d = r.Trigger.next(fired).Sub(r.Now())
		if d <= 0 && ran {
			r.Logger.Warn("the batch took longer than the trigger interval", "interval", r.Trigger.interval, "late", -d)
		}
	default:
		d = r.patience
	}
	r.sleep(ctx, d)
}

// sleep waits, unless Stop or ctx comes first.
func (r *run) sleep(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	select {
	case <-ctx.Done():
	case <-r.stop():
	case <-r.After(d):
	}
}
