package feature

// all is every feature of the protocol and of known previews. Those of later issues stand here with
// the level No, so that they are refused by name.
var all = []Feature{
	appendOnly, invariants, checkConstraints, changeDataFeed, generatedColumns, columnMapping, identityColumns,
	timestampNtz, vacuumProtocolCheck, domainMetadata, inCommitTimestamp, allowColumnDefaults,
	variantType, variantTypePreview, icebergCompatV1, icebergCompatV2, icebergCompatV3,

	deletionVectors, v2Checkpoint, typeWidening, typeWideningPreview, variantShredding, variantShreddingPreview,
	rowTracking, clustering, checkpointProtection, materializePartitionColumns,

	unsupported("catalogManaged", true), unsupported("catalogOwned-preview", true),
	unsupported("coordinatedCommits-preview", false), unsupported("managedCommit-preview", false),
	unsupported("icebergWriterCompatV1", false), unsupported("icebergWriterCompatV3", false),
	unsupported("collations", false), unsupported("collations-preview", false),
	unsupported("geospatial", true), unsupported("geospatial-preview", true), unsupported("geoSpatial", true),
	unsupported("timestampNanos", true), unsupported("timestampNanos-preview", true),
	unsupported("redirectReaderWriter", true), unsupported("redirectReaderWriter-preview", true),
	unsupported("redirectWriterOnly", false), unsupported("redirectWriterOnly-preview", false),
	unsupported("adaptiveMetadata-preview", true),
}

// unsupported is a feature that is known by name only, and by the metadata that would ask for it.
// One of writers only does not hinder reading.
func unsupported(name string, readerWriter bool, active ...func(Table) bool) Feature {
	f := Feature{Name: name, ReaderWriter: readerWriter, Read: Full}
	if readerWriter {
		f.Read = No
	}
	if len(active) > 0 {
		f.Active = active[0]
	}
	return f
}
