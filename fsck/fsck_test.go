package fsck_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"go.uber.org/goleak"

	"github.com/ingestd/ingestd/fsck"
	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/objstore/fault"
	"github.com/ingestd/ingestd/objstore/mem"
	"github.com/ingestd/ingestd/table"
	"github.com/ingestd/ingestd/table/arrowmap"
	"github.com/ingestd/ingestd/table/deletionvector"
	"github.com/ingestd/ingestd/txlog/action"
	"github.com/ingestd/ingestd/txlog/schema"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world is a table of three files, with one row each, in a store of its own.
type world struct {
	*testing.T
	store *mem.Store
	table *table.Table
}

const columns = "id BIGINT, p STRING, s STRUCT<at: TIMESTAMP, name: STRING>"

func newWorld(t *testing.T, properties map[string]string) *world {
	t.Helper()
	w := &world{T: t, store: mem.New()}
	s, err := schema.ParseDDL(columns)
	if err != nil {
		t.Fatal(err)
	}
	w.table, err = table.Create(t.Context(), w.store, table.CreateOptions{Schema: s, PartitionBy: []string{"p"}, Properties: properties})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		w.append(fmt.Sprintf(`{"id":%d,"p":"x y","s":{"at":"2024-01-01 00:00:00.000123Z","name":"%s"}}`, i, strings.Repeat("n", 40)))
	}
	return w
}

func (w *world) append(rows ...string) {
	w.Helper()
	as, err := arrowmap.ToArrow(w.table.Schema())
	if err != nil {
		w.Fatal(err)
	}
	rec, _, err := array.RecordFromJSON(memory.DefaultAllocator, as, strings.NewReader("["+strings.Join(rows, ",")+"]"))
	if err != nil {
		w.Fatal(err)
	}
	if _, err := w.table.Append(context.Background(), table.Batches(arrow.RecordBatch(rec)), table.AppendOptions{}); err != nil {
		w.Fatal(err)
	}
}

func (w *world) refresh() {
	w.Helper()
	if err := w.table.Refresh(w.Context()); err != nil {
		w.Fatal(err)
	}
}

// change commits file i again, changed.
func (w *world) change(i int, change func(*action.Add)) {
	w.Helper()
	a := w.adds()[i]
	old := &action.Remove{Path: a.Path, DataChange: true, DeletionTimestamp: new(int64(1)), DeletionVector: a.DeletionVector}
	b := *a
	change(&b)
	w.raw(old, &b)
}

// raw writes the next commit as another writer would, with none of our checks.
func (w *world) raw(actions ...action.Action) {
	w.Helper()
	text := []byte(`{"commitInfo":{"operation":"THEIRS"}}` + "\n")
	for _, a := range actions {
		text = append(action.Append(text, a), '\n')
	}
	w.put(fmt.Sprintf("_delta_log/%020d.json", w.table.Version()+1), string(text))
	w.refresh()
}

func (w *world) adds() (out []*action.Add) {
	w.Helper()
	for a, err := range w.table.Snapshot().Files(w.Context()) {
		if err != nil {
			w.Fatal(err)
		}
		out = append(out, a)
	}
	slices.SortFunc(out, func(a, b *action.Add) int { return strings.Compare(*a.Stats, *b.Stats) })
	return out
}

func (w *world) key(i int) string { return strings.ReplaceAll(w.adds()[i].Path, "%20", " ") }

func (w *world) put(key, text string) {
	w.Helper()
	if _, err := w.store.Put(w.Context(), key, objstore.Bytes([]byte(text)), objstore.Cond{}); err != nil {
		w.Fatal(err)
	}
}

func (w *world) delete(key string) {
	w.Helper()
	if err := w.store.Delete(w.Context(), key); err != nil {
		w.Fatal(err)
	}
}

func (w *world) check(o fsck.Options) (out []fsck.Finding) {
	w.Helper()
	for f, err := range fsck.Check(w.Context(), w.table, o) {
		if err != nil {
			w.Fatal(err)
		}
		out = append(out, f)
	}
	return out
}

func stats(text string) *string { return &text }

