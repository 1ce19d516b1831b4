package stream

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ingestd/ingestd/stream/checkpoint"
)

// abortTimeout is how long dropping a batch may take after its context has ended.
const abortTimeout = 30 * time.Second

// execute runs a planned batch to its end.
func (r *run) execute(ctx context.Context, b *batch) error {
	if err := r.step(ctx, StepPlanned); err != nil {
		return err
	}
	if err := r.logBatch(ctx, b); err != nil {
		return err
	}
	var n tally
	var done Committed
	if len(b.reached) > 0 { // else the sink has it all already
		began := r.report.clock()
		var err error
		if done, err = r.write(ctx, b, &n); err != nil {
			return err
		}
		r.report.took(durAddBatch, began)
	}
	r.pos, r.pending, r.next = b.after, nil, b.id+1
	r.due.add(done.Due)
	began := r.report.clock()
	if r.Checkpoint != nil {
		if err := r.Checkpoint.Commit(ctx, b.id); err != nil {
			return err
		}
		if err := r.step(ctx, StepCommitLogged); err != nil {
			return err
		}
	}
	r.report.took(durCommitOffsets, began)
	if err := r.Source.Commit(ctx, b.ofSource()); err != nil {
		r.Logger.Warn("the source was not told of the batch", "batch", b.id, "error", err)
	}
	r.limiter.saw(n.records.Load(), n.bytes.Load())
	r.report.batch(r, b, &n, done)
	return r.step(ctx, StepSourceTold)
}

// logBatch fixes the batch in the offset log.
func (r *run) logBatch(ctx context.Context, b *batch) error {
	if r.Checkpoint == nil || b.logged {
		return nil
	}
	began := r.report.clock()
	entry := checkpoint.Batch{ID: b.id, From: b.at, To: b.after, Run: r.runID, Time: r.Now()}
	if err := r.Checkpoint.Begin(ctx, entry); err != nil {
		return err
	}
	r.report.took(durWalCommit, began)
	return r.step(ctx, StepLogged)
}

// write reads the batch's range, has it processed and commits it to the dead letters, then to the sink.
func (r *run) write(ctx context.Context, b *batch, n *tally) (done Committed, err error) {
	id := BatchID{Query: r.Name, ID: b.id, From: b.at}
	w, err := r.Sink.Begin(ctx, id)
	if err != nil {
		return done, fmt.Errorf("begin in sink %s: %w", r.Sink.Name(), err)
	}
	var dl DeadLetterWriter
	if r.DeadLetters != nil {
		if dl, err = r.DeadLetters.Begin(ctx, id); err != nil {
			r.abort(ctx, w.Abort)
			return done, fmt.Errorf("begin dead letters: %w", err)
		}
	}
	open := []func(context.Context) error{w.Abort}
	if dl != nil {
		open = append(open, dl.Abort)
	}
	defer func() {
		if _, kill := errors.AsType[*killed](err); kill {
			return
		}
		for _, abort := range open {
			r.abort(ctx, abort)
		}
	}()
	if err := r.process(ctx, id, b, w, dl, n); err != nil {
		return done, err
	}
	if err := r.step(ctx, StepWritten); err != nil {
		return done, err
	}
	if ctx.Err() != nil { // before anything is committed, for a writer that does not look
		return done, context.Cause(ctx)
	}
	if dl != nil {
		open = open[:1]
		if err := dl.Commit(ctx, b.reached); err != nil {
			return done, fmt.Errorf("commit dead letters: %w", err)
		}
	}
	if err := r.step(ctx, StepDeadLetters); err != nil {
		return done, err
	}
	open = nil
	if done, err = w.Commit(ctx, b.reached); err != nil {
		return done, fmt.Errorf("commit to sink %s: %w", r.Sink.Name(), err)
	}
	return done, r.step(ctx, StepCommitted)
}

// abort drops what a writer has, also when ctx has ended; that it fails only leaves waste behind.
func (r *run) abort(ctx context.Context, abort func(context.Context) error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), abortTimeout)
	defer cancel()
	if err := abort(ctx); err != nil {
		r.Logger.Warn("a dropped batch has left files behind", "error", err)
	}
}
