package txlog

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/txlog/action"
	"github.com/ingestd/ingestd/txlog/checksum"
)

// knownTotals are the totals of one version of a table. Immutable.
type knownTotals struct {
	version int64
	table   string // metaData.id
	totals  checksum.Totals
}

// remember notes the totals of a version, unless those of a later one are known.
func (l *Log) remember(k *knownTotals) {
	for {
		old := l.totals.Load()
		if old != nil && old.version >= k.version && old.table == k.table {
			return
		}
		if l.totals.CompareAndSwap(old, k) {
			return
		}
	}
}

// settleTotals takes over totals that were summed up from all live files of a version. Where others were recorded for it,
// a commit before has added files anew that were live, or the like, and all that was derived since is as wrong.
func (s *Snapshot) settleTotals(ctx context.Context, t checksum.Totals) error {
	l, k := s.log, &knownTotals{s.version, s.state.metadata.ID, t}
	defer l.unproved.Store(-1) // there is something new to go on from
	c, err := l.readChecksum(ctx, s.version)
	if err != nil {
		return err
	}
	if c == nil || c.Metadata == nil || c.Metadata.ID != k.table {
		c = &checksum.Checksum{Totals: t}
	}
	old, upTo := l.totals.Load(), s.version
	if old != nil && old.table == k.table {
		upTo = max(upTo, old.version)
	}
	if old != nil && old.version == k.version && old.table == k.table && c.CompareTotals(t) == nil {
		c = &checksum.Checksum{Totals: old.totals}
	}
	bad := c.CompareTotals(t)
	if bad == nil {
		l.remember(k)
		return nil
	}
	l.opts.Logger.Warn("version checksums are wrong and are not gone on from", "table", l.store.URL(), "version", s.version, "newest", upTo, "field", bad[0].Field,
		"recorded", bad[0].Recorded, "computed", bad[0].Computed)
	l.wrong.Store(upTo)
	l.totals.Store(k)
	return nil
}

// reAdding are the operations, in Spark's words, that add files that the table has already: their adds are no
// new files, so totals cannot be carried on over them.
var reAdding = map[string]bool{
	"COMPUTE STATS": true, "UPDATE STATISTICS": true, "ROW TRACKING BACKFILL": true, "ROW TRACKING UNBACKFILL": true, "DROP FEATURE": true,
	"Manual Update": true, "FSCK": true, "FSCK REPAIR": true, "TOMBSTONE VECTORS": true, "Deletion Vector Tombstones": true,
}

// follow carries totals on over a commit. It is false where the commit alone does not prove what they are: where it
// may add files anew that were live, or remove one without telling its size.
func follow(t *checksum.Totals, c rawCommit) (bool, error) {
	type change struct{ added, removed bool }
	var dec action.FileDecoder
	paths := map[fileKey]change{}
	adds, removes, moved := false, false, false
	proved := true
	err := action.Scan(c.text, func(f action.FileRef) error {
		key := keyOf(f.Path, "")
		seen := paths[key]
		if f.Remove {
			r, err := dec.Remove(f.Body)
			if err != nil {
				return err
			}
			removes, proved = true, proved && tellsSize(r) && !seen.removed
			if r.Size != nil {
				t.Remove(*r.Size, r.DeletionVector)
			}
			seen.removed = true
		} else {
			a, err := dec.Add(f.Body)
			if err != nil {
				return err
			}
			adds, moved, proved = true, moved || !a.DataChange, proved && !seen.added
			t.Add(a.Size, a.DeletionVector)
			seen.added = true
		}
		paths[key] = seen
		return nil
	}, func(a action.Action) error {
		if i, ok := a.(*action.CommitInfo); ok && reAdding[i.Operation] {
			proved = false
		}
		return nil
	})
	if err != nil {
		return false, err
	}
	if !adds && !removes {
		return true, nil
	}
	return proved && (!moved || removes) && t.Sound(), nil
}

// tellsSize: early versions of Spark wrote the size 0 where they did not know it, and extendedFileMetadata = false.
func tellsSize(r *action.Remove) bool {
	if r.ExtendedFileMetadata != nil {
		return *r.ExtendedFileMetadata && r.Size != nil
	}
	return r.Size != nil && *r.Size > 0
}

// maxBehind bounds how many commits totals are carried on over.
const maxBehind = 32

