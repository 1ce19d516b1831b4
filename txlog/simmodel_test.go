package txlog

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/txlog/action"
	"github.com/ingestd/ingestd/txlog/checksum"
)

// simState is a table as its commits, one after the other, make it, written down naively.
type simState struct {
	files    map[string]*action.Add // by path and deletion vector
	txns     map[string]int64
	domains  map[string]string
	metadata *action.Metadata
	rows     map[string][]string // of each file, see atoms
	blind    map[string]bool     // of those, what blind appends have added
	serial   bool                // the isolation level
	ids      []idRange
	mark     int64
	time     int64 // the last in-commit timestamp
}

// idRange are row ids of a file, from and below to.
type idRange struct {
	path     string
	from, to int64
}

// atoms are the rows of the files of a partition ("" is all), as far as they came in and change together: who
// only rearranges files leaves them as they are.
func (s *simState) atoms(part string) map[string]bool {
	out := map[string]bool{}
	for key, f := range s.files {
		if part == "" || inPart(part)(f) {
			for _, r := range s.rows[key] {
				out[r] = true
			}
		}
	}
	return out
}

// sameRows says that the rows are those that were read. Below Serializable, blind appends may have come in between.
func sameRows(part string) func(base, before *simState) error {
	return func(base, before *simState) error {
		want, got := base.atoms(part), before.atoms(part)
		for r := range got {
			if !want[r] && (before.serial || !before.blind[r]) {
				return fmt.Errorf("%s was not there when it read", r)
			}
		}
		for r := range want {
			if !got[r] {
				return fmt.Errorf("%s is no longer there", r)
			}
		}
		return nil
	}
}

func stillLive(read ...*action.Add) func(base, before *simState) error {
	return func(_, s *simState) error {
		for _, f := range read {
			if s.files[keyOfAdd(f)] == nil {
				return fmt.Errorf("%s is no longer there", keyOfAdd(f))
			}
		}
		return nil
	}
}

// verify replays what was committed and compares: every transaction at most once and where it was told to be,
// none that was rejected; each as if it had run alone on the version before it; and the table that results.
func (w *sim) verify() {
	s := &simState{files: map[string]*action.Add{}, txns: map[string]int64{}, domains: map[string]string{}, rows: map[string][]string{}, blind: map[string]bool{}, mark: -1}
	past := map[int64]*simState{}
	at := map[string]int64{}
	for v := range int64(len(w.commits)) {
		text, ok := w.commits[v]
		if !ok {
			w.failf("version %d is missing", v)
			return
		}
		actions := decodeAll(text)
		info, _ := actions[0].(*action.CommitInfo)
		if info == nil {
			w.failf("version %d does not begin with commitInfo", v)
			return
		}
		var name string
		_ = json.Unmarshal(info.OperationParameters["try"], &name)
		if other, twice := at[name]; twice {
			w.failf("%s is in versions %d and %d", name, other, v)
		}
		at[name] = v
		if t := w.tries[name]; t != nil {
			if err := t.reads(past[t.base], s); err != nil {
				w.failf("version %d, %s: %v", v, name, err)
			}
		}
		if err := s.apply(v, info, actions[1:], w.times[v-1].UnixMilli()); err != nil {
			w.failf("version %d, %s: %v", v, name, err)
		}
		if err := s.checksum(w.store, v, info); err != nil {
			w.failf("version %d, %s: its checksum: %v", v, name, err)
		}
		past[v] = &simState{files: maps.Clone(s.files), rows: maps.Clone(s.rows), txns: maps.Clone(s.txns), domains: maps.Clone(s.domains), metadata: s.metadata}
	}
	for name, t := range w.tries {
		v, there := at[name]
		if there && t.rejected || t.version >= 0 && (!there || v != t.version) {
			w.failf("%s was told to be at %d (rejected: %v), and is at %d (%v)", name, t.version, t.rejected, v, there)
		}
	}
	w.compare(s)
}

func (s *simState) apply(v int64, info *action.CommitInfo, actions []action.Action, modTime int64) error {
	var moved []string // what it has removed
	for _, a := range actions {
		if r, ok := a.(*action.Remove); ok {
			key := keyOfRemove(r)
			if s.files[key] == nil {
				return fmt.Errorf("removes %s, which is not there", key)
			}
			moved = append(moved, s.rows[key]...)
			delete(s.files, key)
		}
	}
	was := s.metadata
	mark := s.mark
	for _, a := range actions {
		switch a := a.(type) {
		case *action.Add:
			if s.files[keyOfAdd(a)] != nil {
				return fmt.Errorf("adds %s again", keyOfAdd(a))
			}
			s.files[keyOfAdd(a)] = a
			if s.rows[keyOfAdd(a)] = moved; a.DataChange {
				s.rows[keyOfAdd(a)] = []string{keyOfAdd(a)}
				s.blind[keyOfAdd(a)] = *info.IsBlindAppend
			}
			if err := s.rowIDs(v, a); err != nil {
				return err
			}
		case *action.Txn:
			if a.Version != s.txns[a.AppID]+1 {
				return fmt.Errorf("progress of %s from %d to %d", a.AppID, s.txns[a.AppID], a.Version)
			}
			s.txns[a.AppID] = a.Version
		case *action.DomainMetadata:
			s.domains[a.Domain] = a.Configuration
			if a.Domain == domainRowTracking {
				_, _ = fmt.Sscanf(a.Configuration, `{"rowIdHighWaterMark":%d}`, &mark)
			}
		case *action.Metadata:
			s.metadata = a
			s.serial = a.Configuration[PropIsolationLevel] == "Serializable"
		}
	}
	for _, r := range s.ids {
		if r.to > mark+1 {
			return fmt.Errorf("the high-water mark is %d, and %s has ids up to %d", mark, r.path, r.to-1)
		}
	}
	if mark < s.mark {
		return fmt.Errorf("the high-water mark went from %d to %d", s.mark, mark)
	}
	s.mark = mark
	return s.commitTime(v, info, was, modTime)
}

