package txlog

import (
	"context"
	"iter"
	"testing"
	"time"

	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/objstore/fault"
	"github.com/ingestd/ingestd/txlog/action"
	"github.com/ingestd/ingestd/txlog/checkpoint"
)

// A listing is not one moment's: of two commits made while it runs it may show the second alone.
func TestACommitThatAListingMissedIsNoGap(t *testing.T) {
	store, c := newStore()
	faulty := fault.Wrap(store, fault.Options{Rules: []fault.Rule{{Op: fault.Put, Key: commitKey(2), Effect: fault.Lag, Arg: "1"}}})
	history(t, faulty, c, 4)
	s, err := New(faulty, testOptions(c)).Snapshot(t.Context())
	if err != nil || s.Version() != 4 {
		t.Fatalf("%v, %v", s, err)
	}
	expectFiles(t, s, numbered(4)...)
}

// The store says nothing of the time of a put, as S3 does.
type untimed struct{ objstore.Store }

func (u untimed) Put(ctx context.Context, key string, b objstore.Body, c objstore.Cond) (objstore.Info, error) {
	info, err := u.Store.Put(ctx, key, b, c)
	info.ModTime = time.Time{}
	return info, err
}

func TestOurOwnCommitHasATimeWhereTheStoreTellsNone(t *testing.T) {
	store, c := newStore()
	s := newTable(t, untimed{store}, c)
	if at := s.Timestamp(); at.Year() != 2026 {
		t.Errorf("committed at %v", at)
	}
}

func nothing[A any](func(*A, error) bool) {}

func TestACheckpointWithoutASchemaIsNotUsed(t *testing.T) {
	store, c := newStore()
	s := history(t, store, c, 8, 3, 6)
	onlyFiles := checkpoint.State{
		Adds:    iter.Seq2[*action.Add, error](func(yield func(*action.Add, error) bool) { yield(add("f0"), nil) }),
		Removes: nothing[action.Remove],
	}
	if _, err := checkpoint.Write(t.Context(), store, checkpointKey(6), onlyFiles, checkpoint.Layout{Schema: s.Schema(), StatsJSON: true}, "zstd"); err != nil {
		t.Fatal(err)
	}
	s, err := New(store, testOptions(c)).Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	expectFiles(t, s, numbered(8)...)
}

// A snapshot outlives the checkpoint that it was made from: another engine writes that anew, and cleans up
// all before it.
func TestACheckpointThatWasWrittenAnewIsReadAnew(t *testing.T) {
	store, c := newStore()
	history(t, store, c, 8, 6)
	s, err := New(store, testOptions(c)).Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	expectFiles(t, s, numbered(8)...)
	again := checkpoint.State{Top: s.topActions(), Adds: someAdds(6), Removes: nothing[action.Remove]}
	if _, err := checkpoint.Write(t.Context(), store, checkpointKey(6), again, checkpoint.Layout{Schema: s.Schema()}, "none"); err != nil {
		t.Fatal(err)
	}
	for v := range int64(7) {
		if err := store.Delete(t.Context(), commitKey(v)); err != nil {
			t.Fatal(err)
		}
	}
	expectFiles(t, s, numbered(8)...)
	expectFiles(t, appendFiles(t, s, "f8"), numbered(9)...)
}

// someAdds are n files, with more to say than those of add.
func someAdds(n int) iter.Seq2[*action.Add, error] {
	return func(yield func(*action.Add, error) bool) {
		for _, path := range numbered(n) {
			a := add(path)
			a.Tags = map[string]*string{"tag": a.Stats}
			if !yield(a, nil) {
				return
			}
		}
	}
}

func TestACheckpointDoesNotKeepTheFilesInMemoryOfThoseWhoAppend(t *testing.T) {
	store, c := newStore()
	s := newTable(t, store, c, PropCheckpointInterval, "1")
	for range 3 {
		tx := s.Begin(Operation{Name: "WRITE"})
		tx.Stage(add(c.now().String()))
		done, err := tx.Commit(t.Context())
		if err != nil || len(done.Due) == 0 {
			t.Fatal(done.Due, err)
		}
		for _, h := range done.Due {
			if err := h.Run(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if s = done.Snapshot; s.files.set.Load() != nil {
			t.Fatalf("version %d holds the list of files", s.Version())
		}
	}
}
