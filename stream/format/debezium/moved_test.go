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

// What headers spell otherwise than records says nothing of the types of columns, which nothing else tells.
func TestADecimalThatNothingTellsOfIsAsRecordsHaveIt(t *testing.T) {
	created := stream.Record{Topic: "s.t", Key: []byte(`{"k":"AKE="}`), Value: []byte(`{"before":null,"after":{"k":"AKE=","big":"__debezium_unavailable_value"},"source":{"lsn":8},"op":"c"}`),
		Headers: []stream.Header{{Key: oldKeyHeader, Value: []byte(`{"k":-1.60}`)}}}
	deleted := stream.Record{Topic: "s.t", Key: []byte(`{"k":"/2A="}`), Value: []byte(`{"before":{"k":"/2A=","big":null},"after":null,"source":{"lsn":7},"op":"d"}`),
		Headers: []stream.Header{{Key: newKeyHeader, Value: []byte(`{"k":1.61}`)}}}
	const ofDeleted, ofCreated = "d k=/2A= big=null\nm k=/2A= big=null\nc k=AKE= big=null", "m k=/2A= big=null\nc k=AKE= big=null"
	for want, recs := range map[string]records{ofCreated + "\n" + ofDeleted: {created, deleted}, ofDeleted + "\n" + ofCreated: {deleted, created}} {
		if d := decode(t, Options{}, recs); d.text() != want || len(d.reasons) > 0 {
			t.Errorf("got\n%s\nand not\n%s: %q", d.text(), want, d.reasons)
		}
	}
}

// An old key is worth something only right before the change that it is of.
func TestAnOldKeyIsInTheBatchOfItsChange(t *testing.T) {
	created := func(after string) stream.Record {
		return stream.Record{Topic: "s.t", Key: []byte(`{"k":2}`), Value: []byte(`{"before":null,"after":` + after + `,"source":{"lsn":8},"op":"c"}`),
			Headers: []stream.Header{{Key: oldKeyHeader, Value: []byte(`{"k":1}`)}}}
	}
	narrow, wide := created(`{"k":2,"big":"__debezium_unavailable_value"}`), created(`{"k":2,"big":"__debezium_unavailable_value","z":3}`)
	for _, recs := range []records{{narrow}, {narrow, wide, narrow}, {wide, narrow, narrow, wide}} {
		d := decode(t, Options{}, recs)
		if len(d.reasons) > 0 || len(d.rows) != 2*len(recs) {
			t.Fatalf("%d rows of %d events: %q", len(d.rows), len(recs), d.reasons)
		}
		for i := 0; i < len(d.rows); i += 2 {
			if d.rows[i][0] != "m" || d.rows[i+1][0] != "c" || d.batchOf[i] != d.batchOf[i+1] || d.offsets[i] != d.offsets[i+1] {
				t.Errorf("an old key is not before its change: %s in batches %v", d.text(), d.batchOf)
			}
		}
	}
}

// Of a tombstone nothing is known but the key, not even which columns there are that stay as they were.
func TestATombstoneSaysNothingOfTheRowUnderItsNewKey(t *testing.T) {
	recs := records{
		{Topic: "s.t", Key: []byte(`{"k":1}`), Headers: []stream.Header{{Key: newKeyHeader, Value: []byte(`{"k":2}`)}}},
		{Topic: "s.t", Offset: 1, Key: []byte(`{"k":2}`), Value: []byte(`{"k":2,"big":"__debezium_unavailable_value","__op":"c"}`), Headers: []stream.Header{{Key: oldKeyHeader, Value: []byte(`{"k":1}`)}}},
	}
	if d := decode(t, Options{}, recs); d.text() != "d k=1\nm k=1 big=null\nc k=2 big=null" || d.unknown[2] != "big" {
		t.Errorf("got\n%s: %q", d.text(), d.reasons)
	}
}
