package datafile_test

import (
	"bytes"
	"fmt"
	"io"
	"math/rand"
	"syscall"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/compress"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"

	"github.com/ingestd/ingestd/table/arrowmap"
	"github.com/ingestd/ingestd/table/datafile"
	"github.com/ingestd/ingestd/txlog/schema"
)

var shopSchema = &schema.Struct{Fields: []schema.Field{
	{Name: "event_id", Type: schema.String, Nullable: true},
	{Name: "timestamp", Type: schema.Timestamp, Nullable: true},
	{Name: "user_id", Type: schema.String, Nullable: true},
	{Name: "event_type", Type: schema.String, Nullable: true},
	{Name: "product_id", Type: schema.String, Nullable: true},
	{Name: "product_name", Type: schema.String, Nullable: true},
	{Name: "category", Type: schema.String, Nullable: true},
	{Name: "price", Type: schema.Double, Nullable: true},
	{Name: "quantity", Type: schema.Integer, Nullable: true},
}}

// shopBatches makes batches of n shop events. As the JSON scanner does it, strings come as
// dictionaries in order of first appearance, with a new dictionary per batch, but for event_id.
func shopBatches(count, n int, dictionaries bool) []arrow.RecordBatch {
	r := rand.New(rand.NewSource(7))
	as, _ := arrowmap.ToArrow(shopSchema)
	types := []string{"view", "click", "add_to_cart", "remove_from_cart", "purchase", "refund"}
	at := int64(1_700_000_000_000_000)
	var recs []arrow.RecordBatch
	for range count {
		b := array.NewRecordBuilder(memory.DefaultAllocator, as)
		text := func(i int, s string) { b.Field(i).(*array.StringBuilder).Append(s) }
		for range n {
			at += int64(r.Intn(20)) * 1000
			product := r.Intn(5000)
			text(0, fmt.Sprintf("%08x-%04x-4%03x-a%03x-%012x", r.Uint32(), r.Intn(1<<16), r.Intn(1<<12), r.Intn(1<<12), r.Int63n(1<<48)))
			b.Field(1).(*array.TimestampBuilder).Append(arrow.Timestamp(at))
			text(2, fmt.Sprintf("user_%d", r.Intn(100_000)))
			text(3, types[r.Intn(len(types))])
			text(4, fmt.Sprintf("prod_%d", product))
			text(5, fmt.Sprintf("Product number %d of the shop", product))
			text(6, fmt.Sprintf("category-%d", product%10))
			b.Field(7).(*array.Float64Builder).Append(float64(r.Intn(100_000)) / 100)
			b.Field(8).(*array.Int32Builder).Append(int32(1 + r.Intn(10)))
		}
		rec := b.NewRecordBatch()
		if dictionaries {
			rec = encodeStrings(rec, 2, 3, 4, 5, 6)
		}
		recs = append(recs, rec)
	}
	return recs
}

// encodeStrings makes dictionaries of the given columns.
func encodeStrings(rec arrow.RecordBatch, columns ...int) arrow.RecordBatch {
	cols, fields := append([]arrow.Array{}, rec.Columns()...), append([]arrow.Field{}, rec.Schema().Fields()...)
	for _, c := range columns {
		src := cols[c].(*array.String)
		seen := map[string]int32{}
		values, indices := array.NewStringBuilder(memory.DefaultAllocator), array.NewInt32Builder(memory.DefaultAllocator)
		for i := range src.Len() {
			v := src.Value(i)
			if _, ok := seen[v]; !ok {
				seen[v] = int32(len(seen))
				values.Append(v)
			}
			indices.Append(seen[v])
		}
		dt := &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: arrow.BinaryTypes.String}
		cols[c], fields[c].Type = array.NewDictionaryArray(dt, indices.NewArray(), values.NewArray()), dt
	}
	return array.NewRecordBatch(arrow.NewSchema(fields, nil), cols, rec.NumRows())
}

func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

const (
	benchBatch = 16 << 10
	benchRows  = 64 * benchBatch // 1,048,576 events, a file
)

func BenchmarkWriter(b *testing.B) {
	for _, dictionaries := range []bool{true, false} {
		for _, codec := range []string{"uncompressed", "snappy", "lz4_raw", "zstd"} {
			b.Run(fmt.Sprintf("%s/dictionaries=%v", codec, dictionaries), func(b *testing.B) {
				recs := shopBatches(benchRows/benchBatch, benchBatch, dictionaries)
				var size int64
				b.ReportAllocs()
				start := cpuTime()
				for b.Loop() {
					w, err := datafile.NewWriter(io.Discard, shopSchema, datafile.Options{Codec: codec})
					if err != nil {
						b.Fatal(err)
					}
					for _, rec := range recs {
						if err := w.Write(rec); err != nil {
							b.Fatal(err)
						}
					}
					result, err := w.Close()
					if err != nil {
						b.Fatal(err)
					}
					size = result.Size
				}
				report(b, cpuTime()-start, size)
			})
		}
	}
}

// report tells rows per second of processor time, which a busy machine does not change much.
func report(b *testing.B, cpu time.Duration, size int64) {
	b.ReportMetric(float64(b.N)*benchRows/cpu.Seconds()/1e6, "Mrows/core-s")
	b.ReportMetric(float64(size)/benchRows, "B/row")
}

// BenchmarkArrowWriter is Arrow's own writer on the same events, without statistics for the log.
func BenchmarkArrowWriter(b *testing.B) {
	for _, dictionaries := range []bool{true, false} {
		b.Run(fmt.Sprintf("snappy/dictionaries=%v", dictionaries), func(b *testing.B) {
			recs := shopBatches(benchRows/benchBatch, benchBatch, dictionaries)
			props := parquet.NewWriterProperties(parquet.WithCompression(compress.Codecs.Snappy), parquet.WithDictionaryFor("event_id", false),
				parquet.WithDictionaryFor("timestamp", false), parquet.WithDictionaryFor("price", false), parquet.WithMaxRowGroupLength(1<<20))
			var buf bytes.Buffer
			b.ReportAllocs()
			start := cpuTime()
			for b.Loop() {
				buf.Reset()
				w, err := pqarrow.NewFileWriter(recs[0].Schema(), &buf, props, pqarrow.DefaultWriterProps())
				if err != nil {
					b.Fatal(err)
				}
				for _, rec := range recs {
					if err := w.WriteBuffered(rec); err != nil {
						b.Fatal(err)
					}
				}
				if err := w.Close(); err != nil {
					b.Fatal(err)
				}
			}
			report(b, cpuTime()-start, int64(buf.Len()))
		})
	}
}

// BenchmarkReader reads a file of shop events that this package wrote.
func BenchmarkReader(b *testing.B) {
	for _, columns := range []int{9, 2} {
		b.Run(fmt.Sprintf("columns=%d", columns), func(b *testing.B) {
			data, _ := encode(b, shopSchema, datafile.Options{}, shopBatches(benchRows/benchBatch, benchBatch, true)...)
			want := &schema.Struct{Fields: shopSchema.Fields[9-columns:]}
			start := cpuTime()
			for b.Loop() {
				r, err := datafile.OpenReaderAt(b.Context(), bytes.NewReader(data), int64(len(data)))
				if err != nil {
					b.Fatal(err)
				}
				for rec, err := range r.Batches(b.Context(), datafile.ReadOptions{Schema: want}) {
					if err != nil {
						b.Fatal(err)
					}
					rec.Release()
				}
			}
			report(b, cpuTime()-start, int64(len(data)))
		})
	}
}
