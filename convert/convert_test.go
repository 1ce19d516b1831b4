package convert_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"
	"go.uber.org/goleak"

	"github.com/ingestd/ingestd/convert"
	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/objstore/mem"
	"github.com/ingestd/ingestd/table"
	"github.com/ingestd/ingestd/table/arrowmap"
	"github.com/ingestd/ingestd/table/datafile"
	"github.com/ingestd/ingestd/txlog/schema"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func ddl(t testing.TB, text string) *schema.Struct {
	t.Helper()
	s, err := schema.ParseDDL(text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// put writes a Parquet file of rows in JSON.
func put(t testing.TB, store objstore.Store, key, columns string, rows ...string) {
	t.Helper()
	s := ddl(t, columns)
	as, err := arrowmap.ToArrow(s)
	if err != nil {
		t.Fatal(err)
	}
	rec, _, err := array.RecordFromJSON(memory.DefaultAllocator, as, strings.NewReader("["+strings.Join(rows, ",")+"]"))
	if err != nil {
		t.Fatal(err)
	}
	defer rec.Release()
	var buf bytes.Buffer
	w, err := datafile.NewWriter(&buf, s, datafile.Options{RowGroupRows: 2})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Write(rec); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Close(); err != nil {
		t.Fatal(err)
	}
	putBytes(t, store, key, buf.Bytes())
}

func putBytes(t testing.TB, store objstore.Store, key string, b []byte) {
	t.Helper()
	if _, err := store.Put(context.Background(), key, objstore.Bytes(b), objstore.Cond{}); err != nil {
		t.Fatal(err)
	}
}

// rows are all rows of the table, sorted.
func rows(t testing.TB, store objstore.Store) []string {
	t.Helper()
	tab, err := table.Open(t.Context(), store)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for rec, err := range tab.Scan(t.Context(), table.ScanOptions{}) {
		if err != nil {
			t.Fatal(err)
		}
		b, err := rec.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		rec.Release()
		for line := range strings.SplitSeq(strings.Trim(strings.TrimSpace(string(b)), "[]"), "\n,") {
			out = append(out, strings.TrimSpace(line))
		}
	}
	slices.Sort(out)
	return out
}

func run(t testing.TB, store objstore.Store, o convert.Options) convert.Result {
	t.Helper()
	r, err := convert.Convert(t.Context(), store, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestAFolderBecomesATableAsItIs(t *testing.T) {
	store := mem.New()
	put(t, store, "a.parquet", "id BIGINT NOT NULL, s STRUCT<x: INT>", `{"id":1,"s":{"x":5}}`, `{"id":2}`, `{"id":3,"s":{"x":-7}}`)
	put(t, store, "sub/b.parquet", "id BIGINT, extra STRING", `{"id":4,"extra":"e"}`)
	for _, passed := range []string{"_SUCCESS", "_temporary/0/c.parquet", ".hidden/d.parquet", "sub/.e.parquet.crc", "sub/_f"} {
		putBytes(t, store, passed, []byte("not Parquet"))
	}
	putBytes(t, store, "empty", nil)
	r := run(t, store, convert.Options{Properties: map[string]string{"delta.appendOnly": "true"}})
	if r.Files != 2 || r.Rows != 4 || r.Schema.DDL() != ddl(t, "id BIGINT, s STRUCT<x: INT>, extra STRING").DDL() {
		t.Errorf("%+v: %s", r, r.Schema.DDL())
	}
	if got := rows(t, store); len(got) != 4 {
		t.Error(got)
	}
	tab, _ := table.Open(t.Context(), store)
	var stats []string
	for f, err := range tab.Files(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		stats = append(stats, f.Path+" "+*f.Stats)
	}
	slices.Sort(stats)
	want := []string{
		`a.parquet {"numRecords":3,"minValues":{"id":1,"s":{"x":-7}},"maxValues":{"id":3,"s":{"x":5}},"nullCount":{"id":0,"s":{"x":1}}}`,
		`sub/b.parquet {"numRecords":1,"minValues":{"id":4,"extra":"e"},"maxValues":{"id":4,"extra":"e"},"nullCount":{"id":0,"extra":0}}`,
	}
	if !slices.Equal(stats, want) {
		t.Errorf("statistics:\n%s\nwant\n%s", strings.Join(stats, "\n"), strings.Join(want, "\n"))
	}
	for h, err := range tab.History(t.Context(), 1) {
		if err != nil || h.Operation != "CONVERT" || h.OperationParameters["numFiles"] != "2" || h.OperationParameters["partitionedBy"] != "[]" ||
			h.OperationParameters["collectStats"] != "true" || h.OperationMetrics["numConvertedFiles"] != "2" {
			t.Errorf("history: %+v, %v", h, err)
		}
	}
	var exists *table.ExistsError
	if _, err := convert.Convert(t.Context(), store, convert.Options{}); !errors.As(err, &exists) {
		t.Errorf("a table was converted again: %v", err)
	}
}

func TestPartitionsComeFromFolders(t *testing.T) {
	for name, tc := range map[string]struct {
		dirs   []string
		by     string
		schema string
		values string
	}{
		"inferred":           {dirs: []string{"day=2024-01-02/n=01", "day=2024-01-03/n=7"}, schema: "v STRING, day DATE, n INT", values: "2024-01-02 1, 2024-01-03 7"},
		"null":               {dirs: []string{"n=__HIVE_DEFAULT_PARTITION__", "n=3000000000"}, schema: "v STRING, n BIGINT", values: "3000000000, null"},
		"nothing but nulls":  {dirs: []string{"n=__HIVE_DEFAULT_PARTITION__"}, schema: "v STRING, n STRING", values: "null"},
		"escaped":            {dirs: []string{"a%3Db=x%2Fy%25", "a%3Db= z"}, schema: "", values: ""},
		"escaped value":      {dirs: []string{"p=x%2Fy%25", "p= z"}, schema: "v STRING, p STRING", values: " z, x/y%"},
		"mixed":              {dirs: []string{"n=1", "n=x"}, schema: "v STRING, n STRING", values: "1, x"},
		"a date and a time":  {dirs: []string{"t=2024-01-02", "t=2024-01-02 03%3A04%3A05"}, schema: "v STRING, t TIMESTAMP", values: "2024-01-02T00:00:00.000000Z, 2024-01-02T03:04:05.000000Z"},
		"a number and a day": {dirs: []string{"t=2024-01-02", "t=5"}, schema: "v STRING, t STRING", values: "2024-01-02, 5"},
		"numbers":            {dirs: []string{"n=1.5", "n=2"}, schema: "v STRING, n DOUBLE", values: "1.5, 2.0"},
		"told":               {dirs: []string{"n=01", "n=2"}, by: "n STRING", schema: "v STRING, n STRING", values: "01, 2"},
		"_named":             {dirs: []string{"_n=1"}, schema: "v STRING, _n INT", values: "1"},
		"below a folder":     {dirs: []string{"x/n=1"}, schema: "v STRING, n INT", values: "1"},
	} {
		t.Run(name, func(t *testing.T) {
			store := mem.New()
			for i, d := range tc.dirs {
				put(t, store, d+"/f.parquet", "v STRING", fmt.Sprintf(`{"v":"%d"}`, i))
			}
			o := convert.Options{}
			if tc.by != "" {
				o.PartitionBy = ddl(t, tc.by).Fields
			}
			r, err := convert.Convert(t.Context(), store, o)
			if tc.schema == "" {
				var bad *schema.InvalidError
				if !errors.As(err, &bad) || bad.Column != "a=b" {
					t.Errorf("a name that needs column mapping: %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if r.Schema.DDL() != ddl(t, tc.schema).DDL() {
				t.Errorf("schema %s", r.Schema.DDL())
			}
			if got := partitions(t, store, r.PartitionColumns); got != tc.values {
				t.Errorf("values %q, want %q", got, tc.values)
			}
			if len(rows(t, store)) != len(tc.dirs) {
				t.Error(rows(t, store))
			}
		})
	}
}

func partitions(t *testing.T, store objstore.Store, columns []string) string {
	t.Helper()
	tab, err := table.Open(t.Context(), store)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for f, err := range tab.Files(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		var one []string
		for _, c := range columns {
			if v := f.PartitionValues[c]; v != nil {
				one = append(one, *v)
			} else {
				one = append(one, "null")
			}
		}
		all = append(all, strings.Join(one, " "))
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}

func TestAPartitionColumnInTheFilesGivesWay(t *testing.T) {
	store := mem.New()
	put(t, store, "day=2024-01-02/f.parquet", "day STRING, v INT", `{"day":"old","v":1}`)
	r := run(t, store, convert.Options{})
	if r.Schema.DDL() != ddl(t, "day DATE, v INT").DDL() {
		t.Error(r.Schema.DDL())
	}
	if got := rows(t, store); len(got) != 1 || !strings.Contains(got[0], "2024-01-02") {
		t.Error(got)
	}
}

func TestWhatCannotBeOneTableIsNamed(t *testing.T) {
	type files map[string]string // key to columns
	for name, tc := range map[string]struct {
		files files
		by    string
		want  []string
	}{
		"types":              {files: files{"a": "s STRUCT<x: INT>", "b": "s STRUCT<x: STRING>"}, want: []string{"s.x", "int", "string", " a ", "b"}},
		"case":               {files: files{"a": "x INT", "b": "X STRING"}, want: []string{"column x"}},
		"names":              {files: files{"a": "`b c` INT"}, want: []string{"b c", "column mapping"}},
		"nothing":            {want: []string{"no Parquet file"}},
		"uneven folders":     {files: files{"a=1/f": "x INT", "b=1/f": "x INT"}, want: []string{"b=1/f", "(b)", "(a)"}},
		"a file outside":     {files: files{"a=1/f": "x INT", "f": "x INT"}, want: []string{"f:", "()"}},
		"other folders":      {files: files{"a=1/f": "x INT"}, by: "b INT", want: []string{"(a)", "(b)"}},
		"a value of no type": {files: files{"a=x/f": "x INT"}, by: "a INT", want: []string{"a=x/f", `"x"`, "--partition-by"}},
		"only partitions":    {files: files{"a=x/f": "a STRING"}, want: []string{"partition columns"}},
	} {
		t.Run(name, func(t *testing.T) {
			store := mem.New()
			for key, columns := range tc.files {
				put(t, store, key, columns, `{}`)
			}
			o := convert.Options{}
			if tc.by != "" {
				o.PartitionBy = ddl(t, tc.by).Fields
			}
			_, err := convert.Convert(t.Context(), store, o)
			for _, w := range tc.want {
				if err == nil || !strings.Contains(err.Error(), w) {
					t.Errorf("%v, want %q", err, w)
				}
			}
			if _, err := store.Head(t.Context(), "_delta_log/00000000000000000000.json"); !errors.Is(err, objstore.ErrNotExist) {
				t.Error("a table was made")
			}
		})
	}
	store := mem.New()
	putBytes(t, store, "readme.txt", []byte("hello"))
	var bad *convert.FileError
	if _, err := convert.Convert(t.Context(), store, convert.Options{}); !errors.As(err, &bad) || bad.Key != "readme.txt" {
		t.Errorf("a file that is not Parquet: %v", err)
	}
}

func TestINT96IsATimestamp(t *testing.T) {
	as := arrow.NewSchema([]arrow.Field{
		{Name: "s", Type: arrow.StructOf(arrow.Field{Name: "n", Type: arrow.PrimitiveTypes.Int32, Nullable: true}), Nullable: true},
		{Name: "at", Type: arrow.FixedWidthTypes.Timestamp_ns, Nullable: true},
	}, nil)
	rec, _, err := array.RecordFromJSON(memory.DefaultAllocator, as, strings.NewReader(`[{"s":{"n":1},"at":"2024-01-02 03:04:05Z"},{"at":null}]`))
	if err != nil {
		t.Fatal(err)
	}
	defer rec.Release()
	var buf bytes.Buffer
	w, err := pqarrow.NewFileWriter(as, &buf, parquet.NewWriterProperties(), pqarrow.NewArrowWriterProperties(pqarrow.WithDeprecatedInt96Timestamps(true)))
	if err == nil {
		err = errors.Join(w.Write(rec), w.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
	store := mem.New()
	putBytes(t, store, "old.parquet", buf.Bytes())
	r := run(t, store, convert.Options{})
	if r.Schema.DDL() != ddl(t, "s STRUCT<n: INT>, at TIMESTAMP").DDL() {
		t.Error(r.Schema.DDL())
	}
	if got := rows(t, store); len(got) != 2 || !strings.Contains(strings.Join(got, ""), "2024-01-02T03:04:05Z") {
		t.Error(got)
	}
}

// Parquet's bounds leave NaN out, and for Delta it is the greatest: with 3 as the greatest of [3, NaN] Spark would skip the file for x > 5.
func TestTheGreatestOfNumbersIsUnknownWhereNaNMayHide(t *testing.T) {
	for writer, want := range map[string]string{
		"":                                    `{"numRecords":2,"minValues":{"f":3.0,"d":1.0},"maxValues":{},"nullCount":{"f":0,"d":0}}`,
		"parquet-mr version 1.15.2 (build 1)": `{"numRecords":2,"minValues":{"f":3.0,"d":1.0},"maxValues":{"f":3.0,"d":2.0},"nullCount":{"f":0,"d":0}}`,
	} {
		s := ddl(t, "f FLOAT, d DOUBLE")
		as, err := arrowmap.ToArrow(s)
		if err != nil {
			t.Fatal(err)
		}
		b := array.NewRecordBuilder(memory.DefaultAllocator, as)
		b.Field(0).(*array.Float32Builder).AppendValues([]float32{3, float32(math.NaN())}, nil)
		b.Field(1).(*array.Float64Builder).AppendValues([]float64{1, 2}, nil)
		rec := b.NewRecordBatch()
		var buf bytes.Buffer
		w, err := datafile.NewWriter(&buf, s, datafile.Options{CreatedBy: writer})
		if err == nil {
			err = w.Write(rec)
		}
		if err == nil {
			_, err = w.Close()
		}
		rec.Release()
		b.Release()
		if err != nil {
			t.Fatal(err)
		}
		store := mem.New()
		putBytes(t, store, "f.parquet", buf.Bytes())
		run(t, store, convert.Options{})
		tab, _ := table.Open(t.Context(), store)
		for f, err := range tab.Files(t.Context()) {
			if err != nil || *f.Stats != want {
				t.Errorf("%q: %v, %v, want %s", writer, *f.Stats, err, want)
			}
		}
	}
}

func TestStatisticsCanBeLeftOut(t *testing.T) {
	store := mem.New()
	put(t, store, "a.parquet", "id BIGINT", `{"id":1}`)
	run(t, store, convert.Options{NoStatistics: true})
	tab, _ := table.Open(t.Context(), store)
	for f, err := range tab.Files(t.Context()) {
		if err != nil || f.Stats != nil {
			t.Errorf("%v, %v", f.Stats, err)
		}
	}
}

func TestManyFilesAreOneCommit(t *testing.T) {
	store := mem.New()
	put(t, store, "p=0/0.parquet", "id BIGINT", `{"id":1}`)
	one, _, err := objstore.ReadAll(t.Context(), store, "p=0/0.parquet")
	if err != nil {
		t.Fatal(err)
	}
	for i := range 3000 {
		putBytes(t, store, fmt.Sprintf("p=%d/%d.parquet", i%7, i), one)
	}
	if r := run(t, store, convert.Options{}); r.Files != 3000 || r.Version != 0 || r.Rows != 3000 {
		t.Errorf("%+v", r)
	}
}
