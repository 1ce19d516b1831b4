// Command ingestd lands streams in Delta tables, exactly once, and looks after the tables.
//
// The commands are thin: flags and files in, tables and text out. What they do is done by package service and below.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/ingestd/ingestd/internal/config"
	"github.com/ingestd/ingestd/internal/output"
	"github.com/ingestd/ingestd/internal/sql"
	"github.com/ingestd/ingestd/table"
	"github.com/ingestd/ingestd/txlog"
)

func main() {
	os.Exit(run(os.Args[1:]))
}

func run(args []string) int {
	limitMemory()
	a := &app{stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr, env: config.OS(), expressions: sql.NewCompiler(sql.Options{}, nil)}
	defer func() { _ = a.expressions.Close() }() // it only gives memory back
	ctx, stop := a.signals(context.Background())
	defer stop()
	root := a.root()
	root.SetArgs(args)
	err := a.settle(root.ExecuteContext(ctx))
	if err != nil && !errors.Is(err, errSilent) {
		complain(a.stderr, err)
	}
	return exitCode(err)
}

// The exit codes.
const (
	exitDone     = 0
	exitFailed   = 1
	exitUsage    = 2
	exitConflict = 3
	exitConfig   = 78 // EX_CONFIG of sysexits.h
	exitSignal   = 130
)

// usageError is wrong use of the command line.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// errSilent fails the command without a further word: what is wrong has been printed.
var errSilent = errors.New("already said")

func exitCode(err error) int {
	var usage usageError
	var bad *config.Error
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &bad):
		return exitConfig
	case errors.As(err, &usage):
		return exitUsage
	case isConflict(err):
		return exitConflict
	case errors.Is(err, errInterrupted):
		return exitSignal
	}
	return exitFailed
}

// isConflict says that other writers of the table are why a command failed, and that it may be run again.
func isConflict(err error) bool {
	var (
		conflict  *txlog.ConflictError
		stale     *txlog.StaleSnapshotError
		overtaken *table.OvertakenError
		schema    *table.SchemaChangedError
	)
	return errors.As(err, &conflict) || errors.As(err, &stale) || errors.As(err, &overtaken) || errors.As(err, &schema) ||
		errors.Is(err, txlog.ErrTooManyAttempts)
}

// errInterrupted is the end of a command by a signal.
var errInterrupted = errors.New("interrupted")

// settle makes of the many errors that a cancelled context brings about the one that says why.
func (a *app) settle(err error) error {
	if !errors.Is(err, context.Canceled) {
		return err
	}
	select {
	case <-a.stopping:
		return errInterrupted
	default:
		return err
	}
}

// complain prints an error, each line of it as one of ours.
func complain(w io.Writer, err error) {
	for line := range strings.Lines(err.Error()) {
		fmt.Fprintln(w, "ingestd: "+strings.TrimRight(line, "\n"))
	}
}

// announce tells the user something: on a terminal as a line, above the live one where there is one, else as a log record.
func (a *app) announce(what string) {
	switch view := a.live.Load(); {
	case view != nil && view.terminal != nil:
		fmt.Fprintln(view, what)
	case output.IsTerminal(a.stderr):
		fmt.Fprintln(a.stderr, what)
	default:
		a.logger().Info(what)
	}
}

// signals makes a context that ends at the second SIGINT or SIGTERM. The first closes a.stopping,
// which commands that have work in hand wait for; for all others it ends the context at once.
func (a *app) signals(parent context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancel(parent)
	a.stopping = make(chan struct{})
	ch := make(chan os.Signal, 2)
	signal.Notify(ch, os.Interrupt, syscall.SIGTERM)
	done := make(chan struct{})
	go func() {
		defer close(done)
		select {
		case <-ch:
			close(a.stopping)
		case <-ctx.Done():
			return
		}
		if !a.graceful.Load() {
			cancel()
			return
		}
		a.announce("stopping after the batch in hand; once more to stop at once")
		select {
		case <-ch:
			cancel()
		case <-ctx.Done():
		}
	}()
	return ctx, func() {
		signal.Stop(ch)
		cancel()
		<-done
	}
}
