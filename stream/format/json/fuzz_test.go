package json_test

import (
	stdjson "encoding/json"
	"slices"
	"testing"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/ingestd/ingestd/stream/format/json"
	"github.com/ingestd/ingestd/stream/format/json/jsontest"
)

// FuzzDecode puts any bytes between two good records: they must not disturb those, nor bring
// anything down, and what is taken must be JSON.
func FuzzDecode(f *testing.F) {
	const columns = "s STRING, l BIGINT, t TINYINT, d DOUBLE, f FLOAT, b BOOLEAN, x BINARY, m DECIMAL(20,4), dt DATE, ts TIMESTAMP, nz TIMESTAMP_NTZ, " +
		"a ARRAY<ARRAY<INT>>, o STRUCT<s: STRING, a: ARRAY<STRUCT<z: DATE NOT NULL>>>, p MAP<STRING, DECIMAL(38,18)>, e STRUCT<>"
	const good = `{"s":"plain","l":1,"t":-128,"d":1.25,"f":-3e-3,"b":true,"x":"YQ==","m":"1,234.56789","dt":"2026-01-02","ts":"2026-01-02 03:04:05.678 Europe/Berlin",` +
		`"nz":"2026-01-02T03:04:05","a":[[1],[],null],"o":{"s":"\ud83d\ude00","a":[{"z":"2026-1-2"}]},"p":{"k":1e-18},"e":{}}`
	f.Add([]byte(good), true)
	files, err := jsontest.Files("testdata")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		cases, err := jsontest.Read(file)
		if err != nil {
			f.Fatal(err)
		}
		for i := 0; i < len(cases); i += 5 {
			f.Add(cases[i].Record(), i%2 == 0)
		}
	}
	f.Fuzz(func(t *testing.T, value []byte, strict bool) {
		d, err := json.New(json.Options{Schema: ddl(t, columns), OnError: json.Rescue, Strict: strict})
		if err != nil {
			t.Fatal(err)
		}
		task := d.NewTask()
		defer task.Close()
		batch, rejected, err := task.Decode(records{{Value: []byte(good)}, {Value: value}, {Value: []byte(good)}})
		if err != nil {
			t.Fatal(err)
		}
		defer batch.Release()
		if batch.NumRows()+int64(len(rejected)) != 3 {
			t.Fatalf("%d rows and %d rejected", batch.NumRows(), len(rejected))
		}
		if strict && len(rejected) == 0 && !(stdjson.Valid(value) && utf8.Valid(value)) {
			t.Fatalf("%q was taken", value)
		}
		if first, last := row(batch, 0), row(batch, int(batch.NumRows())-1); !slices.Equal(first, last) {
			t.Fatalf("%q between changed %v to %v", value, first, last)
		}
		if len(rejected) == 0 {
			row(batch, 1)
			rescued := batch.Column(int(batch.NumCols()) - 1)
			if strict && rescued.IsValid(1) && !stdjson.Valid([]byte(rescuedText(rescued.(*array.String), 1))) {
				t.Fatalf("%q: rescued %s", value, rescued.ValueStr(1))
			}
		}
	})
}

func rescuedText(a *array.String, i int) string { return a.Value(i) }
