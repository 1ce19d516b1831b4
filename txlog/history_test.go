package txlog

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/objstore/mem"
	"github.com/ingestd/ingestd/txlog/action"
)

// timed makes a table whose commits were written at the given minutes, without the transaction.
func timed(t *testing.T, in func(version int, at time.Time) []action.Action, minutes ...int) (*mem.Store, *clock) {
	t.Helper()
	c := newClock()
	start := c.t
	var at time.Time
	store := mem.New(mem.WithNow(func() time.Time { return at }))
	for v, m := range minutes {
		at = start.Add(time.Duration(m) * time.Minute)
		actions := in(v, at)
		if v == 0 {
			actions = append(actions, &action.Protocol{MinReaderVersion: 1, MinWriterVersion: 2}, metadata("id BIGINT, p STRING", nil))
		}
		put(t, store, commitKey(int64(v)), string(action.Encode(actions...)))
	}
	return store, c
}

func plainCommit(v int, _ time.Time) []action.Action {
	return []action.Action{&action.CommitInfo{Operation: fmt.Sprint("op", v)}, add(fmt.Sprint("f", v))}
}

func TestVersionAtATimeIsTheNewestNotAfterIt(t *testing.T) {
	store, c := timed(t, plainCommit, 10, 20, 15, 30) // version 2 seems older than 1: clocks differ
	l := New(store, testOptions(c))
	start := c.t
	for offset, want := range map[time.Duration]int64{
		10 * time.Minute: 0, 19 * time.Minute: 0, 20 * time.Minute: 1, 20*time.Minute + time.Millisecond: 2, 29 * time.Minute: 2, 30 * time.Minute: 3, time.Hour: 3,
	} {
		if got, err := l.VersionAt(t.Context(), start.Add(offset)); err != nil || got != want {
			t.Errorf("after %v: version %d, %v, want %d", offset, got, err, want)
		}
	}
	var early *TimestampNotFoundError
	if _, err := l.VersionAt(t.Context(), start); !errors.As(err, &early) || early.Version != 0 || !early.Earliest.Equal(start.Add(10*time.Minute)) {
		t.Errorf("before all: %v", err)
	}
}

func TestVersionAtHeedsInCommitTimestampsFromWhereTheyBegin(t *testing.T) {
	c := newClock()
	start := c.t
	at := func(m int) time.Time { return start.Add(time.Duration(m) * time.Minute) }
	millis := func(m int) *int64 { v := at(m).UnixMilli(); return &v }
	modified := start
	store := mem.New(mem.WithNow(func() time.Time { return modified }))
	write := func(v int64, mod int, actions ...action.Action) {
		modified = at(mod)
		put(t, store, commitKey(v), string(action.Encode(actions...)))
	}
	p := &action.Protocol{MinReaderVersion: 1, MinWriterVersion: 7, WriterFeatures: []string{"inCommitTimestamp"}}
	write(0, 1, p, metadata("id BIGINT", nil))
	write(1, 2, &action.Txn{AppID: "a"})
	// From here on the files' times are wrong: they were copied.
	write(2, 99, &action.CommitInfo{InCommitTimestamp: millis(10)}, metadata("id BIGINT", nil, PropInCommitTimestamps, "true", PropInCommitEnabledVersion, "2", PropInCommitEnabledTime, fmt.Sprint(*millis(10))))
	write(3, 98, &action.CommitInfo{InCommitTimestamp: millis(20)})
	write(4, 97, &action.CommitInfo{InCommitTimestamp: millis(30)})
	l := New(store, testOptions(c))
	for m, want := range map[int]int64{1: 0, 2: 1, 9: 1, 10: 2, 19: 2, 20: 3, 30: 4, 500: 4} {
		if got, err := l.VersionAt(t.Context(), at(m)); err != nil || got != want {
			t.Errorf("minute %d: version %d, %v, want %d", m, got, err, want)
		}
	}
	s, err := l.Snapshot(t.Context())
	if err != nil || !s.Timestamp().Equal(at(30)) {
		t.Errorf("the snapshot is of %v, %v", s.Timestamp(), err)
	}
	for h, err := range l.History(t.Context(), 1) {
		if err != nil || !h.Timestamp.Equal(at(30)) {
			t.Errorf("history says %v, %v", h.Timestamp, err)
		}
	}
}

