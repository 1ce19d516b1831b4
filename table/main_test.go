package table

import (
	"flag"
	"testing"

	"go.uber.org/goleak"
)

// TestMain draws fewer cases than rapid does by itself, since each is a table; -rapid.checks asks for more.
func TestMain(m *testing.M) {
	_ = flag.Set("rapid.checks", "40")
	goleak.VerifyTestMain(m)
}
