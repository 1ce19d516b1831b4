package alter

import "strings"

// ForNewTable are properties that a user gives a new table, with the names of Delta's own spelled as Delta spells them.
// Error: *PropertyError for one that begins with delta. and that Delta does not know, or that writers keep themselves.
func ForNewTable(properties map[string]string) (map[string]string, error) {
	out := make(map[string]string, len(properties))
	for name, value := range properties {
		lower, key := strings.ToLower(name), canonical(name)
		if !strings.HasPrefix(lower, constraintPrefix) && lower != "delta.feature.clustering" {
			if err := settable(key); err != nil {
				return nil, err
			}
		}
		if _, twice := out[key]; twice {
			return nil, &PropertyError{key, "is given twice, in different case"}
		}
		out[key] = value
	}
	return out, nil
}

// settableProperties are the properties of Delta that users set, as Spark's DeltaConfig and the protocol know them.
var settableProperties = []string{
	"delta.appendOnly", "delta.autoOptimize", "delta.autoOptimize.autoCompact", "delta.autoOptimize.optimizeWrite",
	"delta.checkpoint.writeStatsAsJson", "delta.checkpoint.writeStatsAsStruct", "delta.checkpointInterval",
	"delta.checkpointPolicy", "delta.checkpointRetentionDuration", "delta.columnMapping.mode", "delta.compatibility.symlinkFormatManifest.enabled",
	"delta.dataSkippingNumIndexedCols", "delta.dataSkippingStatsColumns", "delta.dataSkippingStringPrefixLength",
	"delta.deletedFileRetentionDuration", "delta.dropFeatureTruncateHistory.retentionDuration", "delta.enableChangeDataFeed",
	"delta.enableDeletionVectors", "delta.enableExpiredLogCleanup", "delta.enableFullRetentionRollback",
	"delta.enableIcebergCompatV1", "delta.enableIcebergCompatV2", "delta.enableIcebergCompatV3", "delta.enableInCommitTimestamps",
	"delta.enableMaterializePartitionColumnsFeature", "delta.enableRowTracking", "delta.enableTypeWidening", "delta.enableVariantShredding",
	"delta.isolationLevel", "delta.logRetentionDuration", "delta.minReaderVersion", "delta.minWriterVersion",
	"delta.parquet.compression.codec", "delta.parquet.format.version", "delta.randomPrefixLength", "delta.randomizeFilePrefixes",
	"delta.rowTrackingSuspended", "delta.sampleRetentionDuration", "delta.setTransactionRetentionDuration", "delta.targetFileSize",
	"delta.tuneFileSizesForRewrites", "delta.universalFormat.enabledFormats", "delta.writePartitionColumnsToParquet",
}

// ownProperties are kept by writers, and wrong if anyone else sets them.
var ownProperties = []string{
	"delta.columnMapping.maxColumnId", "delta.inCommitTimestampEnablementTimestamp", "delta.inCommitTimestampEnablementVersion",
	"delta.requireCheckpointProtectionBeforeVersion", "delta.rowTracking.materializedRowIdColumnName",
	"delta.rowTracking.materializedRowCommitVersionColumnName", "delta.clusteringColumns", "clusteringColumns",
}
