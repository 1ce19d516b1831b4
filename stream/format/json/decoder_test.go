package json_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/ingestd/ingestd/internal/shop"
	"github.com/ingestd/ingestd/stream"
	"github.com/ingestd/ingestd/stream/format/json"
	"github.com/ingestd/ingestd/txlog/schema"
)

func TestReasonsNameTheColumnAndThePlaceButNotTheValue(t *testing.T) {
	const columns = "id BIGINT NOT NULL, price DECIMAL(5,2), when TIMESTAMP, raw BINARY, tags ARRAY<STRUCT<n: TINYINT NOT NULL>>, attr MAP<STRING, INT>, ok BOOLEAN"
	for value, want := range map[string]string{
		`{"id":"secret"}`:                         "id: expected BIGINT but found a string at byte 6",
		`{"id":12.5}`:                             "id: expected BIGINT but found a number with fraction or exponent at byte 6",
		`{"id":99999999999999999999}`:             "id: a number out of range of BIGINT at byte 6",
		`{"id":null}`:                             "id: null but the schema says NOT NULL at byte 6",
		`{"price":1}`:                             "id: missing but the schema says NOT NULL",
		`{"id":1,"price":1234.5}`:                 "price: a number out of range of DECIMAL(5,2) at byte 16",
		`{"id":1,"price":{"secret":1}}`:           "price: expected DECIMAL(5,2) but found an object at byte 16",
		`{"id":1,"when":"secret"}`:                "when: expected TIMESTAMP but found another string at byte 15",
		`{"id":1,"raw":"secret"}`:                 "raw: expected BINARY in Base64 but found another string at byte 14",
		`{"id":1,"tags":[{"n":1},{"n":300}]}`:     "tags[1].n: a number out of range of TINYINT at byte 29",
		`{"id":1,"tags":[{"n":1},{}]}`:            "tags[1].n: missing but the schema says NOT NULL",
		`{"id":1,"attr":{"secret":true}}`:         "attr.value: expected INT but found a boolean at byte 25",
		`{"id":1,"ok":[true]}`:                    "ok: expected BOOLEAN but found an array at byte 13",
		`{"id":1,"ok":yes}`:                       "not JSON: expected a value but found something else at byte 13",
		`{"id":1`:                                 "not JSON: expected ',' or '}' but found the end of the record at byte 7",
		`{"id":1} secret`:                         "not JSON: expected the end of the record but found more at byte 9",
		`[]`:                                      "not JSON: expected an object but found something else at byte 0",
		`{"id":1,"x":` + strings.Repeat("[", 1e3): "nested deeper than 1000 levels at byte 1011",
		"{\"id\":1,\"x\":\"\x01\"}":               "not JSON: a control character that is not escaped at byte 13",
		`{"id":1,"x":"\q"}`:                       "not JSON: an escape that JSON does not have at byte 13",
		`{"id":01}`:                               "not JSON: a number with a leading zero at byte 6",
	} {
		if cells, reason := decodeOne(t, json.Options{Schema: ddl(t, columns)}, []byte(value)); reason != want {
			t.Errorf("%s: %v, %q, want %q", value, cells, reason, want)
		}
	}
}

func decode(t *testing.T, opts json.Options, recs ...stream.Record) (arrow.RecordBatch, []stream.Rejected, error) {
	t.Helper()
	d, err := json.New(opts)
	if err != nil {
		t.Fatal(err)
	}
	task := d.NewTask()
	t.Cleanup(task.Close)
	return task.Decode(records(recs))
}

func values(vs ...string) (recs []stream.Record) {
	for i, v := range vs {
		recs = append(recs, stream.Record{Topic: "events", Partition: 3, Offset: int64(i), Key: []byte("k"), Value: []byte(v)})
	}
	return recs
}

