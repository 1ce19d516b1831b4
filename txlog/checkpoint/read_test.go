package checkpoint

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"

	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/objstore/fault"
	"github.com/ingestd/ingestd/objstore/mem"
	"github.com/ingestd/ingestd/txlog/action"
)

// others write other columns, and lists and maps with other names inside.
func TestWhatOtherWritersLeaveOutOrNameOtherwiseIsRead(t *testing.T) {
	str := parquet.Optional(parquet.String())
	legacyMap := parquet.Optional(parquet.Group{"map": parquet.Repeated(parquet.Group{"key": parquet.String(), "value": str})})
	legacyList := parquet.Optional(parquet.Group{"bag": parquet.Repeated(parquet.Group{"array": str})})
	s := parquet.NewSchema("x", parquet.Group{
		"metaData": parquet.Optional(parquet.Group{"id": str, "schemaString": str, "partitionColumns": legacyList, "configuration": legacyMap}),
		"protocol": parquet.Optional(parquet.Group{"minReaderVersion": parquet.Int(64), "minWriterVersion": parquet.Int(32)}),
		"add":      parquet.Optional(parquet.Group{"path": str, "size": parquet.Int(32), "partitionValues": legacyMap, "futureColumn": parquet.Repeated(parquet.Int(64))}),
	})
	sh := newShredder(s)
	store := mem.New()
	var rows []parquet.Row
	row := func(group string, set func()) {
		sh.begin()
		sh.present(sh.group(group))
		set()
		rows = append(rows, sh.row(nil))
	}
	entry := func(path ...string) shredMap { return shredMap{sh.group(path...), sh.group(append(path, "map")...)} }
	row("add", func() {
		sh.text(sh.column("add", "path"), "f")
		sh.int32(sh.column("add", "size"), 5)
		sh.strings(entry("add", "partitionValues"), map[string]*string{"a": ptr("1"), "b": nil})
	})
	row("metaData", func() {
		sh.text(sh.column("metaData", "id"), "i")
		sh.text(sh.column("metaData", "schemaString"), "{}")
		sh.list([]string{"metaData", "partitionColumns"}, []string{"a", "b"})
		sh.strings(entry("metaData", "configuration"), map[string]*string{"k": ptr("v"), "n": nil})
	})
	row("protocol", func() {
		sh.int(sh.column("protocol", "minReaderVersion"), 1)
		sh.int32(sh.column("protocol", "minWriterVersion"), 2)
	})
	var buf bytes.Buffer
	w := parquet.NewWriter(&buf, s)
	if _, err := w.WriteRows(rows); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	write(t, store, key, buf.Bytes())
	gotTop, adds, removes := read(t, store)
	if got := string(action.Encode(gotTop...)); !strings.Contains(got, `"minReaderVersion":1,"minWriterVersion":2}`) || !strings.Contains(got, `"partitionColumns":["a","b"],"configuration":{"k":"v"}`) {
		t.Errorf("%s", got)
	}
	if len(adds) != 1 || adds[0].Size != 5 || *adds[0].PartitionValues["a"] != "1" || len(adds[0].PartitionValues) != 2 || len(removes) != 0 {
		t.Errorf("%+v %v", adds, removes)
	}
}

func write(t testing.TB, store objstore.Store, key string, b []byte) objstore.Info {
	t.Helper()
	info, err := store.Put(t.Context(), key, objstore.Bytes(b), objstore.Cond{})
	if err != nil {
		t.Fatal(err)
	}
	return info
}

