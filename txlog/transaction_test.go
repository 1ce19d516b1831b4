package txlog

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/objstore/fault"
	"github.com/ingestd/ingestd/txlog/action"
)

func TestACommitSaysWhoDidWhatFirst(t *testing.T) {
	store, c := newStore()
	s := newTable(t, store, c)
	tx := s.Begin(Operation{Name: "STREAMING UPDATE", Parameters: map[string]any{"mode": "Append", "epochId": 7, "by": []string{"p"}, "none": nil, "on": true}, Metrics: map[string]string{"numAddedFiles": "1"}, UserMetadata: "x"})
	tx.Stage(&action.Txn{AppID: "q/t/0", Version: 5}, add("f"))
	s = mustCommit(t, tx)
	text, _, err := objstore.ReadAll(t.Context(), store, commitKey(1))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(text), "\n")
	if len(lines) != 4 || !strings.HasPrefix(lines[0], `{"commitInfo":`) || lines[3] != "" {
		t.Fatalf("%s", text)
	}
	var first struct{ CommitInfo map[string]json.RawMessage }
	if err := json.Unmarshal([]byte(lines[0]), &first); err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]string{
		"operation": `"STREAMING UPDATE"`, "operationParameters": `{"by":"[\"p\"]","epochId":7,"mode":"Append","none":null,"on":true}`,
		"operationMetrics": `{"numAddedFiles":"1"}`, "readVersion": "0", "isolationLevel": `"WriteSerializable"`, "isBlindAppend": "true",
		"engineInfo": `"ingestd/test"`, "userMetadata": `"x"`,
	} {
		if got := string(first.CommitInfo[key]); got != want {
			t.Errorf("%s: got %s, want %s", key, got, want)
		}
	}
	if v, ok := s.Txn("q/t/0"); v != 5 || !ok || s.CommitInfo().TxnID == "" {
		t.Errorf("txn %d %v", v, ok)
	}
}

