//go:build integration

package features

import (
	"io/fs"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/ingestd/ingestd/table/golden"
)

// goldenVersion is a version of a golden table, which Spark and we are to read.
type goldenVersion struct {
	Path    string `json:"path"` // the table
	Version int64  `json:"version"`
	table   string // its archive and its folder in there
}

// huge is an archive of a log of 300,000 files without the files; we and delta-rs count them when the benchmark opens it.
const huge = "more/300k-add-files-100-col-partitioned.tar.zst"

// goldenVersions unpacks all archives, and gives all versions that there are or were: the newest is the highest that a
// file of the log is named for, and before it are all down to 0.
func goldenVersions(t *testing.T) []goldenVersion {
	t.Helper()
	dir, tmp := golden.Dir(t), t.TempDir()
	for _, pattern := range []string{"*.tar.zst", "more/*.tar.zst", "tables/*.tar.zst"} {
		archives, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil || len(archives) == 0 {
			t.Fatalf("no golden tables %s in %s: %v", pattern, dir, err)
		}
		for _, a := range archives {
			name, err := filepath.Rel(dir, a)
			if err != nil {
				t.Fatal(err)
			}
			if name = filepath.ToSlash(name); name != huge {
				golden.Unpack(t, name, filepath.Join(tmp, strings.TrimSuffix(filepath.Base(name), ".tar.zst")))
			}
		}
	}
	var versions []goldenVersion
	err := filepath.WalkDir(tmp, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && d.Name() == "_delta_log" {
			versions = append(versions, versionsOf(t, tmp, filepath.Dir(path))...)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return versions
}

var numbered = regexp.MustCompile(`^(\d{20})\.`)

func versionsOf(t *testing.T, root, table string) (versions []goldenVersion) {
	t.Helper()
	name, err := filepath.Rel(root, table)
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(table, "_delta_log", "*"))
	if err != nil {
		t.Fatal(err)
	}
	newest := int64(-1)
	for _, f := range files {
		if m := numbered.FindStringSubmatch(filepath.Base(f)); m != nil {
			n, err := strconv.ParseInt(m[1], 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			newest = max(newest, n)
		}
	}
	for v := range newest + 1 {
		versions = append(versions, goldenVersion{Path: table, Version: v, table: filepath.ToSlash(name)})
	}
	return versions
}
