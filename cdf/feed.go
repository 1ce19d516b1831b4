package cdf

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/table"
	"github.com/ingestd/ingestd/table/predicate"
	"github.com/ingestd/ingestd/txlog"
	"github.com/ingestd/ingestd/txlog/action"
	"github.com/ingestd/ingestd/txlog/schema"
)

// Options say what of the changes is read. The zero value reads everything.
type Options struct {
	// Columns are columns of the table and of the feed, in this order, matched without regard to case. Nil is all of the table and then those
	// of the feed.
	Columns []string
	// Where keeps the changes for which it is true of the columns of the table; nil keeps all.
	Where predicate.Filter
	// BatchSize is the largest number of rows of a batch; 0 is table.DefaultBatchSize.
	BatchSize int64
}

// Feed is the change data feed of a range of versions. It may be used by several goroutines.
type Feed struct {
	t        *table.Table
	o        Options
	from, to int64
	start    *txlog.Snapshot // at from
	rows     *txlog.Snapshot // whose schema the rows have
	columns
}

// Open opens the feed of a range of versions of t, which it refreshes. The rows have the columns of the end of the range where the table maps
// its columns, else those of the newest version, as Spark has it. Nothing but the log is read.
//
// Errors: *RangeError, *LateError, *CleanedUpError, *NotRecordedError, *SchemaError, *ColumnError; *txlog.TimestampNotFoundError; *table.ColumnNotFoundError; those of the log.
func Open(ctx context.Context, t *table.Table, r Range, o Options) (*Feed, error) {
	if err := t.Refresh(ctx); err != nil {
		return nil, err
	}
	return open(ctx, t, r, o)
}

// open is Open for a table that is fresh.
func open(ctx context.Context, t *table.Table, r Range, o Options) (*Feed, error) {
	f := &Feed{t: t, o: o}
	var err error
	if f.from, f.to, err = r.resolve(ctx, t); err != nil {
		return nil, fmt.Errorf("change data feed of %s: %w", t.Location(), err)
	}
	if f.start, err = f.at(ctx, f.from); err != nil {
		return nil, err
	}
	if !f.start.ChangeDataFeed() {
		return nil, f.notRecorded(ctx, f.from)
	}
	if err := f.fixSchema(ctx); err != nil {
		return nil, err
	}
	f.columns, err = f.choose(o.Columns)
	return f, err
}

// Select is the same feed with other columns, as in Options. Errors: *table.ColumnNotFoundError.
func (f *Feed) Select(columns []string) (*Feed, error) {
	other := *f
	var err error
	other.columns, err = other.choose(columns)
	return &other, err
}

// at is the table at a version.
func (f *Feed) at(ctx context.Context, version int64) (*txlog.Snapshot, error) {
	if s := f.t.Snapshot(); s.Version() == version {
		return s, nil
	}
	t, err := f.t.At(ctx, version)
	if gone := (*txlog.VersionNotFoundError)(nil); errors.As(err, &gone) {
		return nil, f.cleanedUp(ctx, version)
	}
	if err != nil {
		return nil, err
	}
	return t.Snapshot(), nil
}

// Versions are the first and the last version of the feed.
func (f *Feed) Versions() (from, to int64) { return f.from, f.to }

// Schema is that of the rows.
func (f *Feed) Schema() *arrow.Schema { return f.schema }

// Commit is what one commit has changed.
type Commit struct {
	Version   int64
	Timestamp time.Time
	Files     []table.ChangeFile // none where it has changed no rows

	feed *Feed
}

// Commits yields the commits of the feed, ascending, those without changes included. Errors end the sequence: *CleanedUpError,
// *NotRecordedError, *SchemaError; those of the log.
func (f *Feed) Commits(ctx context.Context) iter.Seq2[Commit, error] {
	return func(yield func(Commit, error) bool) {
		next := f.from
		for c, err := range f.t.Log().HistoryBetween(ctx, f.from, f.to) {
			switch {
			case errors.Is(err, objstore.ErrNotExist):
				err = f.cleanedUp(ctx, next)
			case err == nil:
				err = f.check(ctx, c)
			}
			if err != nil {
				yield(Commit{}, err)
				return
			}
			next = c.Version + 1
			if !yield(Commit{Version: c.Version, Timestamp: c.Timestamp, Files: table.ChangeFilesOf(c), feed: f}, nil) {
				return
			}
		}
	}
}

// Rows yields the rows of all commits, ascending, in batches of [Feed.Schema], which are the caller's to release. Errors end
// the sequence: those of Commits and of Commit.Rows.
func (f *Feed) Rows(ctx context.Context) iter.Seq2[arrow.RecordBatch, error] {
	return func(yield func(arrow.RecordBatch, error) bool) {
		for c, err := range f.Commits(ctx) {
			if err != nil {
				yield(nil, err)
				return
			}
			for rec, err := range c.Rows(ctx) {
				if !yield(rec, err) || err != nil {
					return
				}
			}
		}
	}
}

// check looks at what a commit says of the table.
func (f *Feed) check(ctx context.Context, c txlog.Commit) error {
	for _, a := range c.Actions {
		if m, ok := a.(*action.Metadata); ok && c.Version > f.from {
			if !recorded(m) {
				return f.notRecorded(ctx, c.Version)
			}
			return f.checkSchema(c.Version, m)
		}
	}
	return nil
}

// TableSchema are the columns of the table as the rows have them.
func (f *Feed) TableSchema() *schema.Struct { return f.rows.Schema() }
