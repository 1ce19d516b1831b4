package debezium

import (
	"encoding/base64"
	"fmt"
	"math"
	"math/big"
	"strings"
	"testing"

	"github.com/ingestd/ingestd/table/arrowmap"
	"github.com/ingestd/ingestd/txlog/schema"
)

func b64(b ...byte) string { return `"` + base64.StdEncoding.EncodeToString(b) + `"` }

// typeCase is a value as Debezium's documentation says that it is sent: the schema of the column, its JSON, and what it is kept as. A want
// that begins with "!" is a reason.
type typeCase struct{ name, schema, value, typ, want string }

func named(connect, name string) string {
	return fmt.Sprintf(`"type":%q,"optional":true,"name":%q,"version":1`, connect, name)
}

func decimalSchema(scale, precision string) string {
	s := named("bytes", "org.apache.kafka.connect.data.Decimal") + `,"parameters":{"scale":"` + scale + `"`
	if precision != "" {
		s += `,"connect.decimal.precision":"` + precision + `"`
	}
	return s + "}"
}

const variableScale = `"type":"struct","fields":[{"type":"int32","optional":false,"field":"scale"},{"type":"bytes","optional":false,"field":"value"}],` +
	`"optional":true,"name":"io.debezium.data.VariableScaleDecimal","version":1`

const pointSchema = `"type":"struct","fields":[{"type":"double","optional":false,"field":"x"},{"type":"double","optional":false,"field":"y"},` +
	`{"type":"bytes","optional":true,"field":"wkb"},{"type":"int32","optional":true,"field":"srid"}],"optional":true,"name":"io.debezium.data.geometry.Point","version":1`

const geometrySchema = `"type":"struct","fields":[{"type":"bytes","optional":false,"field":"wkb"},{"type":"int32","optional":true,"field":"srid"}],` +
	`"optional":true,"name":"io.debezium.data.geometry.Geometry","version":1`

const sparseSchema = `"type":"struct","fields":[{"type":"int16","optional":false,"field":"dimensions"},{"type":"map","optional":false,` +
	`"keys":{"type":"int16","optional":false},"values":{"type":"double","optional":false},"field":"vector"}],"optional":true,"name":"io.debezium.data.SparseDoubleVector"`

func arrayOf(element string) string {
	return `"type":"array","optional":true,"items":{` + element + `}`
}

