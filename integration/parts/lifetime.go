package parts

import (
	"context"
	"crypto/rand"
	"regexp"
	"strings"
	"testing"
)

// obtain is share for a test.
func obtain[T any](t testing.TB, name string, start func(context.Context, string) (T, func(), error)) T {
	t.Helper()
	value, err := share(name, start)
	if err != nil {
		t.Fatal(err)
	}
	return value
}

// end takes down a test's own server, and shows the end of its log where the test has failed.
func end(t testing.TB, s *server) {
	if t.Failed() {
		t.Logf("the log of %s ends so:\n%s", s.name, s.Log())
	}
	release(s)
}

// release kills a local server. A composed one is left to its owner, but running.
func release(s *server) {
	if local, ok := s.host.(*localHost); ok {
		_ = local.kill(context.Background())
		return
	}
	ctx := context.Background()
	if s.ready(ctx) != nil {
		_ = s.Restart(ctx)
	}
}

var notInNames = regexp.MustCompile(`[^a-z0-9]+`)

// uniqueName is a name for a topic or a bucket that tells the test, and that no other run uses.
func uniqueName(t testing.TB) string {
	name := strings.Trim(notInNames.ReplaceAllString(strings.ToLower(t.Name()), "-"), "-")
	return name[:min(len(name), 40)] + "-" + strings.ToLower(rand.Text()[:8])
}