func TestOnErrorDecidesWhatBecomesOfABadRecord(t *testing.T) {
	recs := values(`{"a":1}`, `{"a":"x"}`, `{"a":3}`)
	recs = append(recs, stream.Record{Topic: "events", Partition: 3, Offset: 3})
	for _, tc := range []struct {
		onError  json.OnError
		rows     int64
		rejected int
	}{{"", 2, 2}, {json.DeadLetter, 2, 2}, {json.Drop, 2, 0}, {json.Rescue, 3, 1}} {
		batch, rejected, err := decode(t, json.Options{Schema: ddl(t, "a INT"), OnError: tc.onError}, recs...)
		if err != nil {
			t.Fatal(err)
		}
		if batch.NumRows() != tc.rows || len(rejected) != tc.rejected {
			t.Errorf("%q: %d rows, %d rejected", tc.onError, batch.NumRows(), len(rejected))
		}
		if tc.rejected > 0 {
			last := rejected[len(rejected)-1]
			if last.Record.Offset != 3 || last.Record.Value != nil || !strings.Contains(last.Reason, "tombstone") {
				t.Errorf("%q: the tombstone is %+v", tc.onError, last)
			}
		}
		batch.Release()
	}
	_, _, err := decode(t, json.Options{Schema: ddl(t, "a INT"), OnError: json.Fail}, recs...)
	var bad *stream.BadRecordError
	if !errors.As(err, &bad) || bad.Rejected.Record.Offset != 1 || bad.Rejected.Record.Topic != "events" {
		t.Fatalf("got %v", err)
	}
}

func TestRejectedRecordsAreCopies(t *testing.T) {
	recs := values(`{"a":`)
	recs[0].Headers = []stream.Header{{Key: "h", Value: []byte("v")}}
	batch, rejected, err := decode(t, json.Options{Schema: ddl(t, "a INT")}, recs...)
	if err != nil {
		t.Fatal(err)
	}
	defer batch.Release()
	recs[0].Value[0], recs[0].Key[0], recs[0].Headers[0].Value[0] = 'x', 'x', 'x'
	got := rejected[0].Record
	if string(got.Value) != `{"a":` || string(got.Key) != "k" || string(got.Headers[0].Value) != "v" || got.Partition != 3 {
		t.Errorf("got %+v", got)
	}
}

func TestRescueKeepsWhatDoesNotFit(t *testing.T) {
	const columns = "a INT, b STRUCT<x: INT, y: ARRAY<STRUCT<z: INT>>>, c STRING NOT NULL"
	for value, want := range map[string][]string{
		`{"a":1,"c":"s"}`:                                   {"1", "null", `"s"`, "null"},
		`{"a":"one","c":"s"}`:                               {"null", "null", `"s"`, quote(`{"a":"one"}`)},
		`{"a":1,"c":"s","d": {"e":[1, 2]} ,"f":null}`:       {"1", "null", `"s"`, quote(`{"d": {"e":[1, 2]},"f":null}`)},
		`{"b":{"x":1,"y":[{"z":2,"w":3}]},"c":"s","a":2}`:   {"2", `{"x":1,"y":[{"z":2}]}`, `"s"`, quote(`{"b":{"x":1,"y":[{"z":2,"w":3}]}}`)},
		`{"b":{"x":1,"w":0,"y":[{"z":true}]},"c":"s"}`:      {"null", "null", `"s"`, quote(`{"b":{"x":1,"w":0,"y":[{"z":true}]}}`)},
		`{"b":{"x":1,"y":[{"z":2}]},"c":"s","b":{"v":"2"}}`: {"null", `{"x":null,"y":null}`, `"s"`, quote(`{"b":{"v":"2"}}`)},
		`{"c":"s","\u00e9":1e999}`:                          {"null", "null", `"s"`, quote(`{"\u00e9":1e999}`)},
		`{"a":1}`:                                           nil,
		`{"a":1,"c":null}`:                                  nil,
		`{"a":"one","c":"s"`:                                nil,
	} {
		cells, reason := decodeOne(t, json.Options{Schema: ddl(t, columns), OnError: json.Rescue}, []byte(value))
		if !slices.Equal(cells, want) || (reason == "") != (want != nil) {
			t.Errorf("%s: got %v %q, want %v", value, cells, reason, want)
		}
	}
}