// rowIDs: a file has the ids that it had before, or ones that none ever had.
func (s *simState) rowIDs(v int64, a *action.Add) error {
	if a.BaseRowID == nil || a.DefaultRowCommitVersion == nil {
		return fmt.Errorf("%s has no row ids", a.Path)
	}
	rows, _ := numRecords(a.Stats)
	r := idRange{a.Path, *a.BaseRowID, *a.BaseRowID + rows}
	for _, o := range s.ids {
		if o == r {
			return nil
		}
		if o.from < r.to && r.from < o.to || o.path == r.path {
			return fmt.Errorf("row ids %v and %v", o, r)
		}
	}
	if *a.DefaultRowCommitVersion != v {
		return fmt.Errorf("%s says that it was added in version %d", a.Path, *a.DefaultRowCommitVersion)
	}
	s.ids = append(s.ids, r)
	return nil
}

func (s *simState) commitTime(v int64, info *action.CommitInfo, was *action.Metadata, modTime int64) error {
	on := func(m *action.Metadata) bool { return m != nil && m.Configuration[PropInCommitTimestamps] == "true" }
	if !on(s.metadata) {
		return nil
	}
	if info.InCommitTimestamp == nil || *info.InCommitTimestamp <= s.time {
		return fmt.Errorf("in-commit timestamp %v after %d", info.InCommitTimestamp, s.time)
	}
	s.time = *info.InCommitTimestamp
	if on(was) || v == 0 {
		return nil
	}
	c := s.metadata.Configuration
	if s.time <= modTime || c[PropInCommitEnabledVersion] != fmt.Sprint(v) || c[PropInCommitEnabledTime] != fmt.Sprint(s.time) {
		return fmt.Errorf("in-commit timestamps from %d on, after %d, with %v", s.time, modTime, c)
	}
	return nil
}

// checksum compares the version checksum file, where there is one, as Spark does, which refuses the table if it differs.
func (s *simState) checksum(store objstore.Store, v int64, info *action.CommitInfo) error {
	text, _, err := objstore.ReadAll(context.Background(), store, checksumKey(v))
	if errors.Is(err, objstore.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	c, err := checksum.Parse(text)
	if err != nil {
		return err
	}
	t := checksum.Empty()
	for _, f := range s.files {
		t.Add(f.Size, f.DeletionVector)
	}
	bad := c.CompareTotals(t)
	txns, domains := map[string]int64{}, map[string]string{}
	for _, x := range c.Txns {
		txns[x.AppID] = x.Version
	}
	for _, x := range c.Domains {
		domains[x.Domain] = x.Configuration
	}
	switch {
	case len(bad) > 0:
		return fmt.Errorf("%v", bad)
	case c.TxnID != info.TxnID:
		return fmt.Errorf("of %s and not %s", c.TxnID, info.TxnID)
	case !maps.Equal(txns, s.txns), !maps.Equal(domains, s.domains), !maps.Equal(c.Metadata.Configuration, s.metadata.Configuration):
		return fmt.Errorf("txns %v, domains %v, properties %v", txns, domains, c.Metadata.Configuration)
	case c.InCommitTimestamp != nil && *c.InCommitTimestamp != s.time:
		return fmt.Errorf("the time %d and not %d", *c.InCommitTimestamp, s.time)
	}
	return nil
}

// compare reads the table with nothing in the way.
func (w *sim) compare(want *simState) {
	ctx := context.Background()
	s, err := New(w.store, w.options(98)).Snapshot(ctx)
	if err != nil {
		w.failf("the table cannot be read: %v", err)
		return
	}
	if s.version != int64(len(w.commits))-1 {
		w.failf("the table is at version %d of %d", s.version, len(w.commits)-1)
	}
	var got []string
	for f, err := range s.Files(ctx) {
		if err != nil {
			w.failf("the files cannot be read: %v", err)
			return
		}
		got = append(got, render(f))
	}
	var files []string
	for _, f := range want.files {
		files = append(files, render(f))
	}
	slices.Sort(got)
	slices.Sort(files)
	if !slices.Equal(got, files) {
		w.failf("files %v, want %v", got, files)
	}
	if txns := maps.Collect(s.Txns()); !maps.Equal(txns, want.txns) {
		w.failf("txns %v, want %v", txns, want.txns)
	}
	if d := maps.Collect(s.Domains()); !maps.Equal(d, want.domains) {
		w.failf("domains %v, want %v", d, want.domains)
	}
	if !maps.Equal(s.metadataConfiguration(), want.metadata.Configuration) {
		w.failf("properties %v, want %v", s.metadataConfiguration(), want.metadata.Configuration)
	}
}

func (s *Snapshot) metadataConfiguration() map[string]string { return s.state.metadata.Configuration }
