//go:build integration

package features

import (
	"errors"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ingestd/ingestd/integration/parts"
	"github.com/ingestd/ingestd/objstore/local"
	"github.com/ingestd/ingestd/table"
	"github.com/ingestd/ingestd/table/golden"
	"github.com/ingestd/ingestd/txlog"
)

// tooLarge is an archive whose versions take long to read; its newest is read by the benchmark.
const tooLarge = "300k-add-files-100-col-partitioned"

// TestGoldenTablesAreAtEveryVersionAsOthersReadThem holds what we read of tables that others wrote, at each version that their logs still have,
// against delta-rs and, where that cannot read it or reads something else, against Spark.
func TestGoldenTablesAreAtEveryVersionAsOthersReadThem(t *testing.T) {
	dir := golden.Dir(t)
	var g goldens
	for _, pattern := range []string{"*.tar.zst", "more/*.tar.zst", "tables/*.tar.zst"} {
		archives, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range archives {
			if strings.Contains(a, tooLarge) {
				continue
			}
			name, err := filepath.Rel(dir, a)
			if err != nil {
				t.Fatal(err)
			}
			tmp := t.TempDir()
			golden.Unpack(t, filepath.ToSlash(name), tmp)
			g.below(t, tmp)
		}
	}
	t.Logf("%d versions: %d as delta-rs reads them, %d as Spark does, %d that neither can read", g.versions, g.deltaRS, g.spark, g.nobody)
	if g.deltaRS+g.spark < 500 {
		t.Error("too few were compared")
	}
}

// goldens counts what was compared.
type goldens struct{ versions, deltaRS, spark, nobody int }

// below compares all tables below a folder.
func (g *goldens) below(t *testing.T, root string) {
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && d.Name() == "_delta_log" {
			g.table(t, filepath.Dir(path))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// table compares all versions of one table. That those are refused which must be is what package golden tests.
func (g *goldens) table(t *testing.T, dir string) {
	store, err := local.New(dir)
	if err != nil {
		t.Fatal(err)
	}
	last, err := table.Open(t.Context(), store)
	if err != nil {
		return
	}
	for v := last.Version(); v >= 0; v-- {
		got, err := ours(t.Context(), dir, v)
		if gone := (*txlog.VersionNotFoundError)(nil); errors.As(err, &gone) {
			return
		}
		if err == nil {
			g.versions++
			g.compare(t, dir, v, got)
		}
	}
}

func (g *goldens) compare(t *testing.T, dir string, version int64, got parts.Rows) {
	theirs, err := parts.DeltaRS(t).Read(t.Context(), dir, parts.AtVersion(version))
	if err == nil && theirs.Diff(got) == "" {
		g.deltaRS++
		return
	}
	want, err := (made{}).bySpark(t, dir, parts.AtVersion(version))
	if err != nil {
		g.nobody++
		return
	}
	if d := want.Diff(got); d != "" {
		t.Errorf("%s at version %d: %s", filepath.Base(dir), version, d)
		return
	}
	g.spark++
}
