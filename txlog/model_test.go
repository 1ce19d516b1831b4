package txlog

import (
	"context"
	"maps"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/objstore/mem"
	"github.com/ingestd/ingestd/txlog/action"
	"github.com/ingestd/ingestd/txlog/checkpoint"
)

// model is the state of a table as one would write it down naively.
type model struct {
	files   map[string]string // "path|dv" to a rendering of the add
	gone    map[string]bool   // tombstones
	txns    map[string]int64
	domains map[string]string
}

func (m model) clone() model {
	return model{maps.Clone(m.files), maps.Clone(m.gone), maps.Clone(m.txns), maps.Clone(m.domains)}
}

func keyOfAdd(a *action.Add) string       { return a.Path + "|" + a.DeletionVector.UniqueID() }
func keyOfRemove(r *action.Remove) string { return r.Path + "|" + r.DeletionVector.UniqueID() }

// render is all that must survive of an add, wherever it was read from; dataChange is not part of a state.
func render(a *action.Add) string {
	b := *a
	b.DataChange = false
	return string(action.Append(nil, &b))
}

// observe is the state of a snapshot in the form of the model.
func observe(t *rapid.T, s *Snapshot) model {
	m := model{map[string]string{}, map[string]bool{}, maps.Collect(s.Txns()), maps.Collect(s.Domains())}
	for a, err := range s.Files(context.Background()) {
		if err != nil {
			t.Fatalf("files of version %d: %v", s.Version(), err)
		}
		if _, twice := m.files[keyOfAdd(a)]; twice {
			t.Fatalf("%s is there twice", keyOfAdd(a))
		}
		m.files[keyOfAdd(a)] = render(a)
	}
	for r, err := range s.Tombstones(context.Background()) {
		if err != nil {
			t.Fatalf("tombstones of version %d: %v", s.Version(), err)
		}
		m.gone[keyOfRemove(r)] = true
	}
	return m
}

// world is a table under test, with a model for each of its versions.
type world struct {
	store  *mem.Store
	clock  *clock
	lived  *Snapshot // carried on by commits and updates, never opened anew
	models []model
}

func (w *world) open(t *rapid.T, version int64) *Snapshot {
	s, err := New(w.store, testOptions(w.clock)).SnapshotAt(context.Background(), version)
	if err != nil {
		t.Fatalf("open version %d: %v", version, err)
	}
	return s
}

func (w *world) expect(t *rapid.T, s *Snapshot) {
	if got, want := observe(t, s), w.models[s.Version()]; !reflect.DeepEqual(got, want) {
		t.Fatalf("version %d\n got %v\nwant %v", s.Version(), got, want)
	}
}

