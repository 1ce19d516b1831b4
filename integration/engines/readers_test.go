//go:build integration

package engines

import (
	"context"
	"slices"
	"sync"
	"testing"

	"github.com/ingestd/ingestd/integration/parts"
	"github.com/ingestd/ingestd/table"
)

// A reader reads a table in a local folder: the newest version, or one that parts.AtVersion names.
type reader interface {
	Read(ctx context.Context, path string, options ...parts.Option) (parts.Rows, error)
}

// others are the engines that judge us.
func others(t testing.TB) map[string]reader {
	return map[string]reader{"spark": parts.Spark(t), "delta-rs": parts.DeltaRS(t), "duckdb": parts.DuckDB(t)}
}

// all are the others and ourselves.
func all(t testing.TB) map[string]reader {
	readers := others(t)
	readers["ingestd"] = ourReader{t}
	return readers
}

type ourReader struct{ t testing.TB }

// Read opens the table anew, as another process would.
func (r ourReader) Read(ctx context.Context, path string, options ...parts.Option) (parts.Rows, error) {
	tab, err := table.Open(ctx, store(r.t, path))
	if err != nil {
		return parts.Rows{}, err
	}
	for _, o := range options {
		if version, ok := o["version"]; ok {
			if tab, err = tab.At(ctx, version.(int64)); err != nil {
				return parts.Rows{}, err
			}
		}
	}
	return scan(ctx, tab, table.ScanOptions{})
}

// agree holds that all readers find these rows in the table at path. Engines differ in where they put partition columns;
// want's order counts.
func agree(t *testing.T, what, path string, want parts.Rows, options ...parts.Option) {
	t.Helper()
	agreeAmong(t, all(t), what, path, want, options...)
}

func agreeAmong(t *testing.T, readers map[string]reader, what, path string, want parts.Rows, options ...parts.Option) {
	t.Helper()
	var wait sync.WaitGroup
	for name, r := range readers {
		wait.Go(func() {
			got, err := r.Read(t.Context(), path, options...)
			if err != nil {
				t.Errorf("%s: %s: %v", what, name, err)
				return
			}
			if len(got.Columns) == len(want.Columns) && !slices.ContainsFunc(want.Columns, func(c string) bool { return !slices.Contains(got.Columns, c) }) {
				got = got.Project(want.Columns...)
			}
			parts.SameRows(t, what+": "+name, want, got)
		})
	}
	wait.Wait()
}

// joined are the rows of several forms with the same columns.
func joined(forms ...parts.Rows) parts.Rows {
	out := parts.Rows{Columns: forms[0].Columns, Types: forms[0].Types, Rows: [][]string{}}
	for _, f := range forms {
		out.Rows = append(out.Rows, f.Rows...)
	}
	slices.SortFunc(out.Rows, slices.Compare[[]string])
	return out
}
