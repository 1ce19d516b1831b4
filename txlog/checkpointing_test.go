package txlog

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/objstore/mem"
	"github.com/ingestd/ingestd/txlog/action"
	"github.com/ingestd/ingestd/txlog/checkpoint"
)

// v2Table is a table that asks for V2 checkpoints.
func v2Table(t testing.TB, store objstore.Store, c *clock, properties ...string) *Snapshot {
	t.Helper()
	tx := New(store, testOptions(c)).Create(t.Context(), Operation{Name: "CREATE TABLE"})
	tx.Stage(&action.Protocol{MinReaderVersion: 3, MinWriterVersion: 7, ReaderFeatures: []string{"v2Checkpoint"}, WriterFeatures: []string{"appendOnly", "invariants", "v2Checkpoint"}},
		metadata("id BIGINT, p STRING", []string{"p"}, append(properties, PropCheckpointPolicy, "v2")...))
	done, err := tx.Commit(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	runDue(t, done)
	return done.Snapshot
}

func keysOf(t testing.TB, store objstore.Store, prefix string) (out []string) {
	t.Helper()
	for info, err := range store.List(t.Context(), prefix, "") {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, strings.TrimPrefix(info.Key, logDir))
	}
	return out
}

func TestTheCheckpointPolicySaysWhichSpecIsWritten(t *testing.T) {
	store, c := newStore()
	s := commitWith(t, v2Table(t, store, c), "WRITE", sized("a", 1), sized("b", 2))
	if _, err := s.Checkpoint(t.Context()); err != nil {
		t.Fatal(err)
	}
	if keys := keysOf(t, store, logDir+"_sidecars/"); len(keys) != 1 {
		t.Errorf("sidecars: %v", keys)
	}
	if _, err := store.Head(t.Context(), checkpointKey(1)); err == nil {
		t.Error("a classic checkpoint was written")
	}
	if err := store.Delete(t.Context(), commitKey(0)); err != nil { // so that only the checkpoint can tell
		t.Fatal(err)
	}
	opened, err := New(store, testOptions(c)).Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	expectFiles(t, opened, "a", "b")
	s = appendFiles(t, opened, "c")
	expectFiles(t, s, "a", "b", "c")

	plain, clock := newStore()
	put(t, plain, commitKey(0), string(action.Encode(&action.Protocol{MinReaderVersion: 1, MinWriterVersion: 2}, metadata("id INT", nil, PropCheckpointPolicy, "v2"))))
	old, err := New(plain, testOptions(clock)).Snapshot(t.Context()) // of a table that does not support them
	if err != nil {
		t.Fatal(err)
	}
	if _, err := old.Checkpoint(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := plain.Head(t.Context(), checkpointKey(0)); err != nil {
		t.Error(err)
	}
}

func TestCheckpointsHavePhysicalNames(t *testing.T) {
	store, c := newStore()
	text := strings.NewReplacer(`"name":"id"`, `"name":"id"`, `"metadata":{}`, `"metadata":{"delta.columnMapping.id":1,"delta.columnMapping.physicalName":"col-x"}`)
	m := metadata("p STRING", []string{"p"}, "delta.columnMapping.mode", "name", PropStatsAsStruct, "true")
	m.SchemaString = text.Replace(m.SchemaString)
	a := add("f")
	a.PartitionValues = map[string]*string{"col-x": new("v")}
	put(t, store, commitKey(0), string(action.Encode(&action.Protocol{MinReaderVersion: 2, MinWriterVersion: 5}, m, a)))
	s, err := New(store, testOptions(c)).Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if l := s.layout(); len(l.Partitions) != 1 || l.Partitions[0] != "col-x" || l.Schema.Fields[0].Name != "col-x" {
		t.Errorf("%+v", l)
	}
	if _, err := s.Checkpoint(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// The checkpoint is of a version that had the feature, the snapshot of one that has lost it.
func TestSidecarsCountAfterTheFeatureIsDropped(t *testing.T) {
	store, c := newStore()
	l := New(store, testOptions(c))
	tx := l.Create(t.Context(), Operation{Name: "CREATE TABLE"})
	with := testProtocol("v2Checkpoint")
	with.ReaderFeatures = append(with.ReaderFeatures, "v2Checkpoint")
	tx.Stage(with, metadata("id BIGINT, p STRING", []string{"p"}, PropCheckpointPolicy, "v2"))
	s := appendFiles(t, mustCommit(t, tx), "a", "b")
	if _, err := s.Checkpoint(t.Context()); err != nil {
		t.Fatal(err)
	}
	tx = s.Begin(Operation{Name: "DROP FEATURE"})
	tx.SetProtocol(testProtocol())
	tx.SetMetadata(metadata("id BIGINT, p STRING", []string{"p"}))
	s = appendFiles(t, mustCommit(t, tx), "c")
	for range 2 { // the second time it is known what the checkpoint is
		s, err := l.Snapshot(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		expectFiles(t, s, "a", "b", "c")
	}
	fresh, err := New(store, testOptions(c)).Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	expectFiles(t, fresh, "a", "b", "c")
	expectFiles(t, s, "a", "b", "c")
}

// noChecksums is a store that refuses checksums.
type noChecksums struct{ *mem.Store }

func (s noChecksums) Put(ctx context.Context, key string, body objstore.Body, cond objstore.Cond) (objstore.Info, error) {
	if strings.HasSuffix(key, ".crc") {
		return objstore.Info{}, objstore.ErrPermission
	}
	return s.Store.Put(ctx, key, body, cond)
}

func TestACheckpointIsNamedInTheHintAlsoWhereItsChecksumFails(t *testing.T) {
	store, c := newStore()
	s := appendFiles(t, newTable(t, noChecksums{store}, c), "a")
	if _, err := s.Checkpoint(t.Context()); !errors.Is(err, objstore.ErrPermission) {
		t.Error(err)
	}
	if h, err := checkpoint.ReadHint(t.Context(), store); err != nil || h.Version != 1 {
		t.Error(h, err)
	}
}
