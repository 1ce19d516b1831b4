package golden_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"

	"github.com/ingestd/ingestd/objstore/local"
	"github.com/ingestd/ingestd/table"
	"github.com/ingestd/ingestd/table/arrowmap"
	"github.com/ingestd/ingestd/table/arrowtest"
	"github.com/ingestd/ingestd/table/golden"
	"github.com/ingestd/ingestd/txlog"
	"github.com/ingestd/ingestd/txlog/feature"
)

// want is what a golden table gives.
type want struct {
	rows     int    // in the newest version; counted by other engines
	expected bool   // the archive holds the rows themselves
	refused  string // table features, with commas, that this version names; or one of the below
}

// Refusals that are not about features.
const (
	badVersion = "(version)"
	notATable  = "(not a table)"
	gap        = "(gap)"
	invalid    = "(invalid)"
)

func rows(n int) want              { return want{rows: n} }
func expected() want               { return want{expected: true} }
func refused(features string) want { return want{refused: features} }

// single are archives of one table each, in NAME/delta, with rows in NAME/expected.
var single = map[string]want{
	"124-decimal-decode-bug":                                         expected(),
	"basic-decimal-table-legacy":                                     expected(),
	"basic-with-inserts-deletes-checkpoint":                          expected(),
	"basic-with-inserts-overwrite-restore":                           expected(),
	"basic-with-vacuum-protocol-check-feature":                       expected(),
	"canonicalized-paths-normal-b":                                   rows(0),
	"canonicalized-paths-special-b":                                  rows(0),
	"corrupted-last-checkpoint-kernel":                               expected(),
	"data-reader-array-complex-objects":                              expected(),
	"data-reader-date-types-America":                                 expected(),
	"data-reader-date-types-Etc":                                     expected(),
	"data-reader-date-types-Jst":                                     expected(),
	"data-reader-date-types-utc":                                     expected(),
	"data-reader-map":                                                expected(),
	"data-reader-nullable-field-invalid-schema-key":                  expected(),
	"data-reader-primitives":                                         expected(),
	"data-reader-timestamp_ntz-name-mode":                            expected(),
	"data-skipping-basic-stats-all-types-checkpoint":                 expected(),
	"data-skipping-basic-stats-all-types-columnmapping-name":         expected(),
	"data-skipping-change-stats-collected-across-versions":           expected(),
	"decimal-various-scale-precision":                                expected(),
	"deltalog-commit-info":                                           refused(invalid),
	"deltalog-invalid-protocol-version":                              refused(badVersion),
	"deltalog-state-reconstruction-from-checkpoint-missing-protocol": refused(invalid),
	"deltalog-state-reconstruction-without-protocol":                 refused(invalid),
	"dv-with-columnmapping":                                          expected(),
	"kernel-timestamp-int96":                                         expected(),
	"kernel-timestamp-timestamp_micros":                              expected(),
	"log-replay-dv-key-cases":                                        expected(),
	"log-replay-special-characters":                                  expected(),
	"log-replay-special-characters-a":                                expected(),
	"no-delta-log-folder":                                            refused(notATable),
	"parquet-all-types-legacy-format":                                expected(),
	"parquet-decimal-dictionaries-v2":                                expected(),
	"parquet-decimal-type":                                           expected(),
	"snapshot-data1":                                                 expected(),
	"snapshot-data2":                                                 expected(),
	"snapshot-repartitioned":                                         expected(),
	"table-with-columnmapping-mode-id":                               expected(),
	"time-travel-partition-changes-a":                                expected(),
	"time-travel-schema-changes-a":                                   expected(),
	"time-travel-start":                                              expected(),
	"time-travel-start-start20-start40":                              expected(),
	"v2-checkpoint-json":                                             expected(),
	"versions-not-contiguous":                                        refused(gap),
}

func TestGoldenTables(t *testing.T) {
	dir := golden.Dir(t)
	archives, err := filepath.Glob(filepath.Join(dir, "*.tar.zst"))
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range archives {
		name := strings.TrimSuffix(filepath.Base(a), ".tar.zst")
		t.Run(name, func(t *testing.T) {
			w, ok := single[name]
			if !ok {
				t.Fatalf("no expectation for this table: say what it must give")
			}
			tmp := t.TempDir()
			golden.Unpack(t, name+".tar.zst", tmp)
			root := filepath.Join(tmp, name)
			check(t, filepath.Join(root, "delta"), filepath.Join(root, "expected"), w)
		})
	}
}

