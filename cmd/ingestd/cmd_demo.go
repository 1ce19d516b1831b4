package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ingestd/ingestd/internal/demo"
	"github.com/ingestd/ingestd/internal/output"
)

func (a *app) demoCommand() *cobra.Command {
	o, kind := demo.Options{}, ""
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Land shop events from a Kafka in this process in a Delta table, with nothing to install",
		Long: `Land shop events in a Delta table, with nothing to install: a Kafka in this process, made-up
events, the same pipeline that "ingestd run" runs. What the table has already stays.

With --kind cdc a made-up PostgreSQL database changes, Debezium's events of it go to the Kafka, and
the pipeline applies them to a Delta table for each of its tables. In the end all rows are compared.

Exits with 0 when all events are committed and, with --kind cdc, no row differs.`,
		Example: `  ingestd demo
  ingestd demo --events 50000 --table ./my-table
  ingestd demo --kind cdc`,
		Args: args(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			a.graceful.Store(true)
			run, events, table := a.demo, int64(1_000_000), "./demo-table"
			switch kind {
			case "shop":
			case "cdc":
				run, events, table = a.demoCDC, 100_000, "./demo-cdc"
			default:
				return usageError{fmt.Errorf("--kind %q: write %s", kind, strings.Join(demoKinds, " or "))}
			}
			if !cmd.Flags().Changed("events") {
				o.Events = events
			}
			if o.Table == "" {
				o.Table = table
			}
			return run(cmd.Context(), o)
		},
	}
	cmd.Flags().StringVar(&kind, "kind", "shop", "what to show: shop (append events) or cdc (apply the changes of a database)")
	cmd.Flags().Int64Var(&o.Events, "events", 0, "how many events (default 1000000, cdc 100000)")
	cmd.Flags().StringVar(&o.Table, "table", "", "path or URL of the table, for cdc of the folder of its tables (default ./demo-table, cdc ./demo-cdc)")
	cmd.Flags().Int32Var(&o.Partitions, "partitions", 4, "how many partitions each topic has")
	cmd.Flags().Uint64Var(&o.Seed, "seed", 0, "the same seed makes the same events (default a new one)")
	must(cmd.RegisterFlagCompletionFunc("kind", cobra.FixedCompletions(demoKinds, cobra.ShellCompDirectiveNoFileComp)))
	return cmd
}

var demoKinds = []string{"shop", "cdc"}

func (a *app) demo(ctx context.Context, o demo.Options) error {
	view, err := a.prepareDemo(&o)
	if err != nil {
		return err
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

// prepareDemo fills in the options that all demos share.
func (a *app) prepareDemo(o *demo.Options) (*progressView, error) {
	if o.Events < 1 || o.Partitions < 1 {
		return nil, usageError{errors.New("--events and --partitions must be at least 1")}
	}
	var terminal io.Writer
	if output.IsTerminal(a.stderr) {
		terminal = a.stderr
	}
	view := a.newProgressView(nil, terminal)
	o.Seed, o.Start = seeded(o.Seed)
	o.Storage, o.Stopping = a.storage, a.stopping
	o.Name = "demo-" + time.Now().UTC().Format("20060102T150405.000")
	o.OnProgress, o.Logger = view.show, a.loggerTo(view)
	if a.logLevel == slog.LevelInfo {
		o.Logger = a.quiet(view)
	}
	return view, nil
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
