package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/spf13/cobra"

	"github.com/ingestd/ingestd/internal/demo"
	"github.com/ingestd/ingestd/internal/output"
)

func (a *app) demoCommand() *cobra.Command {
	o := demo.Options{}
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Land shop events from a Kafka in this process in a Delta table, with nothing to install",
		Long: `Land shop events in a Delta table, with nothing to install: a Kafka in this process, made-up
events, the same pipeline that "ingestd run" runs. What the table has already stays.

Exits with 0 when all events are committed.`,
		Example: `  ingestd demo
  ingestd demo --events 50000 --table ./my-table`,
		Args: args(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			a.graceful.Store(true)
			return a.demo(cmd.Context(), o)
		},
	}
	cmd.Flags().Int64Var(&o.Events, "events", 1_000_000, "how many events")
	cmd.Flags().StringVar(&o.Table, "table", "./demo-table", "path or URL of the table")
	cmd.Flags().Int32Var(&o.Partitions, "partitions", 4, "how many partitions the topic has")
	return cmd
}

func (a *app) demo(ctx context.Context, o demo.Options) error {
	if o.Events < 1 || o.Partitions < 1 {
		return usageError{errors.New("--events and --partitions must be at least 1")}
	}
	var terminal io.Writer
	if output.IsTerminal(a.stderr) {
		terminal = a.stderr
	}
	view := a.newProgressView(nil, terminal)
	o.Seed, o.Start, o.Storage, o.Stopping = rand.Uint64(), time.Now(), a.storage, a.stopping
	o.Name = "demo-" + o.Start.UTC().Format("20060102T150405.000")
	o.OnProgress, o.Logger = view.show, a.loggerTo(view)
	if a.logLevel == slog.LevelInfo {
		o.Logger = a.quiet(view)
	}
	fmt.Fprintf(a.stderr, "%s events: Kafka topic of %d partitions (in this process) -> Delta table %s\n", count(o.Events), o.Partitions, o.Table)
	r, err := demo.Run(ctx, o)
	view.end()
	if err != nil {
		return err
	}
	if format := a.format(); format != output.Table {
		return output.One(a.stdout, format, []string{"table", "events", "batches", "files", "bytes", "seconds", "version"},
			output.Row{o.Table, r.Events, r.Batches, r.Files, r.Bytes, r.Elapsed.Seconds(), r.Version})
	}
	return a.demoSummary(ctx, o, r)
}

// quiet keeps what is only informative away from the show.
func (a *app) quiet(view *progressView) *slog.Logger {
	w := a.stderr
	if view.terminal != nil {
		w = view
	}
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: slog.LevelWarn}))
}

func (a *app) demoSummary(ctx context.Context, o demo.Options, r demo.Result) error {
	fmt.Fprintf(a.stdout, "\n%s events in %s (%s a second): %s, each one commit; %s, %s; the table is at version %d\n",
		count(r.Events), r.Elapsed.Round(time.Millisecond), count(int64(float64(r.Events)/r.Elapsed.Seconds())), plural(r.Batches, "batch", "batches"), plural(r.Files, "file", "files"), size(r.Bytes), r.Version)
	t, err := a.tables().Open(ctx, o.Table)
	if err != nil {
		return err
	}
	fmt.Fprintf(a.stdout, "\n$ ingestd history %s --limit 5\n", o.Table)
	if err := a.history(ctx, t, 5); err != nil {
		return err
	}
	text := fmt.Sprintf("SELECT category, count(*) AS events, count(DISTINCT user_id) AS users, round(sum(price * quantity), 2) AS revenue FROM delta('%s') WHERE event_type = 'purchase' GROUP BY ALL ORDER BY revenue DESC", o.Table)
	fmt.Fprintf(a.stdout, "\n$ ingestd query \"%s\"\n", text)
	return a.query(ctx, text)
}
