//go:build integration && linux

package exactlyonce

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/ingestd/ingestd/integration/parts"
)

// On a disk that is full the program says so in one line and fails; when there is space again it goes on. How much space
// is left decides at what it fails: the table's first version, a data file, dead letters, a commit.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	if os.Getuid() != 0 {
		t.Skip("only root can mount a small disk")
	}
	kafka := parts.SharedKafka(t)
	for _, left := range []int64{0, 8 << 10, 32 << 10, 128 << 10, 512 << 10, 1 << 20} {
		t.Run(fmt.Sprint(left, " bytes left"), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, kafka, nil)
			disk := filepath.Join(w.dir, "disk")
			mount(t, disk)
			w.p.Table = filepath.Join(disk, "table")
			stop := w.load(3000)
			w.produce(30_000)
			stop()
			ballast := fill(t, disk, left)
			p := w.p
			p.Forever, p.MaxOffsets = false, 5000
			full := w.start(p)
			if exit := w.end(full); exit.Code != 1 {
				t.Errorf("the program ended with %+v, want exit code 1", exit)
			}
			said := full.Log()
			if t.Log(said); strings.Contains(said, "\n") || !strings.HasPrefix(said, "ingestd: ") || !strings.Contains(said, "no space left") {
				t.Error("that is not one clear line")
			}
			if err := os.Remove(ballast); err != nil {
				t.Fatal(err)
			}
			w.finish()
		})
	}
}

const diskSize = 16 << 20

// mount mounts a small disk at dir.
func mount(t *testing.T, dir string) {
	t.Helper()
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%d", diskSize)); err != nil {
		t.Fatalf("mount a small disk: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Errorf("unmount %s: %v", dir, err)
		}
	})
}

// fill fills a disk but for so many bytes, with a file that it names.
func fill(t *testing.T, disk string, left int64) string {
	t.Helper()
	name := filepath.Join(disk, "ballast")
	if err := os.WriteFile(name, make([]byte, diskSize-left), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}