func TestAWholeTableIsClean(t *testing.T) {
	for _, properties := range []map[string]string{nil, {"delta.enableRowTracking": "true", "delta.enableDeletionVectors": "true"}, {"delta.columnMapping.mode": "name"}} {
		w := newWorld(t, properties)
		if _, err := w.table.Snapshot().Checkpoint(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.append(`{"id":null,"p":null,"s":null}`)
		if found := w.check(fsck.Options{Deep: true}); len(found) > 0 {
			t.Errorf("%v: %v", properties, found)
		}
	}
}

// Each damage is found as what it is, at its place, once.
func TestDamageIsFound(t *testing.T) {
	parts := "_delta_log/00000000000000000002.checkpoint.0000000001.0000000002.parquet"
	for name, tc := range map[string]struct {
		damage func(w *world)
		deep   bool
		kind   fsck.Kind
		says   string
	}{
		"a file is gone":      {damage: func(w *world) { w.delete(w.key(1)) }, kind: fsck.MissingFile, says: "the store has it not"},
		"a file is cut":       {damage: func(w *world) { w.put(w.key(1), "PAR1") }, kind: fsck.FileSize, says: "4 bytes"},
		"a file nobody named": {damage: func(w *world) { w.put("p=x y/stray.parquet", "12345") }, kind: fsck.OrphanedFile, says: "5 bytes"},
		"a file twice":        {damage: func(w *world) { w.twice() }, kind: fsck.DuplicateFile, says: "twice"},
		"a path that is none": {damage: func(w *world) {
			w.raw(&action.Add{Path: "%zz", PartitionValues: map[string]*string{"p": nil}, DataChange: true})
		}, kind: fsck.BadPath, says: "%zz"},
		"statistics that are no JSON": {damage: func(w *world) { w.change(0, func(a *action.Add) { a.Stats = stats("{") }) }, kind: fsck.BadStatistics, says: "statistics"},
		"a bound of another type": {damage: func(w *world) {
			w.change(0, func(a *action.Add) { a.Stats = stats(`{"numRecords":1,"minValues":{"id":"x"}}`) })
		}, kind: fsck.BadStatistics, says: `"x"`},
		"a count that is none": {damage: func(w *world) { w.change(0, func(a *action.Add) { a.Stats = stats(`{"numRecords":-1}`) }) }, kind: fsck.BadStatistics, says: "-1"},
		"bounds the wrong way": {damage: func(w *world) {
			w.change(0, func(a *action.Add) { a.Stats = stats(`{"numRecords":1,"minValues":{"id":3},"maxValues":{"id":1}}`) })
		}, kind: fsck.WrongStatistics, says: "above"},
		"more nulls than rows": {damage: func(w *world) {
			w.change(0, func(a *action.Add) { a.Stats = stats(`{"numRecords":1,"nullCount":{"s":{"name":3}}}`) })
		}, kind: fsck.WrongStatistics, says: "s.name"},
		"a wrong count of rows": {deep: true, damage: func(w *world) { w.change(0, func(a *action.Add) { a.Stats = stats(`{"numRecords":2}`) }) }, kind: fsck.WrongStatistics, says: "1 rows and the log says 2"},
		"a bound too low": {deep: true, damage: func(w *world) {
			w.change(0, func(a *action.Add) { a.Stats = stats(`{"numRecords":1,"maxValues":{"id":-5}}`) })
		}, kind: fsck.WrongStatistics, says: "-5"},
		"a bound too high": {deep: true, damage: func(w *world) {
			w.change(0, func(a *action.Add) { a.Stats = stats(`{"numRecords":1,"minValues":{"s":{"name":"z"}}}`) })
		}, kind: fsck.WrongStatistics, says: "s.name"},
		"a wrong count of nulls": {deep: true, damage: func(w *world) {
			w.change(0, func(a *action.Add) { a.Stats = stats(`{"numRecords":1,"nullCount":{"id":1}}`) })
		}, kind: fsck.WrongStatistics, says: "0 nulls"},
		"a file of garbage":         {deep: true, damage: func(w *world) { w.garbage(0) }, kind: fsck.UnreadableFile, says: "Parquet"},
		"a partition value missing": {damage: func(w *world) { w.change(0, func(a *action.Add) { a.PartitionValues = nil }) }, kind: fsck.PartitionValue, says: "no value"},
		"a partition value too many": {damage: func(w *world) {
			w.change(0, func(a *action.Add) { a.PartitionValues = map[string]*string{"p": nil, "q": nil} })
		}, kind: fsck.PartitionValue, says: "2 partition values"},
		"a gap":               {damage: func(w *world) { w.checkpointed(); w.delete("_delta_log/00000000000000000001.json") }, kind: fsck.LogGap, says: "1 to 1"},
		"a commit of garbage": {deep: true, damage: func(w *world) { w.checkpointed(); w.put("_delta_log/00000000000000000001.json", "{") }, kind: fsck.BrokenCommit, says: "line 1"},
		"an empty commit":     {deep: true, damage: func(w *world) { w.checkpointed(); w.put("_delta_log/00000000000000000001.json", "") }, kind: fsck.BrokenCommit, says: "empty"},
		"a checkpoint of garbage": {damage: func(w *world) {
			w.put("_delta_log/00000000000000000001.checkpoint.parquet", "garbage, twelve bytes and more")
		}, kind: fsck.BrokenCheckpoint, says: "damaged"},
		"an empty checkpoint": {damage: func(w *world) { w.put("_delta_log/00000000000000000001.checkpoint.parquet", "") }, kind: fsck.BrokenCheckpoint, says: ""},
		"a part is missing":   {damage: func(w *world) { w.put(parts, "x") }, kind: fsck.IncompleteCheckpoint, says: "1 of its 2"},
		"parts are missing": {damage: func(w *world) {
			w.put(strings.Replace(parts, "2.parquet", "3.parquet", 1), "x")
			w.put(strings.Replace(strings.Replace(parts, "1.0000", "3.0000", 1), "2.parquet", "3.parquet", 1), "x")
		}, kind: fsck.IncompleteCheckpoint, says: "2 of its 3"},
		"a part of garbage": {damage: func(w *world) {
			w.put(parts, "garbage, twelve bytes and more")
			w.put(strings.Replace(parts, "1.0000", "2.0000", 1), "garbage, twelve bytes and more")
		}, kind: fsck.BrokenCheckpoint, says: "damaged"},
		"a part of the newest is missing": {damage: func(w *world) { w.put(strings.Replace(parts, "2.check", "3.check", 1), "x") }, kind: fsck.IncompleteCheckpoint, says: "1 of its 2"},
		"a hint of garbage":               {damage: func(w *world) { w.put("_delta_log/_last_checkpoint", "{") }, kind: fsck.BrokenHint, says: "_last_checkpoint"},
		"a hint to nowhere":               {damage: func(w *world) { w.put("_delta_log/_last_checkpoint", `{"version":77,"size":1}`) }, kind: fsck.BrokenHint, says: "77"},
		"a checksum of garbage":           {damage: func(w *world) { w.put(fmt.Sprintf("_delta_log/%020d.crc", w.table.Version()), "{") }, kind: fsck.BrokenChecksum, says: "crc"},
		"an old checksum of garbage":      {deep: true, damage: func(w *world) { w.put("_delta_log/00000000000000000001.crc", "{") }, kind: fsck.BrokenChecksum, says: ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, nil)
			tc.damage(w)
			found := w.check(fsck.Options{Deep: tc.deep})
			if len(found) != 1 || found[0].Kind != tc.kind || !strings.Contains(found[0].String(), tc.says) || found[0].Path == "" || found[0].Do == "" {
				t.Fatalf("found %v, want %s that says %q", found, tc.kind, tc.says)
			}
			if found[0].Broken() != (tc.kind != fsck.OrphanedFile) {
				t.Error("broken or not?")
			}
			if !found[0].Mends {
				return
			}
			if _, err := fsck.Repair(t.Context(), w.table, found); err != nil {
				t.Fatal(err)
			}
			w.refresh()
			if again := w.check(fsck.Options{Deep: true}); len(again) > 0 {
				t.Errorf("after the repair: %v", again)
			}
			for rec, err := range w.table.Scan(t.Context(), table.ScanOptions{}) {
				if err != nil {
					t.Fatal(err)
				}
				rec.Release()
			}
		})
	}
}

