package debezium

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/ingestd/ingestd/merge/changes"
	"github.com/ingestd/ingestd/stream"
	"github.com/ingestd/ingestd/txlog/schema"
)

const pgSource = `{"connector":"postgresql","name":"s","db":"shop","schema":"public","table":"t","ts_ms":1700000000000,"lsn":24023128,"sequence":"[\"24023119\",\"24023128\"]"}`

const bareCreate = `{"before":null,"after":{"id":1,"n":"x"},"source":` + pgSource + `,"op":"c","ts_ms":1,"transaction":null}`

var twoFields = `[` + idField + `,{"type":"string","optional":true,"field":"n"}]`

func TestEveryFormOfAnEventGivesTheSameRow(t *testing.T) {
	for name, value := range map[string]string{
		"whole with schema":              envelope(twoFields, "c", "null", `{"id":1,"n":"x"}`, pgSource),
		"whole without schema":           bareCreate,
		"whole with a null schema":       `{"schema":null,"payload":` + bareCreate + `}`,
		"whole, payload first":           `{"payload":` + bareCreate + `, "schema": null}`,
		"whole with white space":         " " + strings.ReplaceAll(bareCreate, `,"`, " ,\n \"") + "\n",
		"members in another order":       `{"op":"c","source":` + pgSource + `,"after":{"n":"x","id":1},"before":null}`,
		"members with escapes":           `{"\u0062efore":{"id":2,"n":"\ty"},"\u0061fter":{"id":1,"n":"\u0078"},"source":` + pgSource + `,"\u006fp":"c"}`,
		"flat with schema":               `{"schema":{"type":"struct","fields":` + twoFields + `,"optional":false},"payload":{"id":1,"n":"x"}}`,
		"flat with schema and added":     `{"schema":{"type":"struct","fields":` + twoFields[:len(twoFields)-1] + `,{"type":"string","optional":true,"field":"__op"}],"optional":false},"payload":{"id":1,"n":"x","__op":"c"}}`,
		"flat without schema":            `{"id":1,"n":"x"}`,
		"flat without schema, and added": `{"id":1,"n":"x","__op":"c","__table":"t","__source_ts_ms":5}`,
	} {
		got := decode(t, Options{}, chunk("s.t", `{"id":1}`, value))
		if len(got.reasons) > 0 || len(got.rows) != 1 || !slices.Equal(got.rows[0][1:], []string{"id=1", "n=x"}) && !slices.Equal(got.rows[0][1:], []string{"n=x", "id=1"}) {
			t.Errorf("%s: %s, rejected %v", name, got.text(), got.reasons)
			continue
		}
		if b := got.batches[0]; !slices.Equal(b.Keys, []string{"id"}) || b.Topic != "s.t" {
			t.Errorf("%s: %v of %v", name, b.Keys, b.Origin)
		}
	}
}

func TestTheOriginIsWhatTheSourceTells(t *testing.T) {
	got := decode(t, Options{}, chunk("s.t", `{"id":1}`, bareCreate))
	if want := (changes.Origin{Database: "shop", Schema: "public", Table: "t", Topic: "s.t"}); got.batches[0].Origin != want {
		t.Errorf("%v", got.batches[0].Origin)
	}
}

