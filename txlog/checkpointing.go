package txlog

import (
	"context"
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/ingestd/ingestd/txlog/action"
	"github.com/ingestd/ingestd/txlog/checkpoint"
	"github.com/ingestd/ingestd/txlog/checksum"
	"github.com/ingestd/ingestd/txlog/feature"
)

// Checkpointed says what checkpoint was written.
type Checkpointed struct {
	Version int64
	checkpoint.Written
}

// Checkpoint writes a checkpoint of the snapshot's version, as the table properties want it, and then names it in
// _last_checkpoint unless that names a newer one: a V2 checkpoint with sidecars where delta.checkpointPolicy is v2, a
// classic one otherwise. It is a stream in bounded memory. It is idempotent, and harmless while others do the same. Since
// it sees all files, the version gets its version checksum file, too.
// Errors: feature errors where we must not write what the version's protocol demands ("Checkpoint Protection"); those of
// [Snapshot.Files] and of the store.
func (s *Snapshot) Checkpoint(ctx context.Context) (Checkpointed, error) {
	if err := s.CheckWrite(); err != nil {
		return Checkpointed{}, err
	}
	var t checksum.Totals
	state := checkpoint.State{Top: s.topActions(), Adds: counted(s.Files(ctx), &t), Removes: s.keptTombstones(ctx)}
	w, err := s.writeCheckpoint(ctx, state)
	if err != nil {
		return Checkpointed{}, err
	}
	s.log.heardOf(s.version)
	out := Checkpointed{Version: s.version, Written: w}
	if h, err := checkpoint.ReadHint(ctx, s.log.store); err != nil || h.Version <= s.version {
		if err := checkpoint.WriteHint(ctx, s.log.store, w.Hint(s.version)); err != nil {
			return out, err
		}
	}
	if err := s.settleTotals(ctx, t); err != nil || s.log.opts.NoChecksums {
		return out, err
	}
	return out, s.writeChecksum(ctx, t)
}

func (s *Snapshot) writeCheckpoint(ctx context.Context, state checkpoint.State) (checkpoint.Written, error) {
	if policy, _ := s.props.Get(PropCheckpointPolicy); strings.EqualFold(policy, "v2") && feature.Supports(s.state.protocol, "v2Checkpoint") {
		v2 := checkpoint.V2{Version: s.version, NewID: s.log.opts.NewID, Now: s.log.opts.Now}
		return checkpoint.WriteV2(ctx, s.log.store, v2, state, s.layout(), s.props.Compression())
	}
	return checkpoint.Write(ctx, s.log.store, checkpointKey(s.version), state, s.layout(), s.props.Compression())
}

// layout is what optional columns a checkpoint has. They are in physical names, as the files are.
func (s *Snapshot) layout() checkpoint.Layout {
	l := checkpoint.Layout{
		Schema: s.schema.Physical(s.Mapping()), StatsJSON: s.props.StatsAsJSON(), StatsStruct: s.props.StatsAsStruct(),
		IndexedColumns: s.props.IndexedColumns(),
	}
	l.Also, _ = s.ClusteringColumns() // they have statistics wherever they stand ("Clustered Table")
	for _, p := range s.state.metadata.PartitionColumns {
		if path, ok := s.schema.PhysicalPath(s.Mapping(), p); ok {
			p = path[0]
		}
		l.Partitions = append(l.Partitions, p)
	}
	if _, ok := s.props.StatsColumns(); ok {
		l.IndexedColumns = -1
	}
	return l
}

// counted sums up what a sequence gives. Read anew it counts anew.
func counted(adds iter.Seq2[*action.Add, error], t *checksum.Totals) iter.Seq2[*action.Add, error] {
	return func(yield func(*action.Add, error) bool) {
		sum := checksum.Empty()
		for a, err := range adds {
			if err == nil {
				sum.Add(a.Size, a.DeletionVector)
			}
			if !yield(a, err) {
				return
			}
		}
		*t = sum
	}
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
