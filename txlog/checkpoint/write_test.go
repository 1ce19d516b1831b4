package checkpoint

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/objstore/fault"
	"github.com/ingestd/ingestd/objstore/mem"
	"github.com/ingestd/ingestd/txlog/action"
	"github.com/ingestd/ingestd/txlog/schema"
)

const key = "_delta_log/00000000000000000001.checkpoint.parquet"

func seq[A any](items []A) iter.Seq2[A, error] {
	return func(yield func(A, error) bool) {
		for _, a := range items {
			if !yield(a, nil) {
				return
			}
		}
	}
}

func collect[A any](t testing.TB, s iter.Seq2[A, error]) []A {
	t.Helper()
	var out []A
	for a, err := range s {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, a)
	}
	return out
}

func ddl(t testing.TB, s string) *schema.Struct {
	t.Helper()
	out, err := schema.ParseDDL(s)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func ptr[T any](v T) *T { return &v }

func read(t testing.TB, store objstore.Store) (top []action.Action, adds []*action.Add, removes []*action.Remove) {
	t.Helper()
	info, err := store.Head(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	ref := Ref{Version: 1, Files: []objstore.Info{info}}
	if top, err = ref.Top(t.Context(), store); err != nil {
		t.Fatal(err)
	}
	for _, p := range ref.Parts(top) {
		adds = append(adds, collect(t, p.Adds(t.Context(), store))...)
		removes = append(removes, collect(t, p.Removes(t.Context(), store))...)
	}
	return top, adds, removes
}

var top = []action.Action{
	&action.Protocol{MinReaderVersion: 3, MinWriterVersion: 7, ReaderFeatures: []string{}, WriterFeatures: []string{"appendOnly", "invariants"}},
	&action.Metadata{ID: "id", Name: ptr("n"), Format: action.Format{Provider: "parquet", Options: map[string]string{}}, SchemaString: "{}", PartitionColumns: []string{"p", "q"},
		Configuration: map[string]string{"delta.x": "1", "": "ü"}, CreatedTime: ptr(int64(5))},
	&action.Txn{AppID: "a", Version: -3, LastUpdated: ptr(int64(9))},
	&action.Txn{AppID: "", Version: 1 << 60},
	&action.DomainMetadata{Domain: "d", Configuration: `{"a":1}`},
}

func genFile(t *rapid.T) *action.Add {
	m := rapid.MapOfN(rapid.String(), rapid.Ptr(rapid.String(), true), 0, 3)
	a := &action.Add{
		Path: rapid.StringN(1, 10, -1).Draw(t, "path"), PartitionValues: m.Draw(t, "values"), Size: rapid.Int64().Draw(t, "size"), ModificationTime: rapid.Int64().Draw(t, "time"),
		Stats: rapid.Ptr(rapid.String(), true).Draw(t, "stats"), BaseRowID: rapid.Ptr(rapid.Int64(), true).Draw(t, "base"),
		DefaultRowCommitVersion: rapid.Ptr(rapid.Int64(), true).Draw(t, "commit"), ClusteringProvider: rapid.Ptr(rapid.String(), true).Draw(t, "clustering"),
	}
	if rapid.Bool().Draw(t, "tagged") {
		a.Tags = m.Draw(t, "tags")
	}
	if rapid.Bool().Draw(t, "dv") {
		a.DeletionVector = &action.DeletionVector{StorageType: "u", PathOrInlineDv: rapid.String().Draw(t, "dv"), Offset: rapid.Ptr(rapid.Int32(), true).Draw(t, "offset"), SizeInBytes: rapid.Int32().Draw(t, "bytes"), Cardinality: rapid.Int64().Draw(t, "cardinality")}
	}
	return a
}

func TestEveryStateSurvivesACheckpoint(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		adds := rapid.SliceOfN(rapid.Custom(genFile), 0, 30).Draw(rt, "adds")
		var removes []*action.Remove
		for _, a := range rapid.SliceOfN(rapid.Custom(genFile), 0, 5).Draw(rt, "removes") {
			r := a.Remove(7, false)
			r.Stats, r.Tags = nil, nil
			removes = append(removes, r)
		}
		store := mem.New()
		l := Layout{Schema: ddl(t, "id BIGINT, p STRING"), Partitions: []string{"p"}, StatsJSON: true, StatsStruct: rapid.Bool().Draw(rt, "struct"), IndexedColumns: 32}
		codec := rapid.SampledFrom([]string{"zstd", "snappy", "uncompressed", "gzip", "lz4_raw", "unheard of"}).Draw(rt, "codec")
		w, err := Write(context.Background(), store, key, State{top, seq(adds), seq(removes)}, l, codec)
		if err != nil {
			rt.Fatal(err)
		}
		if w.Adds != int64(len(adds)) || w.Actions != int64(len(top)+len(adds)+len(removes)) || w.Bytes == 0 {
			rt.Fatalf("%+v", w)
		}
		gotTop, gotAdds, gotRemoves := read(t, store)
		if !reflect.DeepEqual(gotTop, top) {
			rt.Fatalf("top\n got %s\nwant %s", action.Encode(gotTop...), action.Encode(top...))
		}
		if len(adds) != len(gotAdds) || len(adds) > 0 && !reflect.DeepEqual(gotAdds, adds) {
			rt.Fatalf("adds\n got %+v\nwant %+v", gotAdds, adds)
		}
		if len(removes) != len(gotRemoves) || len(removes) > 0 && !reflect.DeepEqual(gotRemoves, removes) {
			rt.Fatalf("removes\n got %+v\nwant %+v", gotRemoves, removes)
		}
	})
}

