package datafile_test

import (
	"bytes"
	"fmt"
	"math/rand"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"
	"pgregory.net/rapid"

	"github.com/ingestd/ingestd/table/arrowmap"
	"github.com/ingestd/ingestd/table/arrowtest"
	"github.com/ingestd/ingestd/table/datafile"
	"github.com/ingestd/ingestd/txlog/schema"
)

// TestOnlyWantedRowsAreRead compares with the same rows of the whole file: files of this package, and of Arrow's writer with pages
// of both versions.
func TestOnlyWantedRowsAreRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := rand.New(rand.NewSource(rapid.Int64().Draw(t, "seed")))
		s := arrowtest.Schema(r, 4, rapid.IntRange(0, 2).Draw(t, "depth"))
		as, err := arrowmap.ToArrow(s)
		if err != nil {
			t.Fatal(err)
		}
		n := rapid.IntRange(0, 400).Draw(t, "rows")
		rec := arrowtest.Batch(r, as, n)
		pageBytes, group := 50+r.Intn(1000), int64(1+r.Intn(300))
		var data []byte
		if version := rapid.IntRange(0, 2).Draw(t, "writer"); version == 0 {
			data, _ = encode(t, s, datafile.Options{RowGroupRows: group, PageBytes: pageBytes}, rec)
		} else {
			data = arrowFile(t, rec, group, int64(pageBytes), parquet.DataPageVersion(version-1))
		}
		only := []datafile.Range{}
		for at := int64(r.Intn(100)); at < int64(n); at += int64(1 + r.Intn(200)) {
			from := at
			at += int64(1 + r.Intn(50))
			only = append(only, datafile.Range{From: from, To: min(at, int64(n))})
		}
		all, err := readAll(t.Context(), data, datafile.ReadOptions{Schema: s})
		if err != nil {
			t.Fatal(err)
		}
		f, err := datafile.OpenReaderAt(t.Context(), bytes.NewReader(data), int64(len(data)))
		if err != nil {
			t.Fatal(err)
		}
		var got, want []string
		for _, o := range only {
			for i, row := range all[o.From:o.To] {
				want = append(want, fmt.Sprint(o.From+int64(i), ": ", row))
			}
		}
		for rows, err := range f.Rows(t.Context(), datafile.ReadOptions{Schema: s, Only: only, BatchRows: int64(1 + r.Intn(100))}) {
			if err != nil {
				t.Fatal(err)
			}
			for i, row := range arrowtest.Rows(rows.Rec) {
				got = append(got, fmt.Sprint(rows.First+int64(i), ": ", row))
			}
			rows.Rec.Release()
		}
		if !slices.Equal(got, want) {
			t.Fatal(diff(got, want))
		}
	})
}

func arrowFile(t interface{ Fatal(...any) }, rec arrow.RecordBatch, rowGroup, pageBytes int64, version parquet.DataPageVersion) []byte {
	var buf bytes.Buffer
	props := parquet.NewWriterProperties(parquet.WithMaxRowGroupLength(rowGroup), parquet.WithDataPageSize(pageBytes),
		parquet.WithDataPageVersion(version), parquet.WithBatchSize(7), parquet.WithDictionaryPageSizeLimit(200))
	w, err := pqarrow.NewFileWriter(rec.Schema(), &buf, props, pqarrow.DefaultWriterProps())
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Write(rec); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func TestNoRowsOfAFileAreWanted(t *testing.T) {
	s, rec := events(10)
	data, _ := encode(t, s, datafile.Options{}, rec)
	for _, s := range []*schema.Struct{s, {}} {
		if got, err := readAll(t.Context(), data, datafile.ReadOptions{Schema: s, Only: []datafile.Range{}}); err != nil || len(got) > 0 {
			t.Errorf("%v, %v", got, err)
		}
	}
}

func TestPositionsThatLieTogetherAreOneRange(t *testing.T) {
	got := datafile.RangesOf(slices.Values([]uint64{3, 4, 4000, 20_000, 20_001, 50_000}))
	if want := []datafile.Range{{From: 3, To: 4001}, {From: 20_000, To: 20_002}, {From: 50_000, To: 50_001}}; !slices.Equal(got, want) {
		t.Errorf("got %v", got)
	}
	if got := datafile.RangesOf(slices.Values([]uint64(nil))); got == nil || len(got) > 0 {
		t.Errorf("of none: %#v", got)
	}
}

// BenchmarkOnly reads 50,000 rows of a file of 1,048,576 shop events: all in one place, in ten, and spread evenly.
func BenchmarkOnly(b *testing.B) {
	data, _ := encode(b, shopSchema, datafile.Options{}, shopBatches(benchRows/benchBatch, benchBatch, true)...)
	for _, places := range []int64{0, 1, 10, 50_000} {
		b.Run(fmt.Sprintf("places=%d", places), func(b *testing.B) {
			var positions []uint64
			for p := range places {
				for i := range 50_000 / places {
					positions = append(positions, uint64((2*p+1)*benchRows/(2*places)+i))
				}
			}
			only := datafile.RangesOf(slices.Values(positions))
			if places == 0 {
				only = nil
			}
			b.ReportAllocs()
			start := cpuTime()
			for b.Loop() {
				r, err := datafile.OpenReaderAt(b.Context(), bytes.NewReader(data), int64(len(data)))
				if err != nil {
					b.Fatal(err)
				}
				for rec, err := range r.Batches(b.Context(), datafile.ReadOptions{Schema: shopSchema, Only: only}) {
					if err != nil {
						b.Fatal(err)
					}
					rec.Release()
				}
			}
			b.ReportMetric((cpuTime()-start).Seconds()*1e3/float64(b.N), "cpu-ms/file")
		})
	}
}

func TestPagesOfUnwantedRowsAreNotDecoded(t *testing.T) {
	s, rec := events(10_000)
	data, _ := encode(t, s, datafile.Options{Codec: "uncompressed", PageBytes: 4 << 10}, rec)
	at := bytes.Index(data, []byte("name 9000"))
	if at < 0 {
		t.Fatal("the text is not in the file")
	}
	// The length of the value before makes the page unreadable.
	copy(data[at-4:], strings.Repeat("\xff", 4))
	if _, err := readAll(t.Context(), data, datafile.ReadOptions{Schema: s}); err == nil {
		t.Fatal("the broken page was read")
	}
	got, err := readAll(t.Context(), data, datafile.ReadOptions{Schema: s, Only: []datafile.Range{{From: 1000, To: 2000}, {From: 4000, To: 4001}}})
	if err != nil || len(got) != 1001 || got[0] != `id=1000;name="name 1000";` {
		t.Errorf("%d rows, %q, %v", len(got), got[:min(len(got), 1)], err)
	}
}
