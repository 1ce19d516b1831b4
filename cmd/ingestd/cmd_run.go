package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/ingestd/ingestd/internal/config"
	"github.com/ingestd/ingestd/internal/output"
	"github.com/ingestd/ingestd/internal/service"
)

func (a *app) runCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "run FILE",
		Short: "Run the queries of a pipeline file",
		Long: `Run the queries of a pipeline file until stopped, or until they are done where their trigger
is once or available_now.

On a terminal a line tells how they are doing; in a pipe each progress event is a line of JSON, in
the shape of Spark's StreamingQueryProgress. The first SIGINT or SIGTERM lets the batch in hand
finish; the second ends at once, and loses nothing either.`,
		Example: `  ingestd run events.yaml
  ingestd run events.yaml | jq .processedRowsPerSecond`,
		Args:              args("FILE"),
		ValidArgsFunction: yamlFiles,
		RunE: func(cmd *cobra.Command, args []string) error {
			f, err := config.Load(args[0], a.env)
			if err != nil {
				return err
			}
			a.storageInto(f)
			a.graceful.Store(true)
			return a.runFile(cmd.Context(), f)
		},
	}
}

// storageInto lets flags win over the file.
func (a *app) storageInto(f *config.File) {
	if a.storage.S3.Endpoint != "" {
		f.Storage.S3.Endpoint = a.storage.S3.Endpoint
	}
	if a.storage.S3.Region != "" {
		f.Storage.S3.Region = a.storage.S3.Region
	}
}

func (a *app) runFile(ctx context.Context, f *config.File) error {
	view := newProgressView(a.stdout, a.stderr)
	run := service.Run{File: f, Stdout: a.stdout, Logger: a.loggerTo(view), Stopping: a.stopping, OnProgress: view.show}
	err := run.Do(ctx)
	view.end()
	return err
}

func (a *app) validateCommand() *cobra.Command {
	return &cobra.Command{
		Use:               "validate FILE",
		Short:             "Check a pipeline file and explain what it would do; touches nothing else",
		Example:           `  ingestd validate events.yaml`,
		Args:              args("FILE"),
		ValidArgsFunction: yamlFiles,
		RunE: func(cmd *cobra.Command, args []string) error {
			f, err := config.Load(args[0], a.env)
			if err != nil {
				return err
			}
			if err := service.Check(cmd.Context(), args[0], f); err != nil {
				return err
			}
			if a.format() == output.JSON {
				names := make([]any, len(f.Queries))
				for i, q := range f.Queries {
					names[i] = q.Name
				}
				return output.One(a.stdout, output.JSON, []string{"file", "valid", "queries"}, output.Row{args[0], true, names})
			}
			for _, q := range f.Queries {
				for _, line := range service.Describe(q) {
					fmt.Fprintln(a.stdout, line)
				}
			}
			fmt.Fprintf(a.stdout, "%s is valid\n", args[0])
			return nil
		},
	}
}

func yamlFiles(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return []string{"yaml", "yml"}, cobra.ShellCompDirectiveFilterFileExt
}
