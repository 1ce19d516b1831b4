package checkpoint

import (
	"flag"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	_ = flag.Set("rapid.checks", "30") // each writes a file; -rapid.checks asks for more
	goleak.VerifyTestMain(m)
}
