// Package arch checks by the import graph that the rooms of the house only look down.
package arch

import (
	"os/exec"
	"strings"
	"testing"
)

const module = "github.com/ingestd/ingestd/"

// forbidden says, for a room, what none of its packages may reach, directly or through others, and why.
var forbidden = []struct{ room, reach, why string }{
	{"objstore", module + "txlog", "bytes know no tables"},
	{"objstore", "github.com/apache/arrow-go", "bytes know no rows"},
	{"txlog", module + "table", "the log is below the table"},
	{"txlog", module + "stream", "the log is below the stream"},
	{"txlog", "github.com/apache/arrow-go", "the log knows no rows"},
	{"txlog", "github.com/duckdb", "the log stays free of cgo"},
	{"table", module + "stream", "tables know no streams"},
	{"table", "github.com/twmb/franz-go", "tables know no Kafka"},
	{"table", "github.com/duckdb", "predicates come in through table/predicate"},
	{"merge", module + "stream", "MERGE knows no streams"},
	{"merge", "github.com/duckdb", "expressions come in through table/expression"},
	{"cdf", module + "stream", "a feed knows no streams"},
	{"cdf", "github.com/duckdb", "predicates come in through table/predicate"},
	{"internal/config", "github.com/twmb/franz-go", "reading a pipeline file touches nothing"},
}

// engine is the package stream itself, without the adapters in its folders.
var engine = []struct{ reach, why string }{
	{"github.com/twmb/franz-go", "the engine knows no Kafka"},
	{module + "txlog", "the engine knows no table"},
	{module + "table", "the engine knows no table"},
}

func TestRoomsOnlyLookDown(t *testing.T) {
	deps := dependencies(t)
	for pkg, reaches := range deps {
		for _, f := range forbidden {
			if pkg == module+f.room || strings.HasPrefix(pkg, module+f.room+"/") {
				check(t, pkg, reaches, f.reach, f.why)
			}
		}
		if pkg == module+"stream" {
			for _, f := range engine {
				check(t, pkg, reaches, f.reach, f.why)
			}
		}
		check(t, pkg, reaches, module+"cmd/", "nothing imports the commands")
	}
}

func check(t *testing.T, pkg string, reaches []string, forbidden, why string) {
	t.Helper()
	for _, r := range reaches {
		if r != pkg && strings.HasPrefix(r, forbidden) {
			t.Errorf("%s reaches %s: %s", pkg, r, why)
		}
	}
}

// dependencies maps each package of the module to all that it is built from.
func dependencies(t *testing.T) map[string][]string {
	t.Helper()
	out, err := exec.Command("go", "list", "-f", `{{.ImportPath}} {{join .Deps " "}}`, module+"...").CombinedOutput()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, out)
	}
	deps := map[string][]string{}
	for line := range strings.Lines(string(out)) {
		if f := strings.Fields(line); len(f) > 0 && strings.HasPrefix(f[0], module) {
			deps[f[0]] = f[1:]
		}
	}
	return deps
}
