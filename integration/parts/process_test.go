package parts

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestKillEndsTheWholeGroup(t *testing.T) {
	dir := t.TempDir()
	pid := filepath.Join(dir, "pid")
	p, err := launch("shell", exec.Command("sh", "-c", "sleep 60 & echo $! > "+pid+"; wait"), filepath.Join(dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	var child int
	err = await(t.Context(), p.done, func(context.Context) error {
		text, err := os.ReadFile(pid)
		if err == nil {
			child, err = strconv.Atoi(strings.TrimSpace(string(text)))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	p.kill()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	err = await(ctx, nil, func(context.Context) error {
		if running(child) {
			return errors.New("the child still runs")
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// running tells whether a process is there and no zombie.
func running(pid int) bool {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return syscall.Kill(pid, 0) == nil
	}
	return !strings.Contains(string(stat), ") Z ")
}

func TestStopKillsWhatDoesNotListen(t *testing.T) {
	dir := t.TempDir()
	log := filepath.Join(dir, "log")
	p, err := launch("deaf", exec.Command("sh", "-c", "trap '' TERM; echo up; while :; do sleep 0.1; done"), log)
	if err != nil {
		t.Fatal(err)
	}
	err = await(t.Context(), p.done, func(context.Context) error {
		if !strings.Contains(tail(log), "up") {
			return errors.New("not up")
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.stop(t.Context(), syscall.SIGTERM, 200*time.Millisecond); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("stop: %v, want that it was killed", err)
	}
	if p.alive() {
		t.Error("it is still alive")
	}
}

func TestAServerThatEndsSaysSoWithItsLog(t *testing.T) {
	s := server{name: "broken", ready: func(context.Context) error { return errors.New("not yet") }}
	s.host = &localHost{
		name:    "broken",
		command: func() *exec.Cmd { return exec.Command("sh", "-c", "echo no space left; exit 3") },
		log:     filepath.Join(t.TempDir(), "broken.log"),
	}
	err := s.Restart(t.Context())
	if !errors.Is(err, errEnded) || !strings.Contains(err.Error(), "no space left") {
		t.Errorf("got %v", err)
	}
}

func TestFreePortsAreDistinct(t *testing.T) {
	ports, err := freePorts(20)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[int]bool{}
	for _, port := range ports {
		if seen[port] {
			t.Errorf("port %d twice", port)
		}
		seen[port] = true
	}
}
