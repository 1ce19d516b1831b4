package main

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"runtime/debug"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/spf13/cobra"

	"github.com/ingestd/ingestd/internal/config"
	"github.com/ingestd/ingestd/internal/output"
	"github.com/ingestd/ingestd/internal/sql"
	"github.com/ingestd/ingestd/internal/suggest"
)

// app is what all commands share.
type app struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	env            config.Environment
	stopping       chan struct{} // closed at the first signal
	graceful       atomic.Bool   // a command that finishes its work in hand at the first signal
	live           atomic.Pointer[progressView]

	expressions *sql.Compiler // of all tables; opened when one first needs it

	output   string
	logLevel slog.Level
	storage  config.Storage
	arbiter  config.DynamoDB // by flags; part of storage where any of them is given
}

func (a *app) root() *cobra.Command {
	cobra.EnableCommandSorting = false
	root := &cobra.Command{
		Use:   "ingestd",
		Short: "Land streams in Delta tables, exactly once, and keep the tables fast",
		Long: `ingestd lands streams in Delta tables, exactly once, and keeps the tables fast.

Exit codes: 0 done, 1 failed, 2 wrong use, 3 conflict with another writer,
78 invalid pipeline file, 130 interrupted.`,
		Version:           version(),
		SilenceErrors:     true,
		SilenceUsage:      true,
		CompletionOptions: cobra.CompletionOptions{HiddenDefaultCmd: false},
		PersistentPreRunE: func(*cobra.Command, []string) error { return a.checkFlags() },
	}
	root.SetOut(a.stdout)
	root.SetErr(a.stderr)
	root.SetFlagErrorFunc(flagError)
	root.SetUsageTemplate(usageTemplate)
	flags := root.PersistentFlags()
	flags.StringVarP(&a.output, "output", "o", "", "table, json or csv (default: table on a terminal, json in a pipe)")
	flags.Var((*levelFlag)(&a.logLevel), "log-level", "debug, info, warn or error")
	flags.StringVar(&a.storage.S3.Endpoint, "s3-endpoint", "", "S3 endpoint URL for tables given as s3:// (default: $AWS_ENDPOINT_URL)")
	flags.StringVar(&a.storage.S3.Region, "s3-region", "", "S3 region (default: $AWS_REGION)")
	flags.StringVar(&a.arbiter.Table, "s3-commit-table", "", "DynamoDB table that commits to s3:// go through, for stores without conditional puts")
	flags.StringVar(&a.arbiter.Region, "s3-commit-region", "", "region of that table (default us-east-1)")
	flags.StringVar(&a.arbiter.Endpoint, "s3-commit-endpoint", "", "DynamoDB endpoint URL (default: $AWS_ENDPOINT_URL_DYNAMODB)")
	flags.StringVar(&a.arbiter.Scheme, "s3-commit-scheme", "", "s3a or s3, as the other writers spell tables (default s3a)")
	must(root.RegisterFlagCompletionFunc("output", cobra.FixedCompletions(output.Formats, cobra.ShellCompDirectiveNoFileComp)))
	must(root.RegisterFlagCompletionFunc("log-level", cobra.FixedCompletions(levels, cobra.ShellCompDirectiveNoFileComp)))
	root.AddCommand(a.commands()...)
	root.SetHelpCommand(helpCommand())
	root.InitDefaultCompletionCmd()
	group(root)
	refuseUnknown(root)
	for _, c := range root.Commands() {
		if c.HasSubCommands() && !c.Runnable() {
			refuseUnknown(c)
		}
	}
	return root
}

func (a *app) checkFlags() error {
	if a.arbiter != (config.DynamoDB{}) {
		if a.arbiter.Table == "" {
			return usageError{errors.New("--s3-commit-table is missing; Spark's default is delta_log")}
		}
		a.storage.S3.Commit.DynamoDB = &a.arbiter
	}
	if a.output == "" {
		return nil
	}
	if slices.Contains(output.Formats, a.output) {
		return nil
	}
	return usageError{fmt.Errorf("--output cannot be %q%s", a.output, suggest.DidYouMean(a.output, output.Formats))}
}

// format is how this command prints its rows.
func (a *app) format() output.Format {
	if a.output == "" {
		return output.Default(a.stdout)
	}
	return output.Format(a.output)
}

// logger writes to stderr: text for people, JSON where stderr is not a terminal.
func (a *app) logger() *slog.Logger {
	opts := &slog.HandlerOptions{Level: a.logLevel}
	if output.IsTerminal(a.stderr) {
		return slog.New(slog.NewTextHandler(a.stderr, opts))
	}
	return slog.New(slog.NewJSONHandler(a.stderr, opts))
}

// loggerTo is logger, its lines kept apart from a live progress line.
func (a *app) loggerTo(v *progressView) *slog.Logger {
	if v.terminal == nil {
		return a.logger()
	}
	return slog.New(slog.NewTextHandler(v, &slog.HandlerOptions{Level: a.logLevel}))
}

type levelFlag slog.Level

var levels = []string{"debug", "info", "warn", "error"}

func (l *levelFlag) String() string { return strings.ToLower(slog.Level(*l).String()) }
func (l *levelFlag) Type() string   { return "level" }
func (l *levelFlag) Set(s string) error {
	if !slices.Contains(levels, strings.ToLower(s)) {
		return fmt.Errorf("one of %s is wanted", strings.Join(levels, ", "))
	}
	return (*slog.Level)(l).UnmarshalText([]byte(s))
}

func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" || info.Main.Version == "(devel)" {
		return "dev"
	}
	return info.Main.Version
}

func must(err error) {
	if err != nil {
		panic(err) // a flag that this package itself names wrongly; its tests would find it
	}
}
