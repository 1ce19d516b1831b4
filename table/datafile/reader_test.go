package datafile_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"
	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/objstore/mem"
	"github.com/ingestd/ingestd/table/arrowmap"
	"github.com/ingestd/ingestd/table/arrowtest"
	"github.com/ingestd/ingestd/table/datafile"
	"github.com/ingestd/ingestd/table/stats"
	"github.com/ingestd/ingestd/txlog/schema"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func encode(t interface{ Fatal(...any) }, s *schema.Struct, opts datafile.Options, recs ...arrow.RecordBatch) ([]byte, datafile.Result) {
	var buf bytes.Buffer
	w, err := datafile.NewWriter(&buf, s, opts)
	if err != nil {
		t.Fatal(err)
	}
	for _, rec := range recs {
		if err := w.Write(rec); err != nil {
			t.Fatal(err)
		}
	}
	result, err := w.Close()
	if err != nil {
		t.Fatal(err)
	}
	return buf.Bytes(), result
}

func readAll(ctx context.Context, data []byte, opts datafile.ReadOptions) ([]string, error) {
	r, err := datafile.OpenReaderAt(ctx, bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, err
	}
	var rows []string
	for rec, err := range r.Batches(ctx, opts) {
		if err != nil {
			return rows, err
		}
		rows = append(rows, arrowtest.Rows(rec)...)
		rec.Release()
	}
	return rows, nil
}

// TestAnyPartOfAFileIsRead asks for some of the columns, in another order and case, beside columns
// that the file does not have.
func TestAnyPartOfAFileIsRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := rand.New(rand.NewSource(rapid.Int64().Draw(t, "seed")))
		s := arrowtest.Schema(r, 5, 2)
		as, err := arrowmap.ToArrow(s)
		if err != nil {
			t.Fatal(err)
		}
		rec := arrowtest.Batch(r, as, r.Intn(150))
		data, _ := encode(t, s, datafile.Options{RowGroupRows: int64(1 + r.Intn(200)), PageBytes: 100 + r.Intn(1000)}, rec)

		want := &schema.Struct{}
		var cols []arrow.Array
		for i, f := range s.Fields {
			if r.Intn(3) > 0 {
				f.Name = strings.ToUpper(f.Name)
				want.Fields, cols = append(want.Fields, f), append(cols, rec.Column(i))
			}
		}
		want.Fields = append(want.Fields, schema.Field{Name: "added later", Type: arrowtest.Flat[r.Intn(len(arrowtest.Flat))], Nullable: true})
		target, err := arrowmap.ToArrow(want)
		if err != nil {
			t.Fatal(err)
		}
		cols = append(cols, arrowmap.Nulls(target.Field(len(cols)).Type, int(rec.NumRows())))
		expected := arrowtest.Rows(array.NewRecordBatch(target, cols, rec.NumRows()))
		got, err := readAll(t.Context(), data, datafile.ReadOptions{Schema: want, BatchRows: int64(1 + r.Intn(100))})
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got, expected) {
			t.Fatal(diff(got, expected))
		}
	})
}

func events(n int) (*schema.Struct, arrow.RecordBatch) {
	s := &schema.Struct{Fields: []schema.Field{{Name: "id", Type: schema.Long}, {Name: "name", Type: schema.String, Nullable: true}}}
	as, _ := arrowmap.ToArrow(s)
	b := array.NewRecordBuilder(memory.DefaultAllocator, as)
	for i := range n {
		b.Field(0).(*array.Int64Builder).Append(int64(i))
		b.Field(1).(*array.StringBuilder).Append(fmt.Sprint("name ", i))
	}
	return s, b.NewRecordBatch()
}

func TestRowGroupsAreSkippedByTheirBounds(t *testing.T) {
	s, rec := events(1000)
	data, _ := encode(t, s, datafile.Options{RowGroupRows: 100}, rec)
	var seen []string
	got, err := readAll(t.Context(), data, datafile.ReadOptions{Schema: s, Keep: func(f *stats.File) bool {
		id, _ := f.Column("id")
		name, _ := f.Column("name")
		seen = append(seen, fmt.Sprintln(f.NumRecords, id.Min, id.Max, name.Min))
		return id.Min.(int64) <= 555 && id.Max.(int64) >= 555
	}})
	if err != nil || len(got) != 100 || !strings.HasPrefix(got[0], "id=500;") {
		t.Fatalf("%d rows, %v", len(got), err)
	}
	if len(seen) != 10 || seen[0] != "100 0 99 name 0\n" {
		t.Errorf("saw %q", seen)
	}
}

func TestAFileOfAnotherSchemaGivesNulls(t *testing.T) {
	s, rec := events(10)
	data, _ := encode(t, s, datafile.Options{}, rec)
	other := &schema.Struct{Fields: []schema.Field{{Name: "x", Type: schema.Date, Nullable: true}}}
	got, err := readAll(t.Context(), data, datafile.ReadOptions{Schema: other, BatchRows: 4})
	if err != nil || len(got) != 10 || got[0] != "x=null;" {
		t.Fatalf("%v, %v", got, err)
	}
	got, err = readAll(t.Context(), data, datafile.ReadOptions{Schema: &schema.Struct{}})
	if err != nil || len(got) != 10 {
		t.Fatalf("rows of no columns: %d, %v", len(got), err)
	}
	var cast *arrowmap.CastError
	wrong := &schema.Struct{Fields: []schema.Field{{Name: "name", Type: schema.Long}}}
	if _, err := readAll(t.Context(), data, datafile.ReadOptions{Schema: wrong}); !errors.As(err, &cast) || cast.Column != "name" {
		t.Errorf("got %v", err)
	}
}