func TestOps(t *testing.T) {
	event := func(op, before, after string) string {
		return `{"before":` + before + `,"after":` + after + `,"source":` + pgSource + `,"op":"` + op + `"}`
	}
	row := `{"id":1,"n":"x"}`
	for _, tc := range []struct{ name, key, value, want, reason string }{
		{"create", `{"id":1}`, event("c", "null", row), "c id=1 n=x", ""},
		{"read", `{"id":1}`, event("r", "null", row), "r id=1 n=x", ""},
		{"update", `{"id":1}`, event("u", "null", row), "u id=1 n=x", ""},
		{"update with before", `{"id":1}`, event("u", `{"id":1,"n":"w"}`, row), "u id=1 n=x", ""},
		{"delete keeps the key alone", `{"id":1}`, event("d", `{"id":1,"n":""}`, "null"), "d id=1 n=null", ""},
		{"delete by the record's key", `{"id":1}`, event("d", "null", "null"), "d id=1", ""},
		{"truncate", "", event("t", "null", "null"), "t", ""},
		{"message", `{"prefix":"p"}`, `{"op":"m","ts_ms":1,"source":` + pgSource + `,"message":{"prefix":"p","content":"AQ=="}}`, "", ""},
		{"unknown", `{"id":1}`, event("x", "null", row), "", "an unknown op"},
		{"no op at all", `{"id":1}`, event("", "null", row), "", "an unknown op"},
		{"create without after", `{"id":1}`, event("c", "null", "null"), "", "an event of op c without after"},
		{"without a key", "", event("c", "null", row), "", "an event without a key"},
		{"with a null key", `null`, event("c", "null", row), "", "an event without a key"},
		{"with an empty key", `{}`, event("c", "null", row), "", "an event without a key"},
		{"with a key that is no object", `7`, event("c", "null", row), "", "a key that is no object"},
		{"with a key that is no JSON", `{"id":`, event("c", "null", row), "", "key: not JSON"},
		{"with a key of another table", `{"nr":1}`, event("c", "null", row), "", "the row has no column nr, which is of its key"},
		{"with a null in its key", `{"id":1}`, event("c", "null", `{"id":null}`), "", "id: null"},
		{"no JSON", `{"id":1}`, `{"id":1`, "", "not JSON"},
		{"no object", `{"id":1}`, `"text"`, "", "expected an object but found a string"},
		{"more behind it", `{"id":1}`, event("c", "null", row) + "x", "", "not JSON"},
		{"empty", `{"id":1}`, ` `, "", "an empty record"},
	} {
		got := decode(t, Options{}, chunk("s.t", tc.key, tc.value))
		reasons := strings.Join(got.reasons, "; ")
		if got.text() != tc.want || tc.reason == "" && reasons != "" || !strings.HasPrefix(reasons, "0: "[:min(3, 3*len(tc.reason))]+tc.reason) {
			t.Errorf("%s: %q, rejected %q; want %q, %q", tc.name, got.text(), reasons, tc.want, tc.reason)
		}
	}
}

func TestBrokenSchemasAreRejectedAndSoAreValuesThatTheyDoNotAllow(t *testing.T) {
	for _, tc := range []struct{ fields, after, reason string }{
		{`[{"type":"int33","optional":true,"field":"id"}]`, `{"id":1}`, `a broken schema: before.id: "int33" is no type of Kafka Connect`},
		{`[{"type":"array","optional":true,"field":"id"}]`, `{"id":1}`, `a broken schema: before.id: array without a schema of its items`},
		{`[{"type":"int32","field":"id"},{"type":"int32","field":"id"}]`, `{"id":1}`, `a broken schema: before: a field without a name, or two of one name`},
		{`7`, `{"id":1}`, `a broken schema: not a schema of Kafka Connect`},
		{`[{"type":"string","name":"org.apache.kafka.connect.data.Decimal","field":"id"}]`, `{"id":1}`, "a broken schema: id: org.apache.kafka.connect.data.Decimal is sent as bytes, not as string"},
		{`[{"type":"bytes","name":"org.apache.kafka.connect.data.Decimal","field":"id"}]`, `{"id":1}`, "a broken schema: id: a Decimal without a scale"},
		{`[` + idField + `,{"type":"string","optional":false,"field":"n"}]`, `{"id":1,"n":null}`, "n: null, which the schema does not allow"},
		{`[` + idField + `,{"type":"string","optional":false,"field":"n"}]`, `{"id":1}`, "n: missing"},
		{`[` + idField + `]`, `{"id":1,"more":1}`, "expected the columns of the schema but found another one"},
		{`[` + idField + `]`, `{"id":1,"id":1}`, "id: a column that comes twice"},
		{`[` + idField + `,{"type":"string","optional":true,"field":"__ingestd_op"}]`, `{"id":1,"__ingestd_op":null}`, "a column named __ingestd_op"},
		{`[]`, `{}`, "the row has no column id"},
	} {
		for range 2 { // what is remembered of a schema says the same
			got := decode(t, Options{}, chunk("s.t", idKey, envelope(tc.fields, "c", "null", tc.after, pgSource), idKey, envelope(tc.fields, "c", "null", tc.after, pgSource)))
			if len(got.reasons) != 2 || !strings.HasPrefix(got.reasons[0], "0: "+tc.reason) || got.reasons[0][2:] != got.reasons[1][2:] || len(got.rows) > 0 {
				t.Errorf("%s of %s: %v, %s", tc.after, tc.fields, got.reasons, got.text())
			}
		}
	}
}

