package txlog

import (
	"context"
	"errors"
	"sort"
	"time"

	"github.com/ingestd/ingestd/objstore"
)

// VersionAt is the newest version that was committed at or before a time and can still be read.
// Times of commits are their in-commit timestamps, from the version on where the table has those,
// else the modification times of their files ("Recommendations for Readers of Tables with In-Commit Timestamps").
// Errors: *TimestampNotFoundError; those of [Log.Snapshot].
func (l *Log) VersionAt(ctx context.Context, at time.Time) (int64, error) {
	newest, err := l.Snapshot(ctx)
	if err != nil {
		return 0, err
	}
	list, err := l.list(ctx, 0)
	if err != nil {
		return 0, err
	}
	return newest.versionAt(ctx, list, at)
}

// versionAt is VersionAt in a listing of the log, among the versions up to that of newest.
func (newest *Snapshot) versionAt(ctx context.Context, list *listing, at time.Time) (int64, error) {
	l, earliest := newest.log, list.earliest()
	enabledAt := newest.version + 1 // no version has an in-commit timestamp
	if newest.props.bool(PropInCommitTimestamps, false) {
		enabledAt = newest.props.int(PropInCommitEnabledVersion, 0)
		since := time.UnixMilli(newest.props.int(PropInCommitEnabledTime, 0))
		if _, ok := newest.props.Get(PropInCommitEnabledTime); !ok || !at.Before(since) || earliest >= enabledAt {
			return l.versionByCommitTime(ctx, at, max(earliest, enabledAt), newest.version)
		}
	}
	return versionByModTime(list, at, earliest, enabledAt)
}

// versionByModTime looks among the versions from earliest to below end.
func versionByModTime(list *listing, at time.Time, earliest, end int64) (int64, error) {
	times := monotone(list)
	found, first := int64(-1), time.Time{}
	for i := range times {
		v := list.version(i)
		if v < earliest || v >= end {
			continue
		}
		if first.IsZero() {
			first = times[i]
		}
		if !times[i].After(at) {
			found = v
		}
	}
	if found < 0 {
		return 0, &TimestampNotFoundError{At: at, Earliest: first, Version: earliest}
	}
	return found, nil
}

// versionByCommitTime halves the versions from first to last, whose in-commit timestamps ascend.
func (l *Log) versionByCommitTime(ctx context.Context, at time.Time, first, last int64) (int64, error) {
	var failed error
	timeOf := func(v int64) time.Time {
		c, err := l.entry(ctx, v, time.Time{})
		if errors.Is(err, objstore.ErrNotExist) { // a checkpoint whose commit is gone: older than all others
			return time.Time{}
		}
		if err != nil && failed == nil {
			failed = err
		}
		return c.Timestamp
	}
	n := sort.Search(int(last-first+1), func(i int) bool { return failed == nil && timeOf(first+int64(i)).After(at) })
	if failed != nil {
		return 0, failed
	}
	if n == 0 {
		return 0, &TimestampNotFoundError{At: at, Earliest: timeOf(first), Version: first}
	}
	return first + int64(n) - 1, nil
}
