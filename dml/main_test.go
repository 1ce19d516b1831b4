package dml

import (
	"flag"
	"testing"

	"go.uber.org/goleak"
)

// TestMain draws fewer cases than rapid does by itself, since each is a table with a history; -rapid.checks asks for more.
func TestMain(m *testing.M) {
	_ = flag.Set("rapid.checks", "30")
	goleak.VerifyTestMain(m)
}
