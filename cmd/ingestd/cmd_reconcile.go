package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/ingestd/ingestd/internal/config"
	"github.com/ingestd/ingestd/internal/output"
	"github.com/ingestd/ingestd/internal/service"
)

func (a *app) reconcileCommand() *cobra.Command {
	var o service.ReconcileOptions
	cmd := &cobra.Command{
		Use:   "reconcile FILE",
		Short: "Compare the offsets of the source with the rows of the table: gaps, duplicates, dead letters",
		Long: `Compare the offsets of each query's source with the rows of its table.

Offsets may have holes, so their number is an upper bound of the rows; --count reads the source
again and compares record for record. Duplicates are looked for by the columns _topic, _partition
and _offset (format.json.metadata), or by --key.

Exits with 1 where something is wrong.`,
		Example: `  ingestd reconcile events.yaml
  ingestd reconcile events.yaml --count --key event_id`,
		Args:              args("FILE"),
		ValidArgsFunction: yamlFiles,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withBuilder(cmd.Context(), args[0], func(f *config.File, b service.Builder) error {
				ok := true
				for _, q := range f.Queries {
					r, err := b.Reconcile(cmd.Context(), q, o)
					if err != nil {
						return err
					}
					ok = ok && r.OK()
					if err := a.showReconciliation(r); err != nil {
						return err
					}
				}
				if !ok {
					return errSilent
				}
				return nil
			})
		},
	}
	cmd.Flags().BoolVar(&o.Count, "count", false, "read the source again and count its records")
	cmd.Flags().StringVar(&o.Key, "key", "", "a column with a different value in each row")
	return cmd
}

var balanceColumns = []string{"partition", "earliest", "latest", "start", "position", "behind", "deadLetters"}

func balanceRows(r *service.Reconciliation) []output.Row {
	rows := make([]output.Row, len(r.Partitions))
	for i, p := range r.Partitions {
		rows[i] = output.Row{p.Partition, p.Earliest, p.Latest, p.Start, p.Position, p.Behind, p.Dead}
	}
	return rows
}

func (a *app) showReconciliation(r *service.Reconciliation) error {
	switch a.format() {
	case output.JSON:
		return a.reconciliationJSON(r)
	case output.CSV:
		return output.Rows(a.stdout, output.CSV, balanceColumns, output.Slice(balanceRows(r)))
	}
	fmt.Fprintf(a.stdout, "query %s -> %s\n\n", r.Query, r.Table)
	if err := output.Rows(a.stdout, output.Table, balanceColumns, output.Slice(balanceRows(r))); err != nil {
		return err
	}
	fmt.Fprintf(a.stdout, "\n%s commits: %s offsets consumed, %s rows, %s dead letters", count(r.Commits), count(r.Offsets), count(r.Rows), count(r.Dead))
	if r.Records >= 0 {
		fmt.Fprintf(a.stdout, "; %s records in the source", count(r.Records))
	}
	if r.Duplicates >= 0 {
		fmt.Fprintf(a.stdout, "; %s duplicates", count(r.Duplicates))
	}
	fmt.Fprintln(a.stdout)
	for _, p := range r.Problems {
		fmt.Fprintf(a.stdout, "PROBLEM: %s\n", p)
	}
	if r.OK() {
		fmt.Fprintln(a.stdout, "nothing wrong was found")
	}
	return nil
}

func (a *app) reconciliationJSON(r *service.Reconciliation) error {
	partitions := make([]any, len(r.Partitions))
	for i, row := range balanceRows(r) {
		o := make(output.Object, len(row))
		for c, v := range row {
			o[c] = output.Member{Name: balanceColumns[c], Value: v}
		}
		partitions[i] = o
	}
	known := func(n int64) any {
		if n < 0 {
			return nil
		}
		return n
	}
	problems := r.Problems
	if problems == nil {
		problems = []string{}
	}
	return output.One(a.stdout, output.JSON,
		[]string{"query", "table", "ok", "commits", "offsets", "rows", "deadLetters", "records", "duplicates", "problems", "partitions"},
		output.Row{r.Query, r.Table, r.OK(), r.Commits, r.Offsets, r.Rows, r.Dead, known(r.Records), known(r.Duplicates), problems, partitions})
}
