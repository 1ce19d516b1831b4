package txlog

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/ingestd/ingestd/txlog/action"
)

func withTimes(t *testing.T, on string) (*Snapshot, *clock) {
	t.Helper()
	store, c := newStore()
	tx := New(store, testOptions(c)).Create(t.Context(), Operation{Name: "CREATE TABLE"})
	tx.Stage(testProtocol("inCommitTimestamp"), metadata("id BIGINT, p STRING", []string{"p"}, PropInCommitTimestamps, on, PropInCommitEnabledVersion, "7"))
	return mustCommit(t, tx), c
}

func TestInCommitTimestampsAscendWhereClocksGoBack(t *testing.T) {
	s, c := withTimes(t, "true")
	if _, ok := s.Properties().Get(PropInCommitEnabledVersion); ok {
		t.Error("a table that always had them records no start")
	}
	last := s.Timestamp()
	for range 3 {
		c.add(-time.Hour)
		s = commitAll(t, s, &action.Txn{AppID: "a"})
		if at := s.Timestamp(); !at.Equal(last.Add(time.Millisecond)) {
			t.Errorf("%v after %v", at, last)
		}
		last = s.Timestamp()
		opened, err := s.log.Snapshot(t.Context())
		if err != nil || !opened.Timestamp().Equal(last) {
			t.Errorf("opened anew: %v, %v", opened.Timestamp(), err)
		}
	}
}

func TestTheCommitThatTurnsThemOnRecordsWhen(t *testing.T) {
	s, c := withTimes(t, "false")
	s = commitAll(t, s, &action.Txn{AppID: "a"})
	before := s.Timestamp()
	c.add(-time.Hour)
	m := *s.Metadata()
	m.Configuration = map[string]string{PropInCommitTimestamps: "true"}
	base := s
	s = commitAll(t, base, &m)
	at, _ := s.Properties().Get(PropInCommitEnabledTime)
	version, _ := s.Properties().Get(PropInCommitEnabledVersion)
	if version != "2" || at != fmt.Sprint(s.Timestamp().UnixMilli()) || !s.Timestamp().After(before) {
		t.Errorf("version %s at %s, after %v", version, at, before)
	}
	if m.Configuration[PropInCommitEnabledVersion] != "" {
		t.Error("what was staged was changed")
	}
	replaced := *s.Metadata()
	replaced.Configuration = map[string]string{PropInCommitTimestamps: "true", "mine": "1"}
	s = commitAll(t, s, &replaced)
	if got, _ := s.Properties().Get(PropInCommitEnabledTime); got != at {
		t.Errorf("the record was lost: %q", got)
	}
	for v, want := range []time.Time{{}, before, base.Timestamp().Add(time.Millisecond), s.Timestamp()} {
		if v == 0 {
			continue
		}
		if got, err := s.log.VersionAt(t.Context(), want); err != nil || got != int64(v) {
			t.Errorf("version %d at %v: %d, %v", v, want, got, err)
		}
	}
	for h, err := range s.log.History(t.Context(), 0) {
		at, aerr := s.log.SnapshotAt(t.Context(), h.Version)
		if err != nil || aerr != nil || !at.Timestamp().Equal(h.Timestamp) {
			t.Errorf("version %d: history %v, snapshot %v (%v, %v)", h.Version, h.Timestamp, at.Timestamp(), err, aerr)
		}
	}
}

// Before the time from which all readable versions have in-commit timestamps there is none, and the error tells the first.
func TestTheEarliestTimeIsToldWhereTheLogBeginsAfterInCommitTimestampsCame(t *testing.T) {
	store, c := newStore()
	tx := New(store, testOptions(c)).Create(t.Context(), Operation{Name: "CREATE TABLE"})
	tx.Stage(testProtocol("inCommitTimestamp"), metadata("id BIGINT, p STRING", []string{"p"}))
	s := appendFiles(t, mustCommit(t, tx), "a")
	tx = s.Begin(Operation{Name: "SET TBLPROPERTIES"})
	tx.SetMetadata(metadata("id BIGINT, p STRING", []string{"p"}, PropInCommitTimestamps, "true"))
	s = mustCommit(t, tx) // version 2 has them
	since := s.Timestamp()
	s = appendFiles(t, s, "b")
	if _, err := s.Checkpoint(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := store.Delete(t.Context(), commitKey(0), commitKey(1), commitKey(2)); err != nil {
		t.Fatal(err)
	}
	var missing *TimestampNotFoundError
	if _, err := s.log.VersionAt(t.Context(), since.Add(-time.Millisecond)); !errors.As(err, &missing) {
		t.Fatal(err)
	}
	if missing.Version != 3 || !missing.Earliest.Equal(s.Timestamp()) {
		t.Errorf("%+v, want version 3 of %s", missing, s.Timestamp())
	}
}
