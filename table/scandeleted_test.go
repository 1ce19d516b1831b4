package table

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"pgregory.net/rapid"

	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/objstore/mem"
	"github.com/ingestd/ingestd/table/arrowmap"
	"github.com/ingestd/ingestd/table/arrowtest"
	"github.com/ingestd/ingestd/table/deletionvector"
	"github.com/ingestd/ingestd/table/predicate"
	"github.com/ingestd/ingestd/txlog/action"
	"github.com/ingestd/ingestd/txlog/schema"
)

// fataler is what tests and properties have in common.
type fataler interface {
	Helper()
	Context() context.Context
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

// commitRaw writes a commit as another program would.
func commitRaw(t fataler, tab *Table, actions ...action.Action) {
	t.Helper()
	key := fmt.Sprintf("_delta_log/%020d.json", tab.Version()+1)
	if _, err := tab.Store().Put(t.Context(), key, objstore.Bytes(action.Encode(actions...)), objstore.Cond{IfAbsent: true}); err != nil {
		t.Fatal(err)
	}
	if err := tab.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// readerFeatures is a protocol with features of readers and writers.
func readerFeatures(names ...string) *action.Protocol {
	return &action.Protocol{MinReaderVersion: 3, MinWriterVersion: 7, ReaderFeatures: names, WriterFeatures: names}
}

func adds(t fataler, tab *Table) []*action.Add {
	t.Helper()
	var out []*action.Add
	for a, err := range tab.Snapshot().Files(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, a)
	}
	slices.SortFunc(out, func(a, b *action.Add) int { return strings.Compare(a.Path, b.Path) })
	return out
}

// withoutRows replaces files by themselves with other rows deleted; nil deletes none.
func withoutRows(t fataler, tab *Table, deleted map[*action.Add]*deletionvector.Bitmap) {
	t.Helper()
	actions := []action.Action{}
	if !slices.Contains(tab.Snapshot().Protocol().ReaderFeatures, "deletionVectors") {
		actions = append(actions, readerFeatures("deletionVectors", "timestampNtz"))
	}
	for a, b := range deleted {
		next := *a
		next.DeletionVector, next.DataChange = nil, true
		if b != nil {
			ds, _, err := deletionvector.Write(t.Context(), tab.Store(), nextID, b)
			if err != nil {
				t.Fatal(err)
			}
			next.DeletionVector = ds[0]
		}
		actions = append(actions, &action.Remove{Path: a.Path, DataChange: true, DeletionTimestamp: new(int64(1)), DeletionVector: a.DeletionVector}, &next)
	}
	commitRaw(t, tab, actions...)
}

// numbered is a table of one file with the ids 0 to n-1.
func numbered(t *testing.T, n int) *Table {
	tab := create(t, "id BIGINT")
	var rows []string
	for i := range n {
		rows = append(rows, fmt.Sprintf(`{"id":%d}`, i))
	}
	add(t, tab, "id BIGINT", "["+strings.Join(rows, ",")+"]")
	return tab
}

func TestDeletedRowsDoNotComeOut(t *testing.T) {
	tab := numbered(t, 10)
	withoutRows(t, tab, map[*action.Add]*deletionvector.Bitmap{adds(t, tab)[0]: deletionvector.New(0, 3, 4, 9, 1000)})
	m := &ScanMetrics{}
	expectRows(t, tab, ScanOptions{Metrics: m}, "id=1;", "id=2;", "id=5;", "id=6;", "id=7;", "id=8;")
	if m.RowsDeleted.Load() != 4 || m.Rows.Load() != 6 {
		t.Errorf("%d rows deleted and %d rows out, want 4 and 6", m.RowsDeleted.Load(), m.Rows.Load())
	}
	expectRows(t, tab, ScanOptions{BatchSize: 2}, "id=1;", "id=2;", "id=5;", "id=6;", "id=7;", "id=8;")
	where := goFilter{predicate.Comparison{Op: predicate.Le, Path: []string{"id"}, Value: predicate.Int(5)}, tab.Schema()}
	expectRows(t, tab, ScanOptions{Where: where}, "id=1;", "id=2;", "id=5;")
	for _, o := range []ScanOptions{{Columns: []string{}}, {Columns: []string{}, BatchSize: 3, Parallelism: 1}} {
		n := int64(0)
		for rec, err := range tab.Scan(t.Context(), o) {
			if err != nil {
				t.Fatal(err)
			}
			n += rec.NumRows()
			rec.Release()
		}
		if n != 6 {
			t.Errorf("%d rows are counted, want 6", n)
		}
	}
}

func TestACommitThatDeletesRowsAddsNone(t *testing.T) {
	tab := numbered(t, 6)
	withoutRows(t, tab, map[*action.Add]*deletionvector.Bitmap{adds(t, tab)[0]: deletionvector.New(1, 2, 3)})
	withoutRows(t, tab, map[*action.Add]*deletionvector.Bitmap{adds(t, tab)[0]: deletionvector.New(3, 4)})
	withoutRows(t, tab, map[*action.Add]*deletionvector.Bitmap{adds(t, tab)[0]: nil})
	for version, want := range map[int64][]string{2: {}, 3: {"id=1;", "id=2;"}, 4: {"id=3;", "id=4;"}} {
		got, err := collect(tab.ScanCommit(t.Context(), version, ScanOptions{}))
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("version %d added %v, %v; want %v", version, got, err, want)
		}
	}
}

