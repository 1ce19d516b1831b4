package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/ingestd/ingestd/internal/demo"
	"github.com/ingestd/ingestd/internal/output"
)

var comparisonColumns = []string{"table", "rows_in_database", "rows_in_lake", "differing_rows"}

func (a *app) demoCDC(ctx context.Context, o demo.Options) error {
	view, err := a.prepareDemo(&o)
	if err != nil {
		return err
	}
	fmt.Fprintf(a.stderr, "%s events: database of customers and orders -> Kafka topics of %d partitions (in this process) -> Delta tables in %s\n", count(o.Events), o.Partitions, o.Table)
	r, err := demo.RunCDC(ctx, o)
	view.end()
	if err != nil {
		return err
	}
	if r.Tables == nil {
		fmt.Fprintf(a.stderr, "stopped: %s of %s events are applied, so nothing is compared\n", count(r.Events), count(o.Events))
		return nil
	}
	var rows []output.Row
	var wrong []error
	for _, c := range r.Tables {
		rows = append(rows, output.Row{c.Table, c.Database, c.Lake, c.Differing})
		if c.Differing > 0 {
			wrong = append(wrong, fmt.Errorf("%s differs from the database: %s", c.Table, c.Example))
		}
	}
	if r.Refused > 0 {
		wrong = append(wrong, fmt.Errorf("%s could not be applied; table %s says why", plural(r.Refused, "event", "events"), o.DeadLetters()))
	}
	if wrong != nil {
		wrong = append(wrong, fmt.Errorf("--seed %d --events %d makes the same changes again", o.Seed, o.Events))
	}
	failed := errors.Join(wrong...)
	if a.format() != output.Table {
		return errors.Join(output.Rows(a.stdout, a.format(), comparisonColumns, output.Slice(rows)), failed)
	}
	cdcSummary(a.stdout, r)
	if err := output.Rows(a.stdout, output.Table, comparisonColumns, output.Slice(rows)); err != nil || failed != nil {
		return errors.Join(err, failed)
	}
	fmt.Fprintf(a.stdout, "\nThe tables of the lake are those of the database, row for row.\n")
	text := fmt.Sprintf("SELECT status, count(*) AS orders, count(DISTINCT customer_id) AS customers, sum(total) AS total FROM delta('%s') GROUP BY ALL ORDER BY orders DESC", o.TableOf("orders"))
	fmt.Fprintf(a.stdout, "\n$ ingestd query \"%s\"\n", text)
	return a.query(ctx, text)
}

// cdcSummary tells what happened in the database, and how fast it was applied.
func cdcSummary(w io.Writer, r demo.CDCResult) {
	c := r.Changes
	fmt.Fprintf(w, "\n%s events in %s (%s a second), in %s: %s of a snapshot, %s, %s, %s, %s, %s\n\n",
		count(r.Events), r.Elapsed.Round(time.Millisecond), count(int64(float64(r.Events)/r.Elapsed.Seconds())), plural(r.Batches, "batch", "batches"), plural(c.Snapshot, "row", "rows"),
		plural(c.Inserts, "insert", "inserts"), plural(c.Updates, "update", "updates"), plural(c.Deletes, "delete", "deletes"),
		plural(c.KeyChanges, "change of a key", "changes of keys"), plural(c.Truncates, "truncate", "truncates"))
}
