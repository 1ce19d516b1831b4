package feature

// all is every feature of the protocol and of known previews. Those of later issues stand here with
// the level No, so that they are refused by name.
var all = []Feature{
	appendOnly, invariants, checkConstraints, changeDataFeed, generatedColumns, columnMapping, identityColumns,
	timestampNtz, vacuumProtocolCheck, domainMetadata, inCommitTimestamp, allowColumnDefaults,
	variantType, variantTypePreview, icebergCompatV1, icebergCompatV2, icebergCompatV3,

	deletionVectors, v2Checkpoint, typeWidening, typeWideningPreview, variantShredding, variantShreddingPreview,
	rowTracking, clustering, checkpointProtection, materializePartitionColumns,

	unsupported("catalogManaged", true, "inCommitTimestamp", "vacuumProtocolCheck"),
	unsupported("catalogOwned-preview", true, "inCommitTimestamp", "vacuumProtocolCheck"),
	unsupported("coordinatedCommits-preview", false, "inCommitTimestamp", "vacuumProtocolCheck"),
	unsupported("managedCommit-preview", false, "inCommitTimestamp"),
	unsupported("icebergWriterCompatV1", false, "icebergCompatV2"), unsupported("icebergWriterCompatV3", false, "icebergCompatV3"),
	unsupported("collations", false, "domainMetadata"), unsupported("collations-preview", false, "domainMetadata"),
	unsupported("geospatial", true), unsupported("geospatial-preview", true), unsupported("geospatial-dev", true),
	unsupported("timestampNanos", true), unsupported("timestampNanos-preview", true),
	unsupported("redirectReaderWriter", true), unsupported("redirectReaderWriter-preview", true),
	unsupported("redirectWriterOnly", false), unsupported("redirectWriterOnly-preview", false),
	unsupported("adaptiveMetadata-preview", true, "catalogManaged", "rowTracking", "deletionVectors", "columnMapping"),
}

// unsupported is a feature that is known by name only, and refused by it. One of writers only does
// not hinder reading.
func unsupported(name string, readerWriter bool, requires ...string) Feature {
	f := Feature{Name: name, ReaderWriter: readerWriter, Read: Full, Requires: requires, KeptBecause: "this version of ingestd does not write tables that have it"}
	if readerWriter {
		f.Read = No
	}
	return f
}
