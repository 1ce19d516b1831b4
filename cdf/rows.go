package cdf

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/ingestd/ingestd/table"
)

// Rows yields the rows that the commit has changed, in batches of [Feed.Schema], which are the caller's to release. What was deleted comes
// before what was inserted. Errors end the sequence: *VacuumedError; *table.UnknownPartitionError; those of the store, the files and Where.
func (c Commit) Rows(ctx context.Context) iter.Seq2[arrow.RecordBatch, error] {
	return func(yield func(arrow.RecordBatch, error) bool) {
		for _, file := range c.Files {
			for rec, err := range c.FileRows(ctx, file) {
				if !yield(rec, err) || err != nil {
					return
				}
			}
		}
	}
}

// FileRows is Rows for one of the commit's files.
func (c Commit) FileRows(ctx context.Context, file table.ChangeFile) iter.Seq2[arrow.RecordBatch, error] {
	f := c.feed
	o := table.ScanOptions{Columns: f.ofTable, Where: f.o.Where, BatchSize: f.o.BatchSize}
	return func(yield func(arrow.RecordBatch, error) bool) {
		for rows, err := range f.t.ScanChangeFile(ctx, f.rows, file, o) {
			if err != nil {
				yield(nil, c.explain(ctx, err))
				return
			}
			rec, err := c.assemble(rows)
			rows.Release()
			if !yield(rec, err) || err != nil {
				return
			}
		}
	}
}

// explain says where a file that is not there may have gone.
func (c Commit) explain(ctx context.Context, err error) error {
	f := c.feed
	gone := &VacuumedError{Location: f.t.Location(), Version: c.Version, Err: err, From: -1}
	file, vector := (*table.MissingFileError)(nil), (*table.MissingDeletionVectorError)(nil)
	switch {
	case errors.As(err, &file):
		gone.Path = file.Path
	case errors.As(err, &vector):
		gone.Path = vector.Vector
	default:
		return fmt.Errorf("changes of version %d of %s: %w", c.Version, f.t.Location(), err)
	}
	gone.From = f.readableFrom(ctx, c.Version)
	return gone
}

// Schema is that of the rows.
func (c Commit) Schema() *arrow.Schema { return c.feed.schema }

// Feed is the feed of that commit alone.
func (c Commit) Feed() *Feed {
	f := *c.feed
	f.from, f.to = c.Version, c.Version
	return &f
}
