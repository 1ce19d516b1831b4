package feature

import (
	"strings"

	"github.com/ingestd/ingestd/txlog/schema"
)

// The features that are always listed by name.
var (
	timestampNtz = Feature{
		Name: "timestampNtz", ReaderWriter: true, Read: Full, Write: Full, Active: hasType(schema.TimestampNTZ),
		TurnedOn:    "a TIMESTAMP_NTZ column",
		KeptBecause: "Spark cannot drop it; a table without such columns is not bound by it",
		Readers:     "reads timestamps that are not of UTC as wall-clock times",
		Writers:     "stores such columns with isAdjustedToUTC = false",
	}
	// vacuumProtocolCheck binds VACUUM alone.
	vacuumProtocolCheck = Feature{
		Name: "vacuumProtocolCheck", ReaderWriter: true, Read: Full, Write: Full, Droppable: true,
		TurnedOn: "delta.feature.vacuumProtocolCheck = supported",
		Readers:  "nothing but to know it",
		Writers:  "VACUUM checks the protocol of writers, not only that of readers",
	}
	// domainMetadata asks writers to keep the domains and to see their conflicts, which the log does.
	domainMetadata = Feature{
		Name: "domainMetadata", Read: Full, Write: Full, Droppable: true,
		TurnedOn: "delta.feature.domainMetadata = supported, and features that need it",
		Writers:  "keeps domains that it does not know; two commits to one domain conflict",
	}
	inCommitTimestamp = Feature{
		Name: "inCommitTimestamp", Read: Full, Write: Full, Active: isTrue("delta.enableInCommitTimestamps"),
		TurnedOn: "delta.enableInCommitTimestamps = true", Droppable: true,
		Readers: "of history: takes the time of a commit from commitInfo, from the enablement version on",
		Writers: "commitInfo comes first in a commit, with a time that is later than that of the commit before",
	}
	allowColumnDefaults = Feature{
		Name: "allowColumnDefaults", Read: Full, Write: Full, Active: hasFieldKey("CURRENT_DEFAULT"),
		TurnedOn: "DEFAULT of a column", Asked: true,
		KeptBecause: "Spark cannot drop it; a table without defaults is not bound by it",
		Writers:     "puts the default of a column where a row has no value for it",
	}
	icebergCompatV1 = Feature{
		Name: "icebergCompatV1", Read: Full, Write: Full, Active: isTrue("delta.enableIcebergCompatV1"),
		TurnedOn: "delta.enableIcebergCompatV1 = true", Requires: []string{"columnMapping"},
		KeptBecause: "Spark cannot drop it; delta.enableIcebergCompatV1 = false makes it inactive",
		Writers:     "column mapping on, no deletion vectors, no maps, arrays or void; partition columns in the files; numRecords of each file",
	}
	icebergCompatV2 = Feature{
		Name: "icebergCompatV2", Read: Full, Write: Full, Active: isTrue("delta.enableIcebergCompatV2"),
		TurnedOn: "delta.enableIcebergCompatV2 = true", Requires: []string{"columnMapping"},
		KeptBecause: "Spark cannot drop it; delta.enableIcebergCompatV2 = false makes it inactive",
		Writers:     "as icebergCompatV1, with maps and arrays, whose elements have field ids of their own",
	}
	icebergCompatV3 = Feature{
		Name: "icebergCompatV3", Read: Full, Write: Inactive, Active: isTrue("delta.enableIcebergCompatV3"),
		TurnedOn: "delta.enableIcebergCompatV3 = true", Requires: []string{"columnMapping", "rowTracking"},
		KeptBecause: "it is not an accepted part of the protocol",
		Writers:     "column mapping and row tracking on; partition columns in the files",
	}
	deletionVectors = Feature{
		Name: "deletionVectors", ReaderWriter: true, Read: Full, Write: Full, Active: isTrue("delta.enableDeletionVectors"),
		TurnedOn: "delta.enableDeletionVectors = true", Droppable: true,
		Readers: "leaves out the rows of a file that its vector names",
		Writers: "exact numRecords of files with a vector; new vectors only where the property is on",
	}
	v2Checkpoint = Feature{
		Name: "v2Checkpoint", ReaderWriter: true, Read: Full, Write: Full,
		Active:   func(t Table) bool { return strings.EqualFold(t.Properties["delta.checkpointPolicy"], "v2") },
		TurnedOn: "delta.checkpointPolicy = v2", Droppable: true,
		Readers: "checkpoints with sidecars and with UUIDs in their names",
		Writers: "no multi-part checkpoints; sidecars hold all file actions or none",
	}
	typeWidening = Feature{
		Name: "typeWidening", ReaderWriter: true, Read: Full, Write: Full, Active: isTrue("delta.enableTypeWidening"),
		TurnedOn: "delta.enableTypeWidening = true", Droppable: true,
		Readers: "reads values of files that are older than a change of type as the type of now",
		Writers: "keeps delta.typeChanges of each column, and adds to it what it widens",
	}
	typeWideningPreview = previewOf(typeWidening)

	rowTracking = Feature{
		Name: "rowTracking", Read: Full, Write: Full, Active: isTrue("delta.enableRowTracking"),
		TurnedOn: "delta.enableRowTracking = true", Requires: []string{"domainMetadata"}, Droppable: true,
		Readers: "of row ids: the materialised column, else baseRowId and the position of the row",
		Writers: "baseRowId and defaultRowCommitVersion of each added file; rewritten rows keep their ids",
	}
	clustering = Feature{
		Name: "clustering", Read: Full, Write: Full, Requires: []string{"domainMetadata"},
		TurnedOn:    "CLUSTER BY, kept in the domain delta.clustering",
		KeptBecause: "Spark cannot drop it; CLUSTER BY NONE ends clustering",
		Writers:     "statistics of the clustering columns in each file; a clustered table has no partitions",
	}
	checkpointProtection = Feature{
		Name: "checkpointProtection", Read: Full, Write: Full, Droppable: true,
		TurnedOn: "DROP FEATURE of a feature that readers need",
		Writers:  "keeps checkpoints and history before delta.requireCheckpointProtectionBeforeVersion, or deletes all of them at once",
	}
	materializePartitionColumns = Feature{
		Name: "materializePartitionColumns", Read: Full, Write: Full, Active: isTrue("delta.enableMaterializePartitionColumnsFeature"),
		TurnedOn: "delta.enableMaterializePartitionColumnsFeature = true", Droppable: true,
		Writers: "partition columns stand in the files too",
	}
)

