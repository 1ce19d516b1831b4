package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"github.com/ingestd/ingestd/dml"
	"github.com/ingestd/ingestd/internal/output"
	"github.com/ingestd/ingestd/internal/sql"
)

func (a *app) updateCommand() *cobra.Command {
	var set []string
	var where string
	cmd := &cobra.Command{
		Use:   "update TABLE",
		Short: "Change values in rows of a table",
		Long: `Give columns new values in the rows for which a predicate is true, or in all, in one commit. Every
expression sees the row as it was. Expressions and predicate are Spark's SQL; a value is cast to its
column's type where it fits.`,
		Example: `  ingestd update ./demo-table --set 'price = price * 2' --set "category = upper(category)" --where 'quantity > 3'`,
		Args:    args("TABLE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(set) == 0 {
				return usageError{errors.New("--set is missing; write --set 'price = price * 2'")}
			}
			return a.update(cmd.Context(), args[0], set, where)
		},
	}
	cmd.Flags().StringArrayVar(&set, "set", nil, "an assignment, such as 'price = price * 2'; may be repeated")
	cmd.Flags().StringVar(&where, "where", "", "the predicate (default: all rows)")
	return cmd
}

func (a *app) update(ctx context.Context, url string, set []string, where string) error {
	var assignments []dml.Assignment
	for _, text := range set {
		column, expr, err := sql.ParseAssignment(text)
		if err != nil {
			return usageError{err}
		}
		assignments = append(assignments, dml.Assignment{Column: column, Expr: expr})
	}
	t, err := a.tables().Open(ctx, url)
	if err != nil {
		return err
	}
	filter, err := a.where(ctx, t, where)
	if err != nil {
		return err
	}
	r, err := dml.Update(ctx, t, a.expressions, assignments, filter, dml.Options{})
	if err != nil {
		return err
	}
	a.runDue(ctx, r.Due)
	columns, row := a.metrics(r)
	return output.One(a.stdout, a.format(), append([]string{"version", "numUpdatedRows"}, columns...), append(output.Row{r.Version, r.UpdatedRows}, row...))
}
