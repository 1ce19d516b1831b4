package table

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/objstore/mem"
	"github.com/ingestd/ingestd/table/arrowmap"
)

// numbers is a batch of ids [lo, hi), with id%parts as p.
func numbers(lo, hi, parts int64) arrow.RecordBatch {
	s := arrow.NewSchema([]arrow.Field{{Name: "id", Type: arrow.PrimitiveTypes.Int64, Nullable: true}, {Name: "p", Type: arrow.PrimitiveTypes.Int64, Nullable: true}}, nil)
	b := array.NewRecordBuilder(memory.DefaultAllocator, s)
	defer b.Release()
	for i := lo; i < hi; i++ {
		b.Field(0).(*array.Int64Builder).Append(i)
		b.Field(1).(*array.Int64Builder).Append(i % parts)
	}
	return b.NewRecordBatch()
}

func begin(t testing.TB, tab *Table, o WriteOptions) *WriteSet {
	t.Helper()
	w, err := tab.NewWriteSet(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func write(t testing.TB, w *WriteSet, rec arrow.RecordBatch) {
	t.Helper()
	defer rec.Release()
	if err := w.Write(t.Context(), rec); err != nil {
		t.Fatal(err)
	}
}

func commit(t testing.TB, w *WriteSet) Committed {
	t.Helper()
	c, err := w.Commit(t.Context(), CommitOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func countRows(t testing.TB, tab *Table) int64 {
	t.Helper()
	var n int64
	for rec, err := range tab.Scan(t.Context(), ScanOptions{Columns: []string{}}) {
		if err != nil {
			t.Fatal(err)
		}
		n += rec.NumRows()
		rec.Release()
	}
	return n
}

func TestASmallWriteMakesOneFilePerPartitionHoweverManyWorkers(t *testing.T) {
	tab := create(t, "id BIGINT, p BIGINT", "p")
	w := begin(t, tab, WriteOptions{Parallelism: 4})
	var wg sync.WaitGroup
	for i := range int64(8) {
		wg.Go(func() {
			for k := range int64(10) {
				lo := (i*10 + k) * 100
				write(t, w, numbers(lo, lo+100, 3))
			}
		})
	}
	wg.Wait()
	if c := commit(t, w); c.Rows != 8000 || c.Files != 3 || c.Version != 1 || c.Bytes == 0 {
		t.Errorf("%+v", c)
	}
	if n := countRows(t, tab); n != 8000 {
		t.Errorf("%d rows", n)
	}
}

func TestABigWriteIsEncodedSideBySide(t *testing.T) {
	tab := create(t, "id BIGINT, p BIGINT")
	w := begin(t, tab, WriteOptions{Parallelism: 3, RowsPerSlot: 1000})
	var wg sync.WaitGroup
	for i := range int64(6) {
		wg.Go(func() {
			for k := range int64(20) {
				lo := (i*20 + k) * 500
				write(t, w, numbers(lo, lo+500, 3))
			}
		})
	}
	wg.Wait()
	if n := len(w.slots); n < 1 || n > 3 {
		t.Errorf("%d slots", n)
	}
	if c := commit(t, w); c.Rows != 60_000 || c.Files != int64(len(w.slots)) {
		t.Errorf("%+v with %d slots", c, len(w.slots))
	}
	if n := countRows(t, tab); n != 60_000 {
		t.Errorf("%d rows", n)
	}
}

func TestFilesEndAtTheTargetSize(t *testing.T) {
	for name, o := range map[string]struct {
		write WriteOptions
		props map[string]string
	}{
		"by option":   {WriteOptions{TargetFileSize: 20 << 10, Parallelism: 1}, nil},
		"by property": {WriteOptions{Parallelism: 1}, map[string]string{"delta.targetFileSize": "20kb"}},
	} {
		t.Run(name, func(t *testing.T) {
			tab := createIn(t, mem.New(), CreateOptions{Schema: ddl(t, "id BIGINT, p BIGINT"), Properties: o.props})
			w := begin(t, tab, o.write)
			for lo := int64(0); lo < 50_000; lo += 1000 {
				write(t, w, numbers(lo, lo+1000, 1<<40))
			}
			c := commit(t, w)
			if c.Files < 5 || c.Bytes/c.Files > 40<<10 {
				t.Errorf("%d files of %d bytes", c.Files, c.Bytes)
			}
			if n := countRows(t, tab); n != 50_000 {
				t.Errorf("%d rows", n)
			}
		})
	}
}

func TestOpenFilesStayWithinTheBudget(t *testing.T) {
	tab := create(t, "id BIGINT, p BIGINT", "p")
	const budget = 20 * openFileCost
	w := begin(t, tab, WriteOptions{Parallelism: 1, MemoryBudget: budget})
	for lo := int64(0); lo < 20_000; lo += 2000 {
		write(t, w, numbers(lo, lo+2000, 100))
		if s := w.slots[0]; s.held > budget || len(s.files) > 20 {
			t.Fatalf("%d bytes held by %d files", s.held, len(s.files))
		}
	}
	if c := commit(t, w); c.Files < 100 {
		t.Errorf("%d files", c.Files)
	}
	if n := countRows(t, tab); n != 20_000 {
		t.Errorf("%d rows", n)
	}
}

func TestNamesAndFoldersAreSparks(t *testing.T) {
	tab := create(t, "id BIGINT, day DATE, city STRING", "day", "city")
	add(t, tab, "id BIGINT, day DATE, city STRING", `[{"id":1,"day":"2026-01-02","city":"a/b c"},{"id":2,"day":null,"city":"100%"}]`)
	want := []*regexp.Regexp{
		regexp.MustCompile(`^day=2026-01-02/city=a%2Fb c/part-0000\d-[0-9a-f-]{36}-c000\.(snappy|zstd)\.parquet$`),
		regexp.MustCompile(`^day=__HIVE_DEFAULT_PARTITION__/city=100%25/part-0000\d-[0-9a-f-]{36}-c000\.(snappy|zstd)\.parquet$`),
	}
	files := dataFiles(t, tab)
	for i, w := range want {
		if len(files) != 2 || !w.MatchString(files[i]) {
			t.Errorf("files %q, want one like %s", files, w)
		}
	}
	for f, err := range tab.Files(t.Context()) {
		if err != nil || !slices.Contains(files, f.Path) {
			t.Errorf("listed %q, %v", f.Path, err)
		}
	}
}

func TestPropertiesOfFiles(t *testing.T) {
	for _, c := range []struct {
		props map[string]string
		name  string
	}{
		{map[string]string{"delta.parquet.compression.codec": "ZSTD"}, `^part-00000-[0-9a-f-]{36}-c000\.zstd\.parquet$`},
		{map[string]string{"delta.parquet.compression.codec": "none"}, `^part-00000-[0-9a-f-]{36}-c000\.parquet$`},
		{map[string]string{"delta.randomizeFilePrefixes": "true", "delta.randomPrefixLength": "4"}, `^[0-9a-f]{4}/part-00000-[0-9a-f-]{36}-c000\.(snappy|zstd)\.parquet$`},
	} {
		tab := createIn(t, mem.New(), CreateOptions{Schema: ddl(t, "a INT, b INT"), Properties: c.props})
		add(t, tab, "a INT, b INT", `[{"a":1,"b":2}]`)
		if files := dataFiles(t, tab); len(files) != 1 || !regexp.MustCompile(c.name).MatchString(files[0]) {
			t.Errorf("%v: files %q", c.props, files)
		}
		expectRows(t, tab, ScanOptions{}, "a=1;b=2;")
	}
}

func TestStatisticsAreThoseThatThePropertiesWant(t *testing.T) {
	for _, c := range []struct {
		props map[string]string
		has   string
	}{
		{nil, "a,b,s"},
		{map[string]string{"delta.dataSkippingNumIndexedCols": "1"}, "a"},
		{map[string]string{"delta.dataSkippingNumIndexedCols": "0"}, ""},
		{map[string]string{"delta.dataSkippingStatsColumns": "B,s.x"}, "b,s"},
	} {
		tab := createIn(t, mem.New(), CreateOptions{Schema: ddl(t, "a INT, b INT, s STRUCT<x: INT>"), Properties: c.props})
		add(t, tab, "a INT, b INT, s STRUCT<x: INT>", `[{"a":1,"b":2,"s":{"x":3}}]`)
		for f, err := range tab.Files(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			var has []string
			_, after, _ := strings.Cut(*f.Stats, `"minValues":{`)
			min, _, _ := strings.Cut(after, `"maxValues"`)
			for _, n := range []string{"a", "b", "s"} {
				if strings.Contains(min, `"`+n+`":`) {
					has = append(has, n)
				}
			}
			if strings.Join(has, ",") != c.has || !strings.Contains(*f.Stats, `"numRecords":1`) {
				t.Errorf("%v: statistics %s", c.props, *f.Stats)
			}
		}
	}
}

func TestAnAbortedWriteLeavesNothing(t *testing.T) {
	tab := create(t, "id BIGINT, p BIGINT", "p")
	w := begin(t, tab, WriteOptions{TargetFileSize: 1 << 10, Parallelism: 1})
	for lo := int64(0); lo < 10_000; lo += 1000 {
		write(t, w, numbers(lo, lo+1000, 5))
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := w.Abort(ctx); err != nil {
		t.Error(err)
	}
	if files := dataFiles(t, tab); len(files) != 0 {
		t.Errorf("left %q", files)
	}
	if _, err := w.Commit(t.Context(), CommitOptions{}); err == nil {
		t.Error("an aborted write was committed")
	}
	if reopen(t, tab).Version() != 0 {
		t.Error("there is a new version")
	}
}

func TestAWriteWithoutRowsCommitsNothing(t *testing.T) {
	tab := create(t, "id BIGINT, p BIGINT")
	w := begin(t, tab, WriteOptions{})
	write(t, w, numbers(0, 0, 1))
	if c := commit(t, w); c.Version != 0 || c.Attempts != 0 || reopen(t, tab).Version() != 0 {
		t.Errorf("%+v", c)
	}
}

func TestAfterAFailureAWriteGivesTheReason(t *testing.T) {
	full := errors.New("no space")
	n := 0
	var mu sync.Mutex
	inner := mem.New()
	store := putStore{inner, func(_ context.Context, key string, _ objstore.Body) error {
		mu.Lock()
		defer mu.Unlock()
		if strings.HasPrefix(key, "part-") {
			if n++; n > 1 {
				return full
			}
		}
		return nil
	}}
	tab := createIn(t, store, CreateOptions{Schema: ddl(t, "id BIGINT, p BIGINT")})
	w := begin(t, tab, WriteOptions{TargetFileSize: 1, Parallelism: 1})
	for lo := int64(0); lo < 5000; lo += 1000 {
		rec := numbers(lo, lo+1000, 1)
		if err := w.Write(t.Context(), rec); err != nil && !errors.Is(err, full) {
			t.Errorf("write: %v", err)
		}
		rec.Release()
	}
	if _, err := w.Commit(t.Context(), CommitOptions{}); !errors.Is(err, full) || !strings.Contains(err.Error(), "part-0000") {
		t.Errorf("commit: %v", err)
	}
	if files := dataFiles(t, tab); len(files) != 0 {
		t.Errorf("left %q", files)
	}
}

func TestRowsThatDoNotFitAreRefused(t *testing.T) {
	tab := create(t, "id BIGINT NOT NULL, name STRING")
	for rows, target := range map[[2]string]any{
		{"id BIGINT", `[{"id":1},{"id":null}]`}:                      new(*NotNullError),
		{"name STRING", `[{"name":"x"}]`}:                            new(*MissingColumnError),
		{"id BIGINT, other INT", `[{"id":1,"other":1}]`}:             new(*ExtraColumnsError),
		{"id BIGINT NOT NULL, name INT", `[{"id":1,"name":1}]`}:      nil,
		{"id DECIMAL(30,0), name STRING", `[{"id":"1","name":"x"}]`}: nil,
	} {
		_, err := tryAdd(t, tab, rows[0], rows[1], AppendOptions{})
		if err == nil || target != nil && !errors.As(err, target) {
			t.Errorf("%v: %v", rows, err)
		}
	}
	if files := dataFiles(t, tab); len(files) != 0 || reopen(t, tab).Version() != 0 {
		t.Errorf("left %q", files)
	}
}

func TestDictionariesAndOtherSpellingsOfTypesAreTaken(t *testing.T) {
	tab := create(t, "id BIGINT, Name STRING, at TIMESTAMP, p STRING", "p")
	dict := &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: arrow.BinaryTypes.String}
	s := arrow.NewSchema([]arrow.Field{
		{Name: "P", Type: dict, Nullable: true}, {Name: "name", Type: dict, Nullable: true},
		{Name: "ID", Type: arrow.PrimitiveTypes.Uint16, Nullable: true},
		{Name: "at", Type: &arrow.TimestampType{Unit: arrow.Nanosecond, TimeZone: "Europe/Berlin"}, Nullable: true},
	}, nil)
	b := array.NewRecordBuilder(memory.DefaultAllocator, s)
	defer b.Release()
	for i := range 3 {
		for c := range 2 {
			if err := b.Field(c).(*array.BinaryDictionaryBuilder).AppendString(fmt.Sprint("v", i%2)); err != nil {
				t.Fatal(err)
			}
		}
		b.Field(2).(*array.Uint16Builder).Append(uint16(i))
		b.Field(3).(*array.TimestampBuilder).Append(arrow.Timestamp(i * 1_000_000_500))
	}
	if _, err := tab.Append(t.Context(), Batches(b.NewRecordBatch()), AppendOptions{}); err != nil {
		t.Fatal(err)
	}
	expectRows(t, tab, ScanOptions{}, `id=0;Name="v0";at=0;p="v0";`, `id=1;Name="v1";at=1000000;p="v1";`, `id=2;Name="v0";at=2000001;p="v0";`)
}

func TestVoidColumnsAreNotInFiles(t *testing.T) {
	tab := create(t, "id BIGINT, nothing VOID, s STRUCT<a: INT, b: VOID>, p INT", "p")
	rec := jsonRows(t, ddl(t, "id BIGINT, s STRUCT<a: INT>, p INT"), `[{"id":1,"s":{"a":2},"p":3}]`)
	if _, err := tab.Append(t.Context(), Batches(rec), AppendOptions{}); err != nil {
		t.Fatal(err)
	}
	expectRows(t, tab, ScanOptions{}, "id=1;nothing=(null);s={2,(null),};p=3;")
}

func TestNullAndTheNameForNullAreTwoPartitions(t *testing.T) {
	tab := create(t, "id BIGINT, p STRING", "p")
	add(t, tab, "id BIGINT, p STRING", `[{"id":1,"p":null},{"id":2,"p":"__HIVE_DEFAULT_PARTITION__"},{"id":3,"p":""}]`)
	expectRows(t, tab, ScanOptions{}, "id=1;p=null;", `id=2;p="__HIVE_DEFAULT_PARTITION__";`, "id=3;p=null;")
}

func TestTheArrowSchemaOfAScanIsTheTables(t *testing.T) {
	tab := create(t, "id BIGINT NOT NULL, s STRUCT<a: INT>, p DATE", "p")
	got, err := tab.ScanSchema(ScanOptions{})
	if err != nil {
		t.Fatal(err)
	}
	want, err := arrowmap.ToArrow(tab.Schema())
	if err != nil || !got.Equal(want) {
		t.Errorf("%s\nwant %s (%v)", got, want, err)
	}
}
