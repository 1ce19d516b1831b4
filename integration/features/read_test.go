//go:build integration

package features

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/ingestd/ingestd/integration/parts"
	"github.com/ingestd/ingestd/objstore/local"
	"github.com/ingestd/ingestd/table"
)

// A reader reads a table in a local folder: the newest version, or one that parts.AtVersion names.
type reader interface {
	Read(ctx context.Context, path string, options ...parts.Option) (parts.Rows, error)
}

// make has Spark make the table, and gives its folder.
func (m made) make(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "table")
	spark := parts.Spark(t)
	for k, v := range m.conf {
		m.spark(t, dir, "SET "+k+"="+v)
		defer m.spark(t, dir, "RESET "+k)
	}
	if m.python != "" {
		if err := spark.Exec(t.Context(), m.python+"\nresult = None", map[string]any{"path": dir}, nil); err != nil {
			t.Fatal(err)
		}
	}
	for _, q := range m.sql {
		m.spark(t, dir, q)
	}
	return dir
}

func (m made) spark(t *testing.T, dir, query string) {
	t.Helper()
	query = strings.ReplaceAll(query, "$t", "delta.`"+dir+"`")
	code, isPython := strings.CutPrefix(query, "python: ")
	if !isPython {
		code = "spark.sql(query).collect()"
	}
	if err := parts.Spark(t).Exec(t.Context(), code+"\nresult = None", map[string]any{"query": query, "path": dir}, nil); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}

// ours reads a table with package table, opened anew as another process would.
func ours(ctx context.Context, dir string, version int64) (parts.Rows, error) {
	s, err := local.New(dir)
	if err != nil {
		return parts.Rows{}, err
	}
	tab, err := table.OpenAt(ctx, s, version)
	if err != nil {
		return parts.Rows{}, err
	}
	var batches []arrow.RecordBatch
	defer func() {
		for _, b := range batches {
			b.Release()
		}
	}()
	for batch, err := range tab.Scan(ctx, table.ScanOptions{}) {
		if err != nil {
			return parts.Rows{}, err
		}
		batches = append(batches, batch)
	}
	as, err := tab.ScanSchema(table.ScanOptions{})
	if err != nil {
		return parts.Rows{}, err
	}
	return asJSON(as, batches)
}

// same holds that all who can read a version find what Spark finds there.
func (m made) same(t *testing.T, dir string, version int64) {
	t.Helper()
	want, err := parts.Spark(t).Read(t.Context(), dir, parts.AtVersion(version))
	if err != nil {
		t.Errorf("version %d: spark: %v", version, err)
		return
	}
	m.sameAs(t, dir, version, want)
}

// sameAs holds that all but Spark find these rows in a version, if they can read it.
func (m made) sameAs(t *testing.T, dir string, version int64, want parts.Rows) {
	t.Helper()
	got, err := ours(t.Context(), dir, version)
	if err != nil {
		t.Errorf("version %d: %v", version, err)
		return
	}
	parts.SameRows(t, "ingestd", want, got)
	var wait sync.WaitGroup
	for name, r := range map[string]reader{"delta-rs": parts.DeltaRS(t), "duckdb": parts.DuckDB(t)} {
		wait.Go(func() {
			got, err := r.Read(t.Context(), dir, parts.AtVersion(version))
			if _, blind := m.blind[name]; blind {
				return
			}
			if err != nil {
				var refused *parts.EngineError
				errors.As(err, &refused)
				t.Errorf("version %d: %s: %v", version, name, err)
				return
			}
			if len(got.Columns) == len(want.Columns) && !slices.ContainsFunc(want.Columns, func(c string) bool { return !slices.Contains(got.Columns, c) }) {
				got = got.Project(want.Columns...)
			}
			parts.SameRows(t, name, want, got)
		})
	}
	wait.Wait()
}

// newest is the version that the log ends with.
func newest(t *testing.T, dir string) int64 {
	t.Helper()
	s, err := local.New(dir)
	if err != nil {
		t.Fatal(err)
	}
	tab, err := table.Open(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	return tab.Version()
}

// TestWeReadEveryVersionOfWhatSparkMakes also holds that fsck finds nothing wrong with it.
func TestWeReadEveryVersionOfWhatSparkMakes(t *testing.T) {
	for _, m := range tables {
		t.Run(m.name, func(t *testing.T) {
			dir := m.make(t)
			for v := range newest(t, dir) + 1 {
				m.same(t, dir, v)
			}
			m.sound(t, dir)
		})
	}
}
