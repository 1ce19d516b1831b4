package debezium

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// kind is a type of column as a connector may send it: its schema, and values, each with what it is kept as.
type kind struct {
	schema string
	value  func(t *rapid.T) (sent, kept string)
}

func integers[T ~int8 | ~int16 | ~int32 | ~int64](connect string, low, high T) kind {
	return kind{`"type":"` + connect + `"`, func(t *rapid.T) (string, string) {
		v := fmt.Sprint(rapid.Int64Range(int64(low), int64(high)).Draw(t, "n"))
		return v, v
	}}
}

func inJSON(t string) string {
	b, _ := json.Marshal(t)
	return string(b)
}

func digits(t *rapid.T, most int) *big.Int {
	n, _ := new(big.Int).SetString(rapid.StringMatching(fmt.Sprintf("-?[0-9]{1,%d}", most)).Draw(t, "digits"), 10)
	return n
}

// shifted is n / 10^scale with all its decimals, by another way than the decoder's.
func shifted(n *big.Int, scale int) string {
	return new(big.Rat).SetFrac(n, new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(scale)), nil)).FloatString(scale)
}

func decimalKind(precision, scale int) kind {
	return kind{strings.ReplaceAll(decimalSchema(strconv.Itoa(scale), strconv.Itoa(precision)), `"optional":true,`, ""), func(t *rapid.T) (string, string) {
		n := digits(t, precision)
		return `"` + base64.StdEncoding.EncodeToString(twosComplement(n)) + `"`, shifted(n, scale)
	}}
}

func instant(t *rapid.T) time.Time {
	return time.UnixMicro(rapid.Int64Range(-62135596800000000, 253402300799999999).Draw(t, "instant")).UTC()
}

// clockText is a time without zone as Arrow writes it.
func clockText(at time.Time) string { return at.Format("2006-01-02T15:04:05.999999") }

func timestampKind(name string, sent func(time.Time) (string, time.Time)) kind {
	connect := "int64"
	if strings.Contains(name, "Iso") {
		connect = "string"
	}
	return kind{`"type":"` + connect + `","name":"` + name + `"`, func(t *rapid.T) (string, string) {
		s, kept := sent(instant(t))
		return s, clockText(kept)
	}}
}

func timeKind(connect, name string, unit time.Duration) kind {
	return kind{`"type":"` + connect + `","name":"` + name + `"`, func(t *rapid.T) (string, string) {
		v := rapid.Int64Range(0, int64(24*time.Hour/unit)-1).Draw(t, "time")
		at := time.Unix(0, 0).UTC().Add(time.Duration(v) * unit)
		layout := "15:04:05.000000"
		if at.Nanosecond()%1000 != 0 {
			layout = "15:04:05.000000000"
		}
		return fmt.Sprint(v), at.Format(layout)
	}}
}