func TestMetadataBecomesColumns(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 6000, time.UTC)
	recs := values(`{"a":1}`, `{`, `{"a":2}`)
	recs[0].Timestamp = at
	recs[2].Key = nil
	opts := json.Options{Schema: ddl(t, "a INT"), OnError: json.Rescue,
		Metadata: []json.Metadata{json.Offset, json.Topic, json.Partition, json.Timestamp, json.Key}}
	batch, _, err := decode(t, opts, recs...)
	if err != nil {
		t.Fatal(err)
	}
	defer batch.Release()
	var names []string
	for _, f := range batch.Schema().Fields() {
		names = append(names, f.Name)
	}
	if want := []string{"a", "_offset", "_topic", "_partition", "_timestamp", "_key", "_rescued_data"}; !slices.Equal(names, want) {
		t.Errorf("columns %v", names)
	}
	for i, want := range [][]string{
		{"1", "0", `"events"`, "3", fmt.Sprintf("%dusZ", at.UnixMicro()), "x'6b'", "null"},
		{"2", "2", `"events"`, "3", "null", "null", "null"},
	} {
		if got := row(batch, i); !slices.Equal(got, want) {
			t.Errorf("row %d: %v, want %v", i, got, want)
		}
	}
}

func TestTheTimeZoneIsThatOfTimestampsWithoutOne(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	opts := json.Options{Schema: ddl(t, "a TIMESTAMP, n TIMESTAMP_NTZ, pad STRING"), TimeZone: berlin}
	for _, tc := range []struct{ text, want string }{
		{"2026-07-02T03:04:05", "2026-07-02T01:04:05Z"}, {"2026-07-02T03:04:05.5", "2026-07-02T01:04:05.5Z"}, {"2026-07-02T03:04:05Z", "2026-07-02T03:04:05Z"},
		{"2026-03-29T02:30:00", "2026-03-29T01:30:00Z"}, // clocks were set forward over it
		{"2026-10-25T02:30:00", "2026-10-25T00:30:00Z"}, // clocks showed it twice
	} {
		at, err := time.Parse(time.RFC3339Nano, tc.want)
		if err != nil {
			t.Fatal(err)
		}
		cells, reason := decodeOne(t, opts, []byte(`{"a":"`+tc.text+`","pad":"so that the fast path has room enough"}`))
		if want := fmt.Sprintf("%dusZ", at.UnixMicro()); reason != "" || cells[0] != want {
			t.Errorf("%s is %v %q, want %s", tc.text, cells, reason, want)
		}
	}
}

func TestSchemasThatJSONCannotFillAreRefused(t *testing.T) {
	for columns, column := range map[string]string{
		"a INT, v VARIANT": "v", "a STRUCT<b: ARRAY<VOID>>": "a.b.element", "m MAP<INT, STRING>": "m", "a INT, _rescued_data STRING": "_rescued_data", "_topic INT": "_topic",
	} {
		_, err := json.New(json.Options{Schema: ddl(t, columns), OnError: json.Rescue, Metadata: []json.Metadata{json.Topic}})
		var refused *json.SchemaError
		if !errors.As(err, &refused) || refused.Column != column {
			t.Errorf("%s: %v", columns, err)
		}
	}
	for _, opts := range []json.Options{{}, {Schema: &schema.Struct{}}, {Schema: ddl(t, "a INT"), OnError: "dead-letter"}, {Schema: ddl(t, "a INT"), Metadata: []json.Metadata{"headers"}}} {
		if _, err := json.New(opts); err == nil {
			t.Errorf("%+v was taken", opts)
		}
	}
}

