package shopdb

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

var start = time.Date(2026, 1, 2, 23, 59, 50, 123_456_789, time.UTC)

// recorded are the records that Debezium 3.6 sent of a real database.
func recorded(t *testing.T) (records []Event) {
	t.Helper()
	f, err := os.Open("../../stream/format/debezium/testdata/plain-schemas.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var r struct {
			Topic      string
			Key, Value *string
			Headers    json.RawMessage
		}
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			t.Fatal(err)
		}
		e := Event{Topic: r.Topic}
		if r.Key != nil {
			e.Key = []byte(strings.ReplaceAll(*r.Key, "The Id", "id"))
		}
		if r.Value != nil {
			e.Value = []byte(*r.Value)
		}
		d := json.NewDecoder(bytes.NewReader(r.Headers))
		for d.More() {
			name, _ := d.Token()
			if name == json.Delim('{') {
				continue
			}
			value, _ := d.Token()
			e.Headers = append(e.Headers, Header{name.(string), value.(string)})
		}
		records = append(records, e)
	}
	if lines.Err() != nil || len(records) < 100 {
		t.Fatal(len(records), lines.Err())
	}
	return records
}

func TestSchemasOfColumnsAreWrittenAsRecorded(t *testing.T) {
	var all bytes.Buffer
	for _, r := range recorded(t) {
		all.Write(r.Value)
	}
	for _, c := range []column{
		{name: "id", kind: bigint, notNull: true}, {name: "a_bigint", kind: bigint}, {name: "a_text", kind: text}, {name: "name", kind: text, notNull: true},
		{name: "price", kind: numeric, precision: 10, notNull: true, fallback: `"A+c="`}, {name: "numeric_10_2", kind: numeric, precision: 10},
		{name: "a_boolean", kind: boolean}, {name: "a_date", kind: date}, {name: "a_jsonb", kind: jsonb}, {name: "timestamp_6", kind: timestamp},
		{name: "added", kind: timestamptz, notNull: true, fallback: `"2024-01-01T00:00:00.000000Z"`},
	} {
		if s := c.schema(); !bytes.Contains(all.Bytes(), []byte(s)) && c.name != "id" { // ids are integers there
			t.Errorf("%s was never recorded", s)
		}
	}
}

// shape is what all events of one kind have in common: all but rows, names of tables, and numbers.
func shape(t *testing.T, e Event) string {
	t.Helper()
	text := "key " + skeleton(t, e.Key) + "\nvalue " + skeleton(t, e.Value) + "\n"
	for _, h := range e.Headers {
		text += h.Name + "\n"
	}
	return text
}

// skeleton is JSON with its members in their order, without what differs from table to table and from event to event.
func skeleton(t *testing.T, text []byte) string {
	t.Helper()
	if text == nil {
		return "none"
	}
	d := json.NewDecoder(bytes.NewReader(text))
	var out strings.Builder
	var walk func(path string)
	walk = func(path string) {
		token, err := d.Token()
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		switch v := token.(type) {
		case json.Delim:
			out.WriteString(v.String())
			for n := 0; d.More(); n++ {
				at := fmt.Sprintf("%s/%d", path, n)
				if v == '{' {
					name, _ := d.Token()
					at = fmt.Sprintf("%s/%s", path, name)
				}
				if columns.MatchString(at) {
					var skipped any
					_ = d.Decode(&skipped)
					out.WriteString(at + fmt.Sprint(skipped != nil) + "\n")
					continue
				}
				out.WriteString(at + " ")
				walk(at)
			}
			end, _ := d.Token()
			fmt.Fprintln(&out, end)
		case string:
			fmt.Fprintln(&out, varying.ReplaceAllString(v, "x"))
		case float64:
			out.WriteString("number\n")
		default:
			fmt.Fprintln(&out, v)
		}
	}
	walk("")
	return strings.Replace(out.String(), `[null,"x"]`, `["x","x"]`, 1) // before any commit there is none
}

var (
	columns = regexp.MustCompile(`^(/schema/fields/[01]/fields|/payload/before|/payload/after|/payload/id|/payload/source/(name|db|schema|table))$`)
	varying = regexp.MustCompile(`\d+|[\w.]+\.(Value|Key|Envelope)$`)
)

// kindOf says what an event is.
func kindOf(e Event) string {
	kind := "tombstone"
	if e.Value != nil {
		var payload struct {
			Op     string
			Source struct{ Snapshot string }
		}
		_, text, _ := bytes.Cut(e.Value[:len(e.Value)-1], []byte(`,"payload":`))
		if json.Unmarshal(text, &payload) != nil {
			return "no JSON"
		}
		kind = payload.Op + " " + payload.Source.Snapshot
	}
	for _, h := range e.Headers {
		if name, ok := strings.CutPrefix(h.Name, "__debezium."); ok && strings.HasSuffix(name, "key") {
			kind += " " + name
		}
	}
	return kind
}

func TestEventsOfEachKindHaveTheShapeOfRecordedOnes(t *testing.T) {
	theirs := map[string]map[string]bool{}
	for _, e := range recorded(t) {
		table := e.Topic[strings.LastIndexByte(e.Topic, '.')+1:]
		if table != "items" && table != "emptied" && table != "times" && table != "odd_times" && table != "Table__1" && table != "numbers" {
			continue
		}
		kind := kindOf(e)
		if theirs[kind] == nil {
			theirs[kind] = map[string]bool{}
		}
		theirs[kind][shape(t, e)] = true
	}
	d, ours := New(1, start, "shop"), map[string]int{}
	for range 60_000 {
		if len(ours) == len(theirs) {
			break
		}
		e, _ := d.Next(nil)
		kind := kindOf(e)
		if ours[kind]++; ours[kind] > 5 {
			continue
		}
		if s := shape(t, e); !theirs[kind][s] {
			t.Fatalf("%s:\n%s\nand recorded were %v", kind, s, slices.Collect(maps.Keys(theirs[kind])))
		}
	}
	for kind := range theirs {
		if ours[kind] == 0 {
			t.Errorf("no %s in %v", kind, ours)
		}
	}
}
