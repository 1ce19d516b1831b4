package service

import (
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/ingestd/ingestd/internal/config"
)

func TestHalfWrittenFilesOfDeadProcessesAreRemovedLater(t *testing.T) {
	dir := t.TempDir()
	now := time.Now()
	files := map[string]bool{ // and whether each stays
		".ingestd-1.tmp": false, "date=1/.ingestd-2.tmp": false, ".ingestd-young.tmp": true, "part-1.parquet": true,
	}
	for name, stays := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if !stays || name == "part-1.parquet" {
			if err := os.Chtimes(path, now, now.Add(-25*time.Hour)); err != nil {
				t.Fatal(err)
			}
		}
	}
	q := &config.Query{Sink: config.Sink{Delta: &config.Delta{Table: dir}}, DeadLetter: config.DeadLetter{Table: dir + "-none"}}
	removeStale(t.Context(), Tables{}, &config.File{Queries: []*config.Query{q}}, now, slog.New(slog.DiscardHandler))
	for name, stays := range files {
		if _, err := os.Stat(filepath.Join(dir, name)); (err == nil) != stays {
			t.Errorf("%s: %v, should stay: %v", name, err, stays)
		}
	}
}