func TestStringsAreDictionariesWhereValuesRepeat(t *testing.T) {
	recs, _ := shopRecords(3000)
	d, err := json.New(json.Options{Schema: ddl(t, shop.DDL)})
	if err != nil {
		t.Fatal(err)
	}
	task := d.NewTask()
	defer task.Close()
	for round := range 3 {
		batch, _, err := task.Decode(recs)
		if err != nil {
			t.Fatal(err)
		}
		for k, f := range batch.Schema().Fields() {
			dict, is := batch.Column(k).(*array.Dictionary)
			if want := f.Name == "event_type" || f.Name == "category"; want && !is || is && f.Name == "event_id" {
				t.Errorf("round %d: %s has type %s", round, f.Name, f.Type)
			}
			if is {
				checkDictionary(t, f.Name, dict)
			}
			if want := d.Schema().Field(k); f.Name != want.Name || f.Nullable != want.Nullable {
				t.Errorf("round %d: %v is not %v", round, f, want)
			}
		}
		batch.Release()
	}
}

// checkDictionary demands that every value comes once and is used.
func checkDictionary(t *testing.T, name string, a *array.Dictionary) {
	t.Helper()
	values := a.Dictionary().(*array.String)
	used := make([]bool, values.Len())
	for i := range a.Len() {
		if !a.IsNull(i) {
			used[a.GetValueIndex(i)] = true
		}
	}
	seen := map[string]bool{}
	for i := range values.Len() {
		if seen[values.Value(i)] {
			t.Errorf("%s: %q is in the dictionary twice", name, values.Value(i))
		}
		if seen[values.Value(i)] = true; !used[i] {
			t.Errorf("%s: %q is in the dictionary but in no row", name, values.Value(i))
		}
	}
}

func TestDictionariesHaveNothingOfRejectedRecords(t *testing.T) {
	var recs []stream.Record
	for i := range 200 {
		recs = append(recs, values(fmt.Sprintf(`{"s":"kept%d","n":1}`, i%7), fmt.Sprintf(`{"s":"secret%d","n":"x"}`, i%5), `{"s":"first","s":null}`)...)
	}
	batch, rejected, err := decode(t, json.Options{Schema: ddl(t, "s STRING, n INT")}, recs...)
	if err != nil || len(rejected) != 200 {
		t.Fatal(err, len(rejected))
	}
	defer batch.Release()
	dict := batch.Column(0).(*array.Dictionary)
	checkDictionary(t, "s", dict)
	if n := dict.Dictionary().Len(); n != 7 {
		t.Errorf("%d values", n)
	}
}

func TestATaskAllocatesNothingPerRecord(t *testing.T) {
	recs, _ := shopRecords(2000)
	d, err := json.New(json.Options{Schema: ddl(t, shop.DDL)})
	if err != nil {
		t.Fatal(err)
	}
	task := d.NewTask()
	defer task.Close()
	n := testing.AllocsPerRun(20, func() {
		batch, _, err := task.Decode(recs)
		if err != nil {
			t.Fatal(err)
		}
		batch.Release()
	})
	if n > 300 {
		t.Errorf("%v allocations for %d records", n, len(recs))
	}
}

func TestBatchesOutliveTheirTaskAndEachOther(t *testing.T) {
	d, err := json.New(json.Options{Schema: ddl(t, "s STRING, n BIGINT")})
	if err != nil {
		t.Fatal(err)
	}
	task := d.NewTask()
	var batches []arrow.RecordBatch
	for i := range 20 {
		batch, _, err := task.Decode(records(values(fmt.Sprintf(`{"s":"v%d","n":%d}`, i, i))))
		if err != nil {
			t.Fatal(err)
		}
		if i%3 == 0 { // its memory goes to those that follow
			batch.Release()
			batch = nil
		}
		batches = append(batches, batch)
	}
	task.Close()
	for i, b := range batches {
		if b == nil {
			continue
		}
		if got, want := row(b, 0), []string{fmt.Sprintf(`"v%d"`, i), fmt.Sprint(i)}; !slices.Equal(got, want) {
			t.Errorf("batch %d: %v, want %v", i, got, want)
		}
		b.Release()
	}
}
