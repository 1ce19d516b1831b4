package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"github.com/ingestd/ingestd/internal/output"
	"github.com/ingestd/ingestd/restore"
)

func (a *app) restoreCommand() *cobra.Command {
	var (
		v versionFlags
		o restore.Options
	)
	cmd := &cobra.Command{
		Use:   "restore TABLE --version N | --timestamp T",
		Short: "Bring an older version of a table back, as a new version",
		Long: `Bring an older version of a table back: its rows, columns and properties become a new version.
The versions between stay in the history, so that a restore can itself be undone by another.

The protocol never goes down, unless it is asked to. Progress of streams stays: rows that a stream
wrote and that the restore takes away do not come again by themselves.`,
		Example: `  ingestd restore ./demo-table --version 1
  ingestd restore ./demo-table --timestamp 2099-01-31T12:00:00Z`,
		Args: args("TABLE"),
		RunE: func(cmd *cobra.Command, args []string) error { return a.restore(cmd.Context(), args[0], v, o) },
	}
	cmd.Flags().Int64Var(&v.version, "version", -1, "the version to bring back")
	cmd.Flags().StringVar(&v.timestamp, "timestamp", "", "bring back the version of this moment: 2026-01-31T12:00:00Z, or a date")
	cmd.Flags().BoolVar(&o.IgnoreMissing, "ignore-missing", false, "bring back what is left of a version of which files are gone; their rows are lost")
	cmd.Flags().BoolVar(&o.DowngradeProtocol, "downgrade-protocol", false, "take off table features that the version did not have")
	return cmd
}

func (a *app) restore(ctx context.Context, url string, v versionFlags, o restore.Options) error {
	switch {
	case v.version < 0 && v.timestamp == "":
		return usageError{errors.New("say what to bring back: --version N or --timestamp T")}
	case v.version >= 0 && v.timestamp != "":
		return usageError{errors.New("--version and --timestamp exclude each other")}
	case v.version >= 0:
		o.Version = &v.version
	default:
		moment, err := parseMoment(v.timestamp)
		if err != nil {
			return err
		}
		o.Time = &moment
	}
	t, err := a.openTable(ctx, url, versionFlags{version: -1})
	if err != nil {
		return err
	}
	r, err := restore.Restore(ctx, t, o)
	if err != nil {
		return err
	}
	a.runDue(ctx, r.Due)
	if len(r.Missing) > 0 {
		a.logger().Warn("files of the version are gone, and their rows with them", "files", len(r.Missing), "first", r.Missing[0])
	}
	columns := []string{"version", "changed", "restoredVersion", "tableSizeAfterRestore", "numOfFilesAfterRestore", "numRemovedFiles", "numRestoredFiles",
		"removedFilesSize", "restoredFilesSize", "numMissingFiles"}
	return output.One(a.stdout, a.format(), columns, output.Row{r.Version, r.Changed, r.Restored, r.TableSizeAfter, r.NumFilesAfter,
		r.NumRemovedFiles, r.NumRestored, r.RemovedFilesSize, r.RestoredSize, len(r.Missing)})
}