func TestAMissingVectorIsNamed(t *testing.T) {
	tab := numbered(t, 10)
	lost := *adds(t, tab)[0]
	lost.DeletionVector = &action.DeletionVector{StorageType: "u", PathOrInlineDv: "ab^-aqEH.-t@S}K{vb[*k^", SizeInBytes: 40, Cardinality: 6}
	commitRaw(t, tab, readerFeatures("deletionVectors"), &action.Remove{Path: lost.Path, DataChange: true}, &lost)
	_, err := collect(tab.Scan(t.Context(), ScanOptions{}))
	var missing *MissingDeletionVectorError
	if !errors.As(err, &missing) || missing.Path != lost.Path || missing.Version != 2 || !errors.Is(err, objstore.ErrNotExist) ||
		!strings.Contains(err.Error(), "ab/deletion_vector_d2c639aa-8816-431a-aaf6-d3fe2512ff61.bin") {
		t.Errorf("error %v, want one that names the vector, the data file and the version", err)
	}
	var data *MissingFileError
	if errors.As(err, &data) {
		t.Error("the data file is not missing")
	}
}

func TestScanFileTellsPositionsAndRowIDs(t *testing.T) {
	tab := numbered(t, 8)
	f := *adds(t, tab)[0]
	f.BaseRowID, f.DefaultRowCommitVersion = new(int64(100)), new(int64(7))
	withoutRows(t, tab, map[*action.Add]*deletionvector.Bitmap{&f: deletionvector.New(2, 3)})
	where := goFilter{predicate.Comparison{Op: predicate.Ge, Path: []string{"id"}, Value: predicate.Int(1)}, tab.Schema()}
	for _, o := range []ScanOptions{{Where: where, RowTracking: true, BatchSize: 3}, {Where: where, RowTracking: true, Columns: []string{}}} {
		var positions, ids, versions []int64
		for r, err := range tab.ScanFile(t.Context(), tab.Snapshot(), adds(t, tab)[0], o) {
			if err != nil {
				t.Fatal(err)
			}
			positions = append(positions, r.Positions...)
			ids, versions = append(ids, r.RowIDs.Int64Values()...), append(versions, r.RowCommitVersions.Int64Values()...)
			if r.Rec.NumRows() != int64(len(r.Positions)) || int(r.Rec.NumCols()) != 1 && o.Columns == nil {
				t.Errorf("batch of %d rows and %d columns for %d positions", r.Rec.NumRows(), r.Rec.NumCols(), len(r.Positions))
			}
			r.Release()
		}
		if want := []int64{1, 4, 5, 6, 7}; !slices.Equal(positions, want) {
			t.Errorf("positions %v, want %v", positions, want)
		}
		if want := []int64{101, 104, 105, 106, 107}; !slices.Equal(ids, want) || !slices.Equal(versions, []int64{7, 7, 7, 7, 7}) {
			t.Errorf("row ids %v of versions %v, want %v", ids, versions, want)
		}
	}
}

