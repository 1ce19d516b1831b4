package main

import (
	"context"
	"errors"
	"iter"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/spf13/cobra"

	"github.com/ingestd/ingestd/dml"
	"github.com/ingestd/ingestd/internal/output"
	"github.com/ingestd/ingestd/internal/service"
	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/table"
)

func (a *app) overwriteCommand() *cobra.Command {
	var in inputFlags
	var replaceWhere, mode string
	var create newTableFlags
	var o dml.OverwriteOptions
	cmd := &cobra.Command{
		Use:   "overwrite TABLE",
		Short: "Replace rows of a table by others",
		Long: `Replace rows of a table by others in one commit: all of them; those for which --replace-where is
true; or, with --partition-overwrite-mode dynamic, the partitions that the new rows are in. A table
that does not exist is created with the columns of the rows, in the same commit.

` + aboutInput,
		Example: `  ingestd overwrite ./copy --source ./demo-table
  ingestd overwrite ./demo-table --query "FROM delta('./demo-table') WHERE quantity > 1" --replace-where 'quantity >= 1'`,
		Args: args("TABLE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			input, err := a.input(in)
			if err != nil {
				return err
			}
			o.PartitionOverwriteMode = dml.PartitionOverwriteMode(mode)
			if o.OverwriteSchema {
				o.PartitionBy = append([]string{}, create.partitionBy...) // none, where none is named, as in Spark
			}
			anew, err := create.options()
			if err != nil {
				return err
			}
			err = a.overwrite(cmd.Context(), args[0], input, replaceWhere, anew, o)
			var wrong *dml.OptionsError
			if errors.As(err, &wrong) {
				return usageError{err}
			}
			return err
		},
	}
	in.add(cmd)
	cmd.Flags().StringVar(&replaceWhere, "replace-where", "", "replace the rows for which this is true; every new row must be one of them")
	cmd.Flags().StringVar(&mode, "partition-overwrite-mode", "static", "static: all rows; dynamic: the partitions that new rows are in")
	cmd.Flags().BoolVar(&o.OverwriteSchema, "overwrite-schema", false, "give the table the columns of the rows")
	cmd.Flags().BoolVar(&o.MergeSchema, "merge-schema", false, "add columns and fields that the table has not, and widen types")
	create.add(cmd, "columns that partition a new table, or with --overwrite-schema the one that exists")
	return cmd
}

func (a *app) overwrite(ctx context.Context, url string, in service.Input, replaceWhere string, create table.CreateOptions, o dml.OverwriteOptions) error {
	return a.tables().Rows(ctx, in, func(schema *arrow.Schema, rows iter.Seq2[arrow.RecordBatch, error]) error {
		exists := create
		if o.OverwriteSchema {
			exists.PartitionBy = nil // they are to be these
		}
		t, err := a.target(ctx, url, exists)
		if err != nil {
			return err
		}
		var r dml.Result
		if t == nil {
			err = a.fresh(ctx, url, schema, &create, func(store objstore.Store, opts ...table.Option) (err error) {
				if o.ReplaceWhere, err = a.whereNew(ctx, replaceWhere, create.Schema); err != nil {
					return err
				}
				_, r, err = dml.OverwriteNew(ctx, store, create, a.counted(rows), o, opts...)
				return err
			})
		} else {
			r, err = a.overwriteTable(ctx, t, schema, rows, replaceWhere, o)
		}
		if err != nil {
			return err
		}
		a.runDue(ctx, r.Due)
		columns, row := a.metrics(r)
		return output.One(a.stdout, a.format(), append([]string{"version", "numOutputRows", "numDeletedRows"}, columns...),
			append(output.Row{r.Version, r.OutputRows, r.DeletedRows}, row...))
	})
}

func (a *app) overwriteTable(ctx context.Context, t *table.Table, schema *arrow.Schema, rows iter.Seq2[arrow.RecordBatch, error], replaceWhere string, o dml.OverwriteOptions) (r dml.Result, err error) {
	if o.ReplaceWhere, err = a.where(ctx, t, replaceWhere); err != nil {
		return r, err
	}
	if rows, err = a.assigned(ctx, t, schema, rows, o.MergeSchema || o.OverwriteSchema); err != nil {
		return r, err
	}
	return dml.Overwrite(ctx, t, a.counted(rows), o)
}