var typeCases = []typeCase{
	{"boolean", `"type":"boolean","optional":true`, "true", "boolean", "true"},
	{"boolean of a number", `"type":"boolean","optional":true`, "1", "boolean", "!c: expected a boolean but found a number"},
	{"bit(1)", `"type":"boolean","optional":true`, "false", "boolean", "false"},
	{"int8", `"type":"int8","optional":true`, "-128", "byte", "-128"},
	{"int8 too large", `"type":"int8","optional":true`, "128", "byte", "!c: out of range"},
	{"smallint", `"type":"int16","optional":true`, "32767", "short", "32767"},
	{"int", `"type":"int32","optional":true`, "-2147483648", "integer", "-2147483648"},
	{"bigint", `"type":"int64","optional":true`, "9223372036854775807", "long", "9223372036854775807"},
	{"bigint too large", `"type":"int64","optional":true`, "9223372036854775808", "long", "!c: expected a whole number of 64 bits"},
	{"bigint of a fraction", `"type":"int64","optional":true`, "1.0", "long", "!c: expected a whole number of 64 bits"},
	{"bigint of a text", `"type":"int64","optional":true`, `"1"`, "long", "!c: expected a whole number but found a string"},
	{"oid", `"type":"int64","optional":true`, "4294967295", "long", "4294967295"},
	{"int unsigned of MySQL", `"type":"int64","optional":true`, "4294967295", "long", "4294967295"},
	{"bigint unsigned precise", decimalSchema("0", ""), b64(0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff), "decimal(38,0)", "18446744073709551615"},
	{"real", `"type":"float","optional":true`, "3.4028235E38", "float", "3.4028235e+38"},
	{"double precision", `"type":"double","optional":true`, "4.44", "double", "4.44"},
	{"NaN", `"type":"double","optional":true`, `"NaN"`, "double", "NaN"},
	{"infinite", `"type":"double","optional":true`, `"-Infinity"`, "double", "-Inf"},
	{"double of a text", `"type":"double","optional":true`, `"1"`, "double", "!c: expected a number but found another string"},
	{"text", `"type":"string","optional":true`, `"a\u00e4\nb"`, "string", "aä\nb"},
	{"text of a number", `"type":"string","optional":true`, `1`, "string", "!c: expected a string but found a number"},
	{"citext, inet, cidr, macaddr, ranges", `"type":"string","optional":true`, `"[2019-03-31 15:30:00,infinity)"`, "string", "[2019-03-31 15:30:00,infinity)"},
	{"bytea", `"type":"bytes","optional":true`, `"AQL/"`, "binary", "AQL/"},
	{"bytea of no Base64", `"type":"bytes","optional":true`, `"AQ"`, "binary", "!c: expected bytes in Base64"},
	{"bit(10)", named("bytes", "io.debezium.data.Bits") + `,"parameters":{"length":"10"}`, `"AwI="`, "binary", "AwI="},
	{"json", named("string", "io.debezium.data.Json"), `"{\"a\": [1, 2.50]}"`, "string", `{"a": [1, 2.50]}`},
	{"uuid", named("string", "io.debezium.data.Uuid"), `"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"`, "string", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"},
	{"xml", named("string", "io.debezium.data.Xml"), `"<a/>"`, "string", "<a/>"},
	{"enum", named("string", "io.debezium.data.Enum") + `,"parameters":{"allowed":"new,open"}`, `"new"`, "string", "new"},
	{"set of MySQL", named("string", "io.debezium.data.EnumSet") + `,"parameters":{"allowed":"a,b"}`, `"a,b"`, "string", "a,b"},
	{"ltree", named("string", "io.debezium.data.Ltree"), `"Top.Science"`, "string", "Top.Science"},
	{"year of MySQL", named("int32", "io.debezium.time.Year"), "2155", "integer", "2155"},

	{"numeric(5,2) precise", decimalSchema("2", "5"), b64(0x30, 0x39), "decimal(5,2)", "123.45"},
	{"numeric(5,2) precise, negative", decimalSchema("2", "5"), b64(0xcf, 0xc7), "decimal(5,2)", "-123.45"},
	{"numeric(5,2) precise, too large", decimalSchema("2", "5"), b64(1, 0x86, 0xa0), "decimal(5,2)", "!c: out of range"},
	{"numeric(5,2) as decimal.format NUMERIC", decimalSchema("2", "5"), "123.4", "decimal(5,2)", "123.40"},
	{"numeric(5,2) with another digit", decimalSchema("2", "5"), "123.456", "decimal(5,2)", "!c: more decimals than the column keeps"},
	{"numeric(38,0)", decimalSchema("0", "38"), b64(0x4b, 0x3b, 0x4c, 0xa8, 0x5a, 0x86, 0xc4, 0x7a, 0x09, 0x8a, 0x22, 0x3f, 0xff, 0xff, 0xff, 0xff), "decimal(38,0)", strings.Repeat("9", 38)},
	{"numeric(39,0) is a text", decimalSchema("0", "39"), b64(1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), "string", "340282366920938463463374607431768211456"},
	{"numeric(39,2) as decimal.format NUMERIC", decimalSchema("2", "39"), "-1.5e3", "string", "-1500.00"},
	{"numeric(3,5)", decimalSchema("5", "3"), b64(0x7b), "decimal(5,5)", "0.00123"},
	{"number(5,-2) of Oracle", decimalSchema("-2", "5"), b64(0x7b), "decimal(7,0)", "12300"},
	{"numeric(5,-2) of PostgreSQL", decimalSchema("2046", "5"), b64(append([]byte{0}, new(big.Int).Mul(big.NewInt(12300), new(big.Int).Exp(big.NewInt(10), big.NewInt(2046), nil)).Bytes()...)...), "decimal(7,0)", "12300"},
	{"money", decimalSchema("2", ""), b64(0x04, 0xd2), "decimal(38,2)", "12.34"},
	{"decimal of no bytes", decimalSchema("2", "5"), `""`, "decimal(5,2)", "!c: no decimal"},
	{"numeric precise", variableScale, `{"scale":3,"value":` + b64(0x01, 0xe2, 0x40) + `}`, "string", "123.456"},
	{"numeric precise, without decimals", variableScale, `{"scale":0,"value":` + b64(0xff) + `}`, "string", "-1"},
	{"numeric precise, small", variableScale, `{"scale":5,"value":` + b64(0xff) + `}`, "string", "-0.00001"},
	{"numeric precise of a lone scale", variableScale, `{"scale":5}`, "string", "!c: expected an object of scale and value"},
	{"numeric double", `"type":"double","optional":true`, "123.45", "double", "123.45"},
	{"numeric string", `"type":"string","optional":true`, `"123.4500"`, "string", "123.4500"},
	{"numeric string NaN", `"type":"string","optional":true`, `"NaN"`, "string", "NaN"},

	{"date", named("int32", "io.debezium.time.Date"), "17109", "date", "2016-11-04"},
	{"date before 1970", named("int32", "io.debezium.time.Date"), "-1", "date", "1969-12-31"},
	{"date of connect", named("int32", "org.apache.kafka.connect.data.Date"), "17109", "date", "2016-11-04"},
	{"date of isostring", named("string", "io.debezium.time.IsoDate"), `"2016-11-04Z"`, "date", "2016-11-04"},
	{"date of isostring, none", named("string", "io.debezium.time.IsoDate"), `"2016-02-30Z"`, "date", "!c: no date"},

	{"time(3)", named("int32", "io.debezium.time.Time"), "49890123", "string", "13:51:30.123000"},
	{"time of connect", named("int32", "org.apache.kafka.connect.data.Time"), "49890123", "string", "13:51:30.123000"},
	{"time(6)", named("int64", "io.debezium.time.MicroTime"), "49890123456", "string", "13:51:30.123456"},
	{"time of the end of a day", named("int64", "io.debezium.time.MicroTime"), "86400000000", "string", "24:00:00.000000"},
	{"time of MySQL, negative", named("int64", "io.debezium.time.MicroTime"), "-3020399000000", "string", "-838:59:59.000000"},
	{"time(9)", named("int64", "io.debezium.time.NanoTime"), "49890123456000", "string", "13:51:30.123456"},
	{"time(9) with nanoseconds", named("int64", "io.debezium.time.NanoTime"), "49890123456789", "string", "13:51:30.123456789"},
	{"time of isostring", named("string", "io.debezium.time.IsoTime"), `"13:51:30.12Z"`, "string", "13:51:30.120000"},
	{"time of isostring, the end of a day", named("string", "io.debezium.time.IsoTime"), `"24:00:00Z"`, "string", "24:00:00.000000"},
	{"time of isostring, none", named("string", "io.debezium.time.IsoTime"), `"13:61:30Z"`, "string", "!c: no time"},
	{"timetz", named("string", "io.debezium.time.ZonedTime"), `"11:51:30.123789Z"`, "string", "11:51:30.123789Z"},

	{"timestamp(3)", named("int64", "io.debezium.time.Timestamp"), "1478267490123", "timestamp_ntz", "2016-11-04T13:51:30.123"},
	{"timestamp of connect", named("int64", "org.apache.kafka.connect.data.Timestamp"), "1478267490123", "timestamp_ntz", "2016-11-04T13:51:30.123"},
	{"timestamp(6)", named("int64", "io.debezium.time.MicroTimestamp"), "1478267490123456", "timestamp_ntz", "2016-11-04T13:51:30.123456"},
	{"timestamp before 1970", named("int64", "io.debezium.time.MicroTimestamp"), "-1", "timestamp_ntz", "1969-12-31T23:59:59.999999"},
	{"timestamp(9)", named("int64", "io.debezium.time.NanoTimestamp"), "1478267490123456000", "timestamp_ntz", "2016-11-04T13:51:30.123456"},
	{"timestamp(9) with nanoseconds", named("int64", "io.debezium.time.NanoTimestamp"), "1478267490123456789", "timestamp_ntz", "!c: nanoseconds that no microsecond keeps"},
	{"timestamp of isostring", named("string", "io.debezium.time.IsoTimestamp"), `"2016-11-04T13:51:30.123456Z"`, "timestamp_ntz", "2016-11-04T13:51:30.123456"},
	{"timestamp of isostring with nanoseconds", named("string", "io.debezium.time.IsoTimestamp"), `"2016-11-04T13:51:30.123456789Z"`, "timestamp_ntz", "!c: nanoseconds"},
	{"timestamptz", named("string", "io.debezium.time.ZonedTimestamp"), `"2016-11-04T13:51:30.123456+02:00"`, "timestamp", "2016-11-04T11:51:30.123456Z"},
	{"timestamptz of UTC", named("string", "io.debezium.time.ZonedTimestamp"), `"2016-11-04T11:51:30Z"`, "timestamp", "2016-11-04T11:51:30Z"},
	{"timestamptz without zone", named("string", "io.debezium.time.ZonedTimestamp"), `"2016-11-04T11:51:30"`, "timestamp", "!c: no timestamp"},
	{"timestamptz that is none", named("string", "io.debezium.time.ZonedTimestamp"), `"yesterday"`, "timestamp", "!c: no timestamp"},

	{"interval numeric", named("int64", "io.debezium.time.MicroDuration"), "37091106780000", "long", "37091106780000"},
	{"interval string", named("string", "io.debezium.time.Interval"), `"P1Y2M3DT4H5M6.78S"`, "string", "P1Y2M3DT4H5M6.78S"},

	{"hstore map", `"type":"map","optional":true,"keys":{"type":"string","optional":false},"values":{"type":"string","optional":true}`, `{"a":"1","b":null}`,
		"map<string,string>", `[{"key":"a","value":"1"},{"key":"b","value":null}]`},
	{"hstore map with a key twice", `"type":"map","optional":true,"keys":{"type":"string","optional":false},"values":{"type":"string","optional":true}`, `{"a":"1","a":null}`,
		"map<string,string>", "!c: a map with a key that comes twice"},
	{"map of days", `"type":"map","optional":true,"keys":{"type":"string","optional":false,"name":"io.debezium.time.IsoDate"},"values":{"type":"string","optional":true}`, `{"2026-01-31":"1"}`,
		"map<date,string>", `[{"key":"2026-01-31","value":"1"}]`},
	{"map of what is no day", `"type":"map","optional":true,"keys":{"type":"string","optional":false,"name":"io.debezium.time.IsoDate"},"values":{"type":"string","optional":true}`, `{"2026-01-31":"1","tomorrow":"2"}`,
		"map<date,string>", "!c: "},
	{"hstore json", named("string", "io.debezium.data.Json"), `"{\"a\":\"1\"}"`, "string", `{"a":"1"}`},
	{"int[]", arrayOf(`"type":"int32","optional":true`), "[1,null,3]", "array<integer>", "[1,null,3]"},
	{"empty int[]", arrayOf(`"type":"int32","optional":true`), "[ ]", "array<integer>", "[]"},
	{"text[]", arrayOf(`"type":"string","optional":true`), `["a",null]`, "array<string>", `["a",null]`},
	{"array of NOT NULL with a null", arrayOf(`"type":"string","optional":false`), `[null]`, "array<string>", "!c[0]: null, which the schema does not allow"},
	{"numeric(5,2)[]", arrayOf(decimalSchema("2", "5")), "[" + b64(0x30, 0x39) + "]", "array<decimal(5,2)>", `["123.45"]`},
	{"timestamptz[]", arrayOf(named("string", "io.debezium.time.ZonedTimestamp")), `["2020-04-01T11:51:02.000000Z"]`, "array<timestamp>", `["2020-04-01T11:51:02Z"]`},
	{"time[]", arrayOf(named("int64", "io.debezium.time.MicroTime")), `[62000000]`, "array<string>", `["00:01:02.000000"]`},
	{"point", pointSchema, `{"x":1.5,"y":-2.0,"wkb":"AQ==","srid":null}`, "struct<x:double,y:double,wkb:binary,srid:integer>", `{"srid":null,"wkb":"AQ==","x":1.5,"y":-2}`},
	{"geometry", geometrySchema, `{"wkb":"AQ==","srid":4326}`, "struct<wkb:binary,srid:integer>", `{"srid":4326,"wkb":"AQ=="}`},
	{"geometry without what it must have", geometrySchema, `{"srid":4326}`, "struct<wkb:binary,srid:integer>", "!c.wkb: missing"},
	{"geometry with something else", geometrySchema, `{"wkb":"AQ==","more":1}`, "struct<wkb:binary,srid:integer>", "!c: a member that the schema does not have"},
	{"sparsevec", sparseSchema, `{"dimensions":5,"vector":[[1,1.5],[3,2.0]]}`, "struct<dimensions:short,vector:map<short,double>>", `{"dimensions":5,"vector":[{"key":1,"value":1.5},{"key":3,"value":2}]}`},
	{"sparsevec with a key twice", sparseSchema, `{"dimensions":5,"vector":[[1,1.5],[1,2.0]]}`, "struct<dimensions:short,vector:map<short,double>>", "!c.vector: a map with a key that comes twice"},
}

func TestValuesAreKeptAsTheirSemanticTypeSays(t *testing.T) {
	for _, tc := range typeCases {
		t.Run(tc.name, func(t *testing.T) {
			fields := "[" + idField + `,{` + tc.schema + `,"field":"c"}]`
			got := decode(t, Options{}, chunk("s.t", idKey, envelope(fields, "c", "null", `{"id":1,"c":`+tc.value+`}`, `{}`)))
			checkType(t, tc, got)
			null := decode(t, Options{}, chunk("s.t", idKey, envelope(fields, "c", "null", `{"id":1,"c":null}`, `{}`)))
			if null.text() != "c id=1 c=null" {
				t.Errorf("null gives %s, %v", null.text(), null.reasons)
			}
		})
	}
}

func checkType(t *testing.T, tc typeCase, got decoded) {
	t.Helper()
	if reason, refused := strings.CutPrefix(tc.want, "!"); refused {
		if len(got.reasons) != 1 || !strings.HasPrefix(got.reasons[0], "0: "+reason) || len(got.rows) != 0 {
			t.Errorf("%v and %v, want the reason %s", got.text(), got.reasons, reason)
		}
		return
	}
	if len(got.reasons) > 0 || len(got.rows) != 1 {
		t.Fatalf("%d rows, rejected: %v", len(got.rows), got.reasons)
	}
	if want := "c=" + tc.want; got.rows[0][2] != want {
		t.Errorf("%s, want %s", got.rows[0][2], want)
	}
	typ, err := arrowmap.FromArrowType(got.batches[0].Columns[1].Type)
	if err != nil {
		t.Fatal(err)
	}
	if have := plain(typ); have != tc.typ {
		t.Errorf("%s, want %s", have, tc.typ)
	}
}

func plain(t schema.Type) string {
	return strings.NewReplacer("tinyint", "byte", "smallint", "short", "bigint", "long", "int", "integer").Replace(t.String())
}

func TestTheInfinitiesOfPostgreSQLAreOneTimestampInEveryMode(t *testing.T) {
	for name, sent := range map[string][2]int64{
		"io.debezium.time.Timestamp":      {infinity / 1000, negativeInfinity / 1000},
		"io.debezium.time.MicroTimestamp": {infinity, negativeInfinity},
		"io.debezium.time.NanoTimestamp":  {math.MaxInt64, math.MinInt64},
	} {
		p := semantics[name].plan
		col := (&compiler{pool: nil}).ints(&p, arrowmap.TimestampType, false).(*timestamps)
		for i, want := range []int64{infinity, negativeInfinity} {
			if us, why := col.micros(sent[i]); us != want || why != "" {
				t.Errorf("%s: %d is %d, %s", name, sent[i], us, why)
			}
		}
	}
	for text, want := range map[string]int64{
		"+292278994-08-16Z": math.MaxInt32, "-5877611-06-21Z": math.MaxInt32, "+292269055-12-02Z": math.MinInt32, "-5877611-06-22Z": math.MinInt32,
	} {
		if d, why := isoDate([]byte(text)); d != want || why != "" {
			t.Errorf("%s is day %d, %s", text, d, why)
		}
	}
	for _, beyond := range []int64{infinity + 1, negativeInfinity - 1} {
		if _, why := microsToMicros(beyond); why != outOfRange {
			t.Errorf("%d was taken", beyond)
		}
	}
	for text, want := range map[string]int64{"infinity": infinity, "-infinity": negativeInfinity} {
		if us, why := zonedTimestamp([]byte(text)); us != want || why != "" {
			t.Errorf("%s is %d, %s", text, us, why)
		}
	}
	if us, why := isoTimestamp([]byte("+294247-01-01T23:59:59.999999Z")); us != 9223371331199999999 || why != "" {
		t.Errorf("%d, %s", us, why)
	}
	if _, why := millisToMicros(math.MaxInt64 / 999); why != outOfRange {
		t.Error("milliseconds that no microseconds hold were taken")
	}
}
