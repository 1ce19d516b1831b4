//go:build integration

package features

import "strings"

// exception is why versions of a golden table are held against nobody: neither we nor Spark read them.
type exception struct {
	why         string
	ours, spark string // part of the error of each
}

// holds tells whether that is still so.
func (x exception) holds(ours error, spark string) bool {
	return ours != nil && spark != "" && strings.Contains(ours.Error(), x.ours) && strings.Contains(spark, x.spark)
}

// absent is a table whose data files are not in its archive, or not those of some versions.
var absent = exception{"files of it are not in the archive", "is missing", "does not exist"}

// goldenExceptions are all such tables. A version of one that can be read is compared nevertheless.
var goldenExceptions = map[string]exception{
	"canonicalized-paths-normal-b/canonicalized-paths-normal-b/delta":       absent,
	"canonicalized-paths-special-b/canonicalized-paths-special-b/delta":     absent,
	"log-replay-special-characters/log-replay-special-characters/delta":     absent,
	"log-replay-special-characters-a/log-replay-special-characters-a/delta": absent,
	"kernel-data/app-txn-with-last-updated":                                 absent,
	"kernel-data/table-with-cdf":                                            absent,
	"kernel-data/with_checkpoint_no_last_checkpoint":                        absent,
	"kernel-defaults/spark-variant-stable-feature-checkpoint":               absent,
	"spark-resources/table-with-dv-gigantic":                                absent,
	"spark-resources/table-with-dv-special-char": {
		"it is a template: the path of its deletion vector is to be filled in", "{{FOLDER_WITH_SPECIAL_CHAR}}", "{{FOLDER_WITH_SPECIAL_CHAR}}",
	},
	"deltalog-commit-info/deltalog-commit-info/delta": {
		"its metadata has no schema", "its metaData action has no schema", "DELTA_READ_TABLE_WITHOUT_COLUMNS",
	},
	"deltalog-invalid-protocol-version/deltalog-invalid-protocol-version/delta": {
		"a reader of version 99 is demanded", "minReaderVersion is 99", "DELTA_INVALID_PROTOCOL_VERSION",
	},
	"deltalog-state-reconstruction-from-checkpoint-missing-protocol/deltalog-state-reconstruction-from-checkpoint-missing-protocol/delta": {
		"its checkpoint has no protocol, its commits have no metadata", "", "DELTA_STATE_RECOVER_ERROR",
	},
	"deltalog-state-reconstruction-without-protocol/deltalog-state-reconstruction-without-protocol/delta": {
		"its log has no protocol", "no protocol action", "DELTA_STATE_RECOVER_ERROR",
	},
	"versions-not-contiguous/versions-not-contiguous/delta": {
		"a commit is missing, and the others have no schema", "", "DELTA_VERSIONS_NOT_CONTIGUOUS",
	},
	"kernel-data/crc-malformed":             {"it has a checksum file and no commit", "is not a Delta table", "DELTA_NO_COMMITS_FOUND"},
	"kernel-data/table-with-geo":            {"nobody knows the feature geospatial", "geospatial", "DELTA_GEOSPATIAL_NOT_SUPPORTED"},
	"kernel-defaults/catalog-owned-preview": {"its catalog is not here; Spark misses a feature of it first", "catalogManaged", "DELTA_FEATURES_PROTOCOL_METADATA_MISMATCH"},
}