// twice adds a file a second time, with a deletion vector: two logical files of one.
func (w *world) twice() {
	a := *w.adds()[0]
	a.Path = "./" + a.Path
	w.raw(&a)
}

func (w *world) garbage(i int) {
	b, _, err := objstore.ReadAll(w.Context(), w.store, w.key(i))
	if err != nil {
		w.Fatal(err)
	}
	w.put(w.key(i), strings.Repeat("x", len(b)))
}

func (w *world) checkpointed() {
	if _, err := w.table.Snapshot().Checkpoint(w.Context()); err != nil {
		w.Fatal(err)
	}
}

func TestDeletionVectorsAreRead(t *testing.T) {
	for name, tc := range map[string]struct {
		damage func(w *world, key string)
		kind   fsck.Kind
	}{
		"whole":   {damage: func(*world, string) {}},
		"gone":    {damage: func(w *world, key string) { w.delete(key) }, kind: fsck.MissingVector},
		"flipped": {damage: func(w *world, key string) { w.flip(key) }, kind: fsck.BrokenVector},
		"counted wrong": {damage: func(w *world, _ string) {
			w.change(2, func(a *action.Add) {
				d := *a.DeletionVector
				d.Cardinality = 5
				a.DeletionVector = &d
				a.Stats = stats(`{"numRecords":9}`)
			})
		}, kind: fsck.BrokenVector},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, map[string]string{"delta.enableDeletionVectors": "true"})
			d, key, err := deletionvector.Write(t.Context(), w.store, w.table.NewID, scattered())
			if err != nil || key == "" {
				t.Fatal(key, err)
			}
			w.change(0, func(a *action.Add) { a.DeletionVector, a.Stats = d[0], stats(`{"numRecords":250000}`) })
			tc.damage(w, key)
			found := w.check(fsck.Options{})
			if tc.kind == "" && len(found) > 0 || tc.kind != "" && (len(found) != 1 || found[0].Kind != tc.kind || found[0].Mends) {
				t.Errorf("found %v, want %s", found, tc.kind)
			}
		})
	}
}

