package txlog

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/objstore/mem"
	"github.com/ingestd/ingestd/txlog/action"
)

const day = 24 * time.Hour

// daily is a table with a commit a day, and a checkpoint after those of the versions.
func daily(t testing.TB, s *Snapshot, c *clock, commits int, checkpoints ...int64) *Snapshot {
	t.Helper()
	for i := range commits {
		c.add(day)
		s = commitWith(t, s, "WRITE", sized(fmt.Sprintf("f%02d", int(s.Version())+1), int64(i)))
		for _, v := range checkpoints {
			if s.Version() == v {
				if _, err := s.Checkpoint(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	return s
}

const noCheckpoints = "1000000"

func TestWhatIsOlderThanTheRetentionGoesUpToACheckpoint(t *testing.T) {
	store, c := newStore()
	s := daily(t, checksummed(t, store, c, PropLogRetention, "interval 10 days", PropCheckpointInterval, noCheckpoints), c, 30, 5, 15, 25)
	if _, err := s.log.Compact(t.Context(), 13, 17); err != nil {
		t.Fatal(err)
	}
	done, err := s.CleanUp(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	// The cutoff is the midnight before version 20 (30-10); the newest checkpoint before it is that of 15.
	if done.Earliest != 15 || done.Protected {
		t.Errorf("%+v", done)
	}
	l := New(store, testOptions(c))
	if v, err := l.EarliestVersion(t.Context()); err != nil || v != 15 {
		t.Error(v, err)
	}
	for v := int64(15); v <= 30; v++ {
		at, err := l.SnapshotAt(t.Context(), v)
		if err != nil {
			t.Fatal(err)
		}
		if n := len(filesOf(t, at)); n != int(v) {
			t.Errorf("version %d has %d files", v, n)
		}
	}
	var missing *VersionNotFoundError
	if _, err := l.SnapshotAt(t.Context(), 14); !errors.As(err, &missing) || missing.Earliest != 15 {
		t.Error(err)
	}
	for _, key := range []string{commitKey(14), checkpointKey(5), checksumKey(14), compactedKey(span{13, 17})} {
		if _, err := store.Head(t.Context(), key); !errors.Is(err, objstore.ErrNotExist) {
			t.Error(key, err)
		}
	}
	for _, key := range []string{commitKey(15), checkpointKey(15), checksumKey(15)} {
		if _, err := store.Head(t.Context(), key); err != nil {
			t.Error(err)
		}
	}
	if again, err := s.CleanUp(t.Context()); err != nil || again.Files != 0 {
		t.Error(again, err)
	}
}

func TestADamagedCheckpointIsNotWhatTheLogIsCutAt(t *testing.T) {
	store, c := newStore()
	s := daily(t, checksummed(t, store, c, PropLogRetention, "interval 10 days", PropCheckpointInterval, noCheckpoints), c, 30, 5, 15)
	put(t, store, checkpointKey(15), "damaged")
	done, err := s.CleanUp(t.Context())
	if err != nil || done.Earliest != 5 {
		t.Errorf("%+v, %v", done, err)
	}
	put(t, store, checkpointKey(5), "damaged")
	if done, err := New(store, testOptions(c)).CleanUpNewest(t.Context()); err == nil && done.Files > 0 {
		t.Errorf("%+v", done)
	}
}

// CleanUpNewest cleans up from the newest version.
func (l *Log) CleanUpNewest(ctx context.Context) (Cleaned, error) {
	s, err := l.Snapshot(ctx)
	if err != nil {
		return Cleaned{}, err
	}
	return s.CleanUp(ctx)
}

func TestCleanupRunsWithTheCheckpointUnlessItIsTurnedOff(t *testing.T) {
	for _, on := range []bool{true, false} {
		store, c := newStore()
		s := checksummed(t, store, c, PropLogRetention, "interval 3 days", PropCheckpointInterval, "4", PropLogCleanup, fmt.Sprint(on))
		s = daily(t, s, c, 16)
		v, err := s.log.EarliestVersion(t.Context())
		if err != nil || on != (v == 12) {
			t.Errorf("cleanup %v: earliest is %d, %v", on, v, err)
		}
	}
}

func TestSidecarsGoWhenNoCheckpointNamesThem(t *testing.T) {
	store, c := newStore()
	s := v2Table(t, store, c, PropLogRetention, "interval 10 days", PropCheckpointInterval, noCheckpoints)
	s = daily(t, s, c, 14, 2, 12)
	put(t, store, sidecarDir+"of-one-being-written.parquet", "x")
	c.add(20 * day)
	put(t, store, sidecarDir+"young.parquet", "x")
	done, err := s.CleanUp(t.Context())
	if err != nil || done.Earliest != 12 || done.Sidecars != 2 {
		t.Errorf("%+v, %v", done, err)
	}
	if keys := keysOf(t, store, sidecarDir); len(keys) != 2 {
		t.Errorf("%v", keys)
	}
	if _, err := store.Head(t.Context(), checkpointKey(12)); err != nil {
		t.Error("old clients find no classic checkpoint:", err)
	}
	opened, err := New(store, testOptions(c)).Snapshot(t.Context())
	if err != nil || len(filesOf(t, opened)) != 14 {
		t.Error(err)
	}
}

func TestProtectedCheckpointsGoAllAtOnceOrWhereWeKnowWhatTheyAreOf(t *testing.T) {
	future := &action.Protocol{MinReaderVersion: 3, MinWriterVersion: 7, ReaderFeatures: []string{"tomorrow"}, WriterFeatures: []string{"tomorrow"}}
	for _, c := range []struct {
		name     string
		before   string
		unknown  bool
		earliest int64
	}{
		{"known protocols", "20", false, 15}, {"an unknown protocol", "20", true, -1}, {"an unknown protocol, all at once", "15", true, 15},
	} {
		t.Run(c.name, func(t *testing.T) {
			store, clock := newStore()
			tx := New(store, testOptions(clock)).Create(t.Context(), Operation{Name: "CREATE TABLE"})
			p := &action.Protocol{MinReaderVersion: 1, MinWriterVersion: 7, WriterFeatures: []string{"appendOnly", "invariants", "checkpointProtection"}}
			tx.Stage(p, metadata("id BIGINT, p STRING", []string{"p"}, PropLogRetention, "interval 10 days", PropCheckpointInterval, noCheckpoints))
			s := daily(t, mustCommit(t, tx), clock, 30, 1, 15)
			protect := *s.Metadata()
			protect.Configuration = maps.Clone(protect.Configuration)
			protect.Configuration[PropCheckpointProtection] = c.before
			s = commitWith(t, s, "SET TBLPROPERTIES", &protect)
			if c.unknown { // for a moment in the past
				at := clock.t
				clock.t = clock.t.Add(-24 * day)
				put(t, store, commitKey(6), string(action.Encode(future, sized("f06", 5))))
				put(t, store, commitKey(7), string(action.Encode(p, sized("f07", 6))))
				clock.t = at
			}
			done, err := s.CleanUp(t.Context())
			if err != nil || done.Earliest != c.earliest || done.Protected != (c.earliest < 0) {
				t.Errorf("%+v, %v", done, err)
			}
		})
	}
}

// dying is a store that fails for good after some deletions.
type dying struct {
	objstore.Store
	left int
}

var errDied = errors.New("died")

func (d *dying) Delete(ctx context.Context, keys ...string) error {
	for _, k := range keys {
		if d.left == 0 {
			return errDied
		}
		d.left--
		if err := d.Store.Delete(ctx, k); err != nil {
			return err
		}
	}
	return nil
}

func TestAnythingThatIsKeptStaysAsItWas(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := newClock()
		w := &world{store: mem.New(mem.WithNow(c.now)), clock: c}
		properties := []string{PropLogRetention, "interval 5 days", PropDeletedFileRetention, "interval 3650 days"}
		p := &action.Protocol{MinReaderVersion: 3, MinWriterVersion: 7, ReaderFeatures: []string{"deletionVectors"},
			WriterFeatures: []string{"appendOnly", "invariants", "domainMetadata", "deletionVectors"}}
		if rapid.Bool().Draw(t, "v2") {
			p.ReaderFeatures, p.WriterFeatures = append(p.ReaderFeatures, "v2Checkpoint"), append(p.WriterFeatures, "v2Checkpoint")
			properties = append(properties, PropCheckpointPolicy, "v2")
		}
		tx := New(w.store, testOptions(c)).Create(context.Background(), Operation{Name: "CREATE TABLE"})
		tx.Stage(p, metadata("id BIGINT, p STRING", []string{"p"}, properties...))
		done, err := tx.Commit(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		w.lived, w.models = done.Snapshot, []model{{map[string]string{}, map[string]bool{}, map[string]int64{}, map[string]string{}}}
		kept := int64(0)
		for range rapid.IntRange(3, 16).Draw(t, "steps") {
			switch rapid.IntRange(0, 9).Draw(t, "step") {
			default:
				c.add(time.Duration(rapid.IntRange(0, 60).Draw(t, "hours")) * time.Hour)
				w.commit(t)
			case 6:
				if _, err := w.open(t, int64(len(w.models)-1)).Checkpoint(context.Background()); err != nil {
					t.Fatal(err)
				}
			case 7:
				to := rapid.Int64Range(kept, int64(len(w.models)-1)).Draw(t, "to")
				from := rapid.Int64Range(kept, to).Draw(t, "from")
				if _, err := w.lived.log.Compact(context.Background(), from, to); err != nil && !errors.As(err, new(*CompactError)) {
					t.Fatal(err)
				}
			case 8, 9:
				kept = w.cleanUp(t, kept)
			}
		}
		kept = w.cleanUp(t, kept)
		for v := kept; v < int64(len(w.models)); v++ {
			w.expect(t, w.open(t, v))
		}
	})
}

// cleanUp cleans up, perhaps not to the end, and gives the oldest version that must be readable.
func (w *world) cleanUp(t *rapid.T, kept int64) int64 {
	store := &dying{w.store, rapid.SampledFrom([]int{1 << 30, 0, 1, 2, 5, 9}).Draw(t, "deletions")}
	s, err := New(store, testOptions(w.clock)).Snapshot(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	at, atErr := s.log.VersionAt(context.Background(), s.cutoff())
	done, err := s.CleanUp(context.Background())
	if err != nil && !errors.Is(err, errDied) {
		t.Fatal(err)
	}
	if done.Earliest >= 0 {
		if atErr != nil || done.Earliest > at {
			t.Fatalf("version %d is kept from on, but %d is the one at the cutoff (%v)", done.Earliest, at, atErr)
		}
		kept = max(kept, done.Earliest)
	}
	earliest, err := s.log.EarliestVersion(context.Background())
	if err != nil || earliest > kept {
		t.Fatalf("the earliest version is %d, %v; want at most %d", earliest, err, kept)
	}
	return kept
}

// timeless is a store that does not tell in listings when objects were written.
type timeless struct{ *mem.Store }

func (s timeless) List(ctx context.Context, prefix, after string) iter.Seq2[objstore.Info, error] {
	return func(yield func(objstore.Info, error) bool) {
		for info, err := range s.Store.List(ctx, prefix, after) {
			info.ModTime = time.Time{}
			if !yield(info, err) {
				return
			}
		}
	}
}

func TestNothingIsDeletedWhoseAgeIsNotTold(t *testing.T) {
	store, c := newStore()
	v2Table(t, store, c, PropLogRetention, "interval 10 days", PropCheckpointInterval, noCheckpoints)
	s, err := New(timeless{store}, testOptions(c)).Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s = daily(t, s, c, 30, 5, 15)
	put(t, store, sidecarDir+"unnamed.parquet", "x")
	if done, err := s.CleanUp(t.Context()); err != nil || done.Files+done.Sidecars > 0 {
		t.Errorf("%+v, %v", done, err)
	}
}
