package txlog

import (
	"archive/tar"
	"bufio"
	"errors"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/ingestd/ingestd/objstore/mem"
	"github.com/ingestd/ingestd/txlog/feature"
)

// goldenTables unpacks the logs of an archive of golden tables: a store for each table in it, by path.
func goldenTables(t testing.TB, archive string) map[string]*mem.Store {
	t.Helper()
	dir := os.Getenv("GOLDEN_DIR")
	if dir == "" {
		dir = filepath.Join("..", "..", "shared", "golden")
		if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
			t.Skip("golden tables absent")
		}
	}
	f, err := os.Open(filepath.Join(dir, archive+".tar.zst"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := zstd.NewReader(bufio.NewReader(f))
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	out := map[string]*mem.Store{}
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		root, key, ok := strings.Cut(h.Name, "/_delta_log/")
		if !ok || h.Typeflag != tar.TypeReg {
			continue
		}
		root = strings.TrimPrefix(strings.TrimPrefix(root, "./"), archive+"/")
		if out[root] == nil {
			out[root] = mem.New()
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		put(t, out[root], logDir+key, string(text))
	}
}

// golden is what a table must give: counts, as delta-rs has them too, or the reason why it is refused.
type golden struct {
	version int64
	files   int
	txns    int
	refused string
}

var goldenLogs = map[string]map[string]golden{
	"basic-with-inserts-deletes-checkpoint":                          {"delta": {version: 13, files: 7}},
	"basic-with-inserts-overwrite-restore":                           {"delta": {version: 3, files: 4}},
	"basic-with-vacuum-protocol-check-feature":                       {"delta": {version: 1, files: 2}},
	"canonicalized-paths-normal-b":                                   {"delta": {version: 1}},
	"canonicalized-paths-special-b":                                  {"delta": {version: 1}},
	"corrupted-last-checkpoint-kernel":                               {"delta": {version: 11, files: 2}},
	"log-replay-special-characters":                                  {"delta": {version: 1}},
	"log-replay-special-characters-a":                                {"delta": {version: 1}},
	"snapshot-data1":                                                 {"delta": {version: 1, files: 4}},
	"snapshot-repartitioned":                                         {"delta": {version: 5, files: 2}},
	"time-travel-start-start20-start40":                              {"delta": {version: 2, files: 6}},
	"versions-not-contiguous":                                        {"delta": {refused: "gap"}},
	"deltalog-invalid-protocol-version":                              {"delta": {refused: "version"}},
	"deltalog-state-reconstruction-without-protocol":                 {"delta": {refused: "invalid"}},
	"deltalog-state-reconstruction-from-checkpoint-missing-protocol": {"delta": {refused: "invalid"}},
	"log-replay-dv-key-cases":                                        {"delta": {version: 3, files: 1}},
	"dv-with-columnmapping":                                          {"delta": {version: 15, files: 15}},
	"v2-checkpoint-json":                                             {"delta": {version: 2, files: 4}},
	"tables/kernel-data": {
		"app-txn-checkpoint": {version: 1, files: 4, txns: 2}, "app-txn-no-checkpoint": {version: 1, files: 4, txns: 2},
		"app-txn-with-last-updated": {version: 3, files: 4, txns: 4}, "with_checkpoint_no_last_checkpoint": {version: 3, files: 1},
		"parsed-stats": {version: 5, files: 6}, "external-table-different-nullability": {version: 5, files: 3},
		"parquet_row_group_skipping": {version: 1, files: 1, txns: 2}, "crc-malformed": {refused: "not a table"},
		"void-column": {version: 0, files: 3}, "v1-single-part-struct-stats-only": {version: 5, files: 5},
		"type-widening": {version: 2, files: 2},
	},
	"tables/kernel-defaults": {
		"basic-with-checkpoint": {version: 14, files: 30}, "kernel-pagination-multi-part-checkpoints": {version: 2, files: 20},
		"kernel-pagination-all-jsons": {version: 2, files: 15}, "kernel-pagination-single-checkpoint": {version: 12, files: 26},
	},
	"tables/spark-resources": {
		"delta-0.1.0": {version: 3, files: 3, txns: 1}, "history/delta-0.2.0": {version: 3, files: 3, txns: 1},
		"transaction_log_schema_evolvability": {version: 5, files: 4}, "delta-1.2.1": {version: 4, files: 3},
	},
	"tables/duckdb": {
		"data/inlined/null_constraints_lists/delta_lake": {version: 1, files: 1}, "data/inlined/issue_303_partitioned/delta_lake": {version: 11, files: 12},
	},
}

func TestGoldenLogs(t *testing.T) {
	for archive, tables := range goldenLogs {
		t.Run(archive, func(t *testing.T) {
			stores := goldenTables(t, archive)
			byName := map[string]*mem.Store{}
			for root, s := range stores {
				byName[strings.TrimPrefix(root, filepath.Base(archive)+"/")] = s
			}
			for name, want := range tables {
				t.Run(name, func(t *testing.T) {
					store := byName[name]
					if store == nil {
						t.Fatalf("no such table among %v", maps.Keys(byName))
					}
					expectGolden(t, store, want)
				})
			}
		})
	}
}

func expectGolden(t *testing.T, store *mem.Store, want golden) {
	t.Helper()
	s, err := New(store, testOptions(newClock())).Snapshot(t.Context())
	if want.refused != "" {
		if got := refusal(err); got != want.refused {
			t.Errorf("refused for %q, want %q: %v", got, want.refused, err)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	if n := len(filesOf(t, s)); s.Version() != want.version || n != want.files || len(s.state.txns) != want.txns {
		t.Errorf("version %d with %d files and %d txns, want %+v", s.Version(), n, len(s.state.txns), want)
	}
	for v := range s.Version() { // time travel goes wherever the log still reaches, and says so where it does not
		_, err := s.log.SnapshotAt(t.Context(), v)
		var missing *VersionNotFoundError
		if err != nil && refusal(err) == "" && !errors.As(err, &missing) {
			t.Errorf("version %d: %v", v, err)
		}
	}
	if s.CheckWrite() != nil {
		return
	}
	before := filesOf(t, s)
	if _, err := s.Checkpoint(t.Context()); err != nil { // what others wrote can be checkpointed by us
		t.Fatal(err)
	}
	again, err := New(store, testOptions(newClock())).Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	expectFiles(t, again, before...)
}

func refusal(err error) string {
	var (
		features *feature.UnsupportedFeatureError
		version  *feature.UnsupportedVersionError
		gap      *GapError
		invalid  *InvalidLogError
		none     *NotATableError
	)
	switch {
	case errors.As(err, &features):
		return strings.Join(sorted(features.Features), ",")
	case errors.As(err, &version):
		return "version"
	case errors.As(err, &gap):
		return "gap"
	case errors.As(err, &invalid):
		return "invalid"
	case errors.As(err, &none):
		return "not a table"
	}
	return ""
}
