package crashtest

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"go.uber.org/goleak"

	"github.com/ingestd/ingestd/internal/config"
	"github.com/ingestd/ingestd/internal/service"
	"github.com/ingestd/ingestd/stream"
)

// The environment of a daemon: its pipeline file, and where it sends itself a signal, such as "KILL 2 batch planned".
const (
	envPipeline = "CRASHTEST_PIPELINE"
	envSignal   = "CRASHTEST_SIGNAL"
)

// TestMain makes the test binary the daemon under test too.
func TestMain(m *testing.M) {
	if file := os.Getenv(envPipeline); file != "" {
		os.Exit(daemon(file))
	}
	flag.Parse()
	if err := flag.Set("test.parallel", "4"); err != nil { // they wait for disks and for each other
		panic(err)
	}
	debug.SetGCPercent(800) // memory that is given back and taken anew is what the race detector is slow at
	goleak.VerifyTestMain(m)
}

func daemon(file string) int {
	f, err := config.Load(file, config.OS())
	if err == nil {
		log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
		err = service.Run{File: f, Stdout: os.Stdout, Logger: log, Hook: signalHook(os.Getenv(envSignal))}.Do(context.Background())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// A moment is the nth time that a daemon comes to a step.
type moment struct {
	step stream.Step
	nth  int
}

// env says to a daemon to send itself a signal at the moment.
func (m moment) env(signal string) string {
	return fmt.Sprintf("%s=%s %d %s", envSignal, signal, m.nth, m.step)
}

// signalHook sends the process the signal at the moment that env names; nil for none.
func signalHook(env string) stream.Hook {
	name, rest, _ := strings.Cut(env, " ")
	nth, step, _ := strings.Cut(rest, " ")
	n, err := strconv.ParseInt(nth, 10, 64)
	if err != nil {
		return nil
	}
	signal := map[string]syscall.Signal{"KILL": syscall.SIGKILL, "STOP": syscall.SIGSTOP}[name]
	var seen atomic.Int64
	return func(_ context.Context, s stream.Step) error {
		if s == stream.Step(step) && seen.Add(1) == n {
			if err := syscall.Kill(os.Getpid(), signal); err != nil {
				return err
			}
			if signal == syscall.SIGKILL {
				select {} // it comes at once, but not always before this line
			}
		}
		return nil
	}
}
