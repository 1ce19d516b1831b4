package feature

import "github.com/ingestd/ingestd/txlog/schema"

// The features that are always listed by name.
var (
	timestampNtz = Feature{Name: "timestampNtz", ReaderWriter: true, Read: Full, Write: Full, Active: hasType(schema.TimestampNTZ)}

	// vacuumProtocolCheck binds VACUUM alone.
	vacuumProtocolCheck = Feature{Name: "vacuumProtocolCheck", ReaderWriter: true, Read: Full, Write: Full}

	// domainMetadata asks writers to keep the domains and to see their conflicts, which the log does.
	domainMetadata = Feature{Name: "domainMetadata", Read: Full, Write: Full}

	inCommitTimestamp = Feature{Name: "inCommitTimestamp", Read: Full, Write: Inactive, Active: isTrue("delta.enableInCommitTimestamps")}

	allowColumnDefaults = Feature{Name: "allowColumnDefaults", Read: Full, Write: Inactive, Active: hasFieldKey("CURRENT_DEFAULT")}

	variantType        = Feature{Name: "variantType", ReaderWriter: true, Read: Inactive, Write: Inactive, Active: hasType(schema.Variant)}
	variantTypePreview = Feature{Name: "variantType-preview", ReaderWriter: true, Read: Inactive, Write: Inactive, Active: hasType(schema.Variant)}

	icebergCompatV1 = Feature{Name: "icebergCompatV1", Read: Full, Write: Inactive, Active: isTrue("delta.enableIcebergCompatV1")}
	icebergCompatV2 = Feature{Name: "icebergCompatV2", Read: Full, Write: Inactive, Active: isTrue("delta.enableIcebergCompatV2")}
	icebergCompatV3 = Feature{Name: "icebergCompatV3", Read: Full, Write: Inactive, Active: isTrue("delta.enableIcebergCompatV3")}
)
