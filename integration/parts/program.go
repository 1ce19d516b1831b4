package parts

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// RunProgram is [Run] for tests of the program itself: it builds ingestd, has program point to it while the tests run,
// and removes it afterwards. Up to 16 tests run side by side, for such tests wait far more than they compute.
func RunProgram(m *testing.M, program *string) int {
	flag.Parse()
	if err := flag.Set("test.parallel", "16"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	dir, err := os.MkdirTemp("", "ingestd-program-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(dir) }()
	*program = filepath.Join(dir, "ingestd")
	build := exec.Command("go", "build", "-o", *program, "github.com/ingestd/ingestd/cmd/ingestd")
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build the program: %v\n%s", err, out)
		return 1
	}
	return Run(m)
}
