package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ingestd/ingestd/internal/output"
	"github.com/ingestd/ingestd/table"
)

func (a *app) createCommand() *cobra.Command {
	var ddl, comment string
	var partitionBy, clusterBy []string
	var props properties
	var ifNotExists bool
	cmd := &cobra.Command{
		Use:   "create TABLE",
		Short: "Create an empty table",
		Long: `Create an empty table. The schema is DDL as Spark writes it, with NOT NULL, DEFAULT, COMMENT and
GENERATED ALWAYS AS. The table has the lowest protocol versions that schema and properties need.`,
		Example: `  ingestd create ./orders --schema 'id BIGINT NOT NULL, price DECIMAL(10,2), day DATE' --partition-by day
  ingestd create ./orders --schema 'id BIGINT' --if-not-exists --property delta.enableDeletionVectors=true`,
		Args: args("TABLE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if ddl == "" {
				return usageError{errors.New("--schema is missing; write --schema 'id BIGINT NOT NULL, name STRING'")}
			}
			schema, err := table.ParseSchema(ddl)
			if err != nil {
				return usageError{fmt.Errorf("--schema: %w", err)}
			}
			o := table.CreateOptions{Schema: schema, PartitionBy: partitionBy, ClusterBy: paths(clusterBy), Description: comment}
			if o.Properties, err = props.forNewTable(); err != nil {
				return err
			}
			return a.create(cmd.Context(), args[0], o, ifNotExists)
		},
	}
	cmd.Flags().StringVar(&ddl, "schema", "", "columns, as DDL: 'id BIGINT NOT NULL, tags ARRAY<STRING>'")
	cmd.Flags().StringSliceVar(&partitionBy, "partition-by", nil, "columns that partition the table, in order")
	cmd.Flags().StringSliceVar(&clusterBy, "cluster-by", nil, "columns that the table is clustered by")
	props.add(cmd)
	cmd.Flags().StringVar(&comment, "comment", "", "what the table is for")
	cmd.Flags().BoolVar(&ifNotExists, "if-not-exists", false, "leave a table that exists as it is, without an error")
	return cmd
}

// paths are columns, or fields of them by dots.
func paths(columns []string) [][]string {
	var out [][]string
	for _, c := range columns {
		out = append(out, strings.Split(c, "."))
	}
	return out
}

func (a *app) create(ctx context.Context, url string, o table.CreateOptions, ifNotExists bool) error {
	t, created, err := a.tables().Create(ctx, url, o, ifNotExists)
	if err != nil {
		return err
	}
	return output.One(a.stdout, a.format(), []string{"version", "created", "location", "schema"},
		output.Row{t.Version(), created, t.Location(), t.Schema().DDL()})
}
