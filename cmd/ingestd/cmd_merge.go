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
	"github.com/ingestd/ingestd/internal/sql"
	"github.com/ingestd/ingestd/merge"
)

func (a *app) mergeCommand() *cobra.Command {
	var in inputFlags
	var s merge.Statement
	var when []string
	cmd := &cobra.Command{
		Use:   "merge TABLE",
		Short: "Update, delete and insert rows of a table by the rows of a source",
		Long: `Merge rows of a source into a table, in one commit, as MERGE INTO does in Spark. Expressions are
Spark's SQL; they know the table as t or target and the source as s or source.

--on says which rows match. Each --when is a clause as MERGE has it; the first whose condition
holds applies:

  MATCHED [AND COND] THEN UPDATE SET * | UPDATE SET a = s.b, ... | DELETE
  NOT MATCHED [AND COND] THEN INSERT * | INSERT (a, ...) VALUES (s.b, ...)
  NOT MATCHED BY SOURCE [AND COND] THEN UPDATE SET a = 1, ... | DELETE

Without --when it is an upsert: matched rows are updated, the others inserted. Several source
rows that match one row of the table are an error, and nothing is written.

Rows come from --source: a Parquet, CSV or JSON file (perhaps with * in its name), the path or
URL of a Delta table, or - for one JSON object a line on standard input; or from --query.`,
		Example: `  ingestd merge ./demo-table --query "SELECT * FROM delta('./demo-table') LIMIT 10" --on 't.event_id = s.event_id'
  ingestd merge ./demo-table --source ./demo-table --on 't.event_id = s.event_id' --when 'MATCHED AND s.quantity = 1 THEN DELETE'`,
		Args: args("TABLE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if s.On == "" {
				return usageError{errors.New("--on is missing; write --on 't.id = s.id'")}
			}
			input, err := a.input(in)
			if err != nil {
				return err
			}
			for _, text := range when {
				c, err := sql.ParseMergeClause(text)
				if err != nil {
					return usageError{fmt.Errorf("--when: %w", err)}
				}
				s.Clauses = append(s.Clauses, c)
			}
			if len(when) == 0 {
				s.Clauses = merge.Upsert()
			}
			return a.merge(cmd.Context(), args[0], input, s)
		},
	}
	in.add(cmd)
	cmd.Flags().StringVar(&s.On, "on", "", "the condition on which rows match, such as 't.id = s.id'")
	cmd.Flags().StringArrayVar(&when, "when", nil, "a clause, in the order in which they apply; may be repeated")
	cmd.Flags().BoolVar(&s.SchemaEvolution, "merge-schema", false, "add columns that the source has and the table has not, and widen types")
	return cmd
}

func (a *app) merge(ctx context.Context, url string, in service.Input, s merge.Statement) error {
	t, err := a.tables().Open(ctx, url)
	if err != nil {
		return err
	}
	return a.tables().Rows(ctx, in, func(schema *arrow.Schema, rows iter.Seq2[arrow.RecordBatch, error]) error {
		r, err := merge.Merge(ctx, t, a.expressions, s, schema, a.counted(rows), merge.Options{})
		if wrong := (*merge.StatementError)(nil); errors.As(err, &wrong) {
			return usageError{err}
		}
		if err != nil {
			return err
		}
		a.runDue(ctx, r.Due)
		columns := []string{"version", "numSourceRows", "numTargetRowsInserted", "numTargetRowsUpdated", "numTargetRowsDeleted", "numTargetRowsCopied",
			"numTargetFilesAdded", "numTargetFilesRemoved", "numTargetBytesAdded", "numTargetBytesRemoved", "numTargetChangeFilesAdded",
			"numTargetDeletionVectorsAdded", "numTargetDeletionVectorsUpdated", "numTargetDeletionVectorsRemoved", "executionTimeMs"}
		return output.One(a.stdout, a.format(), columns, output.Row{r.Version, r.SourceRows, r.RowsInserted, r.RowsUpdated, r.RowsDeleted, r.RowsCopied,
			r.FilesAdded, r.FilesRemoved, r.BytesAdded, r.BytesRemoved, r.ChangeFilesAdded,
			r.DeletionVectorsAdded, r.DeletionVectorsUpdated, r.DeletionVectorsRemoved, r.Execution.Milliseconds()})
	})
}
