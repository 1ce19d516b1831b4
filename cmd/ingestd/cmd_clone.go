package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"github.com/ingestd/ingestd/clone"
	"github.com/ingestd/ingestd/internal/output"
)

func (a *app) cloneCommand() *cobra.Command {
	var (
		v       versionFlags
		props   properties
		shallow bool
	)
	cmd := &cobra.Command{
		Use:   "clone SOURCE TARGET --shallow",
		Short: "Make a table of the files of another, without copying them",
		Long: `Make a table that begins as another is: a shallow clone names the files of its source and copies
none. What is written to the clone never touches the source.

The clone has a history and row ids of its own, and no progress of streams: a stream to it starts
afresh. A VACUUM of the source can delete files that the clone still needs.`,
		Example: `  ingestd clone ./demo-table ./scratch --shallow
  ingestd clone ./demo-table ./older --shallow --version 1 --property mine=yes`,
		Args: args("SOURCE", "TARGET"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if !shallow {
				return usageError{errors.New("a clone is shallow: say so by --shallow; to copy the rows too, write ingestd append TARGET --source SOURCE")}
			}
			set, err := props.forNewTable()
			if err != nil {
				return err
			}
			return a.clone(cmd.Context(), args[0], args[1], v, clone.Options{Properties: set})
		},
	}
	cmd.Flags().BoolVar(&shallow, "shallow", false, "name the files of the source, and copy none")
	cmd.Flags().Int64Var(&v.version, "version", -1, "the source as of this version")
	cmd.Flags().StringVar(&v.timestamp, "timestamp", "", "the source as of this moment: 2026-01-31T12:00:00Z, or a date")
	props.add(cmd)
	return cmd
}

func (a *app) clone(ctx context.Context, from, to string, v versionFlags, o clone.Options) error {
	source, err := a.openTable(ctx, from, v)
	if err != nil {
		return err
	}
	target, err := a.tables().Store(ctx, to)
	if err != nil {
		return err
	}
	r, err := clone.Shallow(ctx, source, target, o)
	if err != nil {
		return err
	}
	columns := []string{"version", "source", "sourceVersion", "sourceNumOfFiles", "sourceTableSize"}
	return output.One(a.stdout, a.format(), columns, output.Row{r.Version, r.Source, r.SourceVersion, r.NumFiles, r.Size})
}
