//go:build integration

package features

import (
	"os"
	"testing"

	"github.com/ingestd/ingestd/integration/parts"
)

func TestMain(m *testing.M) { os.Exit(parts.RunProgram(m, &program)) }
