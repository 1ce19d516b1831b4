package txlog

import (
	"fmt"
	"strings"
)

// IsolationLevel says which commits of others, made since the snapshot, a transaction bears.
//
// Which one a table has is told by delta.isolationLevel. Engines differ where it is not set: Delta of open source
// Spark knows no other than Serializable (its DeltaConfigs.ISOLATION_LEVEL has it as default and refuses the rest),
// and so an INSERT and an UPDATE "can conflict" in its documentation; Databricks, and IsolationLevel.DEFAULT in
// the same sources, have WriteSerializable. Here it is WriteSerializable, as rows that are appended all the time
// would else keep every DELETE from committing; a table of which readers must see the serial order sets Serializable.
//
// A transaction that changes neither rows nor state (OPTIMIZE) is checked as SnapshotIsolation at either level,
// as in Spark; one that sets metadata, protocol, domains or txns is not, for what it wrote may rest on what it read.
type IsolationLevel int

// The levels, from the strictest.
const (
	// Serializable: as if all transactions had run one after the other, in the order of versions.
	Serializable IsolationLevel = iota
	// WriteSerializable: as Serializable for all but blind appends, which may be ordered before or after.
	WriteSerializable
	// SnapshotIsolation: what others add is never a conflict. Used by itself where a transaction changes no data.
	SnapshotIsolation
)

// String is the name as in commitInfo.
func (l IsolationLevel) String() string {
	switch l {
	case Serializable:
		return "Serializable"
	case WriteSerializable:
		return "WriteSerializable"
	case SnapshotIsolation:
		return "SnapshotIsolation"
	}
	return fmt.Sprintf("IsolationLevel(%d)", int(l))
}

// ParseIsolationLevel reads the value of delta.isolationLevel, in any case.
func ParseIsolationLevel(s string) (IsolationLevel, error) {
	for _, l := range []IsolationLevel{Serializable, WriteSerializable, SnapshotIsolation} {
		if strings.EqualFold(strings.TrimSpace(s), l.String()) {
			return l, nil
		}
	}
	return 0, fmt.Errorf("must be Serializable, WriteSerializable or SnapshotIsolation")
}