func TestHistoryIsNewestFirst(t *testing.T) {
	store, c := timed(t, plainCommit, 1, 2, 3, 4)
	l := New(store, testOptions(c))
	for limit, want := range map[int]string{0: "op3 op2 op1 op0 ", 2: "op3 op2 "} {
		got := ""
		for h, err := range l.History(t.Context(), limit) {
			if err != nil {
				t.Fatal(err)
			}
			got += h.Info().Operation + " "
			for _, a := range h.Actions {
				if a.Kind() == "add" {
					t.Error("history need not hold files")
				}
			}
		}
		if got != want {
			t.Errorf("limit %d: %s", limit, got)
		}
	}
	var none *NotATableError
	for _, err := range New(mem.New(), testOptions(c)).History(t.Context(), 0) {
		if !errors.As(err, &none) {
			t.Errorf("got %v", err)
		}
	}
}

func TestCommitsAreReadInOrder(t *testing.T) {
	store, c := timed(t, plainCommit, 1, 2, 3, 4)
	l := New(store, testOptions(c))
	read := func(from, to int64) (versions []int64, last error) {
		for cm, err := range l.Commits(t.Context(), from, to) {
			if err != nil {
				return versions, err
			}
			versions = append(versions, cm.Version)
			if len(cm.Actions) < 2 || cm.Timestamp.IsZero() {
				t.Errorf("version %d: %d actions at %v", cm.Version, len(cm.Actions), cm.Timestamp)
			}
		}
		return versions, nil
	}
	if got, err := read(1, 2); fmt.Sprint(got) != "[1 2]" || err != nil {
		t.Errorf("%v %v", got, err)
	}
	if got, err := read(2, -1); fmt.Sprint(got) != "[2 3]" || err != nil {
		t.Errorf("%v %v", got, err)
	}
	if got, err := read(3, 5); fmt.Sprint(got) != "[3]" || !errors.Is(err, objstore.ErrNotExist) {
		t.Errorf("%v %v", got, err)
	}
	if got, err := read(7, -1); len(got) != 0 || !errors.Is(err, objstore.ErrNotExist) {
		t.Errorf("%v %v", got, err)
	}
}

func TestAVersionIsFoundByTheTimeThatHistoryTells(t *testing.T) {
	c := newClock()
	store := mem.New(mem.WithNow(func() time.Time { return c.t.Add(485*time.Millisecond + 880021*time.Nanosecond) }))
	put(t, store, commitKey(0), string(action.Encode(&action.Protocol{MinReaderVersion: 1, MinWriterVersion: 2}, metadata("id BIGINT, p STRING", nil))))
	told := c.t.Add(485 * time.Millisecond)
	if got, err := New(store, testOptions(c)).VersionAt(t.Context(), told); err != nil || got != 0 {
		t.Errorf("at %v: version %d, %v, want 0", told, got, err)
	}
}

func TestTheHistoryOfARangeTellsTheTimesOfAll(t *testing.T) {
	store, c := timed(t, plainCommit, 10, 20, 15, 15, 30, 30) // some seem as old as those before them, or older
	l := New(store, testOptions(c))
	times := map[int64]time.Time{}
	for h, err := range l.History(t.Context(), 0) {
		if err != nil {
			t.Fatal(err)
		}
		times[h.Version] = h.Timestamp
	}
	for from := range int64(6) {
		next := from
		for h, err := range l.HistoryBetween(t.Context(), from, 4) {
			if err != nil || h.Version != next || !h.Timestamp.Equal(times[next]) || len(h.Actions) < 2 {
				t.Errorf("from %d: %+v, %v, want version %d at %v", from, h, err, next, times[next])
			}
			next++
		}
		if next != max(5, from) {
			t.Errorf("from %d: up to %d", from, next)
		}
	}
	for _, err := range l.HistoryBetween(t.Context(), 5, 6) {
		if err != nil && !errors.Is(err, objstore.ErrNotExist) {
			t.Error(err)
		}
	}
}
