package txlog

import (
	"fmt"
	"strings"
)

// IsolationLevel says which commits of others, made since the snapshot, a transaction bears.
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
