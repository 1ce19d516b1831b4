package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/ingestd/ingestd/cdf"
	"github.com/ingestd/ingestd/internal/output"
	"github.com/ingestd/ingestd/internal/service"
	"github.com/ingestd/ingestd/internal/sql"
	"github.com/ingestd/ingestd/table"
)

type cdfFlags struct {
	from, to, where string
	columns         []string
	follow          bool
	poll            time.Duration
}

func (a *app) cdfCommand() *cobra.Command {
	var f cdfFlags
	cmd := &cobra.Command{
		Use:   "cdf TABLE",
		Short: "Show the change data feed of a table: rows that were inserted, updated and deleted",
		Long: `Show what the commits of a table have changed, oldest first: its rows with _change_type (insert,
update_preimage, update_postimage, delete), _commit_version and _commit_timestamp. The table must
have had delta.enableChangeDataFeed on.

A version or a moment is within the range; --from earliest is where the feed can be read from.
With --follow, commits that come are shown as they come, until Ctrl-C. In ingestd query the same is
table_changes('path', from[, to]).`,
		Example: `  ingestd alter ./demo-table set-property delta.enableChangeDataFeed=true
  ingestd delete ./demo-table --where "quantity = 1"
  ingestd cdf ./demo-table --from earliest
  ingestd cdf ./demo-table --from earliest --where "category = 'toys'" --columns event_id,price,_change_type`,
		Args: args("TABLE"),
		RunE: func(cmd *cobra.Command, args []string) error { return a.cdf(cmd.Context(), args[0], f) },
	}
	cmd.Flags().StringVar(&f.from, "from", "", "first version or moment: 3, earliest, 2026-01-31T12:00:00Z, a date (default with --follow: the next version)")
	cmd.Flags().StringVar(&f.to, "to", "", "last version or moment (default the newest)")
	cmd.Flags().StringVar(&f.where, "where", "", "only changes of rows for which this predicate is true")
	cmd.Flags().StringSliceVar(&f.columns, "columns", nil, "only these columns, in this order (default all)")
	cmd.Flags().BoolVarP(&f.follow, "follow", "f", false, "go on with what is committed from now on")
	cmd.Flags().DurationVar(&f.poll, "poll-interval", cdf.DefaultPoll, "with --follow: how often to look for new commits")
	return cmd
}

func (a *app) cdf(ctx context.Context, url string, f cdfFlags) error {
	switch {
	case f.from == "" && !f.follow:
		return usageError{errors.New("--from is missing; write --from earliest, --from 3 or --from 2026-01-31, or --follow for what comes from now on")}
	case f.to != "" && f.follow:
		return usageError{errors.New("--to and --follow exclude each other")}
	case f.follow && a.format() == output.CSV:
		return usageError{errors.New("--follow prints json or table, not csv: columns may change on the way")}
	case f.poll <= 0:
		return usageError{errors.New("--poll-interval must be more than 0")}
	}
	from, err := parseBound("--from", f.from)
	if err != nil {
		return err
	}
	to, err := parseBound("--to", f.to)
	if err != nil {
		return err
	}
	t, err := a.tables().Open(ctx, url)
	if err != nil {
		return err
	}
	o := cdf.Options{Columns: f.columns}
	if o.Where, err = a.where(ctx, t, f.where); err != nil {
		return err
	}
	if f.follow {
		return a.follow(ctx, t, from, cdf.FollowOptions{Options: o, Poll: f.poll, Sleep: a.sleepUnlessStopping})
	}
	feed, err := cdf.Open(ctx, t, cdf.Range{From: from, To: to}, o)
	if err != nil {
		return err
	}
	return a.changes(ctx, service.AsText(feed))
}

// parseBound reads a version or a moment; "" is neither.
func parseBound(flag, text string) (cdf.Bound, error) {
	if text == "" {
		return cdf.Bound{}, nil
	}
	if text == "earliest" && flag == "--from" {
		return cdf.Earliest(), nil
	}
	if v, err := strconv.ParseInt(text, 10, 64); err == nil {
		return cdf.Version(v), nil
	}
	at, err := parseMoment(text)
	if err != nil {
		return cdf.Bound{}, usageError{fmt.Errorf("%s %q is neither a version nor a time; write 3, 2026-01-31T12:00:00Z or 2026-01-31", flag, text)}
	}
	return cdf.Time(at), nil
}

func (a *app) changes(ctx context.Context, rows sql.TableSource) error {
	columns := output.Columns(rows.Schema())
	return output.Rows(a.stdout, a.format(), columns, output.Batches(rows.Scan(ctx, columns, nil)))
}

var errStopping = errors.New("stopping")

// sleepUnlessStopping waits, or gives errStopping when the user wants to stop.
func (a *app) sleepUnlessStopping(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-a.stopping:
		return errStopping
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// follow prints each commit that has changes.
func (a *app) follow(ctx context.Context, t *table.Table, from cdf.Bound, o cdf.FollowOptions) error {
	first := t.Version() + 1
	if from.IsSet() {
		feed, err := cdf.Open(ctx, t, cdf.Range{From: from}, o.Options)
		if err != nil {
			return err
		}
		first, _ = feed.Versions()
	}
	for c, err := range cdf.Follow(ctx, t, first, o) {
		if errors.Is(err, errStopping) {
			return nil
		}
		if err == nil && len(c.Files) > 0 {
			err = a.changes(ctx, service.AsText(c.Feed()))
		}
		if err != nil {
			return err
		}
	}
	return nil
}