func TestWhatIsOfNoRowIsPassedOver(t *testing.T) {
	named := func(name, payload string) string {
		return `{"schema":{"type":"struct","fields":[],"optional":false,"name":"` + name + `"},"payload":` + payload + `}`
	}
	begin := `{"status":"BEGIN","id":"571:53195829","event_count":null,"data_collections":null,"ts_ms":1486500577125}`
	ddl := `{"source":` + pgSource + `,"ts_ms":1,"databaseName":"inventory","schemaName":null,"ddl":"CREATE TABLE x (id INT)","tableChanges":[]}`
	recs := chunk("s",
		`{"serverName":"s"}`, `{"ts_ms":1700000000000}`,
		`{"serverName":"s"}`, named("io.debezium.connector.common.Heartbeat", `{"ts_ms":1}`),
		`{"id":"571:53195829"}`, begin,
		`{"id":"571:53195829"}`, named("io.debezium.connector.common.TransactionMetadataValue", begin),
		`{"databaseName":"inventory"}`, ddl,
		`{"databaseName":"inventory"}`, named("io.debezium.connector.mysql.SchemaChangeValue", ddl),
		``, `{"id":"1","aggregate_type":"Initial Snapshot","type":"STARTED","additional_data":{},"timestamp":1}`,
	)
	got := decode(t, Options{}, recs)
	if got.passed != int64(len(recs)) || len(got.rows)+len(got.reasons) > 0 {
		t.Errorf("%d passed over, %v, %s", got.passed, got.reasons, got.text())
	}
}

func TestATombstoneDeletesOnlyWhereNothingElseDoes(t *testing.T) {
	event := func(op, row string) string {
		return `{"before":null,"after":` + row + `,"source":` + pgSource + `,"op":"` + op + `"}`
	}
	whole := decode(t, Options{}, chunk("s.t", `{"id":1}`, event("c", `{"id":1}`), `{"id":1}`, event("d", "null"), `{"id":1}`, ""))
	if whole.text() != "c id=1\nd id=1" || whole.passed != 1 || len(whole.reasons) > 0 {
		t.Errorf("%s, %d passed, %v", whole.text(), whole.passed, whole.reasons)
	}
	rewritten := decode(t, Options{}, chunk("s.t", `{"id":1}`, `{"id":1,"n":"x","__deleted":"false","__lsn":1}`, `{"id":1}`, `{"id":1,"n":"x","__deleted":"true","__lsn":2}`, `{"id":1}`, ""))
	if rewritten.text() != "u id=1 n=x\nd id=1 n=null" || rewritten.passed != 1 || len(rewritten.reasons) > 0 || rewritten.sequence[0] == "" || rewritten.sequence[0] >= rewritten.sequence[1] {
		t.Errorf("%s, %d passed, %v, %q", rewritten.text(), rewritten.passed, rewritten.reasons, rewritten.sequence)
	}
	flattened := decode(t, Options{}, chunk("s.t", `{"id":2}`, "", `{"id":1}`, `{"id":1,"n":"x","__lsn":1}`, `{"id":1}`, ""))
	if flattened.text() != "d id=2\nu id=1 n=x\nd id=1 n=null" || len(flattened.reasons) > 0 {
		t.Errorf("%s, %v", flattened.text(), flattened.reasons)
	}
	for _, s := range flattened.sequence {
		if s != "" {
			t.Error("a sequence where tombstones have none")
		}
	}
	alone := decode(t, Options{}, chunk("s.t", `{"id":2}`, ""))
	if len(alone.reasons) != 1 || !strings.Contains(alone.reasons[0], "a tombstone before any event of its topic") {
		t.Errorf("%v", alone.reasons)
	}
}

func TestAChangeOfTheConfiguredKeyIsADeletionAndACreation(t *testing.T) {
	event := func(before, after string) string {
		return `{"before":` + before + `,"after":` + after + `,"source":` + pgSource + `,"op":"u"}`
	}
	opts := Options{Keys: []string{"nr"}}
	got := decode(t, opts, chunk("s.t",
		"", event(`{"id":1,"nr":5}`, `{"id":1,"nr":6}`),
		"", event(`{"id":1,"nr":6}`, `{"id":2,"nr":6}`),
		"", event(`{"id":1,"nr":null}`, `{"id":2,"nr":7}`),
		"", event(`{"id":1,"nr":7}`, `{"id":2,"nr":8,"bad":}`),
		"", event(`{"id":1,"nr":7}`, `{"id":"x","nr":8}`),
	))
	if got.text() != "d id=null nr=5\nc id=1 nr=6\nu id=2 nr=6\nu id=2 nr=7" || len(got.reasons) != 2 {
		t.Errorf("%s, %v", got.text(), got.reasons)
	}
}