// scattered is too long to be inline.
func scattered() *deletionvector.Bitmap {
	b := deletionvector.New()
	for i := range uint64(500) {
		b.Add(i * i)
	}
	return b
}

func (w *world) flip(key string) {
	b, _, err := objstore.ReadAll(w.Context(), w.store, key)
	if err != nil {
		w.Fatal(err)
	}
	b = slices.Clone(b)
	b[len(b)-5] ^= 1
	w.put(key, string(b))
}

// A clone's files are on a disk that is not mounted now, or on another machine's: to take them out of the table would lose it all.
func TestAPlaceThatIsNotThereIsNotMended(t *testing.T) {
	dir := t.TempDir()
	for name, tc := range map[string]struct {
		folder string
		mends  bool
	}{"the folder is gone": {folder: "nowhere"}, "the folder is empty": {folder: "empty"}, "other files are there": {folder: "whole", mends: true}} {
		t.Run(name, func(t *testing.T) {
			for _, d := range []string{"empty", "whole"} {
				if err := os.MkdirAll(filepath.Join(dir, d), 0o755); err != nil {
					t.Fatal(err)
				}
			}
			if err := os.WriteFile(filepath.Join(dir, "whole", "other.parquet"), nil, 0o600); err != nil {
				t.Fatal(err)
			}
			w := newWorld(t, nil)
			w.raw(&action.Add{Path: "file://" + filepath.ToSlash(filepath.Join(dir, tc.folder, "f.parquet")), PartitionValues: map[string]*string{"p": nil}, DataChange: true})
			found := w.check(fsck.Options{})
			if len(found) != 1 || found[0].Kind != fsck.MissingFile || found[0].Mends != tc.mends {
				t.Errorf("found %+v", found)
			}
		})
	}
}

func TestAFileWithoutRowsTakesNoRowID(t *testing.T) {
	w := newWorld(t, map[string]string{"delta.enableRowTracking": "true"})
	w.put("none.parquet", "x")
	w.raw(&action.Add{Path: "none.parquet", Size: 1, PartitionValues: map[string]*string{"p": nil}, DataChange: true, Stats: stats(`{"numRecords":0}`),
		BaseRowID: new(int64(3)), DefaultRowCommitVersion: new(int64(4))})
	if found := w.check(fsck.Options{}); len(found) > 0 {
		t.Errorf("%v", found)
	}
}

func TestRowIDsBeyondTheMarkAreFound(t *testing.T) {
	w := newWorld(t, map[string]string{"delta.enableRowTracking": "true"})
	w.change(0, func(a *action.Add) { a.BaseRowID = new(int64(1000)) })
	w.change(1, func(a *action.Add) { a.BaseRowID = nil })
	found := w.check(fsck.Options{})
	if len(found) != 2 || found[0].Kind != fsck.RowIDs || found[1].Kind != fsck.RowIDs {
		t.Errorf("%v", found)
	}
}