func TestFilesAreReadFromAStore(t *testing.T) {
	s, rec := events(50_000)
	data, _ := encode(t, s, datafile.Options{RowGroupRows: 20_000}, rec)
	store := mem.New()
	if _, err := store.Put(t.Context(), "a.parquet", objstore.Bytes(data), objstore.Cond{}); err != nil {
		t.Fatal(err)
	}
	r, err := datafile.Open(t.Context(), store, "a.parquet")
	if err != nil || r.NumRows() != 50_000 || r.Size() != int64(len(data)) {
		t.Fatalf("%+v, %v", r, err)
	}
	var rows int64
	for rec, err := range r.Batches(t.Context(), datafile.ReadOptions{}) {
		if err != nil {
			t.Fatal(err)
		}
		rows += rec.NumRows()
	}
	if rows != 50_000 {
		t.Errorf("%d rows", rows)
	}
	if _, err := datafile.Open(t.Context(), store, "b.parquet"); !errors.Is(err, objstore.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
	if err := store.Delete(t.Context(), "a.parquet"); err != nil {
		t.Fatal(err)
	}
	for _, err := range r.Batches(t.Context(), datafile.ReadOptions{}) {
		if !errors.Is(err, objstore.ErrNotExist) {
			t.Errorf("a file that went away: %v", err)
		}
	}
}

func TestReadingEndsWithItsContext(t *testing.T) {
	s, rec := events(1000)
	data, _ := encode(t, s, datafile.Options{RowGroupRows: 100}, rec)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	r, err := datafile.OpenReaderAt(ctx, bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, err := range r.Batches(ctx, datafile.ReadOptions{}) {
		if n++; n == 2 {
			cancel()
		} else if n > 2 && !errors.Is(err, context.Canceled) {
			t.Fatalf("batch %d: %v", n, err)
		}
	}
	if n != 3 {
		t.Errorf("%d batches", n)
	}
}

func TestTimestampsOfOldWritersAreReadExactly(t *testing.T) {
	as := arrow.NewSchema([]arrow.Field{{Name: "ts", Type: &arrow.TimestampType{Unit: arrow.Nanosecond}, Nullable: true},
		{Name: "l", Type: arrow.ListOf(&arrow.TimestampType{Unit: arrow.Nanosecond}), Nullable: true}}, nil)
	rec, _, err := array.RecordFromJSON(memory.DefaultAllocator, as, strings.NewReader(`[
		{"ts":"2024-02-29 12:00:00.123456789","l":["1969-12-31 23:59:59.999999"]}, {"ts":null,"l":null}]`))
	if err != nil {
		t.Fatal(err)
	}
	var buf bytes.Buffer
	w, err := pqarrow.NewFileWriter(as, &buf, parquet.NewWriterProperties(), pqarrow.NewArrowWriterProperties(pqarrow.WithDeprecatedInt96Timestamps(true), pqarrow.WithStoreSchema()))
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Write(rec); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	s := &schema.Struct{Fields: []schema.Field{{Name: "ts", Type: schema.Timestamp, Nullable: true},
		{Name: "l", Type: &schema.Array{Element: schema.TimestampNTZ, ContainsNull: true}, Nullable: true}}}
	got, err := readAll(t.Context(), buf.Bytes(), datafile.ReadOptions{Schema: s})
	want := []string{"ts=1709208000123456;l=[-1,];", "ts=null;l=null;"}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("got %v, %v; want %v", got, err, want)
	}
}

func TestBrokenFilesAreToldWithTheirName(t *testing.T) {
	s, rec := events(100)
	data, _ := encode(t, s, datafile.Options{}, rec)
	store := mem.New()
	for name, bad := range map[string][]byte{
		"empty": nil, "short": []byte("PAR1"), "no parquet": bytes.Repeat([]byte("x"), 100), "cut": data[:len(data)-1],
		"encrypted": append(slices.Clone(data[:len(data)-4]), "PARE"...), "long footer": append(slices.Clone(data[:len(data)-8]), 255, 255, 255, 0, 'P', 'A', 'R', '1'),
		"no footer": append(slices.Clone(data[:len(data)-8]), 3, 0, 0, 0, 'P', 'A', 'R', '1'),
	} {
		if _, err := store.Put(t.Context(), name, objstore.Bytes(bad), objstore.Cond{}); err != nil {
			t.Fatal(err)
		}
		_, err := datafile.Open(t.Context(), store, name)
		var corrupt *datafile.CorruptError
		if !errors.As(err, &corrupt) || corrupt.File != name {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func FuzzRead(f *testing.F) {
	r := rand.New(rand.NewSource(1))
	for range 5 {
		s := arrowtest.Schema(r, 3, 2)
		as, _ := arrowmap.ToArrow(s)
		data, _ := encode(f, s, datafile.Options{Codec: "uncompressed"}, arrowtest.Batch(r, as, 5))
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		_, _ = readAll(t.Context(), data, datafile.ReadOptions{})
		_, _ = readAll(t.Context(), data, datafile.ReadOptions{Only: []datafile.Range{{From: 1, To: 2}, {From: 4, To: 5}}})
	})
}
