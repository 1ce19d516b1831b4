package feature

import (
	"strings"

	"github.com/ingestd/ingestd/txlog/schema"
)

// The features that are always listed by name.
var (
	timestampNtz = Feature{Name: "timestampNtz", ReaderWriter: true, Read: Full, Write: Full, Active: hasType(schema.TimestampNTZ)}

	// vacuumProtocolCheck binds VACUUM alone.
	vacuumProtocolCheck = Feature{Name: "vacuumProtocolCheck", ReaderWriter: true, Read: Full, Write: Full}

	// domainMetadata asks writers to keep the domains and to see their conflicts, which the log does.
	domainMetadata = Feature{Name: "domainMetadata", Read: Full, Write: Full}

	inCommitTimestamp = Feature{Name: "inCommitTimestamp", Read: Full, Write: Full, Active: isTrue("delta.enableInCommitTimestamps")}

	allowColumnDefaults = Feature{Name: "allowColumnDefaults", Read: Full, Write: Full, Active: hasFieldKey("CURRENT_DEFAULT")}

	variantType        = Feature{Name: "variantType", ReaderWriter: true, Read: Full, Write: Full, Active: hasType(schema.Variant)}
	variantTypePreview = Feature{Name: "variantType-preview", ReaderWriter: true, Read: Full, Write: Full, Active: hasType(schema.Variant)}

	icebergCompatV1 = Feature{Name: "icebergCompatV1", Read: Full, Write: Full, Active: isTrue("delta.enableIcebergCompatV1")}
	icebergCompatV2 = Feature{Name: "icebergCompatV2", Read: Full, Write: Full, Active: isTrue("delta.enableIcebergCompatV2")}
	icebergCompatV3 = Feature{Name: "icebergCompatV3", Read: Full, Write: Inactive, Active: isTrue("delta.enableIcebergCompatV3")}

	deletionVectors = Feature{Name: "deletionVectors", ReaderWriter: true, Read: Full, Write: Full, Active: isTrue("delta.enableDeletionVectors")}

	v2Checkpoint = Feature{
		Name: "v2Checkpoint", ReaderWriter: true, Read: Full, Write: Full,
		Active: func(t Table) bool { return strings.EqualFold(t.Properties["delta.checkpointPolicy"], "v2") },
	}

	typeWidening        = Feature{Name: "typeWidening", ReaderWriter: true, Read: Full, Write: Full, Active: isTrue("delta.enableTypeWidening")}
	typeWideningPreview = Feature{Name: "typeWidening-preview", ReaderWriter: true, Read: Full, Write: Full, Active: isTrue("delta.enableTypeWidening")}

	variantShredding        = Feature{Name: "variantShredding", ReaderWriter: true, Read: Full, Write: Full, Active: isTrue("delta.enableVariantShredding")}
	variantShreddingPreview = Feature{Name: "variantShredding-preview", ReaderWriter: true, Read: Full, Write: Full, Active: isTrue("delta.enableVariantShredding")}

	rowTracking = Feature{Name: "rowTracking", Read: Full, Write: Full, Active: isTrue("delta.enableRowTracking")}

	clustering = Feature{Name: "clustering", Read: Full, Write: Full}

	checkpointProtection = Feature{Name: "checkpointProtection", Read: Full, Write: Full}

	materializePartitionColumns = Feature{Name: "materializePartitionColumns", Read: Full, Write: Full}
)
