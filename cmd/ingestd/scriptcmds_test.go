package main

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
)

func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	var exit *exec.ExitError
	if err := ts.Exec(args[1], args[2:]...); errors.As(err, &exit) {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// stall makes the broker close the connection at every fetch, so that a batch never ends.
func stall(ts *testscript.TestScript, _ bool, _ []string) {
	cluster := ts.Value(clusterKey{}).(*kfake.Cluster)
	asked := make(chan struct{})
	var once sync.Once
	cluster.ControlKey(int16(kmsg.Fetch), func(kmsg.Request) (kmsg.Response, error, bool) {
		cluster.KeepControl()
		once.Do(func() { close(asked) })
		return nil, errors.New("stalled"), true
	})
	stalls.Store(cluster, asked)
}

// stalls holds, by cluster, what is closed at its first fetch.
var stalls sync.Map

func stalled(ts *testscript.TestScript, _ bool, _ []string) {
	asked, ok := stalls.Load(ts.Value(clusterKey{}))
	if !ok {
		ts.Fatalf("stalled without stall")
	}
	select {
	case <-asked.(chan struct{}):
	case <-time.After(patience):
		ts.Fatalf("no fetch came within %v", patience)
	}
}

// patience is how long a script waits for what must come.
const patience = time.Minute

func awaits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: awaits FILE TEXT")
	}
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(patience); time.Now().Before(end); <-tick.C {
		text, err := os.ReadFile(ts.MkAbs(args[0]))
		if err == nil && strings.Contains(string(text), args[1]) {
			return
		}
	}
	ts.Fatalf("%s does not come to have %q", args[0], args[1])
}

func terminate(ts *testscript.TestScript, _ bool, _ []string) {
	for _, cmd := range ts.BackgroundCmds() {
		ts.Check(cmd.Process.Signal(syscall.SIGTERM))
	}
}

func same(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: same DIR DIR")
	}
	a, b := contents(ts, args[0]), contents(ts, args[1])
	for name := range a {
		if !bytes.Equal(a[name], b[name]) {
			ts.Fatalf("%s differs", name)
		}
		delete(b, name)
	}
	for name := range b {
		ts.Fatalf("%s is in %s only", name, args[1])
	}
}

func contents(ts *testscript.TestScript, dir string) map[string][]byte {
	all := map[string][]byte{}
	root := os.DirFS(ts.MkAbs(dir))
	ts.Check(fs.WalkDir(root, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		all[path], err = fs.ReadFile(root, path)
		return err
	}))
	return all
}
