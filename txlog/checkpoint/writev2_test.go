package checkpoint

import (
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/objstore/mem"
	"github.com/ingestd/ingestd/txlog/action"
	"github.com/ingestd/ingestd/txlog/schema"
)

func each[A any](items []A) iter.Seq2[A, error] {
	return func(yield func(A, error) bool) {
		for _, a := range items {
			if !yield(a, nil) {
				return
			}
		}
	}
}

func someFiles(n int) (adds []*action.Add, removes []*action.Remove) {
	for i := range n {
		adds = append(adds, &action.Add{Path: fmt.Sprintf("f%03d", i), PartitionValues: map[string]*string{}, Size: 1})
		if i%2 == 0 {
			removes = append(removes, &action.Remove{Path: fmt.Sprintf("r%03d", i), DeletionTimestamp: new(int64(5))})
		}
	}
	return adds, removes
}

func ids() func() string {
	n := 0
	return func() string { n++; return fmt.Sprintf("id%d", n) }
}

func writeV2(t *testing.T, store objstore.Store, files, limit int) Written {
	t.Helper()
	s, _ := schema.ParseDDL("a INT")
	adds, removes := someFiles(files)
	state := State{Adds: each(adds), Removes: each(removes), Top: []action.Action{
		&action.Protocol{MinReaderVersion: 3, MinWriterVersion: 7, ReaderFeatures: []string{"v2Checkpoint"}, WriterFeatures: []string{"v2Checkpoint"}},
		&action.Metadata{ID: "id", Format: action.Format{Provider: "parquet"}, SchemaString: s.JSON()}, &action.Txn{AppID: "app", Version: 3},
	}}
	w, err := WriteV2(t.Context(), store, V2{Version: 4, NewID: ids(), Now: time.Now, SidecarActions: limit}, state, Layout{Schema: s, StatsJSON: true}, "zstd")
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func TestAV2CheckpointHasItsFilesInSidecarsOfABoundedSize(t *testing.T) {
	for _, c := range []struct{ files, limit, sidecars int }{{0, 10, 0}, {5, 10, 1}, {10, 5, 3}, {10, 15, 1}, {100, 7, 22}} {
		t.Run(fmt.Sprint(c), func(t *testing.T) {
			store := mem.New()
			w := writeV2(t, store, c.files, c.limit)
			ref := Ref{Version: 4, Files: []objstore.Info{w.V2.Top}}
			top, err := ref.Top(t.Context(), store)
			if err != nil {
				t.Fatal(err)
			}
			var sidecars int
			var about *action.CheckpointMetadata
			for _, a := range top {
				switch a := a.(type) {
				case *action.Sidecar:
					sidecars++
				case *action.CheckpointMetadata:
					about = a
				}
			}
			if sidecars != c.sidecars || about == nil || about.Version != 4 || *about.Tags["numOfAddFiles"] != fmt.Sprint(c.files) || len(top) != sidecars+4 {
				t.Errorf("%d sidecars, %+v among %d actions", sidecars, about, len(top))
			}
			var got []string
			for _, p := range ref.Parts(top) {
				in := 0
				for a, err := range p.Adds(t.Context(), store) {
					if err != nil {
						t.Fatal(err)
					}
					got, in = append(got, a.Path), in+1
				}
				for r, err := range p.Removes(t.Context(), store) {
					if err != nil || *r.DeletionTimestamp != 5 {
						t.Fatal(r, err)
					}
					got, in = append(got, r.Path), in+1
				}
				if in > c.limit {
					t.Errorf("%s holds %d actions", p.File.Key, in)
				}
			}
			if want := c.files + (c.files+1)/2; len(slices.Compact(got)) != want || w.Adds != int64(c.files) {
				t.Errorf("%d files, want %d", len(got), want)
			}
		})
	}
}

func TestTheHintOfAV2CheckpointHoldsWhatIsSmall(t *testing.T) {
	store := mem.New()
	h := writeV2(t, store, 20, 10).Hint(4)
	if h.V2 == nil || len(h.V2.SidecarFiles) != 3 || len(h.V2.NonFileActions) != 4 || !strings.HasPrefix(h.V2.Path, "00000000000000000004.checkpoint.id") {
		t.Fatalf("%+v", h.V2)
	}
	if err := WriteHint(t.Context(), store, h); err != nil {
		t.Fatal(err)
	}
	if back, err := ReadHint(t.Context(), store); err != nil || back.Version != 4 || back.V2.Path != h.V2.Path {
		t.Errorf("%+v, %v", back, err)
	}
	if big := writeV2(t, store, 400, 10).Hint(4); big.V2.SidecarFiles != nil || big.V2.NonFileActions == nil {
		t.Errorf("%+v", big.V2)
	}
}

func TestStatisticsAsColumnsHaveTheColumnsOfClustering(t *testing.T) {
	s, _ := schema.ParseDDL("a INT, b STRUCT<c: INT, d: INT>, v VARIANT")
	l := Layout{Schema: s, StatsStruct: true, IndexedColumns: 1, Also: [][]string{{"b", "d"}}}
	var got []string
	for _, path := range l.parquetSchema(sidecarFile).Columns() {
		if p := strings.Join(path, "."); strings.HasPrefix(p, "add.stats_parsed.m") {
			got = append(got, strings.TrimPrefix(p, "add.stats_parsed."))
		}
	}
	if want := "[maxValues.a maxValues.b.d minValues.a minValues.b.d]"; fmt.Sprint(got) != want {
		t.Errorf("%v", got)
	}
}
