package alter

import (
	"flag"
	"os"
	"testing"
)

func TestMain(m *testing.M) {
	_ = flag.Set("rapid.checks", "20") // each check is a life of a table; -rapid.checks asks for more
	flag.Parse()
	os.Exit(m.Run())
}