func TestCommitsThatLostTheRaceFollowTheWinners(t *testing.T) {
	store, c := newStore()
	base := newTable(t, store, c)
	a := appendFiles(t, base, "a")
	appendFiles(t, a, "b")
	tx := base.Begin(Operation{Name: "WRITE"})
	tx.Stage(add("c"))
	got, err := tx.Commit(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got.Version != 3 || got.Attempts != 2 {
		t.Errorf("version %d after %d attempts", got.Version, got.Attempts)
	}
	expectFiles(t, got.Snapshot, "a", "b", "c")
	if i := got.Snapshot.CommitInfo(); *i.ReadVersion != 2 {
		t.Errorf("readVersion %d: it was rebased", *i.ReadVersion)
	}
}

// kinds of failing commits; all of these are certain.
func TestConflictsAreTypedAndProvablyRejected(t *testing.T) {
	for name, c := range map[string]struct {
		mine, theirs func(*Transaction)
		want         ConflictKind
	}{
		"same txn":   {func(tx *Transaction) { tx.Stage(&action.Txn{AppID: "a", Version: 1}) }, func(tx *Transaction) { tx.Stage(&action.Txn{AppID: "a", Version: 1}) }, ConcurrentTransaction},
		"fence":      {func(tx *Transaction) { tx.RequireTxn("a", 0, false) }, func(tx *Transaction) { tx.Stage(&action.Txn{AppID: "a", Version: 1}) }, ConcurrentTransaction},
		"schema":     {func(tx *Transaction) { tx.Stage(add("x")) }, func(tx *Transaction) { tx.Stage(metadata("id BIGINT, p STRING, q INT", []string{"p"})) }, MetadataChanged},
		"protocol":   {func(tx *Transaction) { tx.Stage(add("x")) }, func(tx *Transaction) { tx.Stage(&action.Protocol{MinReaderVersion: 1, MinWriterVersion: 3}) }, ProtocolChanged},
		"both drop":  {func(tx *Transaction) { tx.Stage(remove("f")) }, func(tx *Transaction) { tx.Stage(remove("f")) }, ConcurrentDeleteDelete},
		"read gone":  {func(tx *Transaction) { tx.ReadFiles("f"); tx.Stage(add("x")) }, func(tx *Transaction) { tx.Stage(remove("f")) }, ConcurrentDeleteRead},
		"read whole": {func(tx *Transaction) { tx.ReadWhole(); tx.Stage(add("x")) }, func(tx *Transaction) { tx.Stage(remove("f"), add("y")) }, ConcurrentDeleteRead},
		"read part": {func(tx *Transaction) {
			tx.ReadPartitions(func(*action.Add) bool { return true })
			tx.Stage(add("x"))
		}, func(tx *Transaction) { tx.ReadWhole(); tx.Stage(add("y")) }, ConcurrentAppend},
	} {
		t.Run(name, func(t *testing.T) {
			store, clock := newStore()
			base := appendFiles(t, newTable(t, store, clock), "f")
			theirs := base.Begin(Operation{Name: "WRITE"})
			c.theirs(theirs)
			mustCommit(t, theirs)
			mine := base.Begin(Operation{Name: "WRITE"})
			c.mine(mine)
			_, err := mine.Commit(t.Context())
			var conflict *ConflictError
			if !errors.As(err, &conflict) || conflict.Kind != c.want || conflict.Version != 2 {
				t.Fatalf("got %v, want %s", err, c.want)
			}
			if !errors.Is(err, ErrProvablyRejected) {
				t.Error("the winner was read: nothing is more certain")
			}
			if r := objstore.IsRetryable(err); r != (c.want != ConcurrentTransaction) {
				t.Errorf("retryable: %v", r)
			}
		})
	}
}

func TestRequireTxnIsCheckedAgainstTheSnapshotToo(t *testing.T) {
	store, c := newStore()
	s := newTable(t, store, c)
	tx := s.Begin(Operation{})
	tx.Stage(&action.Txn{AppID: "a", Version: 3})
	s = mustCommit(t, tx)
	for _, q := range []struct {
		version int64
		present bool
		ok      bool
	}{{3, true, true}, {2, true, false}, {0, false, false}} {
		tx := s.Begin(Operation{})
		tx.RequireTxn("a", q.version, q.present)
		tx.Stage(add("f"))
		_, err := tx.Commit(t.Context())
		var conflict *ConflictError
		if (err == nil) != q.ok || err != nil && (!errors.As(err, &conflict) || conflict.Kind != ConcurrentTransaction || !errors.Is(err, ErrProvablyRejected)) {
			t.Errorf("%+v: %v", q, err)
		}
	}
}

func TestATableIsCreatedOnce(t *testing.T) {
	store, c := newStore()
	newTable(t, store, c)
	create := func() error {
		tx := New(store, testOptions(c)).Create(t.Context(), Operation{})
		tx.Stage(&action.Protocol{MinReaderVersion: 1, MinWriterVersion: 2}, metadata("a INT", nil))
		_, err := tx.Commit(t.Context())
		return err
	}
	var exists *TableExistsError
	if err := create(); !errors.As(err, &exists) || !errors.Is(err, ErrProvablyRejected) {
		t.Errorf("got %v", err)
	}
	// Also where its first commits have been cleaned up.
	text, _, _ := objstore.ReadAll(t.Context(), store, commitKey(0))
	put(t, store, commitKey(5), string(text))
	if err := store.Delete(t.Context(), commitKey(0)); err != nil {
		t.Fatal(err)
	}
	if err := create(); !errors.As(err, &exists) {
		t.Errorf("got %v", err)
	}
}

func TestInvalidCommitsAreRefusedBeforeAnythingIsWritten(t *testing.T) {
	store, c := newStore()
	s := newTable(t, store, c)
	strict := newTable(t, func() objstore.Store { x, _ := newStore(); return x }(), c, PropAppendOnly, "true")
	ntz := metadata("a TIMESTAMP_NTZ, p STRING", []string{"p"})
	for name, q := range map[string]struct {
		base    *Snapshot
		actions []action.Action
		want    string
	}{
		"two txns":        {s, []action.Action{&action.Txn{AppID: "a"}, &action.Txn{AppID: "a"}}, "two txn actions a"},
		"two adds":        {s, []action.Action{add("f"), add("f")}, "two add actions f"},
		"two metadatas":   {s, []action.Action{metadata("p STRING, a INT", nil), metadata("p STRING, a INT", nil)}, "two metaData"},
		"two domains":     {s, []action.Action{&action.DomainMetadata{Domain: "d"}, &action.DomainMetadata{Domain: "d"}}, "two domainMetadata"},
		"own commitInfo":  {s, []action.Action{&action.CommitInfo{}}, "staged commitInfo"},
		"sidecar":         {s, []action.Action{&action.Sidecar{Path: "s"}}, "staged sidecar"},
		"partition":       {s, []action.Action{&action.Add{Path: "f", PartitionValues: map[string]*string{"q": nil}}}, "partition values"},
		"bad partitions":  {s, []action.Action{metadata("a INT", []string{"b"})}, "no such column"},
		"feature":         {s, []action.Action{ntz}, "timestampNtz"},
		"append-only":     {strict, []action.Action{remove("f")}, "append-only"},
		"unknown feature": {s, []action.Action{&action.Protocol{MinReaderVersion: 3, MinWriterVersion: 7, ReaderFeatures: []string{"x"}, WriterFeatures: []string{"x"}}}, "table features: x"},
	} {
		tx := q.base.Begin(Operation{})
		tx.Stage(q.actions...)
		_, err := tx.Commit(t.Context())
		if err == nil || !strings.Contains(err.Error(), q.want) || !errors.Is(err, ErrProvablyRejected) {
			t.Errorf("%s: got %v, want %q", name, err, q.want)
		}
	}
	tx := strict.Begin(Operation{})
	rearranged := remove("f")
	rearranged.DataChange = false
	tx.Stage(rearranged)
	mustCommit(t, tx) // allowed: no row is lost
	if _, err := tx.Commit(t.Context()); !errors.Is(err, errCommitted) || errors.Is(err, ErrProvablyRejected) {
		t.Errorf("a second Commit: %v", err)
	}
	if got, err := s.Update(t.Context()); err != nil || got.Version() != 0 {
		t.Errorf("something was written: %v, %v", got.Version(), err)
	}
}

func TestTablesOfWhichAFeatureIsNotHonouredAreNotWritten(t *testing.T) {
	store, c := newStore()
	put(t, store, commitKey(0), string(action.Encode(&action.Protocol{MinReaderVersion: 1, MinWriterVersion: 7, WriterFeatures: []string{"icebergWriterCompatV1"}}, metadata("a INT", nil))))
	s, err := New(store, testOptions(c)).Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	tx := s.Begin(Operation{})
	tx.Stage(&action.Txn{AppID: "a"})
	if _, err := tx.Commit(t.Context()); err == nil || !strings.Contains(err.Error(), "icebergWriterCompatV1") || !errors.Is(err, ErrProvablyRejected) {
		t.Errorf("got %v", err)
	}
}

// What each fault of the commit's own put comes to. "late" puts take effect after later calls.
func TestWhatBecomesOfACommitWhosePutFails(t *testing.T) {
	const commits = "put key=_delta_log/*.json "
	for _, c := range []struct {
		rules    string
		there    bool // the commit succeeds
		rejected bool // else it is provably rejected
		unknown  bool // else its outcome is not known
	}{
		{commits + "nth=1 lost", true, false, false},
		{commits + "nth=1 phantom", true, false, false},
		{commits + "nth=1 fail", true, false, false},
		{commits + "nth=1 late=1", true, false, false},
		{commits + "nth=1 late=3", true, false, false},
		{commits + "phantom", false, false, true},
		{commits + "fail", false, false, true},
		{commits + "fail=nospace", false, true, false},
		{commits + "fail=permission", false, true, false},
		{commits + "nth=1 phantom; " + commits + "fail=nospace", false, false, true},
		{commits + "nth=1 lost; get fail", false, false, true},
		{commits + "nth=1 fail=precondition", true, false, false},
	} {
		t.Run(c.rules, func(t *testing.T) {
			inner, clock := newStore()
			base := newTable(t, inner, clock)
			var rules []fault.Rule
			for _, text := range strings.Split(c.rules, "; ") {
				r, err := fault.Parse(text)
				if err != nil {
					t.Fatal(err)
				}
				rules = append(rules, r...)
			}
			faulty := New(fault.Wrap(inner, fault.Options{Rules: rules}), testOptions(clock))
			base.log = faulty
			tx := base.Begin(Operation{})
			tx.Stage(add("f"))
			got, err := tx.Commit(t.Context())
			if (err == nil) != c.there {
				t.Fatalf("got %v", err)
			}
			if errors.Is(err, ErrProvablyRejected) != c.rejected || errors.Is(err, objstore.ErrOutcomeUnknown) != c.unknown {
				t.Errorf("got %v: rejected %v, unknown %v", err, errors.Is(err, ErrProvablyRejected), errors.Is(err, objstore.ErrOutcomeUnknown))
			}
			now, uerr := New(inner, testOptions(clock)).Snapshot(t.Context())
			if uerr != nil {
				t.Fatal(uerr)
			}
			files := filesOf(t, now)
			if c.there && (fmt.Sprint(files) != "[f]" || got.Version != 1) || c.rejected && len(files) > 0 || now.Version() > 1 {
				t.Errorf("version %d has %v", now.Version(), files)
			}
		})
	}
}

// An answer was lost, and when it is looked up another has the version: ours can then never come.
func TestALostPutIsProvablyRejectedOnceAnotherHasTheVersion(t *testing.T) {
	inner, clock := newStore()
	base := newTable(t, inner, clock)
	base.log = New(fault.Wrap(inner, fault.Options{Before: func(_ context.Context, c fault.Call) error {
		if c.Op == fault.Put && strings.HasSuffix(c.Key, "1.json") {
			put(t, inner, commitKey(1), string(action.Encode(&action.Txn{AppID: "a", Version: 9})))
			return objstore.ErrOutcomeUnknown
		}
		return nil
	}}), testOptions(clock))
	tx := base.Begin(Operation{})
	tx.Stage(&action.Txn{AppID: "a", Version: 1})
	_, err := tx.Commit(t.Context())
	var conflict *ConflictError
	if !errors.As(err, &conflict) || !errors.Is(err, ErrProvablyRejected) {
		t.Errorf("got %v", err)
	}
}

// What cannot be read proves nothing: it might be a part of our own commit.
func TestACommitThatCannotBeReadProvesNothing(t *testing.T) {
	store, clock := newStore()
	base := newTable(t, store, clock)
	put(t, store, commitKey(1), `{"commitInfo":{"txnId":"tx`)
	tx := base.Begin(Operation{})
	tx.Stage(add("f"))
	if _, err := tx.Commit(t.Context()); !errors.Is(err, objstore.ErrOutcomeUnknown) || errors.Is(err, ErrProvablyRejected) {
		t.Errorf("got %v", err)
	}
}

func TestACancelledCommitIsRejectedBeforeAndUnknownWithin(t *testing.T) {
	inner, clock := newStore()
	base := newTable(t, inner, clock)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	tx := base.Begin(Operation{})
	tx.Stage(add("f"))
	if _, err := tx.Commit(ctx); !errors.Is(err, context.Canceled) || !errors.Is(err, ErrProvablyRejected) {
		t.Errorf("before: %v", err)
	}
	ctx, cancel = context.WithCancel(t.Context())
	base.log = New(fault.Wrap(inner, fault.Options{After: func(_ context.Context, c fault.Call, _ error) {
		if c.Op == fault.Put {
			cancel()
		}
	}, Rules: []fault.Rule{{Op: fault.Put, Effect: fault.Lost}}}), testOptions(clock))
	tx = base.Begin(Operation{})
	tx.Stage(add("f"))
	if _, err := tx.Commit(ctx); err != nil { // it is there, and finding that out outlives the context
		t.Errorf("within: %v", err)
	}
}

func TestWritersGiveUpAfterSoManyAttempts(t *testing.T) {
	inner, clock := newStore()
	base := newTable(t, inner, clock)
	opts := testOptions(clock)
	opts.MaxCommitAttempts = 3
	base.log = New(fault.Wrap(inner, fault.Options{Before: func(_ context.Context, c fault.Call) error {
		if c.Op == fault.Put {
			put(t, inner, c.Key, string(action.Encode(&action.Txn{AppID: "other"})))
		}
		return nil
	}}), opts)
	tx := base.Begin(Operation{})
	tx.Stage(add("f"))
	_, err := tx.Commit(t.Context())
	var ce *CommitError
	if !errors.Is(err, ErrTooManyAttempts) || !errors.Is(err, ErrProvablyRejected) || !errors.As(err, &ce) || ce.Attempts != 3 || !ce.Retryable() {
		t.Errorf("got %v", err)
	}
}

// A process that slept must not fill a version that was cleaned up while it did.
func TestASnapshotThatSleptLooksAtTheLogFirst(t *testing.T) {
	store, clock := newStore()
	base := newTable(t, store, clock)
	s := base
	for i := range 3 {
		s = appendFiles(t, s, fmt.Sprint("f", i))
	}
	if _, err := s.Checkpoint(t.Context()); err != nil {
		t.Fatal(err)
	}
	clock.add(2 * time.Hour)
	tx := base.Begin(Operation{})
	tx.Stage(add("late"))
	late, err := tx.Commit(t.Context())
	if err != nil || late.Version != 4 {
		t.Fatalf("the commits between are there, so it can follow them: %v, %v", late.Version, err)
	}
	if err := store.Delete(t.Context(), commitKey(0), commitKey(1), commitKey(2)); err != nil {
		t.Fatal(err)
	}
	clock.add(2 * time.Hour)
	tx = base.Begin(Operation{})
	tx.Stage(add("later"))
	_, err = tx.Commit(t.Context())
	var stale *StaleSnapshotError
	if !errors.As(err, &stale) || !errors.Is(err, ErrProvablyRejected) || !objstore.IsRetryable(err) {
		t.Errorf("got %v", err)
	}
	clock.add(2 * time.Hour)
	if got, err := base.Update(t.Context()); err != nil || got.Version() != 4 {
		t.Errorf("Update: %v, %v", got, err)
	}
}

func TestHooksAreDueAtTheInterval(t *testing.T) {
	store, clock := newStore()
	s := newTable(t, store, clock, PropCheckpointInterval, "3")
	var due []int64
	for range 7 {
		tx := s.Begin(Operation{})
		tx.Stage(&action.Txn{AppID: "a"})
		c, err := tx.Commit(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		s = c.Snapshot
		for _, h := range c.Due {
			if h.Name() == "checkpoint" {
				due = append(due, c.Version)
			}
			if err := errors.Join(h.Run(t.Context()), h.Run(t.Context())); err != nil {
				t.Error(err)
			}
		}
	}
	if fmt.Sprint(due) != "[3 6]" {
		t.Errorf("due at %v", due)
	}
	s.log = New(store, testOptions(clock)) // one that has not heard of any checkpoint, and starts long after the last
	s.props = NewProperties(map[string]string{PropCheckpointInterval: "3"})
	if !s.checkpointDue() || s.checkpointDue() {
		t.Error("a missed checkpoint must be asked for, once")
	}
	if _, err := store.Head(t.Context(), checkpointKey(6)); err != nil {
		t.Error(err)
	}
}

// Files that are added again without a change of data were read; Spark takes any add of a blind append for new rows.
func TestAddingAgainIsNoBlindAppend(t *testing.T) {
	store, c := newStore()
	s := appendFiles(t, newTable(t, store, c), "a")
	if b := s.CommitInfo().IsBlindAppend; b == nil || !*b {
		t.Error("an append is not blind")
	}
	again := add("a")
	again.DataChange = false
	tx := s.Begin(Operation{Name: "ROW TRACKING BACKFILL"})
	tx.Stage(again)
	if b := mustCommit(t, tx).CommitInfo().IsBlindAppend; b == nil || *b {
		t.Error("an add without a change of data is blind")
	}
}
