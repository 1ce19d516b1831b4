package cdf

import (
	"context"

	"github.com/ingestd/ingestd/table"
	"github.com/ingestd/ingestd/txlog"
	"github.com/ingestd/ingestd/txlog/action"
)

// recorded says whether the changes of the table are recorded as of such metadata.
func recorded(m *action.Metadata) bool {
	return txlog.NewProperties(m.Configuration).ChangeDataFeed()
}

// notRecorded says that the feed was off at a version, and from which one on it is on up to the end of the range.
func (f *Feed) notRecorded(ctx context.Context, version int64) error {
	e := &NotRecordedError{Location: f.t.Location(), Version: version, From: -1}
	for c, err := range f.t.Log().Commits(ctx, version+1, f.t.Version()) {
		if err != nil {
			return err
		}
		for _, a := range c.Actions {
			m, ok := a.(*action.Metadata)
			switch {
			case !ok:
			case !recorded(m):
				e.From = -1
			case e.From < 0:
				e.From = c.Version
			}
		}
	}
	return e
}

// cleanedUp says that the log has not a version any more.
func (f *Feed) cleanedUp(ctx context.Context, version int64) error {
	earliest, err := f.t.Log().EarliestVersion(ctx)
	if err != nil {
		return err
	}
	return &CleanedUpError{Location: f.t.Location(), Version: version, Earliest: earliest}
}

// readableFrom is the version after the last one, up to the end of the range, of which a file is missing; -1 where that is the end, or
// nobody can tell.
func (f *Feed) readableFrom(ctx context.Context, broken int64) int64 {
	from := broken + 1
	for c, err := range f.t.Log().Commits(ctx, from, f.to) {
		if err != nil {
			return -1
		}
		for _, file := range table.ChangeFilesOf(c) {
			if there, err := f.t.HasChangeFile(ctx, file); err != nil {
				return -1
			} else if !there {
				from = c.Version + 1
				break
			}
		}
	}
	if from > f.to {
		return -1
	}
	return from
}

// firstRecorded is the first version, of those that the log still has, since which the feed has been on. Errors: *NotRecordedError where it is off.
func firstRecorded(ctx context.Context, t *table.Table) (int64, error) {
	if !t.Snapshot().ChangeDataFeed() {
		return 0, &NotRecordedError{Location: t.Location(), Version: t.Version(), From: -1}
	}
	on := t.Version()
	for c, err := range t.Log().History(ctx, 0) {
		if err != nil {
			return 0, err
		}
		for _, a := range c.Actions {
			if m, ok := a.(*action.Metadata); ok && !recorded(m) {
				return on, nil
			} else if ok {
				on = c.Version
			}
		}
	}
	oldest, err := t.Log().EarliestVersion(ctx)
	if err != nil {
		return 0, err
	}
	at, err := t.At(ctx, oldest)
	if err == nil && at.Snapshot().ChangeDataFeed() {
		on = oldest
	}
	return on, err
}
