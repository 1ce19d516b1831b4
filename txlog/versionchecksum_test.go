package txlog

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/objstore/mem"
	"github.com/ingestd/ingestd/txlog/action"
	"github.com/ingestd/ingestd/txlog/checksum"
)

// commitWith commits and runs what has become due.
func commitWith(t testing.TB, s *Snapshot, op string, actions ...action.Action) *Snapshot {
	t.Helper()
	tx := s.Begin(Operation{Name: op})
	tx.Stage(actions...)
	c, err := tx.Commit(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	runDue(t, c)
	return c.Snapshot
}

func runDue(t testing.TB, c Committed) {
	t.Helper()
	for _, h := range c.Due {
		if err := h.Run(t.Context()); err != nil {
			t.Errorf("%s: %v", h.Name(), err)
		}
	}
}

// checksummed is a new table whose creation has its checksum.
func checksummed(t testing.TB, store objstore.Store, c *clock, properties ...string) *Snapshot {
	t.Helper()
	tx := New(store, testOptions(c)).Create(t.Context(), Operation{Name: "CREATE TABLE"})
	tx.Stage(testProtocol(), metadata("id BIGINT, p STRING", []string{"p"}, properties...))
	done, err := tx.Commit(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	runDue(t, done)
	return done.Snapshot
}

func sized(path string, size int64) *action.Add {
	a := add(path)
	a.Size = size
	return a
}

// expectTotals opens the table anew, so that only the file can tell.
func expectTotals(t testing.TB, store objstore.Store, c *clock, files, bytes int64) {
	t.Helper()
	s, err := New(store, testOptions(c)).Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	n, ok := s.NumFiles(t.Context())
	b, ok2 := s.SizeInBytes(t.Context())
	if !ok || !ok2 || n != files || b != bytes {
		t.Errorf("version %d: %d files (%v) of %d bytes (%v), want %d of %d", s.Version(), n, ok, b, ok2, files, bytes)
	}
	if s.files.set.Load() != nil {
		t.Error("the live files were loaded")
	}
	if err := s.VerifyChecksum(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestEveryCommitGetsAChecksumFromTheOneBefore(t *testing.T) {
	store, c := newStore()
	s := checksummed(t, store, c)
	expectTotals(t, store, c, 0, 0)
	s = commitWith(t, s, "WRITE", sized("a", 10), sized("b", 5<<30), &action.Txn{AppID: "app", Version: 7})
	expectTotals(t, store, c, 2, 5<<30+10)
	s = commitWith(t, s, "DELETE", sized("a", 10).Remove(1, true), &action.DomainMetadata{Domain: "d", Configuration: "x"})
	expectTotals(t, store, c, 1, 5<<30)
	if s.files.set.Load() != nil {
		t.Error("the live files were loaded")
	}
	text, _, err := objstore.ReadAll(t.Context(), store, checksumKey(2))
	if err != nil {
		t.Fatal(err)
	}
	got, err := checksum.Parse(text)
	if err != nil || len(got.Txns) != 1 || got.Txns[0].Version != 7 || len(got.Domains) != 1 || got.TxnID != s.CommitInfo().TxnID || got.Metadata.ID != "id" {
		t.Errorf("%s: %v", text, err)
	}
}

func TestAChecksumIsOnlyWrittenWhereItIsProved(t *testing.T) {
	for name, unproved := range map[string]func(t *testing.T, s *Snapshot) *Snapshot{
		"a remove without a size":       func(t *testing.T, s *Snapshot) *Snapshot { return commitWith(t, s, "DELETE", remove("a")) },
		"files that were there already": func(t *testing.T, s *Snapshot) *Snapshot { return commitWith(t, s, "COMPUTE STATS", sized("a", 10)) },
		"a remove with a size that is none": func(t *testing.T, s *Snapshot) *Snapshot {
			r := remove("a")
			r.Size, r.ExtendedFileMetadata = new(int64(0)), new(false)
			return commitWith(t, s, "DELETE", r)
		},
		"removes of deletion vectors": func(t *testing.T, s *Snapshot) *Snapshot {
			return commitWith(t, s, "Deletion Vector Tombstones", sized("dv.bin", 3).Remove(1, false))
		},
		"files without a change": func(t *testing.T, s *Snapshot) *Snapshot {
			again := sized("a", 10)
			again.DataChange = false
			return commitWith(t, s, "WRITE", again)
		},
	} {
		t.Run(name, func(t *testing.T) {
			store, c := newStore()
			s := commitWith(t, checksummed(t, store, c), "WRITE", sized("a", 10))
			s = unproved(t, s)
			if _, err := store.Head(t.Context(), checksumKey(2)); !errors.Is(err, objstore.ErrNotExist) {
				t.Error(err)
			}
			if _, ok := s.NumFiles(t.Context()); ok {
				t.Error("the number of files is told")
			}
			s = commitWith(t, s, "WRITE", sized("z", 1))
			if _, err := store.Head(t.Context(), checksumKey(3)); !errors.Is(err, objstore.ErrNotExist) {
				t.Error("what follows is no better proved:", err)
			}
			if _, err := s.Checkpoint(t.Context()); err != nil { // it has seen all files
				t.Fatal(err)
			}
			n := int64(len(filesOf(t, s)))
			if got, ok := s.NumFiles(t.Context()); !ok || got != n {
				t.Errorf("%d files, %v; want %d", got, ok, n)
			}
			commitWith(t, s, "WRITE", sized("y", 1))
			if _, err := store.Head(t.Context(), checksumKey(4)); err != nil {
				t.Error("after a checkpoint the chain goes on:", err)
			}
		})
	}
}

func TestCommitsOfOthersAreCarriedOver(t *testing.T) {
	store, c := newStore()
	s := checksummed(t, store, c)
	put(t, store, commitKey(1), string(action.Encode(&action.CommitInfo{Operation: "WRITE"}, sized("theirs", 3))))
	s, err := s.Update(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	commitWith(t, s, "WRITE", sized("ours", 4))
	expectTotals(t, store, c, 2, 7)
}

func TestAChecksumIsNeverOverwritten(t *testing.T) {
	store, c := newStore()
	s := checksummed(t, store, c)
	put(t, store, checksumKey(1), "theirs")
	commitWith(t, s, "WRITE", sized("a", 1))
	if text, _, err := objstore.ReadAll(t.Context(), store, checksumKey(1)); err != nil || string(text) != "theirs" {
		t.Error(string(text), err)
	}
}

func TestABadChecksumIsToldOnlyWhereItIsAskedFor(t *testing.T) {
	for name, text := range map[string]string{
		"empty": "", "no JSON": "x", "no totals": "{}", "of another number of files": `{"tableSizeBytes":1,"numFiles":9,"numMetadata":1,"numProtocol":1}`,
		"of another table": `{"tableSizeBytes":1,"numFiles":1,"numMetadata":1,"numProtocol":1,"protocol":{"minReaderVersion":1,"minWriterVersion":2},"metadata":{"id":"other","format":{"provider":"parquet","options":{}},"schemaString":"{\"type\":\"struct\",\"fields\":[]}","partitionColumns":[],"configuration":{}}}`,
	} {
		t.Run(name, func(t *testing.T) {
			store, c := newStore()
			s := newTable(t, store, c)
			put(t, store, checksumKey(1), text)
			s = appendFiles(t, s, "a")
			var bad *ChecksumError
			if err := s.VerifyChecksum(t.Context()); !errors.As(err, &bad) || !strings.Contains(err.Error(), checksumKey(1)) {
				t.Errorf("got %v", err)
			}
			if n, ok := s.NumFiles(t.Context()); ok && name != "of another number of files" {
				t.Error(n)
			}
			expectFiles(t, s, "a")
			s = commitWith(t, s, "WRITE", sized("b", 1)) // and nothing is built on it
			if err := s.VerifyChecksum(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}

// gets counts how often the objects of the log are read.
type gets struct {
	*mem.Store
	n atomic.Int64
}

func (g *gets) Get(ctx context.Context, key string, r objstore.Range) (io.ReadCloser, objstore.Info, error) {
	g.n.Add(1)
	return g.Store.Get(ctx, key, r)
}

// Where others write no checksums and checkpoints are rare, each commit must not search the log for them anew.
func TestChecksumsThatCannotBeDerivedAreNotSearchedForEachTime(t *testing.T) {
	m, c := newStore()
	store := &gets{Store: m}
	s := newTable(t, store, c, PropCheckpointInterval, noCheckpoints)
	for i := range 50 { // without checksums
		s = appendFiles(t, s, fmt.Sprint("f", i))
	}
	s, err := New(store, testOptions(c)).Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s = commitWith(t, s, "WRITE", add("g"))
	store.n.Store(0)
	for i := range 5 {
		s = commitWith(t, s, "WRITE", add(fmt.Sprint("h", i)))
	}
	if store.n.Load() > 10 {
		t.Errorf("%d reads for 5 commits", store.n.Load())
	}
	if _, err := s.Checkpoint(t.Context()); err != nil {
		t.Fatal(err)
	}
	commitWith(t, s, "WRITE", add("i"))
	expectTotals(t, store, c, 57, 57)
}

// finds it, and from then on totals are right again, although commits were made meanwhile.
// A writer that adds live files anew, and does not say so, makes totals wrong that are carried on. Who sees all files
// finds it, and from then on totals are right again, although commits were made meanwhile.
func TestACheckpointEndsAChainOfWrongChecksums(t *testing.T) {
	store, c := newStore()
	s := commitWith(t, checksummed(t, store, c, PropCheckpointInterval, noCheckpoints), "WRITE", sized("a", 10))
	s = commitWith(t, s, "WRITE", sized("a", 10)) // again
	at := s
	for i := range 3 {
		s = commitWith(t, s, "WRITE", sized(fmt.Sprint("b", i), 1))
	}
	if _, err := at.Checkpoint(t.Context()); err != nil {
		t.Fatal(err)
	}
	s = commitWith(t, s, "WRITE", sized("c", 1))
	expectTotals(t, store, c, 5, 14)
	if n, ok := s.NumFiles(t.Context()); !ok || n != 5 {
		t.Error(n, ok)
	}
}

// Spark takes a histogram of other bins than its own for a sign of damage, and refuses the version.
func TestAHistogramOfOtherBinsIsNotCarriedOn(t *testing.T) {
	store, c := newStore()
	s := checksummed(t, store, c)
	theirs, err := s.log.parseChecksum(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	theirs.Sizes = &checksum.Histogram{Bounds: []int64{0, 5}, Files: []int64{0, 0}, Bytes: []int64{0, 0}}
	text, err := theirs.Encode()
	if err != nil {
		t.Fatal(err)
	}
	put(t, store, checksumKey(0), string(text))
	if s, err = New(store, testOptions(c)).Snapshot(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, ok := s.NumFiles(t.Context()); !ok {
		t.Error("the number of files is told")
	}
	s = commitWith(t, s, "WRITE", sized("a", 10))
	ours, err := s.log.parseChecksum(t.Context(), 1)
	if err != nil || ours.Files != 1 || ours.Sizes != nil {
		t.Errorf("%+v, %v", ours, err)
	}
}
