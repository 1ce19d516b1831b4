package cdf

import (
	"context"
	"fmt"
	"iter"
	"time"

	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/table"
)

// DefaultPoll is how long Follow waits before it looks for new commits again.
const DefaultPoll = time.Second

// FollowOptions say what is followed, and how closely.
type FollowOptions struct {
	Options
	// Poll is how long to wait where there is nothing new; 0 is DefaultPoll. To look costs one listing of the end of the log.
	Poll time.Duration
	// Sleep waits so long, or until ctx ends; an error ends the sequence with it. Default waits in real time.
	Sleep func(ctx context.Context, d time.Duration) error
}

// Follow yields the commits of t from a version on, which may be the next one, and then those that come, until ctx ends or the caller
// stops. A consumer that has taken a commit in goes on, at any later time, with the version after it. The columns may differ from commit to
// commit: [Commit.Schema]. Errors end the sequence: those of [Open] and [Feed.Commits].
func Follow(ctx context.Context, t *table.Table, from int64, o FollowOptions) iter.Seq2[Commit, error] {
	if o.Poll <= 0 {
		o.Poll = DefaultPoll
	}
	if o.Sleep == nil {
		o.Sleep = objstore.Sleep
	}
	return func(yield func(Commit, error) bool) {
		if err := t.Refresh(ctx); err != nil {
			yield(Commit{}, err)
			return
		}
		if from > t.Version()+1 {
			yield(Commit{}, fmt.Errorf("change data feed of %s: %w", t.Location(), &RangeError{From: from, To: t.Version(), Newest: t.Version()}))
			return
		}
		for next := from; ; {
			last, goOn := followOnce(ctx, t, next, o, yield)
			if !goOn {
				return
			}
			next = last + 1
		}
	}
}

// followOnce yields what is there from a version on, or waits; it gives the last version that was yielded.
func followOnce(ctx context.Context, t *table.Table, from int64, o FollowOptions, yield func(Commit, error) bool) (last int64, goOn bool) {
	last = from - 1
	if t.Version() < from {
		if err := o.Sleep(ctx, o.Poll); err != nil {
			yield(Commit{}, err)
			return last, false
		}
		if err := t.Refresh(ctx); err != nil {
			yield(Commit{}, err)
			return last, false
		}
		return last, true
	}
	f, err := open(ctx, t, Range{From: Version(from)}, o.Options)
	if err != nil {
		yield(Commit{}, err)
		return last, false
	}
	for c, err := range f.Commits(ctx) {
		if !yield(c, err) || err != nil {
			return last, false
		}
		last = c.Version
	}
	return last, true
}
