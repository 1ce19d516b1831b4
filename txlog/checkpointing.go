package txlog

import (
	"context"
	"iter"
	"maps"
	"slices"

	"github.com/ingestd/ingestd/txlog/action"
	"github.com/ingestd/ingestd/txlog/checkpoint"
)

// Checkpointed says what checkpoint was written.
type Checkpointed struct {
	Version int64
	checkpoint.Written
}

// Checkpoint writes a classic checkpoint of the snapshot's version, as the table properties want it,
// and then names it in _last_checkpoint unless that names a newer one. It is a stream in bounded
// memory. It is idempotent, and harmless while others do the same. Errors: those of [Snapshot.Files]
// and of the store.
func (s *Snapshot) Checkpoint(ctx context.Context) (Checkpointed, error) {
	layout := checkpoint.Layout{
		Schema: s.schema, Partitions: s.state.metadata.PartitionColumns,
		StatsJSON: s.props.StatsAsJSON(), StatsStruct: s.props.StatsAsStruct(), IndexedColumns: s.props.IndexedColumns(),
	}
	if _, ok := s.props.StatsColumns(); ok {
		layout.IndexedColumns = -1
	}
	state := checkpoint.State{Top: s.topActions(), Adds: s.Files(ctx), Removes: s.keptTombstones(ctx)}
	w, err := checkpoint.Write(ctx, s.log.store, checkpointKey(s.version), state, layout, s.props.Compression())
	if err != nil {
		return Checkpointed{}, err
	}
	s.log.heardOf(s.version)
	out := Checkpointed{Version: s.version, Written: w}
	if h, err := checkpoint.ReadHint(ctx, s.log.store); err == nil && h.Version > s.version {
		return out, nil
	}
	return out, checkpoint.WriteHint(ctx, s.log.store, checkpoint.Hint{
		Version: s.version, Size: w.Actions, SizeInBytes: w.Bytes, NumOfAddFiles: w.Adds,
	})
}

// topActions are all but the files, in an order that depends on nothing else: domains that were
// removed and txns that are expired are left out.
func (s *Snapshot) topActions() []action.Action {
	out := []action.Action{s.state.protocol, s.state.metadata}
	now := s.log.opts.Now()
	for _, id := range slices.Sorted(maps.Keys(s.state.txns)) {
		if t := s.state.txns[id]; !expired(t, s.props, now) {
			out = append(out, t)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s.state.domains)) {
		if d := s.state.domains[name]; !d.Removed {
			out = append(out, d)
		}
	}
	return out
}

// keptTombstones are the removed files that VACUUM may not have deleted yet
// (delta.deletedFileRetentionDuration).
func (s *Snapshot) keptTombstones(ctx context.Context) iter.Seq2[*action.Remove, error] {
	until := s.log.opts.Now().Add(-s.props.DeletedFileRetention()).UnixMilli()
	return func(yield func(*action.Remove, error) bool) {
		for r, err := range s.Tombstones(ctx) {
			if err == nil && (r.DeletionTimestamp == nil || *r.DeletionTimestamp <= until) {
				continue
			}
			if !yield(r, err) {
				return
			}
		}
	}
}
