package debezium

import (
	"fmt"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

// accounts are changes of a table of ten columns, as a connector with default options sends them.
func accounts(schemas bool) records {
	fields := `[` + strings.Join([]string{
		idField, `{"type":"int32","optional":true,"field":"branch"}`, `{"type":"int64","optional":false,"default":0,"field":"balance"}`,
		`{"type":"string","optional":true,"field":"name"}`, `{"type":"string","optional":true,"field":"city"}`,
		`{` + decimalSchema("2", "12") + `,"field":"credit"}`, `{` + named("int64", "io.debezium.time.MicroTimestamp") + `,"field":"opened"}`,
		`{` + named("string", "io.debezium.time.ZonedTimestamp") + `,"field":"seen"}`, `{"type":"boolean","optional":false,"field":"active"}`,
		`{"type":"double","optional":true,"field":"score"}`,
	}, ",") + `]`
	var recs []string
	for i := range 1000 {
		after := fmt.Sprintf(`{"id":%d,"branch":%d,"balance":%d,"name":"customer %d","city":"city %d","credit":"AeJA","opened":1478267490123456,"seen":"2016-11-04T11:51:30.%06dZ","active":true,"score":%d.5}`,
			i, i%10, i*100, i, i%50, i, i%100)
		source := fmt.Sprintf(`{"version":"3.6.1.Final","connector":"postgresql","name":"shop","ts_ms":1700000000000,"snapshot":"false","db":"shop",`+
			`"sequence":"[\"%d\",\"%d\"]","ts_us":1700000000000000,"ts_ns":1700000000000000000,"schema":"public","table":"accounts","txId":%d,"lsn":%d,"xmin":null}`,
			1000+i, 1001+i, i, 1001+i)
		key := fmt.Sprintf(`{"schema":{"type":"struct","fields":[`+idField+`],"optional":false,"name":"s.t.Key"},"payload":{"id":%d}}`, i)
		value := envelope(fields, "u", "null", after, source)
		if !schemas {
			key = fmt.Sprintf(`{"id":%d}`, i)
			value = `{"before":null,"after":` + after + `,"source":` + source + `,"op":"u","ts_ms":1700000000000}`
		}
		recs = append(recs, key, value)
	}
	return chunk("shop.public.accounts", recs...)
}

// threadTime is the processor time of this thread: the machine may be shared.
func threadTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(1, &u); err != nil { // RUSAGE_THREAD
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func BenchmarkDecode(b *testing.B) {
	for name, schemas := range map[string]bool{"with schemas": true, "without": false} {
		b.Run(name, func(b *testing.B) {
			recs := accounts(schemas)
			size := 0
			for _, r := range recs {
				size += len(r.Key) + len(r.Value)
			}
			_, task := newTask(b, Options{})
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			b.SetBytes(int64(size))
			b.ReportAllocs()
			began := threadTime()
			for b.Loop() {
				batches, rejected, err := task.DecodeAll("p/0", recs)
				if err != nil || len(rejected) > 0 || len(batches) != 1 || batches[0].NumRows() != int64(len(recs)) {
					b.Fatal(err, rejected, len(batches))
				}
				batches[0].Release()
			}
			b.ReportMetric(float64(len(recs)*b.N)/(threadTime()-began).Seconds(), "changes/cpu-s")
		})
	}
}
