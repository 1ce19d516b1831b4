package json_test

import (
	"bytes"
	stdjson "encoding/json"
	"math/rand"
	"regexp"
	"strconv"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/ingestd/ingestd/stream/format/json"
	"github.com/ingestd/ingestd/txlog/schema"
)

// mutator makes records that are nearly right.
type mutator struct {
	schema *schema.Struct
	seeds  []string
}

var mutants = func() mutator {
	s, err := schema.ParseDDL("s STRING, l BIGINT, d DOUBLE, b BOOLEAN, a ARRAY<BIGINT>, o STRUCT<s: STRING, l: BIGINT>")
	if err != nil {
		panic(err)
	}
	return mutator{schema: s, seeds: []string{
		`{"s":"text","l":12,"d":1.5,"b":true,"a":[1,2,3],"o":{"s":"x","l":7}}`,
		`{"s":"\u00e9\n\"quoted\"","l":-9223372036854775808,"d":1e-7,"b":false,"a":[],"o":{}}`,
		`{ "s" : "héllo, wörld, a longer text that takes several words", "l" : null , "d" : -0.25 , "a" : [ null , 5 ] }`,
		`{"l":1,"l":2,"extra":{"deep":[{"er":"\\"}]},"s":{"an":["object",1.50]},"o":{"s":[1, 2],"more":true}}`,
		`{"d":123456789012345678901234567890,"s":12.50,"a":[9223372036854775807],"o":null}`,
	}}
}()

// record gives one of the seeds after up to most random changes.
func (m mutator) record(r *rand.Rand, most int) []byte {
	b := []byte(m.seeds[r.Intn(len(m.seeds))])
	const bytesToPutIn = "{}[]\",:\\ue+-.0123456789 \n\tntf\x00\x1f\x7f\x80\xc3\xff'"
	for range r.Intn(most + 1) {
		i := r.Intn(len(b) + 1)
		switch r.Intn(4) {
		case 0:
			b = append(b[:i:i], append([]byte{bytesToPutIn[r.Intn(len(bytesToPutIn))]}, b[i:]...)...)
		case 1:
			if i < len(b) {
				b = append(b[:i:i], b[i+1:]...)
			}
		case 2:
			if i < len(b) {
				b[i] = bytesToPutIn[r.Intn(len(bytesToPutIn))]
			}
		case 3:
			other := m.seeds[r.Intn(len(m.seeds))]
			from := r.Intn(len(other))
			b = append(b[:i:i], append([]byte(other[from:min(len(other), from+r.Intn(12))]), b[i:]...)...)
		}
	}
	return b
}

// oracle reads a record by way of encoding/json; ok is false where it must be rejected.
func (m mutator) oracle(b []byte) (cells []string, ok bool) {
	if !stdjson.Valid(b) || !utf8.Valid(b) {
		return nil, false
	}
	return members(m.schema, b)
}

func members(s *schema.Struct, b []byte) (cells []string, ok bool) {
	cells = make([]string, len(s.Fields))
	for i := range cells {
		cells[i] = "null"
	}
	d := stdjson.NewDecoder(bytes.NewReader(b))
	if open, err := d.Token(); err != nil || open != stdjson.Delim('{') {
		return nil, false
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil, false
		}
		var raw stdjson.RawMessage
		if err := d.Decode(&raw); err != nil {
			return nil, false
		}
		for i, f := range s.Fields {
			if f.Name == name {
				if cells[i], ok = oracleValue(f.Type, raw); !ok {
					return nil, false
				}
			}
		}
	}
	return cells, true
}

var integer = regexp.MustCompile(`^-?[0-9]+$`)

func oracleValue(t schema.Type, raw stdjson.RawMessage) (cell string, ok bool) {
	if string(raw) == "null" {
		return "null", true
	}
	switch t := t.(type) {
	case *schema.Struct:
		cells, ok := members(t, raw)
		if !ok {
			return "", false
		}
		out := "{"
		for i, f := range t.Fields {
			if i > 0 {
				out += ","
			}
			out += quote(f.Name) + ":" + cells[i]
		}
		return out + "}", true
	case *schema.Array:
		var all []stdjson.RawMessage
		if err := stdjson.Unmarshal(raw, &all); err != nil {
			return "", false
		}
		out := "["
		for i, e := range all {
			c, ok := oracleValue(t.Element, e)
			if !ok {
				return "", false
			}
			if i > 0 {
				out += ","
			}
			out += c
		}
		return out + "]", true
	}
	switch t {
	case schema.String:
		text := string(raw)
		if raw[0] == '"' && stdjson.Unmarshal(raw, &text) != nil {
			return "", false
		}
		return quote(text), true
	case schema.Long:
		v, err := strconv.ParseInt(string(raw), 10, 64)
		return strconv.FormatInt(v, 10), err == nil && integer.Match(raw)
	case schema.Double:
		var v float64
		if raw[0] == '"' || stdjson.Unmarshal(raw, &v) != nil {
			return "", false
		}
		if v == 0 && integer.Match(raw) {
			v = 0 // as Spark reads -0
		}
		return float(v), true
	}
	return string(raw), string(raw) == "true" || string(raw) == "false"
}

func TestEncodingJSONAgreesOnWhatIsTakenAndWhatItSays(t *testing.T) {
	d, err := json.New(json.Options{Schema: mutants.schema, Strict: true})
	if err != nil {
		t.Fatal(err)
	}
	task := d.NewTask()
	defer task.Close()
	taken, refused := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		r := rand.New(rand.NewSource(rapid.Int64().Draw(t, "seed")))
		for range 100 {
			b := mutants.record(r, 3)
			want, ok := mutants.oracle(b)
			batch, rejected, err := task.Decode(records{{Value: b}})
			if err != nil {
				t.Fatal(err)
			}
			if ok != (len(rejected) == 0) {
				t.Fatalf("%q: rejected %v, should be taken: %v", b, rejected, ok)
			}
			if ok {
				taken++
				for k, got := range row(batch, 0) {
					if got != want[k] {
						t.Fatalf("%q: column %d is %s, want %s", b, k, got, want[k])
					}
				}
			} else {
				refused++
			}
			batch.Release()
		}
	})
	if taken < refused/10 || refused < taken/10 {
		t.Errorf("%d records were taken and %d refused: not much of a test", taken, refused)
	}
}
