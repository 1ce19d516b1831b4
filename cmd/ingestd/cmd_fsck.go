package main

import (
	"context"
	"fmt"
	"iter"

	"github.com/spf13/cobra"

	"github.com/ingestd/ingestd/fsck"
	"github.com/ingestd/ingestd/internal/output"
	"github.com/ingestd/ingestd/table"
)

func (a *app) fsckCommand() *cobra.Command {
	var deep, repair bool
	cmd := &cobra.Command{
		Use:   "fsck TABLE",
		Short: "Find what is wrong with a table: missing and orphaned files, broken checksums, statistics, log",
		Long: `Find what is wrong with a table: files that the log names and the store has not, files that nobody
names, broken checkpoints, checksums and deletion vectors, gaps in the log, statistics and
partition values that are none. One line for each finding.

--repair takes missing files out of the table (their rows are lost), writes a checkpoint in the
place of broken ones, and deletes version checksums that cannot be read. All else needs a
decision, which each line names.

Exits with 1 where something is broken and stays so, with 0 where nothing is; orphaned files are
no damage.`,
		Example: `  ingestd fsck ./demo-table
  ingestd fsck ./demo-table --deep -o json`,
		Args: args("TABLE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			t, err := a.openTable(cmd.Context(), args[0], versionFlags{version: -1})
			if err != nil {
				return err
			}
			return a.fsck(cmd.Context(), t, fsck.Options{Deep: deep}, repair)
		},
	}
	cmd.Flags().BoolVar(&deep, "deep", false, "read every data file and hold its statistics against its rows; every commit and checkpoint too")
	cmd.Flags().BoolVar(&repair, "repair", false, "mend what can be mended")
	return cmd
}

func (a *app) fsck(ctx context.Context, t *table.Table, o fsck.Options, repair bool) error {
	var mends []fsck.Finding
	broken := 0
	rows := func(yield func(output.Row, error) bool) {
		for f, err := range fsck.Check(ctx, t, o) {
			if f.Broken() && err == nil {
				broken++
			}
			if f.Mends {
				mends = append(mends, f)
			}
			row := output.Row{string(f.Kind), f.Path, f.What, f.Do, f.Mends}
			if !yield(row, err) || err != nil {
				return
			}
		}
	}
	if err := output.Rows(a.stdout, a.format(), []string{"kind", "path", "what", "do", "mends"}, iter.Seq2[output.Row, error](rows)); err != nil {
		return err
	}
	if repair && len(mends) > 0 {
		r, err := fsck.Repair(ctx, t, mends)
		if err != nil {
			return err
		}
		a.announce(fmt.Sprintf("mended %d of %d: version %d, %d files taken out of the table, %d files of the log deleted", len(mends), broken, r.Version, r.Removed, r.Deleted))
		broken -= len(mends)
	}
	if broken > 0 {
		return errSilent
	}
	return nil
}
