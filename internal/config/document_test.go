package config

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

const documentPath = "../../docs/pipeline-file.md"

// keyTypes are the keys of a pipeline file with what the document calls their types.
func keyTypes(t reflect.Type, prefix string, into map[string]string) {
	for f := range t.Fields() {
		switch tag := f.Tag.Get("yaml"); tag {
		case "":
		case inline:
			keyTypes(f.Type, prefix, into)
		default:
			addKey(f.Type, join(prefix, tag), into)
		}
	}
}

func addKey(t reflect.Type, key string, into map[string]string) {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	name, known := map[reflect.Type]string{
		reflect.TypeFor[time.Duration](): "duration", reflect.TypeFor[Bytes](): "size", reflect.TypeFor[Secret](): "secret",
		reflect.TypeFor[OffsetSpec](): "offsets", reflect.TypeFor[Columns](): "list of text",
	}[t]
	switch {
	case known:
		into[key] = name
	case t.Kind() == reflect.Struct:
		keyTypes(t, key, into)
	case t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Struct:
		keyTypes(t.Elem(), key+"[]", into)
	case t.Kind() == reflect.Slice:
		into[key] = "list of text"
	case t.Kind() == reflect.Map:
		into[key] = "map of text"
	case t.Kind() == reflect.Bool:
		into[key] = "true or false"
	case t.Kind() == reflect.String:
		into[key] = "text"
	default:
		into[key] = "number"
	}
}

var row = regexp.MustCompile("(?m)^\\| `([a-z0-9_.\\[\\]]+)` \\| ([a-z ]+) \\| (.*?) \\| .*\\|$")

// documented is the keys of the document, with the columns type and default.
func documented(t *testing.T) (text string, keys map[string][2]string) {
	t.Helper()
	data, err := os.ReadFile(documentPath)
	if err != nil {
		t.Fatal(err)
	}
	keys = map[string][2]string{}
	for _, m := range row.FindAllStringSubmatch(string(data), -1) {
		if _, twice := keys[m[1]]; twice {
			t.Errorf("%s is there twice", m[1])
		}
		keys[m[1]] = [2]string{m[2], m[3]}
	}
	return string(data), keys
}

func TestTheDocumentHasEachKeyWithItsType(t *testing.T) {
	_, doc := documented(t)
	keys := map[string]string{}
	keyTypes(reflect.TypeFor[Query](), "", keys)
	keyTypes(reflect.TypeFor[Storage](), "storage", keys)
	keyTypes(reflect.TypeFor[Server](), "server", keys)
	for _, k := range slices.Sorted(maps.Keys(keys)) {
		got, ok := doc[k]
		if !ok {
			t.Errorf("%s is not in docs/pipeline-file.md", k)
		} else if got[0] != keys[k] && (got[0] != "location" || keys[k] != "text") {
			t.Errorf("%s is %s, the document says %s", k, keys[k], got[0])
		}
		delete(doc, k)
	}
	for _, k := range slices.Sorted(maps.Keys(doc)) {
		t.Errorf("the document has %s, which there is not", k)
	}
}

// TestTheDocumentedDefaultsAreThose writes each default into a file and wants the same as of a file without it.
func TestTheDocumentedDefaultsAreThose(t *testing.T) {
	_, doc := documented(t)
	for key, columns := range doc {
		value := strings.Trim(columns[1], "`")
		if columns[1] != "`"+value+"`" {
			continue // told in words
		}
		if got, want := shape(t, key, value), shape(t, key, ""); got != want {
			t.Errorf("%s: %s makes\n%s\nwithout it is\n%s", key, value, got, want)
		}
	}
}

// shape is what a small file says, with a value at key unless that is empty.
func shape(t *testing.T, key, value string) string {
	t.Helper()
	blocks := map[string]string{
		"source.kafka.tls": "", "source.kafka": `brokers: ["b:1"], topics: [t]`, "format.json": "schema: id INT",
		"sink.delta": "table: t", "sink.console": "", "trigger": "", "": "name: a",
	}
	if key == "source.kafka.ending_offsets" {
		blocks["trigger"] = "once: true"
	}
	parent, name := "", key
	if i := strings.LastIndexByte(key, '.'); i >= 0 {
		parent, name = key[:i], key[i+1:]
	}
	if value != "" {
		blocks[parent] = strings.TrimLeft(blocks[parent]+", "+name+": "+value, ", ")
	}
	sink := "delta: {" + blocks["sink.delta"] + "}"
	if parent == "sink.console" {
		sink = "console: {" + blocks[parent] + "}"
	}
	text := fmt.Sprintf("{%s, source: {kafka: {%s, tls: {%s}}}, format: {json: {%s}}, sink: {%s}, dead_letter: {table: d}, trigger: {%s}}",
		blocks[""], blocks["source.kafka"], blocks["source.kafka.tls"], blocks["format.json"], sink, blocks["trigger"])
	f, err := Parse("f", []byte(text), Environment{})
	if err != nil {
		t.Fatalf("%s\n%v", text, err)
	}
	q := f.Queries[0]
	for _, o := range []*OffsetSpec{&q.Source.Kafka.StartingOffsets, &q.Source.Kafka.EndingOffsets} {
		if o.IsZero() {
			o.Keyword = "latest"
		}
	}
	if q.Trigger.ProcessingTime == nil {
		q.Trigger.ProcessingTime = new(time.Duration)
	}
	out, err := json.MarshalIndent(q, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func TestTheDocumentsExamplesAreValid(t *testing.T) {
	text, _ := documented(t)
	changes, err := os.ReadFile("../../docs/cdc.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(text+string(changes), -1)
	if len(blocks) < 4 {
		t.Fatalf("%d examples", len(blocks))
	}
	env := Environment{Lookup: func(name string) (string, bool) { return "x", name == "KAFKA_PASSWORD" }}
	for _, b := range blocks {
		if _, err := Parse("example", []byte(b[1]), env); err != nil {
			t.Errorf("%s\n%v", b[1], err)
		}
	}
}
