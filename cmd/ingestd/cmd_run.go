package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

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
finish; the second ends at once, and loses nothing either.

What is wrong with the file is said before anything is touched (exit code 78).`,
		Example: `  ingestd run events.yaml
  ingestd run events.yaml | jq .processedRowsPerSecond`,
		Args:              args("FILE"),
		ValidArgsFunction: yamlFiles,
		RunE: func(cmd *cobra.Command, args []string) error {
			if a.output == string(output.CSV) {
				return usageError{errors.New("run prints progress as json, or as a line on a terminal (table); not as csv")}
			}
			f, err := a.load(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			a.graceful.Store(true)
			return a.runFile(cmd.Context(), f)
		},
	}
}

// load reads a pipeline file and finds all that is wrong with it before anything is touched.
func (a *app) load(ctx context.Context, path string) (*config.File, error) {
	f, err := config.Load(path, a.env)
	if err != nil {
		return nil, err
	}
	a.storageInto(f)
	return f, service.Check(ctx, f)
}

// storageInto lets flags win over the file.
func (a *app) storageInto(f *config.File) {
	if a.storage.S3.Endpoint != "" {
		f.Storage.S3.Endpoint = a.storage.S3.Endpoint
	}
	if a.storage.S3.Region != "" {
		f.Storage.S3.Region = a.storage.S3.Region
	}
	if d := a.storage.S3.Commit.DynamoDB; d != nil {
		f.Storage.S3.Commit.DynamoDB = d
	}
}

func (a *app) runFile(ctx context.Context, f *config.File) error {
	view := a.runView(f)
	run := service.Run{File: f, Stdout: view.above(a.stdout), Logger: a.loggerTo(view), Stopping: a.stopping, OnProgress: view.show}
	err := run.Do(ctx)
	view.end()
	if view.terminal != nil {
		for _, line := range view.summary() {
			fmt.Fprintln(a.stderr, line)
		}
	}
	return err
}

// runView shows progress as a line on a terminal, else as lines of JSON. What console sinks print is the output; there
// no JSON is put between.
func (a *app) runView(f *config.File) *progressView {
	format := output.Format(a.output)
	switch {
	case format == "" && output.IsTerminal(a.stdout) && output.IsTerminal(a.stderr), format == output.Table && output.IsTerminal(a.stderr):
		return a.newProgressView(nil, a.stderr)
	case format == output.Table, slices.ContainsFunc(f.Queries, func(q *config.Query) bool { return q.Sink.Console != nil }):
		return a.newProgressView(nil, nil)
	}
	return a.newProgressView(a.stdout, nil)
}

func (a *app) validateCommand() *cobra.Command {
	return &cobra.Command{
		Use:               "validate FILE",
		Short:             "Check a pipeline file and explain what it would do; touches nothing else",
		Example:           `  ingestd validate events.yaml`,
		Args:              args("FILE"),
		ValidArgsFunction: yamlFiles,
		RunE: func(cmd *cobra.Command, args []string) error {
			f, err := a.load(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			if format := a.format(); format != output.Table {
				names := make([]any, len(f.Queries))
				for i, q := range f.Queries {
					names[i] = q.Name
				}
				return output.One(a.stdout, format, []string{"file", "valid", "queries"}, output.Row{args[0], true, names})
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
