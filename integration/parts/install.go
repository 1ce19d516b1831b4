package parts

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
)

var installed struct {
	sync.Mutex
	parts map[string]error
}

// Install makes sure that the named parts (the folders of integration/setup) are installed. It is idempotent and quick
// when they are; it downloads and builds for minutes when they are not. A failure is remembered by the process: trying
// again would fail as slowly. It may be called by any number of goroutines and processes at once.
func Install(ctx context.Context, names ...string) error {
	installed.Lock()
	defer installed.Unlock()
	if installed.parts == nil {
		installed.parts = map[string]error{}
	}
	for _, name := range names {
		err, known := installed.parts[name]
		if !known {
			err = install(ctx, name)
			if ctx.Err() == nil {
				installed.parts[name] = err
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func install(ctx context.Context, name string) error {
	root, err := Root()
	if err != nil {
		return err
	}
	dir, err := Dir()
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, "bash", filepath.Join(root, "integration", "setup", "install.sh"), name)
	cmd.Env = append(os.Environ(), "INGESTD_PARTS="+dir)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("install part %s: %w\n%s", name, err, out.Bytes())
	}
	return nil
}