func TestUnavailableValuesKeepTheirBit(t *testing.T) {
	fields := `[` + idField + `,{"type":"string","optional":true,"field":"a"},{"type":"bytes","optional":true,"field":"b"},` +
		`{` + arrayOf(`"type":"string","optional":true`) + `,"field":"c"},{` + arrayOf(`"type":"int64","optional":true`) + `,"field":"d"},` +
		`{` + arrayOf(named("string", "io.debezium.data.Uuid")) + `,"field":"e"},` +
		`{"type":"map","optional":true,"keys":{"type":"string","optional":false},"values":{"type":"string","optional":true},"field":"f"},` +
		`{` + arrayOf(`"type":"bytes","optional":true`) + `,"field":"g"},{` + named("string", "io.debezium.data.Json") + `,"field":"h"},` +
		`{"type":"string","optional":false,"field":"i"}]`
	numbers := strings.Trim((&Options{UnavailableValue: Unavailable}).unavailableNumbers(), " ")
	after := `{"id":1,"a":"__debezium_unavailable_value","b":"X19kZWJleml1bV91bmF2YWlsYWJsZV92YWx1ZQ==","c":["__debezium_unavailable_value"],` +
		`"d":[` + numbers + `],"e":["` + (&Options{UnavailableValue: Unavailable}).unavailableUUID() + `"],` +
		`"f":{"__debezium_unavailable_value":"__debezium_unavailable_value"},"g":["X19kZWJleml1bV91bmF2YWlsYWJsZV92YWx1ZQ=="],` +
		`"h":"{\"__debezium_unavailable_value\":\"__debezium_unavailable_value\"}","i":"__debezium_unavailable_value"}`
	got := decode(t, Options{}, chunk("s.t", idKey, envelope(fields, "u", "null", after, pgSource)))
	if len(got.reasons) > 0 || got.unknown[0] != "a b c d e f g h i" || strings.Count(got.text(), "=null") != 9 {
		t.Errorf("%s, unavailable %v, rejected %v", got.text(), got.unknown, got.reasons)
	}
	other := decode(t, Options{UnavailableValue: "?"}, chunk("s.t", idKey, envelope(`[`+idField+`,{"type":"string","optional":true,"field":"a"}]`, "u", "null", `{"id":1,"a":"?"}`, pgSource)))
	if other.unknown[0] != "a" {
		t.Errorf("%v", other.unknown)
	}
	key := decode(t, Options{Keys: []string{"a"}}, chunk("s.t", "", `{"before":null,"after":{"a":"__debezium_unavailable_value"},"op":"u","source":{}}`))
	if len(key.reasons) != 1 || !strings.Contains(key.reasons[0], "whose value the log does not have") {
		t.Errorf("%v", key.reasons)
	}
}

func TestABatchForEachOriginAndSchemaOfRows(t *testing.T) {
	event := func(table, after string) string {
		return `{"before":null,"after":` + after + `,"source":{"db":"d","table":"` + table + `","ts_ms":1},"op":"c"}`
	}
	got := decode(t, Options{}, chunk("s",
		`{"id":1}`, event("a", `{"id":1}`), `{"id":1}`, event("b", `{"id":2}`), `{"id":1}`, event("a", `{"id":3}`),
		`{"id":1}`, event("a", `{"id":4,"n":5}`), `{"id":1}`, event("b", `{"id":5}`), `{"id":1}`, event("a", `{"id":6,"n":null}`)))
	if got.text() != "c id=1\nc id=3\nc id=2\nc id=5\nc id=4 n=5\nc id=6 n=null" || len(got.batches) != 3 {
		t.Errorf("%s in %d batches, %v", got.text(), len(got.batches), got.reasons)
	}
}

func TestAdmitDecidesOnceInAChunkForEachSchema(t *testing.T) {
	asked := 0
	opts := Options{Admit: func(b changes.Batch) (string, error) {
		asked++
		if len(b.Columns) > 1 {
			return "too many columns", nil
		}
		return "", nil
	}}
	_, task := newTask(t, opts)
	for range 2 {
		got := decodeWith(t, task, chunk("s", `{"id":1}`, `{"id":1}`, `{"id":1}`, `{"id":1,"n":2}`, `{"id":1}`, `{"id":1,"n":2}`))
		if got.text() != "u id=1" || len(got.reasons) != 2 || got.reasons[1] != "2: too many columns" {
			t.Errorf("%s, %v", got.text(), got.reasons)
		}
	}
	if asked != 4 {
		t.Errorf("asked %d times", asked)
	}
	broken := errors.New("no store")
	_, task = newTask(t, Options{Admit: func(changes.Batch) (string, error) { return "", broken }})
	if _, _, err := task.DecodeAll("s/0", chunk("s", `{"id":1}`, `{"id":1}`)); !errors.Is(err, broken) {
		t.Error(err)
	}
}

