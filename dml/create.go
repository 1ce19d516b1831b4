package dml

import (
	"context"
	"iter"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/table"
)

// OverwriteNew is Overwrite of a table that does not exist: it is created with the rows, in one commit, which history
// shows as an overwrite. Its partition columns are those of create. All rows must fulfil ReplaceWhere.
// Errors: *OptionsError; *ReplaceWhereError; those of [table.CreateWith].
func OverwriteNew(ctx context.Context, store objstore.Store, create table.CreateOptions, in iter.Seq2[arrow.RecordBatch, error], o OverwriteOptions, opts ...table.Option) (*table.Table, Result, error) {
	o.PartitionBy = nil // create has them
	if err := o.check(); err != nil {
		return nil, Result{}, err
	}
	rows := table.NewRows{AppendOptions: table.AppendOptions{WriteOptions: o.WriteOptions}}
	rows.CommitOptions = table.CommitOptions{Operation: "WRITE", UserMetadata: o.UserMetadata, Txns: o.Txns, Require: o.Require}
	by := slices.Clone(create.PartitionBy)
	for i, c := range by {
		if f := create.Schema.Field(c); f != nil {
			by[i] = f.Name
		}
	}
	rows.Parameters = o.parameters(by)
	if o.ReplaceWhere != nil {
		rows.Only, rows.Violated = o.ReplaceWhere, o.violated
	}
	t, c, err := table.CreateWith(ctx, store, create, in, rows, opts...)
	if err != nil {
		return nil, Result{}, err
	}
	return t, Result{Committed: c, Metrics: Metrics{OutputRows: c.Rows, AddedFiles: c.Files, AddedBytes: c.Bytes}, Tries: 1}, nil
}
