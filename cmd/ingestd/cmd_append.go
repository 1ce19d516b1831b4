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

const aboutInput = `Rows come from --source: a Parquet, CSV or JSON file (perhaps with * in its name), the path or
URL of a Delta table, or - for one JSON object a line on standard input; or from --query. Columns
are matched by name. Numbers and times are cast to the types of the table's columns; a value that
does not fit ends the command with nothing written.`

func (a *app) appendCommand() *cobra.Command {
	var in inputFlags
	var partitionBy []string
	var props properties
	var mergeSchema bool
	cmd := &cobra.Command{
		Use:   "append TABLE",
		Short: "Add rows to a table",
		Long: `Add rows to a table in one commit. A table that does not exist is created with the columns of the
rows.

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
			o := table.CreateOptions{PartitionBy: partitionBy}
			if o.Properties, err = props.parse(); err != nil {
				return err
			}
			return a.append(cmd.Context(), args[0], input, o, mergeSchema)
		},
	}
	in.add(cmd)
	cmd.Flags().StringSliceVar(&partitionBy, "partition-by", nil, "columns that partition the table; one that exists must be partitioned so")
	props.add(cmd)
	cmd.Flags().BoolVar(&mergeSchema, "merge-schema", false, "add columns and fields that the table has not, and widen types")
	return cmd
}

func (a *app) append(ctx context.Context, url string, in service.Input, o table.CreateOptions, mergeSchema bool) error {
	return a.tables().Rows(ctx, in, func(schema *arrow.Schema, rows iter.Seq2[arrow.RecordBatch, error]) error {
		t, err := a.target(ctx, url, schema, o)
		if err != nil {
			return err
		}
		if rows, err = a.assigned(ctx, t, schema, rows, mergeSchema); err != nil {
			return err
		}
		c, err := t.Append(ctx, a.counted(rows), table.AppendOptions{WriteOptions: table.WriteOptions{MergeSchema: mergeSchema}})
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

// target opens the table that rows go to, or creates it with their columns.
func (a *app) target(ctx context.Context, url string, rows *arrow.Schema, o table.CreateOptions) (*table.Table, error) {
	schema, err := table.SchemaOf(rows)
	if err != nil {
		return nil, err
	}
	o.Schema = schema
	t, created, err := a.tables().Create(ctx, url, o, true)
	if err != nil {
		return nil, err
	}
	if !created && len(o.Properties) > 0 {
		return nil, usageError{fmt.Errorf("--property is for a table that is created; %s exists: use ingestd alter", t.Location())}
	}
	if o.PartitionBy != nil {
		return t, t.CheckPartitionedBy(o.PartitionBy)
	}
	return t, nil
}
