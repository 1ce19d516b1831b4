package txlog

import (
	"github.com/ingestd/ingestd/txlog/feature"
	"github.com/ingestd/ingestd/txlog/schema"
)

// Supports says whether the table supports a feature: listed by its protocol, or implied by its versions.
func (s *Snapshot) Supports(name string) bool { return feature.Supports(s.state.protocol, name) }

// Mapping is the column mapping mode of the table; none where the protocol does not support it.
func (s *Snapshot) Mapping() schema.Mapping {
	if !s.Supports("columnMapping") {
		return schema.MappingNone
	}
	return s.props.Mapping()
}

// DeletionVectorsEnabled says whether writers may add new deletion vectors. Those that are there count
// in any case: the property may have been turned off since ("Writer Requirement for Deletion Vectors").
func (s *Snapshot) DeletionVectorsEnabled() bool {
	return s.Supports("deletionVectors") && s.props.bool(PropDeletionVectors, false)
}

// ChangeDataFeed says whether writers must write change data files for rows that change in place.
func (s *Snapshot) ChangeDataFeed() bool {
	return s.Supports("changeDataFeed") && s.props.ChangeDataFeed()
}

// RowTrackingEnabled says whether every row has a row id and a row commit version that readers can rely
// on, so that writers must keep them when they move rows.
func (s *Snapshot) RowTrackingEnabled() bool {
	return s.Supports("rowTracking") && s.props.RowTracking()
}

// InCommitTimestamps says whether commits carry their time in commitInfo.
func (s *Snapshot) InCommitTimestamps() bool {
	return s.Supports("inCommitTimestamp") && s.props.bool(PropInCommitTimestamps, false)
}
