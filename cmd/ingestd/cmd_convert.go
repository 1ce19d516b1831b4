package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/ingestd/ingestd/convert"
	"github.com/ingestd/ingestd/internal/output"
	"github.com/ingestd/ingestd/table"
	"github.com/ingestd/ingestd/txlog"
)

func (a *app) convertCommand() *cobra.Command {
	var partitionBy string
	var noStatistics bool
	var properties map[string]string
	cmd := &cobra.Command{
		Use:   "convert PATH",
		Short: "Make a Delta table of a folder of Parquet files, in place",
		Long: `Make a Delta table of a folder of Parquet files, in place: no data is rewritten, and one commit
names all files.

The schema is that of all files together. Folders such as day=2024-01-02 make partition columns;
their types are inferred from the values unless --partition-by tells them. Files and folders that
begin with "_" or "." are passed over.`,
		Example: `  ingestd convert ./lake/events
  ingestd convert ./lake/clicks --no-statistics --property delta.enableDeletionVectors=true`,
		Args: args("PATH"),
		RunE: func(cmd *cobra.Command, args []string) error {
			o := convert.Options{NoStatistics: noStatistics, Properties: properties, Log: txlog.Options{Logger: a.logger()}}
			if partitionBy != "" {
				s, err := table.ParseSchema(partitionBy)
				if err != nil {
					return usageError{fmt.Errorf("--partition-by: %w", err)}
				}
				o.PartitionBy = s.Fields
			} else if cmd.Flags().Changed("partition-by") {
				return usageError{errors.New("--partition-by is empty; write 'date DATE, country STRING', or leave it out")}
			}
			return a.convert(cmd.Context(), args[0], o)
		},
	}
	cmd.Flags().StringVar(&partitionBy, "partition-by", "", "partition columns with their types: 'date DATE, country STRING' (default: from the folders)")
	cmd.Flags().BoolVar(&noStatistics, "no-statistics", false, "leave statistics out; quicker, but queries cannot skip files")
	cmd.Flags().StringToStringVar(&properties, "property", nil, "table property, as key=value; may be repeated")
	return cmd
}

func (a *app) convert(ctx context.Context, url string, o convert.Options) error {
	store, err := a.tables().Store(ctx, url)
	if err != nil {
		return err
	}
	r, err := convert.Convert(ctx, store, o)
	if err != nil {
		return err
	}
	columns := []string{"version", "files", "rows", "sizeInBytes", "partitionColumns", "schema"}
	row := output.Row{r.Version, r.Files, r.Rows, r.Bytes, r.PartitionColumns, r.Schema.DDL()}
	return output.One(a.stdout, a.format(), columns, row)
}
