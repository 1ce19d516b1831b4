package parts

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"time"
)

// A process is a running program with an owner: one goroutine started it, waits for it, and ends when it has ended.
// The program leads a process group of its own, and is killed when this process dies.
type process struct {
	name string
	cmd  *exec.Cmd
	done chan struct{} // closed when the program has ended
}

// launch starts cmd, as the user that cmd names. Its standard error, and its standard output unless cmd has one, are appended to the file log.
func launch(name string, cmd *exec.Cmd, log string) (*process, error) {
	out, err := os.OpenFile(log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	if cmd.Stdout == nil {
		cmd.Stdout = out
	}
	cmd.Stderr = out
	group := ownGroup()
	if cmd.SysProcAttr != nil {
		group.Credential = cmd.SysProcAttr.Credential
	}
	cmd.SysProcAttr = group

	p := &process{name: name, cmd: cmd, done: make(chan struct{})}
	started := make(chan error, 1)
	go p.own(started, out)
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	return p, nil
}

// own runs the program from one thread for as long as it lives: the kernel's "die with the parent" means the thread.
func (p *process) own(started chan<- error, log *os.File) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer close(p.done)
	defer func() { _ = log.Close() }()
	err := p.cmd.Start()
	started <- err
	if err != nil {
		return
	}
	_ = p.cmd.Wait() // how a server ended is for its log to say
	p.signal(syscall.SIGKILL)
}

// signal sends to the whole group; a group that is gone is no error.
func (p *process) signal(sig syscall.Signal) {
	_ = syscall.Kill(-p.cmd.Process.Pid, sig)
}

func (p *process) alive() bool {
	select {
	case <-p.done:
		return false
	default:
		return true
	}
}

// kill ends the group at once and returns when the program is gone.
func (p *process) kill() {
	p.signal(syscall.SIGKILL)
	<-p.done
}

// stop asks the program to end by a signal, and kills it when it has not within patience or ctx is done, which is an error.
func (p *process) stop(ctx context.Context, sig syscall.Signal, patience time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	p.signal(sig)
	select {
	case <-p.done:
		return nil
	case <-ctx.Done():
		p.kill()
		return fmt.Errorf("stop %s: killed: %w", p.name, context.Cause(ctx))
	}
}

// errEnded says that a program ended before it was ready.
var errEnded = errors.New("the program ended")

// await calls ready until it returns nil, at most until ctx is done or ended is closed. A nil ended never ends.
func await(ctx context.Context, ended <-chan struct{}, ready func(context.Context) error) error {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		try, cancel := context.WithTimeout(ctx, 2*time.Second)
		err := ready(try)
		cancel()
		if err == nil {
			return nil
		}
		select {
		case <-ended:
			return errEnded
		case <-ctx.Done():
			return fmt.Errorf("%w; last: %w", context.Cause(ctx), err)
		case <-tick.C:
		}
	}
}
