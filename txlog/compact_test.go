package txlog

import (
	"errors"
	"testing"

	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/txlog/action"
)

// history is a table of some commits that undo each other.
func compactable(t *testing.T) (store objstore.Store, c *clock, s *Snapshot) {
	store, c = newStore()
	s = newTable(t, store, c)
	s = appendFiles(t, s, "a", "b")
	s = commitWith(t, s, "WRITE", sized("c", 1), &action.Txn{AppID: "app", Version: 1}, &action.DomainMetadata{Domain: "d", Configuration: "x"})
	s = commitWith(t, s, "DELETE", sized("a", 1).Remove(1, true), &action.Txn{AppID: "app", Version: 2}, &action.DomainMetadata{Domain: "d", Removed: true})
	return store, c, appendFiles(t, s, "e")
}

func TestACompactedFileStandsForItsCommits(t *testing.T) {
	store, c, s := compactable(t)
	done, err := s.log.Compact(t.Context(), 1, 3)
	if err != nil || !done.Written || done.Files != 3 {
		t.Fatal(done, err)
	}
	if again, err := s.log.Compact(t.Context(), 1, 3); err != nil || again.Written {
		t.Error(again, err)
	}
	opened, err := New(store, testOptions(c)).Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	seg := segmentOf(t, opened.log, latest)
	if got := seg.pieces(); len(got) != 3 || got[1] != (span{1, 3}) {
		t.Errorf("read in the pieces %v", got)
	}
	expectFiles(t, opened, "b", "c", "e")
	if v, ok := opened.Txn("app"); !ok || v != 2 {
		t.Error(v, ok)
	}
	if _, ok := opened.Domain("d"); ok {
		t.Error("a removed domain is back")
	}
	at, err := opened.log.SnapshotAt(t.Context(), 3)
	if err != nil || at.CommitInfo() == nil || at.CommitInfo().Operation != "DELETE" || at.Timestamp().IsZero() {
		t.Errorf("the provenance of the last version is that of its commit: %+v, %v", at, err)
	}
	if at, err := opened.log.SnapshotAt(t.Context(), 2); err != nil {
		t.Error(err)
	} else {
		expectFiles(t, at, "a", "b", "c")
	}
	n := 0
	for _, err := range opened.log.History(t.Context(), 0) {
		if n++; err != nil {
			t.Error(err)
		}
	}
	if n != 5 {
		t.Errorf("%d entries of history", n)
	}
}

func segmentOf(t *testing.T, l *Log, version int64) (seg segment) {
	t.Helper()
	if err := l.build(t.Context(), version, func(s segment) error { seg = s; return nil }); err != nil {
		t.Fatal(err)
	}
	return seg
}

func TestABrokenCompactedFileIsPassedOver(t *testing.T) {
	for name, text := range map[string]string{"empty": "", "cut": `{"add":{"path":"x"`, "no JSON": "\x00"} {
		t.Run(name, func(t *testing.T) {
			store, c, _ := compactable(t)
			put(t, store, compactedKey(span{0, 4}), text)
			s, err := New(store, testOptions(c)).Snapshot(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			expectFiles(t, s, "b", "c", "e")
		})
	}
}

func TestTheLongestCompactedFileIsTaken(t *testing.T) {
	s := segment{version: 9, compacted: []span{{0, 2}, {0, 4}, {0, 12}, {3, 9}, {5, 6}, {8, 9}}}
	if got := s.pieces(); len(got) != 4 || got[0] != (span{0, 4}) || got[1] != (span{5, 6}) || got[3] != (span{8, 9}) {
		t.Errorf("%v", got)
	}
}

func TestWhatCannotBeCompactedIsRefused(t *testing.T) {
	_, _, s := compactable(t)
	var refused *CompactError
	for _, r := range []span{{3, 3}, {3, 1}, {-1, 2}} {
		if _, err := s.log.Compact(t.Context(), r.first, r.last); !errors.As(err, &refused) {
			t.Errorf("%v: %v", r, err)
		}
	}
	var missing *VersionNotFoundError
	if _, err := s.log.Compact(t.Context(), 1, 50); !errors.As(err, &missing) {
		t.Error(err)
	}
}
