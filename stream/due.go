package stream

import (
	"context"
	"log/slog"
)

// dueRunner runs the work that commits make due, one piece at a time, off the commit path.
type dueRunner struct {
	work chan func(context.Context) error
	done chan struct{}
}

// dueBacklog is how much due work may wait; a query that makes more waits for it.
const dueBacklog = 4

func startDue(ctx context.Context, log *slog.Logger, state *stateKeeper) *dueRunner {
	d := &dueRunner{work: make(chan func(context.Context) error, dueBacklog), done: make(chan struct{})}
	go func() {
		defer close(d.done)
		for f := range d.work {
			if ctx.Err() != nil {
				continue // it becomes due again after a later commit
			}
			if err := f(ctx); err != nil {
				state.dueFailed()
				log.Warn("work that was due after a commit failed; it becomes due again", "error", err)
			}
		}
	}()
	return d
}

func (d *dueRunner) add(f func(context.Context) error) {
	if f != nil {
		d.work <- f
	}
}

// close waits for the work that is due. No add may follow.
func (d *dueRunner) close() {
	close(d.work)
	<-d.done
}