// The features of variants.
var (
	variantType = Feature{
		Name: "variantType", ReaderWriter: true, Read: Full, Write: Full, Active: hasType(schema.Variant),
		TurnedOn:    "a VARIANT column",
		KeptBecause: "Spark cannot drop it; a table without such columns is not bound by it",
		Readers:     "reads a struct of metadata and value",
		Writers:     "stores such columns as a struct of metadata and value; they do not partition or cluster",
	}
	variantTypePreview = previewOf(variantType)

	variantShredding = Feature{
		Name: "variantShredding", ReaderWriter: true, Read: Full, Write: Full, Active: isTrue("delta.enableVariantShredding"),
		TurnedOn: "delta.enableVariantShredding = true", Requires: []string{"variantType"},
		KeptBecause: "Spark cannot drop it; delta.enableVariantShredding = false makes it inactive",
		Readers:     "puts variants together from the typed columns that they were split into",
		Writers:     "splits variants only where the property is on",
	}
	variantShreddingPreview = previewOf(variantShredding)
)

// previewOf is the feature under the name that it had before it was part of the protocol. Nothing
// asks for it any more, so that only old tables have it.
func previewOf(f Feature) Feature {
	f.Name += preview
	f.TurnedOn = "tables older than " + strings.TrimSuffix(f.Name, preview)
	f.Requires = nil
	return f
}
