package main

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/spf13/cobra"

	"github.com/ingestd/ingestd/internal/output"
	"github.com/ingestd/ingestd/internal/service"
	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/table"
)

// inputFlags say where rows come from.
type inputFlags struct{ source, query string }

func (i *inputFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&i.source, "source", "", "rows of a Parquet, CSV or JSON file, of a Delta table, or JSON lines on standard input (-)")
	cmd.Flags().StringVar(&i.query, "query", "", `rows of SQL, as "ingestd query" takes it`)
}

func (a *app) input(i inputFlags) (service.Input, error) {
	switch {
	case i.source == "" && i.query == "":
		return service.Input{}, usageError{errors.New("--source is missing; write --source FILE, --source TABLE, --source - or --query SQL")}
	case i.source != "" && i.query != "":
		return service.Input{}, usageError{errors.New("--source and --query exclude each other")}
	case i.source == "-":
		return service.Input{JSON: a.stdin}, nil
	}
	return service.Input{Source: i.source, Query: i.query}, nil
}

// newTableFlags say what a table is to be that rows create.
type newTableFlags struct {
	partitionBy, clusterBy []string
	props                  properties
}

func (n *newTableFlags) add(cmd *cobra.Command, aboutPartitionBy string) {
	cmd.Flags().StringSliceVar(&n.partitionBy, "partition-by", nil, aboutPartitionBy)
	cmd.Flags().StringSliceVar(&n.clusterBy, "cluster-by", nil, "columns that a new table is clustered by")
	n.props.add(cmd)
}

func (n *newTableFlags) options() (table.CreateOptions, error) {
	props, err := n.props.forNewTable()
	return table.CreateOptions{PartitionBy: n.partitionBy, ClusterBy: paths(n.clusterBy), Properties: props}, err
}

const aboutInput = `Rows come from --source: a Parquet, CSV or JSON file (perhaps with * in its name), the path or
URL of a Delta table, or - for one JSON object a line on standard input; or from --query. Columns
are matched by name. Numbers and times are cast to the types of the table's columns; a value that
does not fit ends the command with nothing written.`

func (a *app) appendCommand() *cobra.Command {
	var in inputFlags
	var create newTableFlags
	var mergeSchema bool
	cmd := &cobra.Command{
		Use:   "append TABLE",
		Short: "Add rows to a table",
		Long: `Add rows to a table in one commit. A table that does not exist is created with the columns of the
rows, in the same commit.

` + aboutInput,
		Example: `  ingestd append ./copy --source ./demo-table
  ingestd append ./sums --query "SELECT category, count(*) AS n FROM delta('./demo-table') GROUP BY ALL" --merge-schema
  echo '{"id":1,"day":"2026-01-31"}' | ingestd append ./days --source - --partition-by day`,
		Args: args("TABLE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			input, err := a.input(in)
			if err != nil {
				return err
			}
			o, err := create.options()
			if err != nil {
				return err
			}
			return a.append(cmd.Context(), args[0], input, o, mergeSchema)
		},
	}
	in.add(cmd)
	create.add(cmd, "columns that partition the table; one that exists must be partitioned so")
	cmd.Flags().BoolVar(&mergeSchema, "merge-schema", false, "add columns and fields that the table has not, and widen types")
	return cmd
}

func (a *app) append(ctx context.Context, url string, in service.Input, o table.CreateOptions, mergeSchema bool) error {
	with := table.AppendOptions{WriteOptions: table.WriteOptions{MergeSchema: mergeSchema}}
	return a.tables().Rows(ctx, in, func(schema *arrow.Schema, rows iter.Seq2[arrow.RecordBatch, error]) error {
		t, err := a.target(ctx, url, o)
		if err != nil {
			return err
		}
		var c table.Committed
		if t == nil {
			err = a.fresh(ctx, url, schema, &o, func(store objstore.Store, opts ...table.Option) error {
				t, c, err = table.CreateWith(ctx, store, o, a.counted(rows), table.NewRows{AppendOptions: with}, opts...)
				return err
			})
		} else {
			if rows, err = a.assigned(ctx, t, schema, rows, mergeSchema); err == nil {
				c, err = t.Append(ctx, a.counted(rows), with)
			}
		}
		if err != nil {
			return err
		}
		a.runDue(ctx, c.Due)
		return output.One(a.stdout, a.format(), []string{"version", "numOutputRows", "numFiles", "numOutputBytes"},
			output.Row{committedVersion(t, c), c.Rows, c.Files, c.Bytes})
	})
}

// assigned casts rows to the types of the table's columns, unless these are to follow the rows.
func (a *app) assigned(ctx context.Context, t *table.Table, schema *arrow.Schema, rows iter.Seq2[arrow.RecordBatch, error], evolve bool) (iter.Seq2[arrow.RecordBatch, error], error) {
	if evolve {
		return rows, nil
	}
	_, rows, err := a.tables().Assign(ctx, t.Schema(), schema, rows)
	return rows, err
}

// committedVersion is that of the commit or, where there was nothing to commit, of the table.
func committedVersion(t *table.Table, c table.Committed) int64 {
	if c.Attempts == 0 {
		return t.Version()
	}
	return c.Version
}

// target opens the table that rows go to; nil says that there is none. One that exists cannot be made otherwise.
func (a *app) target(ctx context.Context, url string, o table.CreateOptions) (*table.Table, error) {
	t, err := a.tables().Find(ctx, url)
	if t == nil || err != nil {
		return nil, err
	}
	switch {
	case len(o.Properties) > 0:
		return nil, usageError{fmt.Errorf("--property is for a table that is created; %s exists: use ingestd alter", t.Location())}
	case o.ClusterBy != nil:
		return nil, usageError{fmt.Errorf("--cluster-by is for a table that is created; %s exists: use ingestd alter", t.Location())}
	case o.PartitionBy != nil:
		return t, t.CheckPartitionedBy(o.PartitionBy)
	}
	return t, nil
}

// fresh has create make a table with the columns of rows, which o gets.
func (a *app) fresh(ctx context.Context, url string, rows *arrow.Schema, o *table.CreateOptions, create func(objstore.Store, ...table.Option) error) (err error) {
	if o.Schema, err = table.SchemaOf(rows); err != nil {
		return err
	}
	if len(o.Schema.Fields) == 0 {
		return fmt.Errorf("there is no table at %s, and the source does not tell the columns of one: make it with ingestd create", url)
	}
	return a.tables().Fresh(ctx, url, create)
}
