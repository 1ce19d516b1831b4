package table

import (
	"fmt"
	"math/rand"
	"runtime"
	"strconv"
	"sync"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/objstore/local"
	"github.com/ingestd/ingestd/objstore/mem"
)

const shopColumns = "event_id STRING, timestamp TIMESTAMP, user_id STRING, event_type STRING, product_id STRING, " +
	"product_name STRING, category STRING, price DOUBLE, quantity INT, date DATE"

// shopBatch makes n events; columns of few values come as dictionaries where dict is set, as the JSON decoder makes them.
func shopBatch(r *rand.Rand, n int, dict bool) arrow.RecordBatch {
	str := arrow.DataType(arrow.BinaryTypes.String)
	if dict {
		str = &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: arrow.BinaryTypes.String}
	}
	field := func(name string, dt arrow.DataType) arrow.Field {
		return arrow.Field{Name: name, Type: dt, Nullable: true}
	}
	s := arrow.NewSchema([]arrow.Field{
		field("event_id", arrow.BinaryTypes.String), field("timestamp", &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "UTC"}),
		field("user_id", str), field("event_type", str), field("product_id", str), field("product_name", str), field("category", str),
		field("price", arrow.PrimitiveTypes.Float64), field("quantity", arrow.PrimitiveTypes.Int32), field("date", arrow.FixedWidthTypes.Date32),
	}, nil)
	b := array.NewRecordBuilder(memory.DefaultAllocator, s)
	defer b.Release()
	text := func(i int, v string) {
		if d, ok := b.Field(i).(*array.BinaryDictionaryBuilder); ok {
			_ = d.AppendString(v)
			return
		}
		b.Field(i).(*array.StringBuilder).Append(v)
	}
	kinds := []string{"view", "cart", "purchase", "refund"}
	for range n {
		product := r.Intn(2000)
		at := int64(1_790_000_000_000_000) + r.Int63n(86_400_000_000)
		b.Field(0).(*array.StringBuilder).Append(fmt.Sprintf("%08x-%04x-4%03x-8%03x-%012x", r.Uint32(), r.Intn(1<<16), r.Intn(1<<12), r.Intn(1<<12), r.Int63n(1<<48)))
		b.Field(1).(*array.TimestampBuilder).Append(arrow.Timestamp(at))
		text(2, "user-"+strconv.Itoa(r.Intn(50_000)))
		text(3, kinds[r.Intn(4)])
		text(4, "sku-"+strconv.Itoa(product))
		text(5, "Product number "+strconv.Itoa(product))
		text(6, "category-"+strconv.Itoa(product%20))
		b.Field(7).(*array.Float64Builder).Append(float64(r.Intn(100_000)) / 100)
		b.Field(8).(*array.Int32Builder).Append(int32(1 + r.Intn(5)))
		b.Field(9).(*array.Date32Builder).Append(arrow.Date32(at / 86_400_000_000))
	}
	return b.NewRecordBatch()
}

// BenchmarkAppend writes micro-batches of a million shop events from as many goroutines as there are cores.
func BenchmarkAppend(b *testing.B) {
	for _, c := range []struct {
		name   string
		dict   bool
		by     []string
		memory bool
	}{{"plain", false, nil, false}, {"dictionary", true, nil, false}, {"dictionary by date", true, []string{"date"}, false}, {"dictionary in memory", true, nil, true}} {
		b.Run(c.name, func(b *testing.B) {
			var store objstore.Store = mem.New()
			if !c.memory {
				s, err := local.New(b.TempDir())
				if err != nil {
					b.Fatal(err)
				}
				store = s
			}
			tab := createIn(b, store, CreateOptions{Schema: ddl(b, shopColumns), PartitionBy: c.by})
			r := rand.New(rand.NewSource(1))
			var batches []arrow.RecordBatch
			for range 10 {
				batches = append(batches, shopBatch(r, 20_000, c.dict))
			}
			var rows, bytes int64
			b.ReportAllocs()
			for b.Loop() {
				got := appendMillion(b, tab, batches)
				rows += got.Rows
				bytes += got.Bytes
			}
			b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "rows/s")
			b.ReportMetric(float64(bytes)/float64(rows), "B/row")
		})
	}
}

func appendMillion(b *testing.B, tab *Table, batches []arrow.RecordBatch) Committed {
	w := begin(b, tab, WriteOptions{})
	var wg sync.WaitGroup
	work := make(chan arrow.RecordBatch)
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for rec := range work {
				if err := w.Write(b.Context(), rec); err != nil {
					b.Error(err)
				}
			}
		})
	}
	for i := range 50 {
		work <- batches[i%len(batches)]
	}
	close(work)
	wg.Wait()
	return commit(b, w)
}
