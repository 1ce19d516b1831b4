package datafile_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand"
	"slices"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"
	"pgregory.net/rapid"

	"github.com/ingestd/ingestd/table/arrowmap"
	"github.com/ingestd/ingestd/table/arrowtest"
	"github.com/ingestd/ingestd/table/datafile"
	"github.com/ingestd/ingestd/txlog/schema"
)

// readBack reads a file with Arrow's own reader, so that writer and reader do not share mistakes.
func readBack(data []byte, as *arrow.Schema) ([]string, error) {
	pf, err := file.NewParquetReader(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	r, err := pqarrow.NewFileReader(pf, pqarrow.ArrowReadProperties{BatchSize: 1000}, memory.DefaultAllocator)
	if err != nil {
		return nil, err
	}
	rr, err := r.GetRecordReader(context.Background(), nil, nil)
	if err != nil {
		return nil, err
	}
	var rows []string
	for rr.Next() {
		rec, err := arrowmap.Conform(context.Background(), rr.RecordBatch(), as)
		if err != nil {
			return nil, err
		}
		rows = append(rows, arrowtest.Rows(rec)...)
	}
	return rows, rr.Err()
}

// variant makes a batch of the same rows in another guise: cut out of a larger one, columns
// shuffled, strings as dictionaries.
func variant(r *rand.Rand, rec arrow.RecordBatch) arrow.RecordBatch {
	cols, fields := slices.Clone(rec.Columns()), slices.Clone(rec.Schema().Fields())
	for i, c := range cols {
		if id := c.DataType().ID(); (id == arrow.STRING || id == arrow.BINARY) && r.Intn(2) == 0 {
			cols[i] = arrowtest.Dictionary(r, c)
			fields[i].Type = cols[i].DataType()
		}
	}
	r.Shuffle(len(cols), func(i, j int) { cols[i], cols[j], fields[i], fields[j] = cols[j], cols[i], fields[j], fields[i] })
	return array.NewRecordBatch(arrow.NewSchema(fields, nil), cols, rec.NumRows())
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	codecs := []string{"", "uncompressed", "snappy", "lz4_raw", "zstd"}
	rapid.Check(t, func(t *rapid.T) {
		r := rand.New(rand.NewSource(rapid.Int64().Draw(t, "seed")))
		s := arrowtest.Schema(r, 5, rapid.IntRange(0, 3).Draw(t, "depth"))
		as, err := arrowmap.ToArrow(s)
		if err != nil {
			t.Fatal(err)
		}
		var buf bytes.Buffer
		w, err := datafile.NewWriter(&buf, s, datafile.Options{
			Codec: codecs[r.Intn(len(codecs))], RowGroupRows: int64(1 + r.Intn(300)), PageBytes: 100 + r.Intn(2000),
		})
		if err != nil {
			t.Fatal(err)
		}
		var want []string
		for range r.Intn(4) {
			n := r.Intn(200)
			rec := arrowtest.Batch(r, as, n)
			if n > 0 && r.Intn(2) == 0 {
				from := r.Intn(n)
				rec = rec.NewSlice(int64(from), int64(from+r.Intn(n-from+1)))
			}
			want = append(want, arrowtest.Rows(rec)...)
			if err := w.Write(variant(r, rec)); err != nil {
				t.Fatal(err)
			}
		}
		result, err := w.Close()
		if err != nil {
			t.Fatal(err)
		}
		if result.NumRecords != int64(len(want)) || result.Size != int64(buf.Len()) {
			t.Fatalf("%d rows in %d bytes, want %d in %d", result.NumRecords, result.Size, len(want), buf.Len())
		}
		got, err := readBack(buf.Bytes(), as)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got, want) {
			t.Fatalf("%s", diff(got, want))
		}
	})
}

func diff(got, want []string) string {
	if len(got) != len(want) {
		return fmt.Sprintf("%d rows, want %d", len(got), len(want))
	}
	for i := range got {
		if got[i] != want[i] {
			return fmt.Sprintf("row %d is\n%s\nwant\n%s", i, got[i], want[i])
		}
	}
	return ""
}

func TestColumnsThatGiveTheirDictionaryUpAreStillRead(t *testing.T) {
	s := &schema.Struct{Fields: []schema.Field{{Name: "s", Type: schema.String, Nullable: true}, {Name: "i", Type: schema.Long, Nullable: true}}}
	as, _ := arrowmap.ToArrow(s)
	var buf bytes.Buffer
	w, err := datafile.NewWriter(&buf, s, datafile.Options{RowGroupRows: 40_000})
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for batch := range 7 {
		b := array.NewRecordBuilder(memory.DefaultAllocator, as)
		for i := range 6_000 {
			v := i % 10 // few values at first, then all different
			if batch > 2 {
				v = batch*6_000 + i
			}
			b.Field(0).(*array.StringBuilder).Append(fmt.Sprintf("value %d", v))
			b.Field(1).(*array.Int64Builder).Append(int64(v))
		}
		rec := b.NewRecordBatch()
		want = append(want, arrowtest.Rows(rec)...)
		if batch%2 == 0 {
			cols := []arrow.Array{arrowtest.Dictionary(rand.New(rand.NewSource(1)), rec.Column(0)), rec.Column(1)}
			rec = array.NewRecordBatch(arrow.NewSchema([]arrow.Field{{Name: "s", Type: cols[0].DataType()}, as.Field(1)}, nil), cols, rec.NumRows())
		}
		if err := w.Write(rec); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.Close(); err != nil {
		t.Fatal(err)
	}
	got, err := readBack(buf.Bytes(), as)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got, want) {
		t.Fatal(diff(got, want))
	}
}