// small is a checkpoint with a bit of everything.
func small(t testing.TB) []byte {
	t.Helper()
	store := mem.New()
	stats := `{"numRecords":3,"minValues":{"a":1,"t":"x"},"nullCount":{"a":0}}`
	adds := []*action.Add{{Path: "a", PartitionValues: map[string]*string{"p": ptr("v"), "n": nil}, Stats: &stats, Tags: map[string]*string{}}, {Path: "b", DeletionVector: &action.DeletionVector{StorageType: "u", PathOrInlineDv: "x"}}}
	removes := []*action.Remove{{Path: "c", DeletionTimestamp: ptr(int64(1)), PartitionValues: map[string]*string{}}}
	l := Layout{Schema: ddl(t, "a INT, t STRING, p STRING"), Partitions: []string{"p"}, StatsJSON: true, StatsStruct: true, IndexedColumns: 32}
	if _, err := Write(t.Context(), store, key, State{top, seq(adds), seq(removes)}, l, "snappy"); err != nil {
		t.Fatal(err)
	}
	b, _, err := objstore.ReadAll(t.Context(), store, key)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// readAll reads everything and gives the first error.
func readAll(t testing.TB, store objstore.Store, info objstore.Info) error {
	ref := Ref{Files: []objstore.Info{info}}
	top, err := ref.Top(t.Context(), store)
	if err != nil {
		return err
	}
	for _, p := range ref.Parts(top) {
		for _, err := range p.Adds(t.Context(), store) {
			if err != nil {
				return err
			}
		}
		for _, err := range p.Removes(t.Context(), store) {
			if err != nil {
				return err
			}
		}
	}
	return nil
}

func TestTornCheckpointsAreCorruptAndFailingStoresAreNot(t *testing.T) {
	whole := small(t)
	var corrupt *CorruptError
	for n := 0; n < len(whole); n += 37 {
		store := mem.New()
		if err := readAll(t, store, write(t, store, key, whole[:n])); !errors.As(err, &corrupt) || corrupt.Key != key {
			t.Fatalf("the first %d bytes: %v", n, err)
		}
	}
	store := mem.New()
	info := write(t, store, key, whole)
	if err := readAll(t, store, info); err != nil {
		t.Fatal(err)
	}
	for _, effect := range []fault.Effect{fault.Fail, fault.Torn} {
		err := readAll(t, fault.Wrap(store, fault.Options{Rules: []fault.Rule{{Op: fault.Get, Effect: effect}}}), info)
		if errors.As(err, &corrupt) || !errors.Is(err, fault.ErrInjected) || !objstore.IsRetryable(err) {
			t.Errorf("%s: %v", effect, err)
		}
	}
	if err := readAll(t, mem.New(), info); !errors.Is(err, objstore.ErrNotExist) || errors.As(err, &corrupt) {
		t.Errorf("gone: %v", err)
	}
	write(t, store, key, whole[:len(whole)-20]) // shorter than it was said to be
	if err := readAll(t, store, info); !errors.As(err, &corrupt) {
		t.Errorf("cut: %v", err)
	}
}

func TestASidecarIsFoundWhereItIsNamed(t *testing.T) {
	store := mem.New()
	write(t, store, sidecarDir+"s.parquet", small(t))
	text := action.Encode(&action.CheckpointMetadata{Version: 1}, top[0], top[1], &action.Sidecar{Path: "s.parquet"})
	info := write(t, store, "_delta_log/00000000000000000001.checkpoint.u.json", text)
	ref := Ref{Version: 1, Files: []objstore.Info{info}}
	actions, err := ref.Top(t.Context(), store)
	if err != nil || len(actions) != 4 {
		t.Fatalf("%v, %v", actions, err)
	}
	parts := ref.Parts(actions)
	if len(parts) != 1 || len(collect(t, parts[0].Adds(t.Context(), store))) != 2 || len(collect(t, parts[0].Removes(t.Context(), store))) != 1 {
		t.Errorf("%v", parts)
	}
	inline := write(t, store, "_delta_log/00000000000000000002.checkpoint.u.json", action.Encode(top[0], &action.Add{Path: "x"}, &action.Remove{Path: "y"}))
	ref = Ref{Files: []objstore.Info{inline}}
	parts = ref.Parts(nil)
	if len(collect(t, parts[0].Adds(t.Context(), store))) != 1 || len(collect(t, parts[0].Removes(t.Context(), store))) != 1 {
		t.Error("a V2 checkpoint may hold the files itself")
	}
	broken := write(t, store, "_delta_log/00000000000000000003.checkpoint.u.json", []byte("{"))
	if err := readAll(t, store, broken); err == nil {
		t.Error("broken JSON")
	}
}

// Whatever the bytes are, reading ends with an error or not, but never in a panic.
func FuzzReading(f *testing.F) {
	whole := small(f)
	f.Add(whole)
	f.Add([]byte("PAR1PAR1"))
	for i := 0; i < len(whole); i += 101 {
		flipped := bytes.Clone(whole)
		flipped[i] ^= 0x55
		f.Add(flipped)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		store := mem.New()
		_ = readAll(t, store, write(t, store, key, b)) // any error will do
	})
}

// Sidecars are in the folder of the table, wherever that was when they were named.
func TestSidecarsAreLookedForInTheFolderOfTheTable(t *testing.T) {
	for path, want := range map[string]string{
		"s.parquet": "s.parquet", "s%20x.parquet": "s x.parquet", "_delta_log/_sidecars/s.parquet": "s.parquet",
		"s3://bucket/was/_delta_log/_sidecars/s.parquet": "s.parquet", "100%.parquet": "100%.parquet",
	} {
		if got := SidecarKey(&action.Sidecar{Path: path}); got != "_delta_log/_sidecars/"+want {
			t.Errorf("%s: %s", path, got)
		}
	}
}
