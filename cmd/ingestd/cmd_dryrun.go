package main

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/spf13/cobra"

	"github.com/ingestd/ingestd/internal/config"
	"github.com/ingestd/ingestd/internal/output"
	"github.com/ingestd/ingestd/internal/service"
)

func (a *app) dryRunCommand() *cobra.Command {
	var sample int64
	var rows int
	cmd := &cobra.Command{
		Use:   "dry-run FILE",
		Short: "Try a pipeline file on a sample of its source; writes nothing",
		Long: `Connect to the source of each query, read its newest records, and show what would come of them:
rows, differences from the table, rejected records with their reasons, files and bytes a day.
Writes nothing, and does not move the query.`,
		Example:           `  ingestd dry-run events.yaml --sample 5000`,
		Args:              args("FILE"),
		ValidArgsFunction: yamlFiles,
		RunE: func(cmd *cobra.Command, args []string) error {
			if sample < 1 || rows < 0 {
				return usageError{errors.New("--sample must be at least 1, and --rows not negative")}
			}
			return a.withBuilder(cmd.Context(), args[0], func(f *config.File, b service.Builder) error {
				if format := a.format(); format != output.Table {
					return output.Rows(a.stdout, format, dryRunColumns, dryRuns(cmd.Context(), f, b, sample, rows))
				}
				for _, q := range f.Queries {
					d, err := b.DryRun(cmd.Context(), q, sample, time.Now())
					if err != nil {
						return err
					}
					err = a.showDryRun(d, rows)
					d.Release()
					if err != nil {
						return err
					}
				}
				return nil
			})
		},
	}
	cmd.Flags().Int64Var(&sample, "sample", 10_000, "read about so many records")
	cmd.Flags().IntVar(&rows, "rows", 5, "show so many rows")
	return cmd
}

// withBuilder loads a pipeline file and calls f with what makes queries of it.
func (a *app) withBuilder(ctx context.Context, path string, f func(*config.File, service.Builder) error) error {
	file, err := a.load(ctx, path)
	if err != nil {
		return err
	}
	tables := service.Tables{Storage: file.Storage, Logger: a.logger(), MaxAttempts: attempts, Expressions: a.expressions}
	return f(file, service.Builder{Tables: tables, Stdout: a.stdout, Logger: a.logger()})
}

func (a *app) showDryRun(d *service.DryRun, rows int) error {
	rejected := int64(0)
	for _, n := range d.Rejected {
		rejected += n
	}
	fmt.Fprintf(a.stdout, "query %s: %s records read, %s rows out, %s rejected\n\n", d.Query, count(d.Records), count(d.NumRows), count(rejected))
	for _, t := range dryRunTables(d) {
		if err := output.Rows(a.stdout, output.Table, output.Columns(t.Schema), first(rows, output.Batches(batches(t.Rows)))); err != nil {
			return err
		}
		fmt.Fprintln(a.stdout)
		a.showDifference(t.Table)
		if len(d.Tables) > 0 {
			fmt.Fprintf(a.stdout, "  %s\n\n", plural(t.NumRows, "row", "rows"))
		}
	}
	for i, reason := range d.Reasons() {
		if i == 0 {
			fmt.Fprintln(a.stdout, "\nrejected:")
		}
		fmt.Fprintf(a.stdout, "  %s: %s (first: %s)\n", plural(d.Rejected[reason], "record", "records"), reason, d.Example[reason])
	}
	f := d.Forecast
	fmt.Fprintf(a.stdout, "\nforecast: %s records in the last 24 hours: %s and %s a day; %s a batch", count(f.RecordsLastDay), plural(f.RowsPerDay, "row", "rows"), size(f.BytesPerDay), plural(f.FilesPerBatch, "file", "files"))
	if f.FilesPerDay > 0 {
		fmt.Fprintf(a.stdout, ", at most %s files a day", count(f.FilesPerDay))
	}
	fmt.Fprintln(a.stdout)
	return nil
}

