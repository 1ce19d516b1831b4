package golden

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
)

// Dir is where the golden tables are; the test is skipped where they are absent, but for where $GOLDEN_DIR says that they
// are: there it fails.
func Dir(t testing.TB) string {
	t.Helper()
	if dir := os.Getenv("GOLDEN_DIR"); dir != "" {
		if _, err := os.Stat(dir); err != nil {
			t.Fatalf("the golden tables that $GOLDEN_DIR promises: %v", err)
		}
		return dir
	}
	wd, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for dir := wd; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			golden := filepath.Join(filepath.Dir(dir), "shared", "golden")
			if _, err := os.Stat(golden); err == nil {
				return golden
			}
			break
		}
		if dir == filepath.Dir(dir) {
			break
		}
	}
	t.Skip("golden tables absent")
	return ""
}

// Unpack extracts an archive of Dir, named by its path there ("more/cdf-table.tar.zst"), into dir.
func Unpack(t testing.TB, archive, dir string) {
	t.Helper()
	f, err := os.Open(filepath.Join(Dir(t), filepath.FromSlash(archive)))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }() // it was only read
	z, err := zstd.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	if err := extract(tar.NewReader(z), dir); err != nil {
		t.Fatalf("unpack %s: %v", archive, err)
	}
}

func extract(r *tar.Reader, dir string) error {
	for {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		name := filepath.Clean(filepath.FromSlash(h.Name))
		if !filepath.IsLocal(name) && name != "." {
			return fmt.Errorf("entry %q leads out of the archive", h.Name)
		}
		path := filepath.Join(dir, name)
		switch h.Typeflag {
		case tar.TypeDir:
			err = os.MkdirAll(path, 0o755)
		case tar.TypeReg:
			if strings.HasPrefix(filepath.Base(path), "._") { // resource forks
				continue
			}
			err = write(path, r)
		}
		if err != nil {
			return err
		}
	}
}

func write(path string, r io.Reader) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, r)
	return errors.Join(err, f.Close())
}
