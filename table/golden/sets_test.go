package golden_test

import (
	"bufio"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/ingestd/ingestd/table/golden"
)

// sets are the tables of the four larger archives, by set and folder: those that counts.tsv lists, and those that lie
// beside them. Where counts.tsv has no number, these are Spark 4.2's, but for:
//   - type-widening, which Spark refuses for its old preview of changes to decimal: one row narrow, one wide;
//   - crc-malformed, which has a checksum file and no commit;
//   - app-txn-with-last-updated, with_checkpoint_no_last_checkpoint, spark-variant-stable-feature-checkpoint and
//     table-with-dv-gigantic, whose data files or deletion vectors are not in the archives;
//   - catalog-owned-preview and table-with-geo, whose features are refused by name;
//   - table-with-dv-special-char, a template: the path of its deletion vector is to be filled in.
var sets = map[string]map[string]want{
	"kernel-data": {
		"app-txn-checkpoint":                          rows(22),
		"app-txn-no-checkpoint":                       rows(22),
		"app-txn-with-last-updated":                   refused(noData),
		"basic-decimal-table":                         rows(4),
		"basic_partitioned":                           rows(6),
		"crc-full":                                    rows(0),
		"crc-malformed":                               refused(notATable),
		"data-reader-timestamp_ntz":                   rows(9),
		"external-table-different-nullability":        rows(7),
		"mixed-nulls":                                 rows(15),
		"parquet_row_group_skipping":                  rows(5),
		"parsed-stats":                                rows(600),
		"partition_cm/id":                             rows(0),
		"partition_cm/name":                           rows(0),
		"partition_cm/none":                           rows(0),
		"partitioned_with_materialize_feature":        rows(6),
		"stats-writing-all-types/delta":               rows(4),
		"table-with-cdf":                              rows(0),
		"table-with-dv-small":                         rows(8),
		"table-with-geo":                              refused("geospatial"),
		"table-without-dv-small":                      rows(10),
		"timestamp-truncation-stats":                  rows(6),
		"type-widening":                               rows(2),
		"v1-multi-part-partitioned-struct-stats-only": rows(5),
		"v1-multi-part-struct-stats-only":             rows(5),
		"v1-single-part-struct-stats-only":            rows(5),
		"v2-classic-parquet-struct-stats-only":        rows(5),
		"v2-json-sidecars-struct-stats-only":          rows(5),
		"v2-parquet-sidecars-struct-stats-only":       rows(5),
		"void-column":                                 rows(3),
		"with-short-dv":                               rows(7),
		"with_checkpoint_no_last_checkpoint":          refused(noData),
	},
	"spark-resources": {
		"dbr_8_0_non_generated_columns":           rows(0),
		"dbr_8_1_generated_columns":               rows(0),
		"delta-0.1.0":                             rows(3),
		"delta-1.2.1":                             rows(33),
		"history/delta-0.2.0":                     rows(6),
		"identity_test_written_by_version_5":      rows(3),
		"partitioned-table-with-dv-large":         rows(1990),
		"table-with-dv-gigantic":                  refused(noVector),
		"table-with-dv-large":                     rows(1993),
		"table-with-dv-small":                     rows(8),
		"table-with-dv-special-char":              refused(foreign),
		"transaction_log_schema_evolvability":     rows(18),
		"variant-stats-nested-no-checkpoint":      rows(10),
		"variant-stats-no-checkpoint":             rows(10),
		"variant-stats-state-reconstruction":      rows(1),
		"variant-stats-with-struct-no-checkpoint": rows(10),
	},
	"kernel-defaults": {
		"basic-dv-no-checkpoint":                           rows(8),
		"basic-dv-with-checkpoint":                         rows(454),
		"basic-with-checkpoint":                            rows(150),
		"catalog-owned-preview":                            refused("catalogManaged"),
		"column-mapping-id":                                rows(20),
		"data-reader-partition-values-column-mapping-name": rows(3),
		"data-reader-primitives-column-mapping-name":       rows(11),
		"kernel-pagination-all-jsons":                      rows(150),
		"kernel-pagination-multi-part-checkpoints":         rows(2000),
		"kernel-pagination-single-checkpoint":              rows(130),
		"kernel-pagination-v2-checkpoint-json":             rows(210),
		"kernel-pagination-v2-checkpoint-parquet":          rows(210),
		"spark-shredded-variant-preview-delta":             rows(102),
		"spark-variant-checkpoint":                         rows(102),
		"spark-variant-stable-feature-checkpoint":          refused(noData),
	},
	"duckdb": {
		"data/inlined/issue_303_partitioned/delta_lake":    rows(16),
		"data/inlined/null_constraints_lists/delta_lake":   rows(10),
		"data/inlined/null_constraints_structs/delta_lake": rows(10),
		"data/inlined/simple_table/delta_lake":             rows(10),
		"data/inlined/unshredded-variant":                  rows(102),
		"data/inlined/variant/basic":                       rows(1),
	},
}

