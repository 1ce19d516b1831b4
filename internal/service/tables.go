package service

import (
	"context"
	"fmt"
	"iter"
	"log/slog"
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/ingestd/ingestd/internal/config"
	"github.com/ingestd/ingestd/internal/sql"
	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/objstore/arbiter"
	"github.com/ingestd/ingestd/objstore/open"
	"github.com/ingestd/ingestd/objstore/s3"
	"github.com/ingestd/ingestd/table"
	"github.com/ingestd/ingestd/table/expression"
	"github.com/ingestd/ingestd/table/predicate"
)

// Tables opens stores and tables by path or URL. It may be used by several goroutines.
type Tables struct {
	Storage config.Storage
	Logger  *slog.Logger
	// MaxAttempts of a request to S3 before its error is reported; 0 is the store's own default, which suits work that
	// nobody waits for.
	MaxAttempts int
	// Expressions evaluates the SQL in the metadata of tables, which it may do for all tables at once; whoever made it
	// closes it. Nil: tables with constraints, generated columns or defaults cannot be written.
	Expressions expression.Compiler
}

// AsOf says which version of a table: that of a number, of a moment, or by default the newest.
type AsOf struct {
	Version *int64
	Time    *time.Time
}

// Store opens the store at a path or URL. Errors: those of open.URL.
func (t Tables) Store(ctx context.Context, url string) (objstore.Store, error) {
	return open.URL(ctx, url, open.Config{S3: t.s3Options(), S3Commits: t.s3Commits()})
}

// s3Commits are the options of the commit arbiter, or nil for none.
func (t Tables) s3Commits() *arbiter.Options {
	d := t.Storage.S3.Commit.DynamoDB
	if d == nil {
		return nil
	}
	return &arbiter.Options{
		Table: d.Table, Region: d.Region, Endpoint: d.Endpoint, Scheme: d.Scheme, OnDemand: d.OnDemand,
		ReadCapacity: d.ReadCapacity, WriteCapacity: d.WriteCapacity, TTL: d.TTL, MaxAttempts: t.MaxAttempts, Logger: t.Logger,
		AccessKey: d.AccessKeyID, SecretKey: d.SecretAccessKey.Reveal(), SessionToken: d.SessionToken.Reveal(),
	}
}

func (t Tables) s3Options() s3.Options {
	c := t.Storage.S3
	o := s3.Options{
		MaxAttempts: t.MaxAttempts,
		Endpoint:    c.Endpoint, Region: c.Region, AccessKey: c.AccessKeyID,
		SecretKey: c.SecretAccessKey.Reveal(), SessionToken: c.SessionToken.Reveal(),
	}
	if c.PathStyle != nil {
		o.PathStyle = *c.PathStyle
	}
	return o
}

// Open opens the newest version of the table at a path or URL. Errors: those of Store and of table.Open.
func (t Tables) Open(ctx context.Context, url string) (*table.Table, error) {
	return t.OpenAsOf(ctx, url, AsOf{})
}

// OpenAsOf opens a version of a table, without looking at newer ones: they may be beyond us.
// Errors: those of Store, and of table.Open, OpenAt, and OpenAtTime.
func (t Tables) OpenAsOf(ctx context.Context, url string, at AsOf) (*table.Table, error) {
	store, err := t.Store(ctx, url)
	if err != nil {
		return nil, err
	}
	switch {
	case at.Version != nil:
		return table.OpenAt(ctx, store, *at.Version, t.options()...)
	case at.Time != nil:
		return table.OpenAtTime(ctx, store, *at.Time, t.options()...)
	}
	return table.Open(ctx, store, t.options()...)
}

func (t Tables) options() []table.Option {
	opts := append(t.expressions(), table.WithOtherStores(t.otherStore))
	if t.Logger != nil {
		opts = append(opts, table.WithLogger(t.Logger))
	}
	return opts
}

func (t Tables) expressions() []table.Option {
	if t.Expressions == nil {
		return nil
	}
	return []table.Option{table.WithExpressions(func() (expression.Compiler, error) { return t.Expressions, nil })}
}

// Create makes a table at a path or URL; with ifNotExists, one that is there is opened as it is. The second result says
// that this call made it. Errors: those of Store and of table.Create.
func (t Tables) Create(ctx context.Context, url string, o table.CreateOptions, ifNotExists bool) (*table.Table, bool, error) {
	store, err := t.Store(ctx, url)
	if err != nil {
		return nil, false, err
	}
	if ifNotExists {
		return table.CreateIfNotExists(ctx, store, o, t.options()...)
	}
	made, err := table.Create(ctx, store, o, t.options()...)
	return made, err == nil, err
}

// otherStore reaches a data file that a log names by its whole URL: the store of its folder, and its name there.
func (t Tables) otherStore(ctx context.Context, url string) (objstore.Store, string, error) {
	i := strings.LastIndexByte(url, '/')
	if i < 0 {
		return nil, "", fmt.Errorf("data file %q: not a URL", url)
	}
	store, err := t.Store(ctx, url[:i])
	return store, url[i+1:], err
}

// OpenRef opens the table that SQL names by delta('path'[, version => n | timestamp => '...']).
func (t Tables) OpenRef(ctx context.Context, ref sql.TableRef) (sql.TableSource, error) {
	tab, err := t.OpenAsOf(ctx, ref.Path, AsOf{Version: ref.Version, Time: ref.Timestamp})
	if err != nil {
		return nil, err
	}
	schema, err := tab.ScanSchema(table.ScanOptions{})
	if err != nil {
		return nil, err
	}
	fields, variants := textFields(tab.Schema(), schema.Fields())
	return &tableSource{tab, arrow.NewSchema(fields, nil), variants}, nil
}

// tableSource is a version of a table as SQL reads it: variants are texts of JSON.
type tableSource struct {
	table    *table.Table
	schema   *arrow.Schema
	variants bool
}

// Schema implements sql.TableSource.
func (s *tableSource) Schema() *arrow.Schema { return s.schema }

// Version implements sql.TableSource.
func (s *tableSource) Version() int64 { return s.table.Version() }

// Scan implements sql.TableSource.
func (s *tableSource) Scan(ctx context.Context, columns []string, where predicate.Filter) iter.Seq2[arrow.RecordBatch, error] {
	rows := s.table.Scan(ctx, table.ScanOptions{Columns: columns, Where: where})
	if s.variants {
		return withText(s.table.Schema(), rows)
	}
	return rows
}
