package service

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/ingestd/ingestd/internal/config"
)

// check parses and checks a file; the text is all that is wrong, one line each.
func check(t *testing.T, text string) error {
	t.Helper()
	f, err := config.Parse("p.yaml", []byte(text), config.OS())
	if err != nil {
		t.Fatal(err)
	}
	return Check(t.Context(), f)
}

const checked = `name: q
source:
  kafka:
    brokers: ["b:1"]
    topics: [t]
    KAFKA: x
format:
  json:
    schema: SCHEMA
operators:
  - sql: SELECT * FROM input
  - sql: QUERY
sink:
  delta:
    table: t
    partition_by: [BY]
`

func TestWhatIsWrongStandsAtItsLine(t *testing.T) {
	for _, tt := range []struct{ schema, query, by, kafka, want string }{
		{"id INT, ts TIMESTAMP", "SELECT *, CAST(ts AS DATE) AS day FROM input", "day", "rack: x", ""},
		{"id INT", "SELECT id FROM input", "ID", "rack: x", ""},
		{"id INT", "SELECT idd FROM input", "id", "rack: x", `p.yaml:12:10: operators[1].sql: SQL at line 1, column 8: no column "idd"; did you mean "id"?`},
		{"id INT", "SELECT id AS x FROM input", "id", "rack: x", "p.yaml:16:20: sink.delta.partition_by[0]: there is no column id; one of x"},
		{"id INT", "SELECT FROM", "id", "rack: x", "p.yaml:12:10: operators[1].sql: SQL"},
		{"id INT", "DELETE FROM input", "id", "rack: x", "p.yaml:12:10: operators[1].sql: SQL"},
		{"m MAP<INT, STRING>", "SELECT * FROM input", "m", "rack: x", "p.yaml:9:13: format.json.schema: format json: column m: "},
		{"id INT", "SELECT * FROM input", "id", "options: {client.rack: x}", "p.yaml:6:28: source.kafka.options.client.rack: use rack instead"},
		{"id INT", "SELECT * FROM input", "id", "options: {fetch.max.bites: 1}", "p.yaml:6:32: source.kafka.options.fetch.max.bites: not known; "},
		{"id INT", "SELECT * FROM input", "id", "tls: {ca_file: /no/such/file}", "p.yaml:4:5: source.kafka: kafka source: tls ca: "},
	} {
		err := check(t, strings.NewReplacer("SCHEMA", tt.schema, "QUERY", tt.query, "BY", tt.by, "KAFKA: x", tt.kafka).Replace(checked))
		var bad *config.Error
		switch {
		case tt.want == "" && err == nil:
		case !errors.As(err, &bad) || tt.want == "" || !strings.HasPrefix(err.Error(), tt.want) || strings.Contains(err.Error(), "\n"):
			t.Errorf("%s; %s:\ngot  %v\nwant %s", tt.schema, tt.query, err, tt.want)
		}
	}
}

func TestTheWrongOfAllQueriesComesAtOnce(t *testing.T) {
	one := strings.NewReplacer("SCHEMA", "id INT", "QUERY", "SELECT nope FROM input", "[BY]", "[id]", "KAFKA: x", "rack: x").Replace(checked)
	two := strings.Replace(one, "name: q", "name: r", 1)
	text := "queries:\n  - " + strings.ReplaceAll(one, "\n", "\n    ") + "\n  - " + strings.ReplaceAll(two, "\n", "\n    ")
	err := check(t, text)
	if err == nil || strings.Count(err.Error(), "\n") != 1 || !strings.Contains(err.Error(), ": queries[1].operators[1].sql: ") {
		t.Error(err)
	}
}

func TestAStaticTableThatIsAwayIsNotTheFilesFault(t *testing.T) {
	text := strings.NewReplacer("SCHEMA", "id INT", "QUERY", "SELECT * FROM input JOIN delta('/no/such/table') USING (id)", "BY", "id", "KAFKA: x", "rack: x").Replace(checked)
	err := check(t, text)
	var bad *config.Error
	if err == nil || errors.As(err, &bad) || !notATable(err) || !strings.HasPrefix(err.Error(), "query q: operators[1].sql: ") {
		t.Error(err)
	}
}

func TestCheckingTouchesNothing(t *testing.T) {
	dir := t.TempDir()
	text := strings.NewReplacer("SCHEMA", "id INT", "QUERY", "SELECT * FROM input", "BY", "id", "KAFKA: x", "rack: x", "table: t", "table: "+dir+"/t").Replace(checked)
	if err := check(t, text); err != nil {
		t.Fatal(err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 0 {
		t.Errorf("there are %v, %v", entries, err)
	}
}

func TestALocationNamesPartsThatChangesHave(t *testing.T) {
	const many = `name: q
source: {kafka: {brokers: ["b:1"], topics: [t]}}
format: {debezium: {}}
sink:
  delta:
    table: LOCATION
checkpoint_location: c
`
	for location, want := range map[string]string{
		"l/{schema}/{table}": "",
		"l/{shcema}/{table}": "p.yaml:6:12: sink.delta.table: table l/{shcema}/{table}: there is no {shcema}; there are {topic}, ",
		"l/{table":           "p.yaml:6:12: sink.delta.table: table l/{table: a { is not closed",
	} {
		err := check(t, strings.Replace(many, "LOCATION", location, 1))
		if want == "" && err != nil || want != "" && (err == nil || !strings.HasPrefix(err.Error(), want)) {
			t.Errorf("%s: %v", location, err)
		}
	}
}
