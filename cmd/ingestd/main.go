// Command ingestd lands streams in Delta tables, exactly once, and looks after the tables.
//
// The commands are thin: flags and files in, tables and text out. What they do is done by package service and below.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/ingestd/ingestd/internal/config"
	"github.com/ingestd/ingestd/txlog"
)

func main() {
	os.Exit(run(os.Args[1:]))
}

func run(args []string) int {
	a := &app{stdout: os.Stdout, stderr: os.Stderr, env: config.OS()}
	ctx, stop := a.signals(context.Background())
	defer stop()
	root := a.root()
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err != nil && !errors.Is(err, errSilent) {
		fmt.Fprintln(a.stderr, "ingestd: "+message(err))
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
	var conflict *txlog.ConflictError
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &bad):
		return exitConfig
	case errors.As(err, &usage):
		return exitUsage
	case errors.As(err, &conflict):
		return exitConflict
	case errors.Is(err, context.Canceled):
		return exitSignal
	}
	return exitFailed
}

func message(err error) string {
	if errors.Is(err, context.Canceled) {
		return "interrupted"
	}
	return err.Error()
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
		fmt.Fprintln(a.stderr, "\nstopping after the batch in hand; once more to stop at once")
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