func TestMaterialisedRowIDsWin(t *testing.T) {
	tab := create(t, "id BIGINT, rid BIGINT, rcv BIGINT")
	add(t, tab, "id BIGINT, rid BIGINT, rcv BIGINT", `[{"id":1,"rid":900,"rcv":3},{"id":2},{"id":3,"rid":901}]`)
	f := *adds(t, tab)[0]
	f.BaseRowID, f.DefaultRowCommitVersion = new(int64(10)), new(int64(5))
	m := *tab.Snapshot().Metadata()
	only, err := json.Marshal(&schema.Struct{Fields: tab.Schema().Fields[:1]})
	if err != nil {
		t.Fatal(err)
	}
	m.SchemaString = string(only)
	m.Configuration = map[string]string{"delta.rowTracking.materializedRowIdColumnName": "rid", "delta.rowTracking.materializedRowCommitVersionColumnName": "rcv"}
	commitRaw(t, tab, &m, &f)
	for r, err := range tab.ScanFile(t.Context(), tab.Snapshot(), adds(t, tab)[0], ScanOptions{RowTracking: true}) {
		if err != nil {
			t.Fatal(err)
		}
		if got := r.RowIDs.Int64Values(); !slices.Equal(got, []int64{900, 11, 901}) {
			t.Errorf("row ids %v", got)
		}
		if got := r.RowCommitVersions.Int64Values(); !slices.Equal(got, []int64{3, 5, 5}) || r.Rec.NumCols() != 1 {
			t.Errorf("row commit versions %v, %d columns", got, r.Rec.NumCols())
		}
		r.Release()
	}
}

// TestSkippingFindsAllLiveRows draws tables with deleted rows, with statistics that say so or not, and predicates.
func TestSkippingFindsAllLiveRows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := rand.New(rand.NewSource(rapid.Int64().Draw(t, "seed")))
		tab := randomTable(t, r, 0)
		as, err := arrowmap.ToArrow(tab.Schema())
		if err != nil {
			t.Fatal(err)
		}
		var recs []arrow.RecordBatch
		for range 1 + r.Intn(3) {
			rec := arrowtest.Batch(r, as, 1+r.Intn(20))
			rec.Retain()
			recs = append(recs, rec)
			if _, err := tab.Append(t.Context(), Batches(rec), AppendOptions{}); err != nil {
				t.Fatal(err)
			}
		}
		deleted := map[*action.Add]*deletionvector.Bitmap{}
		for _, a := range adds(t, tab) {
			b := deletionvector.New()
			for range r.Intn(12) {
				b.Add(uint64(r.Intn(22)))
			}
			deleted[a] = b
			if a.Stats != nil && r.Intn(2) == 0 {
				a.Stats = new(strings.Replace(*a.Stats, "{", `{"tightBounds":false,`, 1))
			}
		}
		live := []string{} // before deleting, what is not to be deleted
		e := randomExpr(r, tab.Schema(), recs[r.Intn(len(recs))], 3)
		where := goFilter{e, tab.Schema()}
		for a, b := range deleted {
			for rows, err := range tab.ScanFile(t.Context(), tab.Snapshot(), a, ScanOptions{}) {
				if err != nil {
					t.Fatal(err)
				}
				keep, err := where.Eval(t.Context(), rows.Rec)
				if err != nil {
					t.Fatal(err)
				}
				for i, row := range arrowtest.Rows(rows.Rec) {
					if keep.Value(i) && !b.Contains(uint64(rows.Positions[i])) {
						live = append(live, row)
					}
				}
			}
		}
		withoutRows(t, tab, deleted)
		got, err := collect(tab.Scan(t.Context(), ScanOptions{Where: where, BatchSize: int64(1 + r.Intn(30))}))
		if err != nil {
			t.Fatal(err)
		}
		if slices.Sort(live); !slices.Equal(got, live) {
			t.Fatalf("%s on %s:\ngot  %q\nwant %q", e, tab.Schema().DDL(), got, live)
		}
	})
}

func BenchmarkScanWithDeletedRows(b *testing.B) {
	for _, share := range []int{0, 100, 2} {
		b.Run(fmt.Sprintf("every %d", share), func(b *testing.B) {
			tab := createIn(b, mem.New(), CreateOptions{Schema: ddl(b, "id BIGINT, name STRING, price DOUBLE")})
			as, err := arrowmap.ToArrow(tab.Schema())
			if err != nil {
				b.Fatal(err)
			}
			if _, err := tab.Append(b.Context(), Batches(arrowtest.Batch(rand.New(rand.NewSource(1)), as, 500_000)), AppendOptions{}); err != nil {
				b.Fatal(err)
			}
			if share > 0 {
				set := deletionvector.New()
				for i := 0; i < 500_000; i += share {
					set.Add(uint64(i))
				}
				withoutRows(b, tab, map[*action.Add]*deletionvector.Bitmap{adds(b, tab)[0]: set})
			}
			b.ResetTimer()
			for range b.N {
				for rec, err := range tab.Scan(b.Context(), ScanOptions{Parallelism: 1}) {
					if err != nil {
						b.Fatal(err)
					}
					rec.Release()
				}
			}
		})
	}
}