func TestTheSameStateGivesTheSameBytes(t *testing.T) {
	var first []byte
	for range 3 {
		store := mem.New()
		add := &action.Add{Path: "a", PartitionValues: map[string]*string{"p": ptr("1"), "q": nil, "r": ptr("x")}}
		if _, err := Write(t.Context(), store, key, State{top, seq([]*action.Add{add}), seq[*action.Remove](nil)}, Layout{Schema: ddl(t, "id INT"), StatsJSON: true}, "zstd"); err != nil {
			t.Fatal(err)
		}
		b, _, _ := objstore.ReadAll(t.Context(), store, key)
		if first != nil && string(first) != string(b) {
			t.Fatal("differs")
		}
		first = b
	}
}

// Statistics that are only columns come back as the JSON that they came from.
func TestStatisticsAsColumnsAreReadAsJSON(t *testing.T) {
	table := ddl(t, "i INT, l BIGINT, s SMALLINT, b TINYINT, f FLOAT, d DOUBLE, e DECIMAL(9,2), g DECIMAL(18,3), h DECIMAL(38,10), t STRING, x BOOLEAN, y BINARY, "+
		"dt DATE, ts TIMESTAMP, tn TIMESTAMP_NTZ, st STRUCT<a: INT, in: STRUCT<c: STRING>>, ar ARRAY<INT>, p STRING")
	const values = `{"i":-1,"l":9223372036854775807,"s":3,"b":4,"f":1.5,"d":-2.25e+100,"e":-12.30,"g":0.001,"h":-1234567890123456789012345678.0123456789,"t":"ü\"\\","dt":"1969-12-31","ts":"2020-01-02T03:04:05.678Z","tn":"2020-01-02T03:04:05.678901","st":{"a":1,"in":{"c":"z"}}}`
	stats := `{"numRecords":3,"tightBounds":false,"minValues":` + values + `,"maxValues":` + values + `,"nullCount":{"i":0,"x":1,"y":2,"ar":3,"st":{"a":1,"in":{"c":2}}}}`
	store := mem.New()
	adds := []*action.Add{{Path: "a", PartitionValues: map[string]*string{"p": ptr("v")}, Stats: &stats}, {Path: "b", Stats: ptr("not JSON")}, {Path: "c"}, {Path: "d", Stats: ptr(`{"numRecords":"x","minValues":{"i":1.5,"t":3,"st":7}}`)}}
	l := Layout{Schema: table, Partitions: []string{"p"}, StatsStruct: true, IndexedColumns: -1}
	if _, err := Write(t.Context(), store, key, State{top, seq(adds), seq[*action.Remove](nil)}, l, "zstd"); err != nil {
		t.Fatal(err)
	}
	_, got, _ := read(t, store)
	for i, want := range []string{stats, "", "", ""} {
		if want == "" {
			if got[i].Stats != nil {
				t.Errorf("%s: %s", got[i].Path, *got[i].Stats)
			}
			continue
		}
		if !sameJSON(t, *got[i].Stats, want) {
			t.Errorf("\n got %s\nwant %s", *got[i].Stats, want)
		}
	}
}

func sameJSON(t *testing.T, a, b string) bool {
	t.Helper()
	x, err := canonicalJSON([]byte(a))
	if err != nil {
		t.Fatal(err)
	}
	y, err := canonicalJSON([]byte(b))
	if err != nil {
		t.Fatal(err)
	}
	return x == y
}

