package main

import (
	"os"
	"runtime/debug"
)

// goMemory is what the Go heap keeps to, collecting more often beyond it, so that an append pipeline at
// full rate stays under 512 MiB resident. GOMEMLIMIT overrides it. What DuckDB holds for sql operators
// is not part of it, and has a limit of its own.
const goMemory = 320 << 20

func limitMemory() {
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(goMemory)
	}
}