func TestAnIdentityBeyondItsMarkIsFound(t *testing.T) {
	w := &world{T: t, store: mem.New()}
	s, err := schema.ParseDDL("id BIGINT GENERATED ALWAYS AS IDENTITY, v INT")
	if err != nil {
		t.Fatal(err)
	}
	if w.table, err = table.Create(t.Context(), w.store, table.CreateOptions{Schema: s}); err != nil {
		t.Fatal(err)
	}
	w.put("f.parquet", "x")
	w.raw(&action.Add{Path: "f.parquet", PartitionValues: map[string]*string{}, Size: 1, DataChange: true, Stats: stats(`{"numRecords":1,"minValues":{"id":7},"maxValues":{"id":7}}`)})
	if found := w.check(fsck.Options{}); len(found) != 1 || found[0].Kind != fsck.Identity || !strings.Contains(found[0].What, "7") {
		t.Errorf("%v", found)
	}
}

func TestNullsOfAVoidColumnMayBeCounted(t *testing.T) {
	w := &world{T: t, store: mem.New()}
	s, err := schema.ParseDDL("id BIGINT, v VOID")
	if err != nil {
		t.Fatal(err)
	}
	if w.table, err = table.Create(t.Context(), w.store, table.CreateOptions{Schema: s}); err != nil {
		t.Fatal(err)
	}
	w.append(`{"id":1}`)
	w.change(0, func(a *action.Add) {
		a.Stats = stats(`{"numRecords":1,"minValues":{"id":1},"maxValues":{"id":1},"nullCount":{"id":0,"v":1}}`)
	}) // as Spark has it
	if found := w.check(fsck.Options{Deep: true}); len(found) > 0 {
		t.Errorf("%v", found)
	}
}

func TestOrphansTellSizeAndAge(t *testing.T) {
	w := newWorld(t, nil)
	w.put("old.parquet", "123")
	for _, passed := range []string{"_change_data/x.parquet", "Cx/cdc-00000-1.parquet", "_SUCCESS", ".hidden", "p=1/_x", "empty/"[:5]} {
		w.put(passed, map[bool]string{true: "", false: "x"}[passed == "empty"])
	}
	later := func() time.Time { return time.Now().Add(48 * time.Hour) }
	found := w.check(fsck.Options{Now: later})
	if len(found) != 1 || found[0].Path != "old.parquet" || found[0].Size != 3 || found[0].Age < 47*time.Hour || !strings.Contains(found[0].Do, "VACUUM") {
		t.Errorf("%v", found)
	}
	// A file that was removed stays for readers of older versions.
	w.change(0, func(a *action.Add) { a.Path = "old.parquet" })
	if found := w.check(fsck.Options{}); len(found) != 1 || found[0].Kind != fsck.FileSize {
		t.Errorf("%v", found)
	}
}

func TestTheStoreIsListedOnceAndErrorsEndTheCheck(t *testing.T) {
	w := newWorld(t, nil)
	f := fault.Wrap(w.store, fault.Options{})
	tab, err := table.Open(t.Context(), f)
	if err != nil {
		t.Fatal(err)
	}
	before, all := f.Count(fault.List), f.Calls()
	for _, err := range fsck.Check(t.Context(), tab, fsck.Options{Deep: true}) {
		if err != nil {
			t.Fatal(err)
		}
	}
	if n := f.Count(fault.List) - before; n > 2 { // the log's own reading is the other
		t.Errorf("%d lists", n)
	}
	calls := f.Calls() - all
	for n := 1; n <= calls; n++ {
		f := fault.Wrap(w.store, fault.Options{})
		tab, err := table.Open(t.Context(), f)
		if err != nil {
			t.Fatal(err)
		}
		f.SetRules(fault.Rule{Call: f.Calls() + n, Effect: fault.Fail})
		var last error
		for _, err := range fsck.Check(t.Context(), tab, fsck.Options{Deep: true}) {
			last = err
		}
		if len(f.Log()) > 0 && !errors.Is(last, fault.ErrInjected) {
			t.Errorf("call %d (%v) failed, and the check says %v", n, f.Log(), last)
		}
	}
}

func TestACheckCanBeLeft(t *testing.T) {
	w := newWorld(t, nil)
	for i := range 3 {
		w.change(i, func(a *action.Add) { a.Stats = stats(`{"numRecords":99}`) })
	}
	n := 0
	for _, err := range fsck.Check(t.Context(), w.table, fsck.Options{Deep: true}) {
		if err != nil {
			t.Fatal(err)
		}
		n++
		break
	}
	if n != 1 {
		t.Error(n)
	}
}