// check opens and scans a table.
func check(t *testing.T, dir, expectedDir string, w want) {
	t.Helper()
	store, err := local.New(dir)
	if err != nil {
		t.Fatal(err)
	}
	tab, err := table.Open(t.Context(), store)
	atScan := w.refused == noData || w.refused == noVector || w.refused == foreign
	if w.refused != "" && !atScan {
		expectRefusal(t, err, w.refused)
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	if atScan {
		expectScanRefusal(t, tab, w.refused)
		return
	}
	var got digest
	scan(t, tab, got.add)
	if !w.expected {
		if got.rows != w.rows && w.rows >= 0 {
			t.Errorf("%d rows, want %d", got.rows, w.rows)
		}
		return
	}
	s, err := tab.ScanSchema(table.ScanOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var exp digest
	readExpected(t, expectedDir, s, exp.add)
	if got == exp {
		return
	}
	var have, should rowList
	scan(t, tab, have.add)
	readExpected(t, expectedDir, s, should.add)
	slices.Sort(have)
	slices.Sort(should)
	t.Errorf("%d rows, want %d: %s", len(have), len(should), firstDifference(have, should))
}

// rowList collects rows as text.
type rowList []string

func (l *rowList) add(rec arrow.RecordBatch) { *l = append(*l, arrowtest.Rows(rec)...) }

func firstDifference(got, exp []string) string {
	for i := range max(len(got), len(exp)) {
		switch {
		case i >= len(got):
			return "missing " + exp[i]
		case i >= len(exp):
			return "extra " + got[i]
		case got[i] != exp[i]:
			return fmt.Sprintf("got  %s\nwant %s", got[i], exp[i])
		}
	}
	return "none"
}

func expectScanRefusal(t *testing.T, tab *table.Table, what string) {
	t.Helper()
	for _, err := range tab.Scan(t.Context(), table.ScanOptions{}) {
		var (
			data    *table.MissingFileError
			vector  *table.MissingDeletionVectorError
			outside *table.ForeignFileError
			path    string
			got     = "(something else)"
		)
		switch {
		case errors.As(err, &vector):
			got, path = noVector, vector.Path
		case errors.As(err, &data):
			got, path = noData, data.Path
		case errors.As(err, &outside):
			got, path = foreign, outside.URL
		}
		if got != what || !strings.Contains(err.Error(), path) {
			t.Errorf("error %v, want one for %s that names the file", err, what)
		}
		return
	}
	t.Errorf("no error, want one for %s", what)
}

func expectRefusal(t *testing.T, err error, what string) {
	t.Helper()
	if err == nil {
		t.Fatalf("was opened; should be refused for %s", what)
	}
	var (
		features *feature.UnsupportedFeatureError
		version  *feature.UnsupportedVersionError
		absent   *txlog.NotATableError
		missing  *txlog.GapError
		broken   *txlog.InvalidLogError
		got      = "(something else)"
	)
	switch {
	case errors.As(err, &features):
		slices.Sort(features.Features)
		got = strings.Join(features.Features, ",")
		if !features.Reader || !strings.Contains(err.Error(), features.Features[0]) {
			t.Errorf("the message does not name the feature: %v", err)
		}
	case errors.As(err, &version):
		got = badVersion
	case errors.As(err, &absent):
		got = notATable
	case errors.As(err, &missing):
		got = gap
	case errors.As(err, &broken):
		got = invalid
	}
	if got != what {
		t.Errorf("refused for %s, want %s: %v", got, what, err)
	}
}

func scan(t *testing.T, tab *table.Table, each func(arrow.RecordBatch)) {
	t.Helper()
	for rec, err := range tab.Scan(t.Context(), table.ScanOptions{}) {
		if err != nil {
			t.Fatal(err)
		}
		each(rec)
		rec.Release()
	}
}

// readExpected reads Parquet files with Arrow's own reader, as rows of the table's schema.
func readExpected(t *testing.T, dir string, s *arrow.Schema, each func(arrow.RecordBatch)) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".parquet" {
			return err
		}
		readParquet(t, path, s, each)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func readParquet(t *testing.T, path string, s *arrow.Schema, each func(arrow.RecordBatch)) {
	t.Helper()
	f, err := file.OpenParquetFile(path, false)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := pqarrow.NewFileReader(f, pqarrow.ArrowReadProperties{BatchSize: 1 << 16}, memory.DefaultAllocator)
	if err != nil {
		t.Fatal(err)
	}
	recs, err := r.GetRecordReader(context.Background(), nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer recs.Release()
	for recs.Next() {
		rec, err := arrowmap.Conform(t.Context(), recs.RecordBatch(), s)
		if err != nil {
			t.Fatal(err)
		}
		each(rec)
		rec.Release()
	}
	if err := recs.Err(); err != nil && !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
}
