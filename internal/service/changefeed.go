package service

import (
	"context"
	"iter"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/ingestd/ingestd/cdf"
	"github.com/ingestd/ingestd/internal/sql"
	"github.com/ingestd/ingestd/table/predicate"
)

// OpenChanges opens the change data feed that SQL names by table_changes('path', from[, to]).
func (t Tables) OpenChanges(ctx context.Context, ref sql.ChangesRef) (sql.TableSource, error) {
	tab, err := t.Open(ctx, ref.Path)
	if err != nil {
		return nil, err
	}
	feed, err := cdf.Open(ctx, tab, cdf.Range{From: bound(ref.From), To: bound(ref.To)}, cdf.Options{})
	if err != nil {
		return nil, err
	}
	return AsText(feed), nil
}

// AsText is a change data feed as SQL and people read it: variants are texts of JSON.
func AsText(feed *cdf.Feed) sql.TableSource {
	fields, variants := textFields(feed.TableSchema(), feed.Schema().Fields())
	return &changesSource{feed, arrow.NewSchema(fields, nil), variants}
}

func bound(b sql.ChangesBound) cdf.Bound {
	switch {
	case b.Version != nil:
		return cdf.Version(*b.Version)
	case b.Timestamp != nil:
		return cdf.Time(*b.Timestamp)
	}
	return cdf.Bound{}
}

type changesSource struct {
	feed     *cdf.Feed
	schema   *arrow.Schema
	variants bool
}

// Schema implements sql.TableSource.
func (s *changesSource) Schema() *arrow.Schema { return s.schema }

// Version implements sql.TableSource: the last one of the feed.
func (s *changesSource) Version() int64 {
	_, to := s.feed.Versions()
	return to
}

// Scan implements sql.TableSource.
func (s *changesSource) Scan(ctx context.Context, columns []string, _ predicate.Filter) iter.Seq2[arrow.RecordBatch, error] {
	feed, err := s.feed.Select(columns)
	if err != nil {
		return func(yield func(arrow.RecordBatch, error) bool) { yield(nil, err) }
	}
	if s.variants {
		return withText(feed.TableSchema(), feed.Rows(ctx))
	}
	return feed.Rows(ctx)
}
