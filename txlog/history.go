package txlog

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/txlog/action"
)

// Commit is one commit of a log.
type Commit struct {
	Version   int64
	Timestamp time.Time // in-commit timestamp where there is one, else the modification time of the file
	Actions   []action.Action
}

// Info is the provenance of the commit, or nil.
func (c Commit) Info() *action.CommitInfo {
	for _, a := range c.Actions {
		if i, ok := a.(*action.CommitInfo); ok {
			return i
		}
	}
	return nil
}

// inCommitTime is the time that the commit itself tells, in milliseconds since the epoch; nil where it does not.
func (c Commit) inCommitTime() *int64 {
	if i := c.Info(); i != nil {
		return i.InCommitTimestamp
	}
	return nil
}

func (c rawCommit) decode() (Commit, error) {
	actions, err := action.Decode(c.text)
	if err != nil {
		return Commit{}, fmt.Errorf("commit version %d: %w", c.version, err)
	}
	out := Commit{Version: c.version, Timestamp: c.modTime, Actions: actions}
	if at := out.inCommitTime(); at != nil {
		out.Timestamp = time.UnixMilli(*at)
	}
	return out, nil
}

// Commits yields the commits from one version to another, both included, in that order. to < 0 is
// the newest. Errors end the sequence: objstore.ErrNotExist for a version that is not there, those of decoding.
func (l *Log) Commits(ctx context.Context, from, to int64) iter.Seq2[Commit, error] {
	return func(yield func(Commit, error) bool) {
		for v := from; to < 0 || v <= to; v++ {
			raw, err := l.fetch(ctx, v)
			if errors.Is(err, objstore.ErrNotExist) && to < 0 && v > from {
				return
			}
			var c Commit
			if err == nil {
				c, err = raw.decode()
			}
			if !yield(c, err) || err != nil {
				return
			}
		}
	}
}

// lookBack is how many commits before a range are looked at for their times, since these push those of the commits after them.
const lookBack = 500

// HistoryBetween yields the commits from one version to another, both included and both there, in that order, with all their actions and
// the times that History tells of them, as long as no more than 500 commits in a row have the same time. Errors end the sequence: objstore.ErrNotExist for a version that is not there, those of decoding.
func (l *Log) HistoryBetween(ctx context.Context, from, to int64) iter.Seq2[Commit, error] {
	return func(yield func(Commit, error) bool) {
		list, err := l.list(ctx, max(0, from-lookBack))
		if err != nil {
			yield(Commit{}, err)
			return
		}
		times, first := monotone(list), list.search(from)
		for c, err := range l.Commits(ctx, from, to) {
			if i := first + int(c.Version-from); err == nil && i < len(times) && list.version(i) == c.Version && c.inCommitTime() == nil {
				c.Timestamp = times[i]
			}
			if !yield(c, err) || err != nil {
				return
			}
		}
	}
}

// History yields the commits that the log still has, newest first, at most limit of them; limit < 1 is all.
// Their Actions are all but the file actions. Errors end the sequence; *NotATableError.
func (l *Log) History(ctx context.Context, limit int) iter.Seq2[Commit, error] {
	return func(yield func(Commit, error) bool) {
		list, err := l.list(ctx, 0)
		if err == nil && list.newest() < 0 {
			err = &NotATableError{URL: l.store.URL()}
		}
		if err != nil {
			yield(Commit{}, err)
			return
		}
		times := monotone(list)
		for n, i := 0, len(list.commits)-1; i >= 0 && (limit < 1 || n < limit); n, i = n+1, i-1 {
			c, err := l.entry(ctx, list.version(i), times[i])
			if errors.Is(err, objstore.ErrNotExist) { // cleaned up meanwhile, and so are all before it
				return
			}
			if !yield(c, err) || err != nil {
				return
			}
		}
	}
}

func (l *Log) entry(ctx context.Context, version int64, at time.Time) (Commit, error) {
	raw, err := l.fetch(ctx, version)
	if err != nil {
		return Commit{}, err
	}
	top, err := raw.top()
	if err != nil {
		return Commit{}, err
	}
	c := Commit{Version: version, Timestamp: at, Actions: top}
	if at := c.inCommitTime(); at != nil {
		c.Timestamp = time.UnixMilli(*at)
	}
	return c, nil
}

// monotone are the times of the commits of a listing: their modification times, each at least a
// millisecond after the one before, as Spark has it.
func monotone(list *listing) []time.Time {
	out := make([]time.Time, len(list.commits))
	for i, c := range list.commits {
		out[i] = c.ModTime.Truncate(time.Millisecond) // the clock of the protocol; what users are told and ask for
		if i > 0 && !out[i].After(out[i-1]) {
			out[i] = out[i-1].Add(time.Millisecond)
		}
	}
	return out
}