// commit draws a commit that the protocol allows, on the long-lived snapshot or on one opened anew.
func (w *world) commit(t *rapid.T) {
	w.update(t) // what an older snapshot may still commit is the matter of the isolation matrix
	base := w.lived
	if rapid.Bool().Draw(t, "anew") {
		base = w.open(t, int64(len(w.models)-1))
	}
	m := w.models[len(w.models)-1].clone()
	tx := base.Begin(Operation{Name: "WRITE"})
	touched := map[string]bool{}
	for _, key := range slices.Sorted(maps.Keys(m.files)) {
		if rapid.IntRange(0, 3).Draw(t, "remove") > 0 {
			continue
		}
		a := w.file(t, base, key)
		tx.Stage(a.Remove(w.clock.now().UnixMilli(), true))
		touched[a.Path] = true
		delete(m.files, key)
		m.gone[key] = true
	}
	for _, path := range rapid.SliceOfNDistinct(rapid.StringMatching(`p=[a-c]/f[0-5]|[a-c]%20[d-f]`), 0, 4, rapid.ID[string]).Draw(t, "add") {
		if touched[path] || slices.ContainsFunc(slices.Collect(maps.Keys(m.files)), func(k string) bool { return k[:len(path)] == path }) {
			continue
		}
		a := drawAdd(t, path)
		tx.Stage(a)
		m.files[keyOfAdd(a)] = render(a)
		delete(m.gone, keyOfAdd(a))
	}
	for app, v := range rapid.MapOfN(rapid.StringMatching("app[0-3]"), rapid.Int64Range(-5, 100), 0, 2).Draw(t, "txns") {
		tx.Stage(&action.Txn{AppID: app, Version: v})
		m.txns[app] = v
	}
	for d, conf := range rapid.MapOfN(rapid.StringMatching("d[0-3]"), rapid.StringN(0, 2, -1), 0, 2).Draw(t, "domains") {
		tx.Stage(&action.DomainMetadata{Domain: d, Configuration: conf, Removed: conf == ""})
		if m.domains[d] = conf; conf == "" {
			delete(m.domains, d)
		}
	}
	c, err := tx.Commit(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	w.models = append(w.models, m)
	if base == w.lived {
		w.lived = c.Snapshot
	}
}

func (w *world) file(t *rapid.T, s *Snapshot, key string) *action.Add {
	for a, err := range s.Files(context.Background()) {
		if err != nil {
			t.Fatal(err)
		}
		if keyOfAdd(a) == key {
			return a
		}
	}
	t.Fatalf("no file %s at version %d", key, s.Version())
	return nil
}

func drawAdd(t *rapid.T, path string) *action.Add {
	a := add(path)
	a.PartitionValues = map[string]*string{"p": rapid.Ptr(rapid.StringN(0, 3, -1), true).Draw(t, "partition")}
	a.Stats = rapid.Ptr(rapid.SampledFrom([]string{`{"numRecords":3,"nullCount":{"id":0}}`, `{}`, "not JSON"}), true).Draw(t, "stats")
	a.Tags = rapid.MapOfN(rapid.StringN(1, 2, -1), rapid.Ptr(rapid.String(), true), 1, 2).Draw(t, "tags")
	a.Size, a.ModificationTime = rapid.Int64().Draw(t, "size"), rapid.Int64().Draw(t, "time")
	a.BaseRowID = rapid.Ptr(rapid.Int64(), true).Draw(t, "row id")
	if rapid.Bool().Draw(t, "dv") {
		a.Stats = add(path).Stats
		a.DeletionVector = &action.DeletionVector{StorageType: "u", PathOrInlineDv: rapid.StringMatching("[a-c]").Draw(t, "dv path"), Offset: rapid.Ptr(rapid.Int32(), true).Draw(t, "offset"), SizeInBytes: 1, Cardinality: 1}
	}
	return a
}

// spoil damages what may be damaged without harm: hints and checkpoints, while all commits are there.
func (w *world) spoil(t *rapid.T) {
	ctx := context.Background()
	text := rapid.SampledFrom([]string{"", "{", "PAR1", `{"version":1,"size":1}`, `{"version":1000,"size":1}`}).Draw(t, "damage")
	key := checkpoint.HintKey
	if v := rapid.Int64Range(-1, int64(len(w.models)-1)).Draw(t, "checkpoint"); v >= 0 {
		key = checkpointKey(v)
		if _, err := w.store.Head(ctx, key); err != nil {
			return
		}
	}
	if rapid.Bool().Draw(t, "delete") {
		_ = w.store.Delete(ctx, key)
	} else if _, err := w.store.Put(ctx, key, objstore.Bytes([]byte(text)), objstore.Cond{}); err != nil {
		t.Fatal(err)
	}
}

func (w *world) checkpoint(t *rapid.T) {
	s := w.open(t, rapid.Int64Range(0, int64(len(w.models)-1)).Draw(t, "version"))
	if _, err := s.Checkpoint(context.Background()); err != nil {
		t.Fatal(err)
	}
}

func (w *world) update(t *rapid.T) {
	var err error
	if w.lived, err = w.lived.Update(context.Background()); err != nil {
		t.Fatal(err)
	}
	if w.lived.Version() != int64(len(w.models)-1) {
		t.Fatalf("updated to version %d of %d", w.lived.Version(), len(w.models)-1)
	}
	w.expect(t, w.lived)
}

// However a version is come by (opened, updated to, committed; from checkpoints or commits, some of
// them damaged), it is the same.
func TestEveryWayToAVersionGivesTheSame(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		store, c := newStore()
		props := rapid.SampledFrom([][]string{nil, {PropStatsAsStruct, "true"}, {PropCompression, "snappy", PropSetTransactionRetain, ""}}).Draw(rt, "properties")
		w := &world{store: store, clock: c, lived: newTable(t, store, c, props...),
			models: []model{{map[string]string{}, map[string]bool{}, map[string]int64{}, map[string]string{}}}}
		rt.Repeat(map[string]func(*rapid.T){
			"commit":     w.commit,
			"checkpoint": w.checkpoint,
			"spoil":      w.spoil,
			"update":     w.update,
			"open": func(t *rapid.T) {
				w.expect(t, w.open(t, rapid.Int64Range(0, int64(len(w.models)-1)).Draw(t, "version")))
			},
		})
		w.expect(rt, w.open(rt, int64(len(w.models)-1)))
	})
}