func (a *app) showDifference(d service.TableDifference) {
	switch {
	case d.Refused != nil:
		fmt.Fprintf(a.stdout, "table %s would refuse the rows: %v\n", d.Location, d.Refused)
	case !d.Exists:
		fmt.Fprintf(a.stdout, "table %s does not exist; it would be created\n", d.Location)
		return
	case len(d.New) == 0 && len(d.Missing) == 0:
		fmt.Fprintf(a.stdout, "table %s takes the rows as they are\n", d.Location)
	}
	for _, c := range d.New {
		fmt.Fprintf(a.stdout, "  + %s  (not in the table)\n", c)
	}
	for _, c := range d.Missing {
		fmt.Fprintf(a.stdout, "  - %s  (in the table only: null)\n", c)
	}
}

var dryRunColumns = []string{"query", "records", "rows", "rejected", "table", "tableExists", "tableRefuses", "newColumns", "missingColumns",
	"recordsLastDay", "rowsPerDay", "bytesPerDay", "filesPerBatch", "filesPerDay", "sample"}

// dryRuns tries the queries one after the other, and makes a row of each table that they feed.
func dryRuns(ctx context.Context, f *config.File, b service.Builder, sample int64, rows int) iter.Seq2[output.Row, error] {
	return func(yield func(output.Row, error) bool) {
		for _, q := range f.Queries {
			d, err := b.DryRun(ctx, q, sample, time.Now())
			if err != nil {
				yield(nil, err)
				return
			}
			more := true
			tables := dryRunTables(d)
			if len(tables) == 0 { // all was rejected
				tables = []service.DryRunTable{{Table: d.Table, Schema: arrow.NewSchema(nil, nil)}}
			}
			for _, t := range tables {
				row, err := dryRunRow(d, t, rows)
				if more = yield(row, err) && err == nil; !more {
					break
				}
			}
			d.Release()
			if !more {
				return
			}
		}
	}
}

// dryRunTables are the tables of a dry run: that of all rows, or those that changes were applied to.
func dryRunTables(d *service.DryRun) []service.DryRunTable {
	if d.Schema == nil {
		return d.Tables
	}
	return []service.DryRunTable{{Table: d.Table, Schema: d.Schema, Rows: d.Rows, NumRows: d.NumRows}}
}

func dryRunRow(d *service.DryRun, t service.DryRunTable, rows int) (output.Row, error) {
	rejected := make([]any, 0, len(d.Rejected))
	for _, reason := range d.Reasons() {
		rejected = append(rejected, output.Object{{Name: "reason", Value: reason}, {Name: "records", Value: d.Rejected[reason]}, {Name: "first", Value: d.Example[reason]}})
	}
	var refused any
	if t.Table.Refused != nil {
		refused = t.Table.Refused.Error()
	}
	names, shown := output.Columns(t.Schema), []any{}
	for row, err := range first(rows, output.Batches(batches(t.Rows))) {
		if err != nil {
			return nil, err
		}
		o := make(output.Object, len(row))
		for i, v := range row {
			o[i] = output.Member{Name: names[i], Value: output.Owned(v)}
		}
		shown = append(shown, o)
	}
	f := d.Forecast
	return output.Row{d.Query, d.Records, t.NumRows, rejected, t.Table.Location, t.Table.Exists, refused, list(t.Table.New), list(t.Table.Missing),
		f.RecordsLastDay, f.RowsPerDay, f.BytesPerDay, f.FilesPerBatch, f.FilesPerDay, shown}, nil
}

// list is a list in every format, also where it is empty.
func list(texts []string) []any {
	out := make([]any, len(texts))
	for i, s := range texts {
		out[i] = s
	}
	return out
}

func batches(recs []arrow.RecordBatch) iter.Seq2[arrow.RecordBatch, error] {
	return func(yield func(arrow.RecordBatch, error) bool) {
		for _, r := range recs {
			if !yield(r, nil) {
				return
			}
		}
	}
}

func first(n int, rows iter.Seq2[output.Row, error]) iter.Seq2[output.Row, error] {
	return func(yield func(output.Row, error) bool) {
		if n <= 0 {
			return
		}
		i := 0
		for row, err := range rows {
			if i++; !yield(row, err) || i == n {
				return
			}
		}
	}
}
