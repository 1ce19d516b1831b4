package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"go.uber.org/goleak"
)

var update = flag.Bool("update", false, "write what the commands print now into the scripts and docs/commands.md")

// TestMain lets the test binary be ingestd in the scripts.
func TestMain(m *testing.M) {
	testscript.Main(noLeaks{m}, map[string]func(){
		"ingestd": main,
		"jq":      func() { must2(io.Copy(os.Stdout, os.Stdin)) }, // for an example of the help, where none is installed
	})
}

func must2[T any](_ T, err error) { must(err) }

// noLeaks runs the tests and then looks for goroutines that are left.
type noLeaks struct{ *testing.M }

// Run implements testscript.TestingM.
func (m noLeaks) Run() int {
	code := m.M.Run()
	if err := goleak.Find(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, "goroutines are left:", err)
		return 1
	}
	return code
}

func TestScripts(t *testing.T) {
	testscript.Run(t, params(newWorld(t), "testdata/script"))
}

func params(w *world, dir string) testscript.Params {
	return testscript.Params{Dir: dir, Setup: w.setup, Cmds: w.commands(), RequireExplicitExec: true, UpdateScripts: *update}
}
