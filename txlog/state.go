package txlog

import (
	"maps"
	"time"

	"github.com/ingestd/ingestd/txlog/action"
)

// state is all of a version but its files. It is immutable once it is in a snapshot.
type state struct {
	protocol *action.Protocol
	metadata *action.Metadata
	txns     map[string]*action.Txn
	domains  map[string]*action.DomainMetadata // removed ones are kept as tombstones until a checkpoint drops them
	info     *action.CommitInfo                // of the last commit, if it had one
}

// next is the state after a further commit. It shares what the commit does not change.
func (s state) next(top []action.Action) state {
	txns, domains := false, false // whether the maps are our own yet
	s.info = nil
	for _, a := range top {
		switch a := a.(type) {
		case *action.Protocol:
			s.protocol = a
		case *action.Metadata:
			s.metadata = a
		case *action.CommitInfo:
			s.info = a
		case *action.Txn:
			if !txns {
				s.txns, txns = cloneMap(s.txns), true
			}
			s.txns[a.AppID] = a
		case *action.DomainMetadata:
			if !domains {
				s.domains, domains = cloneMap(s.domains), true
			}
			s.domains[a.Domain] = a
		}
	}
	return s
}

func cloneMap[V any](m map[string]V) map[string]V {
	if m == nil {
		return map[string]V{}
	}
	return maps.Clone(m)
}

// expired says whether the progress of an application no longer counts, as Spark has it: where
// delta.setTransactionRetentionDuration is set, txns older than that, and those of unknown age.
func expired(t *action.Txn, p Properties, now time.Time) bool {
	keep, limited := p.SetTransactionRetention()
	return limited && (t.LastUpdated == nil || *t.LastUpdated <= now.Add(-keep).UnixMilli())
}