// deriveTotals finds the totals of the version from those of one not long before it and the commits between. The live
// files are not read. ok is false where that does not prove them. newest is the commit of the version, where it is at hand.
func (s *Snapshot) deriveTotals(ctx context.Context, newest *rawCommit) (t checksum.Totals, ok bool, err error) {
	var commits []rawCommit // from the newest to the oldest
	for v := s.version; ; v-- {
		base, ok, err := s.totalsBefore(ctx, v)
		if err != nil {
			return t, false, err
		}
		if !ok && v-1 <= s.log.unproved.Load() { // it was looked for before
			return s.unprovedTotals()
		}
		var c rawCommit
		if newest != nil && v == s.version {
			c = *newest
		} else if c, err = s.log.fetch(ctx, v); err != nil {
			if errors.Is(err, objstore.ErrNotExist) {
				return s.unprovedTotals()
			}
			return t, false, err
		}
		commits = append(commits, c)
		if ok {
			t = base
			break
		}
		if len(commits) == maxBehind {
			return s.unprovedTotals()
		}
	}
	t = t.Clone()
	for _, c := range slices.Backward(commits) {
		ok, err := follow(&t, c)
		if err != nil {
			return t, false, err
		}
		if !ok {
			return s.unprovedTotals()
		}
	}
	return t, true, nil
}

// unprovedTotals notes that there are none, so that the next version does not look for them where there was nothing.
func (s *Snapshot) unprovedTotals() (checksum.Totals, bool, error) {
	for old := s.log.unproved.Load(); old < s.version && !s.log.unproved.CompareAndSwap(old, s.version); {
		old = s.log.unproved.Load()
	}
	return checksum.Totals{}, false, nil
}

// totalsBefore are the totals of the version before v, where they are known: remembered, or recorded.
func (s *Snapshot) totalsBefore(ctx context.Context, v int64) (checksum.Totals, bool, error) {
	if v == 0 {
		return checksum.Empty(), true, nil
	}
	if k := s.log.totals.Load(); k != nil && k.version == v-1 && k.table == s.state.metadata.ID {
		return k.totals, true, nil
	}
	if v-1 <= s.log.wrong.Load() {
		return checksum.Totals{}, false, nil
	}
	c, err := s.log.readChecksum(ctx, v-1)
	if c == nil || err != nil {
		return checksum.Totals{}, false, err
	}
	sound := c.NumMetadata == 1 && c.NumProtocol == 1 && c.Metadata != nil && c.Metadata.ID == s.state.metadata.ID && c.Sound()
	return c.Totals.SparkBins(), sound, nil
}

// known are the totals of the version, where they are remembered, or recorded by a version checksum file that does not
// contradict the log.
func (s *Snapshot) known(ctx context.Context) (checksum.Totals, bool) {
	if k := s.log.totals.Load(); k != nil && k.version == s.version && k.table == s.state.metadata.ID {
		return k.totals, true
	}
	if s.version <= s.log.wrong.Load() {
		return checksum.Totals{}, false
	}
	c, err := s.log.readChecksum(ctx, s.version)
	if c == nil || err != nil || !c.Sound() || c.Metadata == nil || c.Protocol == nil || len(c.CompareState(s.checksum())) > 0 {
		return checksum.Totals{}, false
	}
	s.log.remember(&knownTotals{s.version, s.state.metadata.ID, c.Totals.SparkBins()})
	return c.Totals, true
}

// NumFiles is the number of live files, and whether it is known without a look at them: where the version has a
// version checksum file that does not contradict the log, or this process made the version.
func (s *Snapshot) NumFiles(ctx context.Context) (int64, bool) {
	t, ok := s.known(ctx)
	return t.Files, ok
}

// SizeInBytes is the sum of the sizes of the live files, and whether it is known; see [Snapshot.NumFiles].
func (s *Snapshot) SizeInBytes(ctx context.Context) (int64, bool) {
	t, ok := s.known(ctx)
	return t.Bytes, ok
}

// NumDeletionVectors is the number of live files that have a deletion vector, the number of rows that these delete, and whether
// they are known; see [Snapshot.NumFiles].
func (s *Snapshot) NumDeletionVectors(ctx context.Context) (files, rows int64, known bool) {
	t, ok := s.known(ctx)
	switch {
	case ok && t.Vectors != nil:
		return t.Vectors.Files, t.Vectors.Records, true
	case ok && !s.Supports("deletionVectors"):
		return 0, 0, true
	}
	return 0, 0, false
}

// checksum is what a version checksum file says of the version but for its files.
func (s *Snapshot) checksum() *checksum.Checksum {
	c := &checksum.Checksum{NumMetadata: 1, NumProtocol: 1, Metadata: s.state.metadata, Protocol: s.state.protocol, Domains: []*action.DomainMetadata{}}
	if i := s.state.info; i != nil {
		c.TxnID = i.TxnID
		if s.props.bool(PropInCommitTimestamps, false) {
			c.InCommitTimestamp = i.InCommitTimestamp
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s.state.domains)) {
		if d := s.state.domains[name]; !d.Removed {
			c.Domains = append(c.Domains, d)
		}
	}
	if _, limited := s.props.SetTransactionRetention(); !limited { // else what is live depends on when one looks
		c.Txns = make([]*action.Txn, 0, len(s.state.txns))
		for _, id := range slices.Sorted(maps.Keys(s.state.txns)) {
			c.Txns = append(c.Txns, s.state.txns[id])
		}
	}
	return c
}
