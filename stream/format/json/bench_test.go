package json_test

import (
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/ingestd/ingestd/internal/shop"
	"github.com/ingestd/ingestd/stream"
	"github.com/ingestd/ingestd/stream/format/json"
	"github.com/ingestd/ingestd/txlog/schema"
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

func BenchmarkShop(b *testing.B) {
	s, err := schema.ParseDDL(shop.DDL)
	if err != nil {
		b.Fatal(err)
	}
	recs, size := shopRecords(20_000)
	benchmark(b, json.Options{Schema: s}, recs, size)
}
