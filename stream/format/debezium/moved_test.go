package debezium

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ingestd/ingestd/stream"
	"github.com/ingestd/ingestd/txlog/schema"
)

// movedKey are the two events of a change of key, of which the first has the old one and the second the new one, with the headers that name the
// other. Values are given as records spell them; spelled is how headers do.
func movedKey(field, was, is, spelledWas, spelledIs string) records {
	keySchema := `{"type":"struct","fields":[` + field + `],"optional":false,"name":"s.t.Key"}`
	fields := `[` + field + `,{"type":"string","optional":true,"field":"big"}]`
	var recs records
	for i, e := range []struct{ key, op, before, after, header, other string }{
		{was, "d", `{"k":` + was + `,"big":null}`, "null", newKeyHeader, spelledIs},
		{is, "c", "null", `{"k":` + is + `,"big":"__debezium_unavailable_value"}`, oldKeyHeader, spelledWas},
	} {
		recs = append(recs, stream.Record{
			Topic: "s.t", Offset: int64(i), Key: fmt.Appendf(nil, `{"schema":%s,"payload":{"k":%s}}`, keySchema, e.key),
			Value:   []byte(envelope(fields, e.op, e.before, e.after, fmt.Sprintf(`{"lsn":%d}`, 7+i))),
			Headers: []stream.Header{{Key: e.header, Value: []byte(`{"k":` + e.other + `}`)}},
		})
	}
	return recs
}

// Headers are written by Connect's SimpleHeaderConverter, which spells decimals as numbers; with schemas, samples of Debezium have them so.
func TestADecimalThatIsAKeyIsFoundInHeaders(t *testing.T) {
	decimal := `{"type":"bytes","optional":false,"name":"org.apache.kafka.connect.data.Decimal","version":1,"parameters":{"scale":"2","connect.decimal.precision":"6"},"field":"k"}`
	variable := `{"type":"struct","fields":[{"type":"int32","optional":false,"field":"scale"},{"type":"bytes","optional":false,"field":"value"}],"optional":false,"name":"io.debezium.data.VariableScaleDecimal","field":"k"}`
	for name, c := range map[string]struct{ field, was, is, spelledWas, spelledIs, old, new string }{
		"precise":        {decimal, `"AKA="`, `"AKE="`, "1.60", "1.61", "1.60", "1.61"},
		"exponent":       {strings.Replace(decimal, `"6"`, `"30"`, 1), `"AKA="`, `"AYag"`, "1.60", "1.000E+3", "1.60", "1000.00"},
		"variable scale": {variable, `{"scale":2,"value":"AKA="}`, `{"scale":1,"value":"AKE="}`, `{"scale":2,"value":"AKA="}`, `{"scale":1,"value":"AKE="}`, "1.60", "16.1"},
		"double":         {`{"type":"double","optional":false,"field":"k"}`, "1.6", "1.61", "1.6", "1.61", "1.6", "1.61"},
		"string":         {`{"type":"string","optional":false,"field":"k"}`, `"1.60"`, `"1.61"`, `"1.60"`, `"1.61"`, "1.60", "1.61"},
	} {
		t.Run(name, func(t *testing.T) {
			d := decode(t, Options{}, movedKey(c.field, c.was, c.is, c.spelledWas, c.spelledIs))
			want := fmt.Sprintf("d k=%[1]s big=null\nm k=%[1]s big=null\nc k=%[2]s big=null\nm k=%[1]s big=null\nc k=%[2]s big=null", c.old, c.new)
			if got := d.text(); got != want || len(d.reasons) > 0 {
				t.Errorf("got\n%s\nand not\n%s: %q", got, want, d.reasons)
			}
		})
	}
}

// Without schemas a decimal is known where the table has it.
func TestADecimalOfTheTableThatIsAKeyIsFoundInHeaders(t *testing.T) {
	columns := &schema.Struct{Fields: []schema.Field{{Name: "k", Type: schema.Decimal{Precision: 6, Scale: 2}}, {Name: "big", Type: schema.String, Nullable: true}}}
	for name, c := range map[string]struct {
		how                            DecimalHandling
		was, is, spelledWas, spelledIs string
	}{
		"precise": {DecimalPrecise, `"AKA="`, `"AKE="`, "1.60", "1.61"},
		"double":  {DecimalDouble, "1.6", "1.61", "1.6", "1.61"},
		"string":  {DecimalString, `"1.60"`, `"1.61"`, `"1.60"`, `"1.61"`},
	} {
		t.Run(name, func(t *testing.T) {
			recs := records{
				{Topic: "s.t", Key: []byte(`{"k":` + c.was + `}`), Value: []byte(`{"before":{"k":` + c.was + `,"big":null},"after":null,"source":{"lsn":7},"op":"d"}`),
					Headers: []stream.Header{{Key: newKeyHeader, Value: []byte(`{"k":` + c.spelledIs + `}`)}}},
				{Topic: "s.t", Offset: 1, Key: []byte(`{"k":` + c.is + `}`), Value: []byte(`{"before":null,"after":{"k":` + c.is + `,"big":"__debezium_unavailable_value"},"source":{"lsn":8},"op":"c"}`),
					Headers: []stream.Header{{Key: oldKeyHeader, Value: []byte(`{"k":` + c.spelledWas + `}`)}}},
			}
			d := decode(t, Options{Schema: columns, DecimalHandling: c.how}, recs)
			const want = "d k=1.60 big=null\nm k=1.60 big=null\nc k=1.61 big=null\nm k=1.60 big=null\nc k=1.61 big=null"
			if got := d.text(); got != want || len(d.reasons) > 0 {
				t.Errorf("got\n%s\nand not\n%s: %q", got, want, d.reasons)
			}
		})
	}
}
