//go:build integration

package cdc

import (
	"os"
	"testing"

	"github.com/ingestd/ingestd/integration/parts"
)

// program is the ingestd under test.
var program string

func TestMain(m *testing.M) { os.Exit(parts.RunProgram(m, &program)) }