func TestOnErrorSaysWhatBecomesOfABadRecord(t *testing.T) {
	recs := chunk("s", `{"id":1}`, `{"id":1}`, `{"id":1}`, `{`, `{"id":1}`, `{"id":2}`)
	if got := decode(t, Options{OnError: Drop}, recs); got.text() != "u id=1\nu id=2" || len(got.reasons) > 0 {
		t.Errorf("%s, %v", got.text(), got.reasons)
	}
	_, task := newTask(t, Options{OnError: Fail})
	_, _, err := task.DecodeAll("s/0", recs)
	if bad, ok := errors.AsType[*stream.BadRecordError](err); !ok || bad.Rejected.Record.Offset != 1 {
		t.Error(err)
	}
	if got := decodeWith(t, task, recs[2:]); got.text() != "u id=2" { // nothing is left of what failed
		t.Error(got.text())
	}
	if _, err := New(Options{OnError: "ignore"}); err == nil || !strings.Contains(err.Error(), "on_error") {
		t.Error(err)
	}
}

func TestADeclaredSchemaSaysWhatFieldsAre(t *testing.T) {
	declared := &schema.Struct{Fields: []schema.Field{
		{Name: "id", Type: schema.Long}, {Name: "d", Type: schema.Decimal{Precision: 5, Scale: 2}, Nullable: true},
		{Name: "day", Type: schema.Date, Nullable: true}, {Name: "at", Type: schema.TimestampNTZ, Nullable: true},
		{Name: "tz", Type: schema.Timestamp, Nullable: true}, {Name: "b", Type: schema.Binary, Nullable: true},
		{Name: "t", Type: schema.String, Nullable: true},
	}}
	for _, tc := range []struct {
		name, row, want string
		opts            Options
	}{
		{"precise", `{"id":1,"d":"MDk="}`, "d=123.45", Options{}},
		{"string", `{"id":1,"d":"123.450"}`, "d=123.45", Options{DecimalHandling: DecimalString}},
		{"double", `{"id":1,"d":123.45}`, "d=123.45", Options{DecimalHandling: DecimalDouble}},
		{"date", `{"id":1,"day":17109}`, "day=2016-11-04", Options{}},
		{"date of isostring", `{"id":1,"day":"2016-11-04Z"}`, "day=2016-11-04", Options{TimePrecision: TimeISOString}},
		{"timestamp of connect", `{"id":1,"at":1478267490123}`, "at=2016-11-04T13:51:30.123", Options{TimePrecision: TimeConnect}},
		{"timestamp of microseconds", `{"id":1,"at":1478267490123456}`, "at=2016-11-04T13:51:30.123456", Options{TimePrecision: TimeMicroseconds}},
		{"timestamp of nanoseconds", `{"id":1,"at":1478267490123456000}`, "at=2016-11-04T13:51:30.123456", Options{TimePrecision: TimeNanoseconds}},
		{"timestamp of isostring", `{"id":1,"at":"2016-11-04T13:51:30.123456Z"}`, "at=2016-11-04T13:51:30.123456", Options{TimePrecision: TimeISOString}},
		{"timestamp of a semantic type", `{"id":1,"at":1478267490123}`, "at=2016-11-04T13:51:30.123", Options{Semantics: map[string]string{"at": "io.debezium.time.Timestamp"}}},
		{"timestamp whose unit nothing tells", `{"id":1,"at":1478267490123}`, "!at: a timestamp whose unit nothing tells", Options{}},
		{"timestamptz", `{"id":1,"tz":"2016-11-04T13:51:30+02:00"}`, "tz=2016-11-04T11:51:30Z", Options{}},
		{"bytes", `{"id":1,"b":"AQL/"}`, "b=AQL/", Options{}},
		{"base64", `{"id":1,"b":"AQL/"}`, "b=AQL/", Options{BinaryHandling: BinaryBase64}},
		{"base64-url-safe", `{"id":1,"b":"AQL_"}`, "b=AQL/", Options{BinaryHandling: BinaryBase64URLSafe}},
		{"hex", `{"id":1,"b":"0102ff"}`, "b=AQL/", Options{BinaryHandling: BinaryHex}},
		{"hex that is none", `{"id":1,"b":"0102f"}`, "!b: no bytes", Options{BinaryHandling: BinaryHex}},
		{"time of a semantic type", `{"id":1,"t":1000000}`, "t=00:00:01.000000", Options{Semantics: map[string]string{"t": "io.debezium.time.MicroTime"}}},
		{"fields that the schema lacks", `{"id":1,"t":"x","more":[1]}`, "t=x", Options{}},
	} {
		for _, how := range []string{"declared", "of the table"} {
			opts := tc.opts
			if how == "declared" {
				opts.Schema = declared
			} else if opts.TableSchema = func(o changes.Origin) (*schema.Struct, error) { return declared, nil }; strings.Contains(tc.row, "more") {
				continue
			}
			got := decode(t, opts, chunk("s", `{"id":1}`, tc.row))
			if reason, refused := strings.CutPrefix(tc.want, "!"); refused {
				if len(got.reasons) != 1 || !strings.HasPrefix(got.reasons[0], "0: "+reason) {
					t.Errorf("%s, %s: %s, %v", tc.name, how, got.text(), got.reasons)
				}
				continue
			}
			if len(got.rows) != 1 || !slices.Contains(got.rows[0], tc.want) || len(got.reasons) > 0 {
				t.Errorf("%s, %s: %s, %v", tc.name, how, got.text(), got.reasons)
			}
		}
	}
}

