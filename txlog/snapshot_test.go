package txlog

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/objstore/fault"
	"github.com/ingestd/ingestd/txlog/action"
	"github.com/ingestd/ingestd/txlog/checkpoint"
)

// history makes a table of n appends, with checkpoints at the versions given.
func history(t testing.TB, store objstore.Store, c *clock, n int, checkpoints ...int64) *Snapshot {
	t.Helper()
	s := newTable(t, store, c)
	for i := range n {
		s = appendFiles(t, s, fmt.Sprint("f", i))
		for _, v := range checkpoints {
			if v == s.Version() {
				if _, err := s.Checkpoint(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	return s
}

func TestSnapshotsComeFromWhateverIsWhole(t *testing.T) {
	hint := func(text string) func(testing.TB, objstore.Store) {
		return func(t testing.TB, s objstore.Store) { put(t, s, checkpoint.HintKey, text) }
	}
	drop := func(keys ...string) func(testing.TB, objstore.Store) {
		return func(t testing.TB, s objstore.Store) {
			if err := s.Delete(t.Context(), keys...); err != nil {
				t.Fatal(err)
			}
		}
	}
	damage := func(version int64, text string) func(testing.TB, objstore.Store) {
		return func(t testing.TB, s objstore.Store) { put(t, s, checkpointKey(version), text) }
	}
	part := func(o, p int) string { return fmt.Sprintf("%s%020d.checkpoint.%010d.%010d.parquet", logDir, 8, o, p) }
	for name, spoil := range map[string][]func(testing.TB, objstore.Store){
		"nothing spoilt":              nil,
		"no hint":                     {drop(checkpoint.HintKey)},
		"empty hint":                  {hint("")},
		"hint is not JSON":            {hint("{")},
		"hint is negative":            {hint(`{"version":-3,"size":1}`)},
		"hint is stale":               {hint(`{"version":3,"size":1}`)},
		"hint names nothing":          {hint(`{"version":5,"size":1}`)},
		"hint is ahead":               {hint(`{"version":99,"size":1}`)},
		"hint's sum is wrong":         {hint(`{"version":99,"size":1,"checksum":"0"}`)},
		"newest checkpoint gone":      {drop(checkpointKey(6))},
		"newest checkpoint empty":     {damage(6, "")},
		"newest checkpoint torn":      {damage(6, "PAR1 and then")},
		"both checkpoints torn":       {damage(6, "PAR1 and then"), damage(3, "PAR1")},
		"all checkpoints gone":        {drop(checkpointKey(6), checkpointKey(3))},
		"old commits cleaned up":      {drop(commitKey(0), commitKey(1), commitKey(2))},
		"commits up to checkpoint":    {drop(commitKey(0), commitKey(1), commitKey(2), commitKey(3), commitKey(4), commitKey(5), commitKey(6))},
		"newest torn, old cleaned up": {damage(6, "PAR1"), drop(commitKey(0), commitKey(1), commitKey(2), commitKey(3))},
		"incomplete multi-part":       {func(t testing.TB, s objstore.Store) { put(t, s, part(1, 2), "x") }},
		"torn multi-part":             {func(t testing.TB, s objstore.Store) { put(t, s, part(1, 2), "x"); put(t, s, part(2, 2), "x") }},
		"foreign files": {func(t testing.TB, s objstore.Store) {
			put(t, s, logDir+"00000000000000000007.crc", "x")
			put(t, s, logDir+".00000000000000000007.json.crc", "x")
			put(t, s, logDir+"00000000000000000007.00000000000000000008.compacted.json", "x")
			put(t, s, logDir+"_sidecars/x.parquet", "x")
			put(t, s, logDir+"00000000000000000007.json.tmp", "x")
			put(t, s, logDir+"readme", "x")
		}},
	} {
		t.Run(name, func(t *testing.T) {
			store, c := newStore()
			history(t, store, c, 8, 3, 6)
			for _, f := range spoil {
				f(t, store)
			}
			s, err := New(store, testOptions(c)).Snapshot(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if s.Version() != 8 {
				t.Errorf("version %d", s.Version())
			}
			expectFiles(t, s, numbered(8)...)
		})
	}
}

func TestDamagedLogsAreNamed(t *testing.T) {
	store, c := newStore()
	l := New(store, testOptions(c))
	var none *NotATableError
	if _, err := l.Snapshot(t.Context()); !errors.As(err, &none) {
		t.Errorf("an empty place: %v", err)
	}
	put(t, store, logDir+"00000000000000000000.crc", "malformed")
	if _, err := l.Snapshot(t.Context()); !errors.As(err, &none) {
		t.Errorf("only a checksum file: %v", err)
	}
	history(t, store, c, 8, 5)
	for _, q := range []struct {
		drop    []int64
		missing int64
	}{{[]int64{7}, 7}, {[]int64{6, 7}, 6}} {
		broken := store.Clone()
		for _, v := range q.drop {
			if err := broken.Delete(t.Context(), commitKey(v)); err != nil {
				t.Fatal(err)
			}
		}
		var gap *GapError
		if _, err := New(broken, testOptions(c)).Snapshot(t.Context()); !errors.As(err, &gap) || gap.Missing != q.missing || gap.Next != 8 || gap.LastGood != q.missing-1 {
			t.Errorf("without %v: %v", q.drop, err)
		}
	}
	for _, q := range []struct{ text, want string }{
		{"", "no protocol"},
		{string(action.Encode(&action.Protocol{MinReaderVersion: 1, MinWriterVersion: 2})), "no metaData"},
		{string(action.Encode(metadata("a INT", nil))), "no protocol"},
		{string(action.Encode(&action.Protocol{MinReaderVersion: 1, MinWriterVersion: 2}, &action.Metadata{ID: "x"})), "no schema"},
	} {
		store, c := newStore()
		put(t, store, commitKey(0), q.text)
		var invalid *InvalidLogError
		if _, err := New(store, testOptions(c)).Snapshot(t.Context()); !errors.As(err, &invalid) || !strings.Contains(err.Error(), q.want) {
			t.Errorf("%s: %v", q.text, err)
		}
	}
	put(t, store, commitKey(0), "{broken")
	if err := store.Delete(t.Context(), checkpointKey(5)); err != nil {
		t.Fatal(err)
	}
	var d *action.DecodeError
	if _, err := l.Snapshot(t.Context()); !errors.As(err, &d) || !strings.Contains(err.Error(), "commit version 0") {
		t.Errorf("broken JSON: %v", err)
	}
}

func TestEveryVersionThatTheLogHoldsCanBeHad(t *testing.T) {
	store, c := newStore()
	history(t, store, c, 8, 3, 6)
	l := New(store, testOptions(c))
	for v := range int64(9) {
		s, err := l.SnapshotAt(t.Context(), v)
		if err != nil || s.Version() != v {
			t.Fatalf("%d: %v, %v", v, s, err)
		}
		expectFiles(t, s, numbered(int(v))...)
	}
	var missing *VersionNotFoundError
	for _, v := range []int64{-1, 9, 1000} {
		if _, err := l.SnapshotAt(t.Context(), v); !errors.As(err, &missing) || missing.Latest != 8 || missing.Earliest != 0 {
			t.Errorf("%d: %v", v, err)
		}
	}
	if err := store.Delete(t.Context(), commitKey(0), commitKey(1)); err != nil {
		t.Fatal(err)
	}
	if _, err := l.SnapshotAt(t.Context(), 2); !errors.As(err, &missing) || missing.Earliest != 3 {
		t.Errorf("cleaned up: %v", err)
	}
	if _, err := l.SnapshotAt(t.Context(), 3); err != nil {
		t.Errorf("the oldest checkpoint: %v", err)
	}
}

func TestUpdateReadsOnlyNewCommitsAndNeverLists(t *testing.T) {
	inner, c := newStore()
	history(t, inner, c, 8, 3, 6)
	counting := fault.Wrap(inner, fault.Options{})
	s, err := New(counting, testOptions(c)).Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	lists, gets := counting.Count(fault.List), counting.Count(fault.Get)
	latest, err := New(inner, testOptions(c)).Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	appendFiles(t, appendFiles(t, latest, "f8"), "f9")
	got, err := s.Update(t.Context())
	if err != nil || got.Version() != 10 {
		t.Fatalf("%v, %v", got, err)
	}
	if same, err := got.Update(t.Context()); err != nil || same != got {
		t.Errorf("nothing new must be the very same snapshot: %v", err)
	}
	if n := counting.Count(fault.List) - lists; n != 0 {
		t.Errorf("%d lists", n)
	}
	if n := counting.Count(fault.Get) - gets; n != 4 { // two that are there, and the next one twice
		t.Errorf("%d gets", n)
	}
	expectFiles(t, got, numbered(10)...)
}

func TestAppendsReadNoFileAction(t *testing.T) {
	inner, c := newStore()
	s := history(t, inner, c, 8, 6)
	if _, err := s.Checkpoint(t.Context()); err != nil {
		t.Fatal(err)
	}
	fresh, err := New(inner, testOptions(c)).Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for i := range 5 {
		fresh = appendFiles(t, fresh, fmt.Sprint("g", i))
	}
	if fresh.files.set.Load() != nil {
		t.Error("appending has loaded the list of files")
	}
}

// The file list of a snapshot is carried on by Update and by commits once it was loaded.
func TestTheFileListIsCarriedOn(t *testing.T) {
	store, c := newStore()
	s := history(t, store, c, 4, 2)
	expectFiles(t, s, numbered(4)...)
	for i := 4; i < 40; i++ {
		tx := s.Begin(Operation{})
		tx.Stage(add(fmt.Sprint("f", i)), remove(fmt.Sprint("f", i-4)))
		s = mustCommit(t, tx)
		if s.files.set.Load() == nil {
			t.Fatal("the list was dropped")
		}
		expectFiles(t, s, wanted(i-3, i+1)...)
	}
	if n := len(s.files.set.Load().layers); n > 6 {
		t.Errorf("%d layers", n)
	}
	fresh, err := New(store, testOptions(c)).Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	expectFiles(t, fresh, filesOf(t, s)...)
}

func wanted(from, to int) []string {
	var out []string
	for i := from; i < to; i++ {
		out = append(out, fmt.Sprint("f", i))
	}
	return sorted(out)
}

func TestFilesStopWhenToldTo(t *testing.T) {
	store, c := newStore()
	history(t, store, c, 6, 3)
	s, err := New(store, testOptions(c)).Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for range s.Files(t.Context()) {
		if n++; n == 2 {
			break
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, err := range s.Files(ctx) {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		return
	}
	t.Error("a cancelled context must end it with an error")
}

func TestTxnsExpireAsInSpark(t *testing.T) {
	store, c := newStore()
	s := newTable(t, store, c, PropSetTransactionRetain, "interval 1 hour")
	now := c.t.UnixMilli()
	tx := s.Begin(Operation{})
	tx.Stage(&action.Txn{AppID: "new", Version: 1, LastUpdated: &now}, &action.Txn{AppID: "ageless", Version: 2})
	s = mustCommit(t, tx)
	if _, ok := s.Txn("new"); !ok {
		t.Error("new")
	}
	if _, ok := s.Txn("ageless"); ok {
		t.Error("one of unknown age is expired where there is a retention")
	}
	c.add(time.Hour)
	if _, ok := s.Txn("new"); ok {
		t.Error("an hour later")
	}
	for id := range s.Txns() {
		t.Errorf("%s is still there", id)
	}
	if _, err := s.Checkpoint(t.Context()); err != nil {
		t.Fatal(err)
	}
	fresh, err := New(store, testOptions(c)).Snapshot(t.Context())
	if err != nil || len(fresh.state.txns) != 0 {
		t.Errorf("the checkpoint kept expired txns: %v %v", fresh.state.txns, err)
	}
}

func TestDomainsAreKeptAndRemoved(t *testing.T) {
	store, c := newStore()
	s := newTable(t, store, c)
	for i, d := range []*action.DomainMetadata{{Domain: "a", Configuration: "1"}, {Domain: "b", Configuration: "2"}, {Domain: "a", Removed: true}} {
		tx := s.Begin(Operation{})
		tx.Stage(d)
		s = mustCommit(t, tx)
		if i == 1 {
			if conf, ok := s.Domain("a"); !ok || conf != "1" {
				t.Error("a")
			}
		}
	}
	for range 2 {
		n := 0
		for name, conf := range s.Domains() {
			if n++; name != "b" || conf != "2" {
				t.Errorf("%s %s", name, conf)
			}
		}
		if _, ok := s.Domain("a"); ok || n != 1 {
			t.Errorf("%d domains", n)
		}
		if _, err := s.Checkpoint(t.Context()); err != nil {
			t.Fatal(err)
		}
		var err error
		if s, err = New(store, testOptions(c)).Snapshot(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// A long log with many checkpoints is looked through once, not once for each checkpoint.
func TestSegmentsOfALongLog(t *testing.T) {
	list := &listing{url: "mem"}
	for v := range int64(20000) {
		if v != 9999 {
			list.commits = append(list.commits, objstore.Info{Key: commitKey(v)})
		}
		if v%2 == 0 {
			list.checkpoints = append(list.checkpoints, checkpoint.Ref{Version: v, Files: []objstore.Info{{Key: checkpointKey(v)}}})
		}
	}
	segments, err := list.segments(19000)
	if err != nil || len(segments) != (19000-10000)/2+1 {
		t.Fatal(len(segments), err)
	}
	if segments, err = list.segments(9998); err != nil || len(segments) != 9998/2+2 {
		t.Fatal(len(segments), err)
	}
	list.checkpoints = nil
	var gap *GapError
	if _, err := list.segments(latest); !errors.As(err, &gap) || gap.Missing != 9999 || gap.Next != 10000 || gap.LastGood != 9998 {
		t.Fatal(err)
	}
}

// The list of files is long, and its first reader slow: appends to the same snapshot do not wait for it.
func TestWhoCommitsDoesNotWaitForThoseWhoReadTheFiles(t *testing.T) {
	store, c := newStore()
	s := appendFiles(t, newTable(t, store, c), "a")
	s.files.building.Lock()
	defer s.files.building.Unlock()
	if next, err := appendFiles(t, s, "b").Update(t.Context()); err != nil || next.Version() != 2 {
		t.Error(next, err)
	}
}