func TestLongValuesMakeShortPages(t *testing.T) {
	s := &schema.Struct{Fields: []schema.Field{{Name: "s", Type: schema.String}}}
	as, _ := arrowmap.ToArrow(s)
	b := array.NewRecordBuilder(memory.DefaultAllocator, as)
	long := string(bytes.Repeat([]byte("x"), 256<<10))
	for range 20 {
		b.Field(0).(*array.StringBuilder).Append(long)
	}
	rec := b.NewRecordBatch()
	var buf bytes.Buffer
	w, err := datafile.NewWriter(&buf, s, datafile.Options{Codec: "uncompressed", RowGroupBytes: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Write(rec); err != nil {
		t.Fatal(err)
	}
	if held := w.BytesWritten() - int64(buf.Len()); held > 6<<20 {
		t.Errorf("%d bytes are held in memory", held)
	}
	if _, err := w.Close(); err != nil {
		t.Fatal(err)
	}
	got, err := readBack(buf.Bytes(), as)
	if err != nil || !slices.Equal(got, arrowtest.Rows(rec)) {
		t.Fatalf("other rows came back (%v)", err)
	}
}

func TestNullsInNotNullColumnsAreRefusedByName(t *testing.T) {
	inner := &schema.Struct{Fields: []schema.Field{{Name: "x", Type: schema.Long}}}
	for _, tc := range []struct {
		name  string
		field schema.Field
		js    string
		want  string
	}{
		{"flat", schema.Field{Name: "a", Type: schema.String}, `[{"a":"x"},{"a":null}]`, "a"},
		{"field of a struct", schema.Field{Name: "a", Type: inner, Nullable: true}, `[{"a":null},{"a":{"x":null}}]`, "a.x"},
		{"struct", schema.Field{Name: "a", Type: inner}, `[{"a":null}]`, "a"},
		{"element", schema.Field{Name: "a", Type: &schema.Array{Element: schema.Long}}, `[{"a":[1,null]}]`, "a.element"},
		{"missing", schema.Field{Name: "b", Type: schema.Long}, `[{}]`, "b"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := &schema.Struct{Fields: []schema.Field{tc.field}}
			as, _ := arrowmap.ToArrow(s)
			rec, _, err := array.RecordFromJSON(memory.DefaultAllocator, as, bytes.NewReader([]byte(tc.js)))
			if err != nil {
				t.Fatal(err)
			}
			w, err := datafile.NewWriter(&bytes.Buffer{}, s, datafile.Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer w.Abort()
			err = w.Write(rec)
			var null *datafile.NullError
			if !errors.As(err, &null) || null.Column != tc.want {
				t.Fatalf("got %v", err)
			}
			if again := w.Write(rec); again == nil {
				t.Error("the writer went on after an error")
			}
			if _, err := w.Close(); err == nil {
				t.Error("the file was closed after an error")
			}
		})
	}
}

func TestColumnsThatTheFileDoesNotHaveAreRefused(t *testing.T) {
	s := &schema.Struct{Fields: []schema.Field{{Name: "a", Type: schema.Long, Nullable: true}}}
	as := arrow.NewSchema([]arrow.Field{{Name: "A", Type: arrow.PrimitiveTypes.Int8}, {Name: "b", Type: arrow.PrimitiveTypes.Int8}}, nil)
	rec := arrowtest.Batch(rand.New(rand.NewSource(1)), as, 3)
	w, err := datafile.NewWriter(&bytes.Buffer{}, s, datafile.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var bad *datafile.SchemaError
	if err := w.Write(rec); !errors.As(err, &bad) || bad.Column != "b" {
		t.Fatalf("got %v", err)
	}
	var codec *datafile.CodecError
	if _, err := datafile.NewWriter(&bytes.Buffer{}, s, datafile.Options{Codec: "brotli9"}); !errors.As(err, &codec) {
		t.Errorf("got %v", err)
	}
}

func TestAFileWithoutRowsIsAFile(t *testing.T) {
	s := &schema.Struct{Fields: []schema.Field{{Name: "a", Type: schema.Long, Nullable: true}}}
	as, _ := arrowmap.ToArrow(s)
	var buf bytes.Buffer
	w, err := datafile.NewWriter(&buf, s, datafile.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if rows, err := readBack(buf.Bytes(), as); len(rows) != 0 || err != nil {
		t.Errorf("%d rows, %v", len(rows), err)
	}
	if err := w.Write(arrowtest.Batch(rand.New(rand.NewSource(1)), as, 1)); err == nil {
		t.Error("a closed writer took rows")
	}
}

func TestEveryCodecIsRead(t *testing.T) {
	recs := shopBatches(1, 2000, true)
	as, _ := arrowmap.ToArrow(shopSchema)
	want, err := arrowmap.Conform(t.Context(), recs[0], as)
	if err != nil {
		t.Fatal(err)
	}
	for _, codec := range []string{"", "NONE", "uncompressed", "Snappy", "gzip", "lz4", "lz4_raw", "zstd"} {
		data, _ := encode(t, shopSchema, datafile.Options{Codec: codec}, recs...)
		got, err := readBack(data, as)
		if err != nil || !slices.Equal(got, arrowtest.Rows(want)) {
			t.Errorf("%q: other rows came back (%v)", codec, err)
		}
	}
}
