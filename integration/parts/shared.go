package parts

import (
	"context"
	"fmt"
	"os"
	"sync"
	"testing"
)

// shared holds what the test binary has started once for all its tests.
var shared struct {
	sync.Mutex
	dir     string
	entries map[string]*entry
}

type entry struct {
	once  sync.Once
	value any
	err   error
	close func()
}

// share returns the one value under name, which start makes at the first call, with a folder for its files. A failure
// to start it is remembered.
func share[T any](name string, start func(ctx context.Context, dir string) (T, func(), error)) (T, error) {
	e, err := sharedEntry(name)
	if err != nil {
		var none T
		return none, err
	}
	e.once.Do(func() {
		var dir string
		if dir, e.err = os.MkdirTemp(shared.dir, name+"-"); e.err != nil {
			return
		}
		// Not a test's context: what is shared outlives the test that asked first.
		value, end, err := start(context.Background(), dir)
		if e.err = err; err == nil {
			e.value, e.close = value, end
		}
	})
	if e.err != nil {
		var none T
		return none, e.err
	}
	return e.value.(T), nil
}

func sharedEntry(name string) (*entry, error) {
	shared.Lock()
	defer shared.Unlock()
	if shared.entries == nil {
		dir, err := os.MkdirTemp("", "ingestd-parts-")
		if err != nil {
			return nil, fmt.Errorf("share %s: %w", name, err)
		}
		shared.dir, shared.entries = dir, map[string]*entry{}
	}
	if shared.entries[name] == nil {
		shared.entries[name] = &entry{}
	}
	return shared.entries[name], nil
}

// Close ends all that is shared and removes its files. What is asked for afterwards is started anew.
func Close() {
	shared.Lock()
	defer shared.Unlock()
	for _, e := range shared.entries {
		e.once.Do(func() {})
		if e.close != nil {
			e.close()
		}
	}
	if shared.dir != "" {
		_ = os.RemoveAll(shared.dir)
	}
	shared.dir, shared.entries = "", nil
}

// Run runs the tests and then [Close], for a TestMain: os.Exit(parts.Run(m)).
func Run(m *testing.M) int {
	defer Close()
	return m.Run()
}
