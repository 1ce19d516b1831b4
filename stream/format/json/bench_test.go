package json_test

import (
	"bytes"
	"fmt"
	"runtime"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/ingestd/ingestd/internal/applog"
	"github.com/ingestd/ingestd/internal/shop"
	"github.com/ingestd/ingestd/stream"
	"github.com/ingestd/ingestd/stream/format/json"
)

// records are Records in one buffer.
type records []stream.Record

func (r records) Len() int               { return len(r) }
func (r records) At(i int) stream.Record { return r[i] }

// shopRecords gives n events and their size.
func shopRecords(n int) (records, int64) {
	g := shop.New(1, time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC))
	recs := make(records, n)
	size := 0
	for i := range recs {
		recs[i] = stream.Record{Value: g.Append(nil), Topic: "events", Offset: int64(i)}
		size += len(recs[i].Value)
	}
	return recs, int64(size)
}

// threadTime is the processor time of this thread: the machine may be shared.
func threadTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(1, &u); err != nil { // RUSAGE_THREAD
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func benchmark(b *testing.B, opts json.Options, recs records, size int64) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	d, err := json.New(opts)
	if err != nil {
		b.Fatal(err)
	}
	task := d.NewTask()
	defer task.Close()
	b.SetBytes(size)
	b.ReportAllocs()
	began := threadTime()
	for b.Loop() {
		batch, rejected, err := task.Decode(recs)
		if err != nil || len(rejected) > 0 {
			b.Fatal(err, rejected)
		}
		batch.Release()
	}
	used := threadTime() - began
	b.ReportMetric(float64(b.N)*float64(len(recs))/used.Seconds()/1e6, "Mrows/cpu-s")
}

// BenchmarkShop reads what the demo sends, in chunks of several sizes.
func BenchmarkShop(b *testing.B) {
	for _, n := range []int{1000, 5000, 20_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			recs, size := shopRecords(n)
			benchmark(b, json.Options{Schema: ddl(b, shop.DDL)}, recs, size)
		})
	}
}

// BenchmarkShapes reads the same and other things in other shapes.
func BenchmarkShapes(b *testing.B) {
	change := func(f func(value []byte) []byte) (records, int64) {
		recs, _ := shopRecords(5000)
		size := 0
		for i := range recs {
			recs[i].Value = f(recs[i].Value)
			size += len(recs[i].Value)
		}
		return recs, int64(size)
	}
	b.Run("blanks after colons and commas", func(b *testing.B) {
		recs, size := change(func(v []byte) []byte {
			v = bytes.ReplaceAll(v, []byte(`":`), []byte(`": `))
			return bytes.ReplaceAll(v, []byte(`,"`), []byte(`, "`))
		})
		benchmark(b, json.Options{Schema: ddl(b, shop.DDL)}, recs, size)
	})
	b.Run("columns in another order", func(b *testing.B) {
		recs, size := change(func(v []byte) []byte { return v })
		s := ddl(b, shop.DDL)
		slices.Reverse(s.Fields)
		benchmark(b, json.Options{Schema: s}, recs, size)
	})
	b.Run("two of nine columns", func(b *testing.B) {
		recs, size := change(func(v []byte) []byte { return v })
		benchmark(b, json.Options{Schema: ddl(b, "user_id STRING, price DOUBLE")}, recs, size)
	})
	b.Run("escapes", func(b *testing.B) {
		recs, size := change(func(v []byte) []byte { return bytes.ReplaceAll(v, []byte(` `), []byte(`\n`)) })
		benchmark(b, json.Options{Schema: ddl(b, shop.DDL)}, recs, size)
	})
	b.Run("metadata and rescue", func(b *testing.B) {
		recs, size := change(func(v []byte) []byte { return v })
		benchmark(b, json.Options{Schema: ddl(b, shop.DDL), OnError: json.Rescue, Metadata: []json.Metadata{json.Topic, json.Partition, json.Offset, json.Timestamp, json.Key}}, recs, size)
	})
	b.Run("application logs", func(b *testing.B) {
		g := applog.New(1, time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC))
		recs, size := change(func([]byte) []byte { return g.Append(nil) })
		benchmark(b, json.Options{Schema: ddl(b, applog.DDL)}, recs, size)
	})
}