var kinds = []kind{
	integers("int8", int8(math.MinInt8), math.MaxInt8), integers("int16", int16(math.MinInt16), math.MaxInt16),
	integers("int32", int32(math.MinInt32), math.MaxInt32), integers("int64", int64(math.MinInt64), math.MaxInt64),
	{`"type":"boolean"`, func(t *rapid.T) (string, string) {
		v := fmt.Sprint(rapid.Bool().Draw(t, "b"))
		return v, v
	}},
	{`"type":"double"`, func(t *rapid.T) (string, string) {
		v := rapid.Float64().Draw(t, "f")
		return strconv.FormatFloat(v, 'E', -1, 64), strconv.FormatFloat(v, 'g', -1, 64)
	}},
	{`"type":"string"`, func(t *rapid.T) (string, string) {
		v := rapid.String().Draw(t, "s")
		return inJSON(v), v
	}},
	{`"type":"bytes"`, func(t *rapid.T) (string, string) {
		v := base64.StdEncoding.EncodeToString(rapid.SliceOf(rapid.Byte()).Draw(t, "bytes"))
		return `"` + v + `"`, v
	}},
	decimalKind(5, 2), decimalKind(18, 0), decimalKind(38, 0), decimalKind(38, 37),
	{strings.ReplaceAll(variableScale, `"optional":true,`, ""), func(t *rapid.T) (string, string) {
		n, scale := digits(t, 60), rapid.IntRange(0, 40).Draw(t, "scale")
		return fmt.Sprintf(`{"scale":%d,"value":%q}`, scale, base64.StdEncoding.EncodeToString(twosComplement(n))), shifted(n, scale)
	}},
	{`"type":"int32","name":"io.debezium.time.Date"`, func(t *rapid.T) (string, string) {
		at := instant(t)
		day := at.Truncate(24 * time.Hour)
		return fmt.Sprint(day.Unix() / 86400), day.Format("2006-01-02")
	}},
	timeKind("int32", "io.debezium.time.Time", time.Millisecond), timeKind("int64", "io.debezium.time.MicroTime", time.Microsecond),
	timeKind("int64", "io.debezium.time.NanoTime", time.Nanosecond),
	timestampKind("io.debezium.time.Timestamp", func(at time.Time) (string, time.Time) {
		return fmt.Sprint(at.UnixMilli()), time.UnixMilli(at.UnixMilli()).UTC()
	}),
	timestampKind("io.debezium.time.MicroTimestamp", func(at time.Time) (string, time.Time) { return fmt.Sprint(at.UnixMicro()), at }),
	timestampKind("io.debezium.time.IsoTimestamp", func(at time.Time) (string, time.Time) {
		return `"` + at.Format("2006-01-02T15:04:05.999999Z") + `"`, at
	}),
	{`"type":"string","name":"io.debezium.time.ZonedTimestamp"`, func(t *rapid.T) (string, string) {
		at := instant(t).AddDate(2, 0, 0)
		if at.Year() > 9990 {
			at = at.AddDate(-20, 0, 0)
		}
		zone := time.FixedZone("", 60*rapid.IntRange(-18*60, 18*60).Draw(t, "offset"))
		return `"` + at.In(zone).Format("2006-01-02T15:04:05.999999999Z07:00") + `"`, clockText(at) + "Z"
	}},
}

// A table of random columns and rows, sent as a connector would send them, in each form that events have.
func TestWhatAConnectorSendsIsWhatIsKept(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		columns := rapid.SliceOfN(rapid.SampledFrom(kinds), 1, 12).Draw(t, "columns")
		fields := []string{idField}
		for k, c := range columns {
			fields = append(fields, fmt.Sprintf(`{%s,"optional":true,"field":"c%d"}`, c.schema, k))
		}
		row := `"type":"struct","fields":[` + strings.Join(fields, ",") + `],"optional":false`
		flattened := rapid.Bool().Draw(t, "flattened")
		var recs, want []string
		for id := range rapid.IntRange(1, 20).Draw(t, "rows") {
			sent, kept := []string{fmt.Sprintf(`"id":%d`, id)}, fmt.Sprintf("u id=%d", id)
			for k, c := range columns {
				v, text := "null", "null"
				if rapid.IntRange(0, 4).Draw(t, "null") > 0 {
					v, text = c.value(t)
				}
				sent = append(sent, fmt.Sprintf(`"c%d":%s`, k, v))
				kept += fmt.Sprintf(" c%d=%s", k, text)
			}
			object := "{" + strings.Join(sent, ",") + "}"
			value := `{"schema":{` + row + `},"payload":` + object + `}`
			if !flattened {
				value = envelope("["+strings.Join(fields, ",")+"]", "u", "null", object, pgSource)
			}
			recs, want = append(recs, fmt.Sprintf(`{"id":%d}`, id), value), append(want, kept)
		}
		d, err := New(Options{})
		if err != nil {
			t.Fatal(err)
		}
		task := d.NewTask().(*task)
		defer task.Close()
		batches, rejected, err := task.DecodeAll("p/0", chunk("s.t", recs...))
		if err != nil || len(rejected) > 0 || len(batches) != 1 {
			t.Fatal(err, rejected, len(batches))
		}
		defer batches[0].Release()
		var got decoded
		got.add(t, batches[0])
		for i, w := range want {
			if have := strings.Join(got.rows[i], " "); have != w {
				t.Fatalf("%s\nwant %s\nsent %s", have, w, recs[2*i+1])
			}
		}
	})
}
