package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/ingestd/ingestd/internal/output"
	"github.com/ingestd/ingestd/internal/sql"
)

func (a *app) queryCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "query SQL",
		Short: "Query Delta tables with SQL",
		Long: `Query Delta tables with SQL: everything DuckDB does, and delta('path') for a table.

  delta('path')                                       the newest version
  delta('path', version => 3)                         an older one
  delta('path', timestamp => '2026-01-31T12:00:00Z')  the one of that moment
  table_changes('path', 2)                            what changed from version 2 on (ingestd cdf)
  table_changes('path', '2026-01-31', '2026-02-01')   what was changed between two moments

Paths may be s3:// URLs. COPY (...) TO 'out.parquet' writes a result to a file. The SQL is read from
standard input where it is given as "-".`,
		Example: `  ingestd query "SELECT category, count(*), sum(price * quantity) FROM delta('./demo-table') GROUP BY ALL ORDER BY 3 DESC"
  ingestd query "SELECT count(*) FROM delta('./demo-table', version => 1)"
  ingestd query "COPY (SELECT * FROM delta('./demo-table') LIMIT 10) TO 'ten.parquet'"
  echo "SELECT max(timestamp) FROM delta('./demo-table')" | ingestd query -`,
		Args: args("SQL"),
		RunE: func(cmd *cobra.Command, args []string) error {
			text := args[0]
			if text == "-" {
				all, err := io.ReadAll(a.stdin)
				if err != nil {
					return fmt.Errorf("read SQL from standard input: %w", err)
				}
				text = string(all)
			}
			return a.query(cmd.Context(), text)
		},
	}
}

func (a *app) query(ctx context.Context, text string) error {
	return sql.WithSession(sql.Options{OpenTable: a.tables().OpenRef, OpenChanges: a.tables().OpenChanges, KeepOrder: true}, func(session *sql.Session) error {
		stmt, err := session.Prepare(ctx, text)
		if err != nil {
			return err
		}
		defer stmt.Close()
		return output.Rows(a.stdout, a.format(), output.Columns(stmt.Schema()), output.Batches(stmt.Run(ctx)))
	})
}
