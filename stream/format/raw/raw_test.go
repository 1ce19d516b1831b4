package raw_test

import (
	"bytes"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/ingestd/ingestd/stream"
	"github.com/ingestd/ingestd/stream/format/raw"
	"github.com/ingestd/ingestd/table/arrowtest"
)

type records []stream.Record

func (r records) Len() int               { return len(r) }
func (r records) At(i int) stream.Record { return r[i] }

func TestTheColumnsAreThoseOfSparksKafkaSource(t *testing.T) {
	const columns = "key:binary,value:binary,topic:string,partition:integer,offset:long,timestamp:timestamp,timestampType:integer"
	for _, include := range []bool{false, true} {
		want := columns
		if include {
			want += ",headers:array<struct<key:string,value:binary>>"
		}
		got := ""
		for i, f := range raw.Schema(include).Fields {
			if i > 0 {
				got += ","
			}
			if got += f.Name + ":" + f.Type.String(); !f.Nullable {
				t.Errorf("%s is NOT NULL", f.Name)
			}
		}
		norm := func(s string) string {
			for _, r := range [][2]string{{"integer", "int"}, {"long", "bigint"}} {
				s = string(bytes.ReplaceAll([]byte(s), []byte(r[0]), []byte(r[1])))
			}
			return s
		}
		if norm(got) != norm(want) {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestRowsAreTheRecords(t *testing.T) {
	for _, include := range []bool{false, true} {
		rapid.Check(t, func(t *rapid.T) {
			d, err := raw.New(raw.Options{IncludeHeaders: include})
			if err != nil {
				t.Fatal(err)
			}
			task := d.NewTask()
			defer task.Close()
			for range 3 {
				recs := rapid.SliceOfN(record(), 0, 40).Draw(t, "records")
				var want []string
				for _, r := range recs {
					want = append(want, spell(r, include))
				}
				batch, rejected, err := task.Decode(records(recs))
				if err != nil || len(rejected) > 0 {
					t.Fatal(err, rejected)
				}
				for _, r := range recs { // the batch must not hold on to them
					for i := range r.Value {
						r.Value[i]++
					}
				}
				if got := arrowtest.Rows(batch); !slices.Equal(got, want) {
					t.Fatalf("got  %q\nwant %q", got, want)
				}
				batch.Release()
			}
		})
	}
}

func record() *rapid.Generator[stream.Record] {
	return rapid.Custom(func(t *rapid.T) stream.Record {
		maybe := func(label string) []byte {
			if rapid.IntRange(0, 4).Draw(t, label+" null") == 0 {
				return nil
			}
			return append([]byte{}, rapid.SliceOfN(rapid.Byte(), 0, 40).Draw(t, label)...)
		}
		r := stream.Record{
			Key: maybe("key"), Value: maybe("value"), Topic: rapid.SampledFrom([]string{"events", "other"}).Draw(t, "topic"),
			Partition: rapid.Int32().Draw(t, "partition"), Offset: rapid.Int64().Draw(t, "offset"),
		}
		if rapid.Bool().Draw(t, "stamped") {
			r.Timestamp = time.UnixMilli(rapid.Int64Range(-1<<40, 1<<42).Draw(t, "timestamp"))
		}
		for range rapid.IntRange(0, 3).Draw(t, "headers") {
			r.Headers = append(r.Headers, stream.Header{Key: rapid.String().Draw(t, "name"), Value: maybe("header")})
		}
		return r
	})
}

func spell(r stream.Record, headers bool) string {
	bin := func(b []byte) string {
		if b == nil {
			return "null"
		}
		return fmt.Sprintf("%q", b)
	}
	at := "null"
	if !r.Timestamp.IsZero() {
		at = fmt.Sprint(r.Timestamp.UnixMicro())
	}
	s := fmt.Sprintf("key=%s;value=%s;topic=%q;partition=%d;offset=%d;timestamp=%s;timestampType=0;",
		bin(r.Key), bin(r.Value), r.Topic, r.Partition, r.Offset, at)
	if !headers {
		return s
	}
	if len(r.Headers) == 0 {
		return s + "headers=null;"
	}
	s += "headers=["
	for _, h := range r.Headers {
		s += fmt.Sprintf("{%q,%s,},", h.Key, bin(h.Value))
	}
	return s + "];"
}
