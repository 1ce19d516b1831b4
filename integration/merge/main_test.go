//go:build integration

package merge

import (
	"os"
	"testing"

	"github.com/ingestd/ingestd/integration/parts"
)

func TestMain(m *testing.M) { os.Exit(parts.Run(m)) }
