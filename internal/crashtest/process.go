package crashtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
)

// Process is a running program that a test kills, stops and wakes. Its methods may be called by several goroutines.
// It dies with the test.
type Process struct {
	pid     int
	stderr  string             // a file, which the next process goes on with
	stopped chan struct{}      // gets a value each time that it has stopped
	done    chan struct{}      // closed when it has ended
	status  syscall.WaitStatus // once done is closed
}

// Start starts cmd, its standard output thrown away unless cmd says where to, its errors appended to the file stderr.
func Start(cmd *exec.Cmd, stderr string) (*Process, error) {
	f, err := os.OpenFile(stderr, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	cmd.Stderr, cmd.SysProcAttr = f, ownGroup()
	p := &Process{stderr: stderr, stopped: make(chan struct{}, 1), done: make(chan struct{})}
	started := make(chan error, 1)
	go p.own(cmd, started)
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start %s: %w", cmd.Path, err)
	}
	return p, nil
}

// own starts the program and waits for it, on one thread: what makes it die with its parent means the thread.
func (p *Process) own(cmd *exec.Cmd, started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer close(p.done)
	err := cmd.Start()
	if err == nil {
		p.pid = cmd.Process.Pid
	}
	started <- err
	for err == nil {
		var status syscall.WaitStatus
		if _, err = syscall.Wait4(p.pid, &status, syscall.WUNTRACED, nil); errors.Is(err, syscall.EINTR) {
			err = nil
			continue
		}
		p.status = status
		if err != nil || !status.Stopped() {
			_ = cmd.Process.Release()
			return
		}
		select {
		case p.stopped <- struct{}{}:
		default:
		}
	}
}

// Signal sends sig, if the process has not ended.
func (p *Process) Signal(sig syscall.Signal) {
	select {
	case <-p.done:
	default:
		_ = syscall.Kill(p.pid, sig)
	}
}

// Kill ends it with SIGKILL and returns when it is gone.
func (p *Process) Kill() {
	p.Signal(syscall.SIGKILL)
	<-p.done
}

// Pause stops it with SIGSTOP and returns when it stands still, or has ended.
func (p *Process) Pause() {
	p.Signal(syscall.SIGSTOP)
	_ = p.AwaitStop(context.Background())
}

// AwaitStop returns when the process stands still. Error: that it ended, or the context's.
func (p *Process) AwaitStop(ctx context.Context) error {
	select {
	case <-p.stopped:
		return nil
	case <-p.done:
		return fmt.Errorf("it ended: %s\n%s", p.how(), p.Log())
	case <-ctx.Done():
		return fmt.Errorf("it did not stop: %w\n%s", context.Cause(ctx), p.Log())
	}
}

// Resume wakes it with SIGCONT.
func (p *Process) Resume() { p.Signal(syscall.SIGCONT) }

// Done is closed when the process has ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// Wait returns when the process has ended. Error: the context's; the process is killed then.
func (p *Process) Wait(ctx context.Context) (Exit, error) {
	select {
	case <-p.done:
		return Exit{Code: p.status.ExitStatus(), Killed: p.status.Signaled() && p.status.Signal() == syscall.SIGKILL}, nil
	case <-ctx.Done():
		p.Kill()
		return Exit{}, fmt.Errorf("it did not end: %w\n%s", context.Cause(ctx), p.Log())
	}
}

// Exit is how a process ended.
type Exit struct {
	Code   int // -1 where a signal ended it
	Killed bool
}

func (p *Process) how() string {
	if p.status.Signaled() {
		return p.status.Signal().String()
	}
	return fmt.Sprint("exit code ", p.status.ExitStatus())
}

// Log is the end of what it and those before it have written to stderr.
func (p *Process) Log() string {
	const most = 30
	text, err := os.ReadFile(p.stderr)
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return strings.Join(lines[max(0, len(lines)-most):], "\n")
}