func TestOnlyIndexedColumnsHaveStatistics(t *testing.T) {
	l := Layout{Schema: ddl(t, "p STRING, a INT, s STRUCT<b: INT, c: INT>, d INT"), Partitions: []string{"P"}, StatsStruct: true}
	for n, want := range map[int]string{-1: "a d s.b s.c", 0: "", 2: "a s.b", 3: "a s.b s.c"} {
		l.IndexedColumns = n
		var got []string
		for _, path := range l.parquetSchema(classicFile).Columns() {
			if rest, ok := strings.CutPrefix(strings.Join(path, "."), "add.stats_parsed.nullCount."); ok {
				got = append(got, rest)
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%d: %v, want %s", n, got, want)
		}
	}
}

func TestPartitionValuesAreParsedByType(t *testing.T) {
	for _, c := range []struct{ typ, text, want string }{
		{"INT", "-7", "-7"}, {"BIGINT", "x", ""}, {"TINYINT", "300", ""}, {"DATE", "2020-02-30", ""}, {"DATE", "1970-01-02", "1"},
		{"TIMESTAMP", "1970-01-01 00:00:01", "1000000"}, {"TIMESTAMP", "1970-01-01T01:00:01.5+01:00", "1500000"}, {"TIMESTAMP_NTZ", "1970-01-01 00:00:00.000001", "1"},
		{"DECIMAL(5,2)", "1.5", "150"}, {"DECIMAL(5,2)", "1.555", ""}, {"DECIMAL(5,2)", "1000", ""}, {"DECIMAL(5,2)", "1E+2", "10000"}, {"DECIMAL(5,2)", "1e999999999", ""}, {"DECIMAL(5,2)", "1/3", ""},
		{"DOUBLE", "NaN", "NaN"}, {"BOOLEAN", "true", "true"}, {"STRING", "", ""},
	} {
		typ, err := schema.ParseType(c.typ)
		if err != nil {
			t.Fatal(err)
		}
		v, ok := parseValue(typ, c.text)
		if got := fmt.Sprint(v); ok && got != c.want || !ok && c.want != "" {
			t.Errorf("%s %q: %s, %v, want %s", c.typ, c.text, got, ok, c.want)
		}
	}
}

func TestAFailingSequenceLeavesNoCheckpoint(t *testing.T) {
	store := mem.New()
	broken := func(yield func(*action.Add, error) bool) {
		_ = yield(&action.Add{Path: "a"}, nil) && yield(nil, io.ErrNoProgress)
	}
	_, err := Write(t.Context(), store, key, State{top, broken, seq[*action.Remove](nil)}, Layout{Schema: ddl(t, "a INT")}, "zstd")
	if !errors.Is(err, io.ErrNoProgress) {
		t.Errorf("got %v", err)
	}
	if _, err := store.Head(t.Context(), key); !errors.Is(err, objstore.ErrNotExist) {
		t.Errorf("something was written: %v", err)
	}
	for _, effect := range []fault.Rule{{Op: fault.Put, Effect: fault.Fail, Arg: "nospace"}, {Op: fault.Put, Effect: fault.Lost}} {
		_, err := Write(t.Context(), fault.Wrap(store, fault.Options{Rules: []fault.Rule{effect}}), key, State{top, seq[*action.Add](nil), seq[*action.Remove](nil)}, Layout{Schema: ddl(t, "a INT")}, "zstd")
		if !errors.Is(err, fault.ErrInjected) {
			t.Errorf("%v: %v", effect, err)
		}
	}
}

// Large files are read in blocks.
func TestManyFilesStreamThroughRowGroupsAndBlocks(t *testing.T) {
	const n = rowsPerGroup + 10_000
	many := func(yield func(*action.Add, error) bool) {
		for i := range n {
			if !yield(&action.Add{Path: fmt.Sprintf("p=%d/part-%08d-%x", i%7, i, i*2654435761), PartitionValues: map[string]*string{"p": ptr(fmt.Sprint(i % 7))}, Size: int64(i)}, nil) {
				return
			}
		}
	}
	store := mem.New()
	if _, err := Write(t.Context(), store, key, State{top, many, seq[*action.Remove](nil)}, Layout{Schema: ddl(t, "a INT"), StatsJSON: true}, "uncompressed"); err != nil {
		t.Fatal(err)
	}
	info, _ := store.Head(t.Context(), key)
	for _, f := range []objstore.Info{info, {Key: key, Size: 0}} { // also when the size was not told
		sum, i := int64(0), 0
		for a, err := range (Part{f}).Adds(t.Context(), store) {
			if err != nil {
				t.Fatal(err)
			}
			sum += a.Size
			i++
		}
		if i != n || sum != n*(n-1)/2 {
			t.Errorf("%d files, sum %d", i, sum)
		}
	}
	src := newSource(t.Context(), store, info)
	src.block = 1000
	whole, _, _ := objstore.ReadAll(t.Context(), store, key)
	buf := make([]byte, 5555)
	for _, off := range []int64{0, 999, 1000, info.Size - 5555, info.Size - 10} {
		got, err := src.ReadAt(buf, off)
		if want := whole[off:min(off+5555, info.Size)]; !slices.Equal(buf[:got], want) || (err != nil) != (len(want) < len(buf)) {
			t.Errorf("at %d: %d bytes, %v", off, got, err)
		}
	}
}
