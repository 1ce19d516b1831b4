package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ingestd/ingestd/internal/output"
	"github.com/ingestd/ingestd/table"
)

func (a *app) checkpointCommand() *cobra.Command {
	var cleanup bool
	var compaction string
	cmd := &cobra.Command{
		Use:   "checkpoint TABLE",
		Short: "Write a checkpoint of a table's log now",
		Long: `Write a checkpoint of the newest version now: classic, or V2 where delta.checkpointPolicy is v2.

With --cleanup what the log no longer has to keep (delta.logRetentionDuration) is deleted
afterwards. With --log-compaction the commits of a range of versions are put into one log
compaction file instead.`,
		Example: `  ingestd checkpoint ./demo-table
  ingestd checkpoint ./demo-table --log-compaction 0:1`,
		Args: args("TABLE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			from, to, err := versionRange(compaction)
			if err != nil {
				return err
			}
			if compaction != "" && cleanup {
				return usageError{fmt.Errorf("--log-compaction and --cleanup exclude each other")}
			}
			t, err := a.openTable(cmd.Context(), args[0], versionFlags{version: -1})
			if err != nil {
				return err
			}
			if compaction != "" {
				return a.compactLog(cmd.Context(), t, from, to)
			}
			return a.checkpoint(cmd.Context(), t, cleanup)
		},
	}
	cmd.Flags().BoolVar(&cleanup, "cleanup", false, "delete the commits and checkpoints that are past delta.logRetentionDuration")
	cmd.Flags().StringVar(&compaction, "log-compaction", "", "versions FROM:TO, both included, to put into one log compaction file")
	return cmd
}

// versionRange reads "10:19".
func versionRange(text string) (from, to int64, err error) {
	if text == "" {
		return 0, 0, nil
	}
	first, last, ok := strings.Cut(text, ":")
	from, err1 := strconv.ParseInt(first, 10, 64)
	to, err2 := strconv.ParseInt(last, 10, 64)
	if !ok || err1 != nil || err2 != nil || from < 0 || to <= from {
		return 0, 0, usageError{fmt.Errorf("--log-compaction %q: versions are wanted, as in 10:19", text)}
	}
	return from, to, nil
}

func (a *app) checkpoint(ctx context.Context, t *table.Table, cleanup bool) error {
	c, err := t.Snapshot().Checkpoint(ctx)
	if err != nil {
		return err
	}
	kind := "classic"
	if c.V2 != nil {
		kind = "v2"
	}
	columns, row := []string{"version", "kind", "actions", "files", "sizeInBytes"}, output.Row{c.Version, kind, c.Actions, c.Adds, c.Bytes}
	if cleanup {
		r, err := t.Snapshot().CleanUp(ctx)
		if err != nil {
			return err
		}
		columns, row = append(columns, "deletedLogFiles", "deletedSidecars"), append(row, r.Files, r.Sidecars)
	}
	return output.One(a.stdout, a.format(), columns, row)
}

func (a *app) compactLog(ctx context.Context, t *table.Table, from, to int64) error {
	c, err := t.Log().Compact(ctx, from, to)
	if err != nil {
		return err
	}
	return output.One(a.stdout, a.format(), []string{"from", "to", "files", "sizeInBytes", "written"}, output.Row{c.From, c.To, c.Files, c.Bytes, c.Written})
}
