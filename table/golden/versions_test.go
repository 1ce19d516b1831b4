package golden_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ingestd/ingestd/objstore/local"
	"github.com/ingestd/ingestd/table"
	"github.com/ingestd/ingestd/table/golden"
	"github.com/ingestd/ingestd/table/stats"
	"github.com/ingestd/ingestd/txlog"
	"github.com/ingestd/ingestd/txlog/schema"
)

// huge are archives too large to be read at every version.
var huge = map[string]bool{"300k-add-files-100-col-partitioned": true}

// TestGoldenTablesAtEveryVersion reads all versions that the logs of all tables still have, and holds the number of rows
// against the statistics in the log.
func TestGoldenTablesAtEveryVersion(t *testing.T) {
	dir := golden.Dir(t)
	var archives []string
	for _, pattern := range []string{"*.tar.zst", "more/*.tar.zst", "tables/*.tar.zst"} {
		found, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil {
			t.Fatal(err)
		}
		archives = append(archives, found...)
	}
	versions := 0
	for _, a := range archives {
		name, err := filepath.Rel(dir, a)
		if err != nil {
			t.Fatal(err)
		}
		if huge[strings.TrimSuffix(filepath.Base(name), ".tar.zst")] {
			continue
		}
		tmp := t.TempDir()
		golden.Unpack(t, filepath.ToSlash(name), tmp)
		for _, root := range tablesBelow(t, tmp) {
			versions += everyVersion(t, filepath.Join(tmp, root), root)
		}
	}
	t.Logf("%d versions were read", versions)
}

// tablesBelow are the folders with a log.
func tablesBelow(t *testing.T, root string) []string {
	var out []string
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && d.Name() == "_delta_log" {
			var rel string
			rel, err = filepath.Rel(root, filepath.Dir(path))
			out = append(out, filepath.ToSlash(rel))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// everyVersion reads all versions of one table that can be read, and gives how many.
func everyVersion(t *testing.T, dir, name string) int {
	t.Helper()
	store, err := local.New(dir)
	if err != nil {
		t.Fatal(err)
	}
	last, err := table.Open(t.Context(), store)
	if err != nil {
		return 0 // the other tests say which and why
	}
	read, seen := 0, map[string]int{}
	for v := last.Version(); v >= 0; v-- {
		at, err := last.At(t.Context(), v)
		var gone *txlog.VersionNotFoundError
		if errors.As(err, &gone) {
			break // the log has been cleaned up before
		}
		rows := 0
		if err == nil {
			rows, err = readAll(t, at, seen)
		}
		if err != nil {
			mayMiss(t, dir, fmt.Sprintf("%s at version %d", name, v), err)
			continue
		}
		if n, ok := rowsByLog(t, at); ok && n != rows {
			t.Errorf("%s has %d rows at version %d, the statistics of its files say %d", name, rows, v, n)
		}
		read++
	}
	return read
}

// readAll reads all rows of a version, but for files that were read before with the same schema and deletion vector.
func readAll(t *testing.T, at *table.Table, seen map[string]int) (int, error) {
	t.Helper()
	total := 0
	for add, err := range at.Snapshot().Files(t.Context()) {
		if err != nil {
			return 0, err
		}
		key := add.Path + at.Snapshot().Metadata().SchemaString
		if d := add.DeletionVector; d != nil {
			key += fmt.Sprint(d.StorageType, d.PathOrInlineDv, d.SizeInBytes, d.Cardinality)
		}
		n, ok := seen[key]
		if !ok {
			for rows, err := range at.ScanFile(t.Context(), at.Snapshot(), add, table.ScanOptions{}) {
				if err != nil {
					return 0, err
				}
				n += len(rows.Positions)
				rows.Release()
			}
			seen[key] = n
		}
		total += n
	}
	return total, nil
}

// mayMiss takes an error only where it names a file that the archive does not have.
func mayMiss(t *testing.T, dir, what string, err error) {
	t.Helper()
	var data *table.MissingFileError
	var vector *table.MissingDeletionVectorError
	var outside *table.ForeignFileError
	switch {
	case errors.As(err, &vector), errors.As(err, &outside):
		if !strings.HasPrefix(what, "table-with-dv-") {
			t.Errorf("%s: %v", what, err)
		}
	case errors.As(err, &data):
		if _, gone := os.Stat(filepath.Join(dir, data.Path)); gone == nil {
			t.Errorf("%s: %v, but the file is there", what, err)
		}
	default:
		t.Errorf("%s: %v", what, err)
	}
}

// rowsByLog is how many rows statistics and deletion vectors say that there are; false where a file has none.
func rowsByLog(t *testing.T, at *table.Table) (int, bool) {
	t.Helper()
	dec := stats.NewDecoder(&schema.Struct{}, nil)
	n := int64(0)
	for add, err := range at.Snapshot().Files(t.Context()) {
		if err != nil {
			t.Error(fmt.Errorf("files of %s: %w", at.Location(), err))
			return 0, false
		}
		if add.Stats == nil {
			return 0, false
		}
		s, err := dec.Decode(*add.Stats)
		if err != nil || s.NumRecords < 0 {
			return 0, false
		}
		n += s.NumRecords
		if add.DeletionVector != nil {
			n -= add.DeletionVector.Cardinality
		}
	}
	return int(n), true
}
