package parts

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

const (
	startPatience = 90 * time.Second
	stopPatience  = 30 * time.Second
)

// A server is a part that can be taken down and brought back with what it has stored. Its methods are called by one
// goroutine at a time.
type server struct {
	name  string
	ready func(context.Context) error
	host  host
}

// A host runs one server. start returns a channel that is closed if the server ends, or nil where that is not known;
// tail gives the end of the server's log.
type host interface {
	start(ctx context.Context) (<-chan struct{}, error)
	stop(ctx context.Context) error
	kill(ctx context.Context) error
	tail() string
}

// Restart starts the server again on what it has stored, after Stop or Kill, and returns when it is ready. Its
// addresses stay the same.
func (s *server) Restart(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, startPatience, fmt.Errorf("not ready within %v", startPatience))
	defer cancel()
	ended, err := s.host.start(ctx)
	if err != nil {
		return err
	}
	if err := await(ctx, ended, s.ready); err != nil {
		return fmt.Errorf("start %s: %w\n%s", s.name, err, s.host.tail())
	}
	return nil
}

// Stop ends the server in an orderly way. It is an error if it had to be killed; a stopped server is stopped.
func (s *server) Stop(ctx context.Context) error { return s.host.stop(ctx) }

// Kill ends the server with SIGKILL, or what comes next to it, and returns when it is gone.
func (s *server) Kill(ctx context.Context) error { return s.host.kill(ctx) }

// Log is the end of what the server has logged.
func (s *server) Log() string { return s.host.tail() }

// localHost runs a program of this machine.
type localHost struct {
	name    string
	command func() *exec.Cmd
	log     string
	running *process

	stopWith, killWith syscall.Signal // of programs for which SIGTERM and SIGKILL are not the right ones
}

func (h *localHost) start(context.Context) (<-chan struct{}, error) {
	if h.running != nil && h.running.alive() {
		return nil, fmt.Errorf("start %s: it is running", h.name)
	}
	p, err := launch(h.name, h.command(), h.log)
	if err != nil {
		return nil, err
	}
	h.running = p
	return p.done, nil
}

func (h *localHost) stop(ctx context.Context) error {
	if h.running == nil {
		return nil
	}
	return h.running.stop(ctx, cmp.Or(h.stopWith, syscall.SIGTERM), stopPatience)
}

func (h *localHost) kill(ctx context.Context) error {
	switch {
	case h.running == nil:
	case h.killWith != 0:
		return h.running.stop(context.WithoutCancel(ctx), h.killWith, stopPatience)
	default:
		h.running.kill()
	}
	return nil
}

func (h *localHost) tail() string { return tail(h.log) }

// tail is the last lines of a log file, with its name above them.
func tail(path string) string {
	const most = 40
	text, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return ""
	}
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimRight(string(text), "\n"), "\n")
	return fmt.Sprintf("--- %s\n%s", path, strings.Join(lines[max(0, len(lines)-most):], "\n"))
}