// Refusals that come with a scan; the table opens.
const (
	noData   = "(no data files)"      // not in the archive
	noVector = "(no deletion vector)" // not in the archive
	foreign  = "(outside)"            // a path that leads out of the table to nowhere
)

// more are archives of the table alone, in NAME/delta or NAME. The numbers are Spark 4.2's, but for
// timestamp-partitioned-table, whose path Spark does not take.
var more = map[string]want{
	"cdf-column-mapping-id-mode":               rows(3),
	"cdf-column-mapping-name-mode":             rows(3),
	"cdf-table":                                rows(9),
	"cdf-table-data-change":                    rows(10),
	"cdf-table-delete-conditional-two-rows":    rows(8),
	"cdf-table-non-partitioned":                rows(11),
	"cdf-table-simple":                         rows(0),
	"cdf-table-with-cdc-and-dvs":               rows(5),
	"timestamp-partitioned-table":              rows(1),
	"v2-checkpoints-json-with-last-checkpoint": rows(10),
	"v2-checkpoints-json-without-sidecars":     rows(11),
	"v2-checkpoints-parquet-with-sidecars":     rows(1233),
	"v2-classic-checkpoint-json":               rows(20),
}

func TestGoldenSets(t *testing.T) {
	for set, tables := range sets {
		t.Run(set, func(t *testing.T) {
			tmp := t.TempDir()
			golden.Unpack(t, "tables/"+set+".tar.zst", tmp)
			for _, dir := range tablesBelow(t, tmp) {
				if _, ok := tables[dir]; !ok {
					t.Errorf("no expectation for %s: say what it must give", dir)
				}
			}
			for name, w := range tables {
				t.Run(strings.ReplaceAll(name, "/", "_"), func(t *testing.T) {
					check(t, findTable(t, tmp, name), "", w)
				})
			}
		})
	}
}

func TestGoldenTablesWithoutRows(t *testing.T) {
	for name, w := range more {
		t.Run(name, func(t *testing.T) {
			tmp := t.TempDir()
			golden.Unpack(t, "more/"+name+".tar.zst", tmp)
			dir := filepath.Join(tmp, name, "delta")
			if _, err := os.Stat(dir); err != nil {
				dir = filepath.Join(tmp, name)
			}
			check(t, dir, "", w)
		})
	}
}

// findTable is the folder of a table in an unpacked set, which may have a folder of its own name.
func findTable(t *testing.T, root, name string) string {
	for _, dir := range []string{filepath.Join(root, name), filepath.Join(root, "delta", name)} {
		if _, err := os.Stat(dir); err == nil {
			return dir
		}
	}
	t.Fatalf("no table %s in the archive", name)
	return ""
}

// TestGoldenSetsCoverTheCounts holds the expectations against counts.tsv, so that no table is passed over.
func TestGoldenSetsCoverTheCounts(t *testing.T) {
	f, err := os.Open(filepath.Join(golden.Dir(t), "tables", "counts.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Scan() // the head
	for lines.Scan() {
		col := strings.Split(lines.Text(), "\t")
		w, ok := sets[col[0]][col[1]]
		if !ok {
			t.Errorf("no expectation for %s of %s", col[1], col[0])
			continue
		}
		n, err := strconv.Atoi(col[3])
		if err == nil && w.refused == "" && n != w.rows {
			t.Errorf("%s of %s has %d rows, the test wants %d", col[1], col[0], n, w.rows)
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
}