func TestTheTableDecidesWhatASchemaLeavesOpen(t *testing.T) {
	table := func(typ schema.Type) Options {
		return Options{BinaryHandling: BinaryHex, TableSchema: func(changes.Origin) (*schema.Struct, error) {
			return &schema.Struct{Fields: []schema.Field{{Name: "id", Type: schema.Integer}, {Name: "c", Type: typ, Nullable: true}}}, nil
		}}
	}
	decimal := schema.Decimal{Precision: 10, Scale: 3}
	for _, tc := range []struct {
		schema, value, want string
		typ                 schema.Type
	}{
		{variableScale, `{"scale":2,"value":"MDk="}`, "c=123.450", decimal},
		{`"type":"string","optional":true`, `"123.45"`, "c=123.450", decimal},
		{`"type":"double","optional":true`, `123.45`, "c=123.450", decimal},
		{decimalSchema("2", ""), `"MDk="`, "c=123.450", decimal},
		{`"type":"string","optional":true`, `"0102ff"`, "c=AQL/", schema.Binary},
		{named("int64", "io.debezium.time.MicroTime"), `1000001`, "c=1000001", schema.Long},
	} {
		fields := `[` + idField + `,{` + tc.schema + `,"field":"c"}]`
		got := decode(t, table(tc.typ), chunk("s.t", idKey, envelope(fields, "c", "null", `{"id":1,"c":`+tc.value+`}`, pgSource)))
		if len(got.rows) != 1 || got.rows[0][2] != tc.want {
			t.Errorf("%s as %s: %s, %v", tc.value, tc.typ, got.text(), got.reasons)
		}
	}
}

func TestWithoutAnySchemaTypesAreInferred(t *testing.T) {
	_, task := newTask(t, Options{})
	got := decodeWith(t, task, chunk("s",
		`{"id":1}`, `{"id":1,"f":1.5,"b":true,"s":"x","o":{"a": 1},"l":[1,2],"n":null}`,
		`{"id":1}`, `{"id":2,"f":2.0,"b":null,"s":null,"o":null,"l":null,"n":null}`,
		`{"id":1}`, `{"id":3,"f":2.5,"b":null,"s":null,"o":null,"l":null,"n":"now"}`,
		`{"id":1}`, `{"id":4,"f":null,"b":null,"s":null,"o":null,"l":null,"n":null}`,
		`{"id":1}`, `{"id":"5","f":null,"b":null,"s":null,"o":null,"l":null,"n":null}`,
		`{"id":1}`, `{"id":6}`,
	))
	want := "u id=1 f=1.5 b=true s=x o={\"a\": 1} l=[1,2] n=null\nu id=2 f=2 b=null s=null o=null l=null n=null\n" +
		"u id=3 f=2.5 b=null s=null o=null l=null n=now\nu id=4 f=null b=null s=null o=null l=null n=null\nu id=6"
	if got.text() != want || len(got.reasons) != 1 || len(got.batches) != 3 {
		t.Errorf("%s\nin %d batches, %v", got.text(), len(got.batches), got.reasons)
	}
}
