package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"github.com/ingestd/ingestd/dml"
	"github.com/ingestd/ingestd/internal/output"
)

func (a *app) deleteCommand() *cobra.Command {
	var where string
	var all bool
	cmd := &cobra.Command{
		Use:   "delete TABLE",
		Short: "Delete rows of a table",
		Long: `Delete the rows for which a predicate is true, in one commit. Rows are marked in deletion vectors
where the table has them on, else files are written anew. The predicate is Spark's SQL.`,
		Example: `  ingestd delete ./demo-table --where "quantity = 0 AND timestamp < '2026-01-01'"
  ingestd delete ./demo-table --all`,
		Args: args("TABLE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case where == "" && !all:
				return usageError{errors.New("--where is missing; write --where 'price > 10', or --all for every row")}
			case where != "" && all:
				return usageError{errors.New("--where and --all exclude each other")}
			}
			return a.delete(cmd.Context(), args[0], where)
		},
	}
	cmd.Flags().StringVar(&where, "where", "", "the predicate: rows for which it is NULL stay")
	cmd.Flags().BoolVar(&all, "all", false, "delete every row")
	return cmd
}

func (a *app) delete(ctx context.Context, url, where string) error {
	t, err := a.tables().Open(ctx, url)
	if err != nil {
		return err
	}
	filter, err := a.where(ctx, t, where)
	if err != nil {
		return err
	}
	r, err := dml.Delete(ctx, t, filter, dml.Options{})
	if err != nil {
		return err
	}
	a.runDue(ctx, r.Due)
	columns, row := a.metrics(r)
	return output.One(a.stdout, a.format(), append([]string{"version", "numDeletedRows"}, columns...), append(output.Row{r.Version, r.DeletedRows}, row...))
}

// metrics are those of all operations that take rows out.
func (a *app) metrics(r dml.Result) ([]string, output.Row) {
	return []string{"numCopiedRows", "numAddedFiles", "numRemovedFiles", "numAddedBytes", "numRemovedBytes", "numAddedChangeFiles",
			"numDeletionVectorsAdded", "numDeletionVectorsUpdated", "numDeletionVectorsRemoved", "executionTimeMs"},
		output.Row{r.CopiedRows, r.AddedFiles, r.RemovedFiles, r.AddedBytes, r.RemovedBytes, r.ChangeFiles,
			r.DeletionVectorsAdded, r.DeletionVectorsUpdated, r.DeletionVectorsRemoved, r.Execution.Milliseconds()}
}
