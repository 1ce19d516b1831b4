package service

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/ingestd/ingestd/internal/config"
	"github.com/ingestd/ingestd/table"
)

const recordings = "../../stream/format/debezium/testdata"

// recorded is a record as the recordings have it.
type recorded struct {
	Topic      string
	Partition  int32
	Offset     int64
	Key, Value *string
	Headers    map[string]string
}

// replay produces what was recorded of a connector, and gives the topics.
func (b *broker) replay(name string) []string {
	b.t.Helper()
	f, err := os.Open(filepath.Join(recordings, name+".jsonl"))
	if err != nil {
		b.t.Fatal(err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 64<<20)
	made := map[string]bool{}
	var topics []string
	for lines.Scan() {
		var r recorded
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			b.t.Fatal(err)
		}
		if !made[r.Topic] {
			made[r.Topic], topics = true, append(topics, r.Topic)
			b.topic(r.Topic, 1)
		}
		rec := &kgo.Record{Topic: r.Topic}
		if r.Key != nil {
			rec.Key = []byte(*r.Key)
		}
		if r.Value != nil {
			rec.Value = []byte(*r.Value)
		}
		for k, v := range r.Headers {
			rec.Headers = append(rec.Headers, kgo.RecordHeader{Key: k, Value: []byte(v)})
		}
		if err := b.client.ProduceSync(b.t.Context(), rec).FirstErr(); err != nil {
			b.t.Fatal(err)
		}
	}
	return topics
}

// truth is what PostgreSQL says of its tables: how many rows each has.
func truth(t *testing.T, name string) map[string]int64 {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(recordings, name+".rows.json"))
	if err != nil {
		t.Fatal(err)
	}
	var at map[string]map[string]struct{ Rows [][]*string }
	if err := json.Unmarshal(data, &at); err != nil {
		t.Fatal(err)
	}
	out := map[string]int64{}
	for table, x := range at["after"] {
		out[table] = int64(len(x.Rows))
	}
	return out
}

func cdcFile(t *testing.T, b *broker, dir, pattern, rest string) *config.File {
	t.Helper()
	text := fmt.Sprintf(`
name: shop
source: {kafka: {brokers: [%q], topic_pattern: %q, starting_offsets: earliest}}
format: {debezium: {}}
sink: {delta: {table: %q, mode: cdc}}
trigger: {available_now: true}
checkpoint_location: %s/_checkpoint
%s`, b.addr, pattern, dir+"/{topic}", dir, rest)
	f, err := config.Parse("shop.yaml", []byte(text), config.Environment{})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// odd are tables with values that no column can hold, or without a key.
func odd(table string) bool {
	return strings.Contains(table, "odd_") || strings.HasSuffix(table, "no_key")
}

// unsaid are tables of which flattened events do not tell all: ExtractNewRecordState leaves truncations out.
func unsaid(recording, table string) bool {
	return strings.HasPrefix(recording, "flat") && strings.HasSuffix(table, "emptied")
}

func TestRecordedChangesMakeTheTablesThatPostgreSQLHas(t *testing.T) {
	names, err := filepath.Glob(recordings + "/*-schemas.jsonl")
	if err != nil || len(names) == 0 {
		t.Fatal(err)
	}
	for _, path := range names {
		name := strings.TrimSuffix(filepath.Base(path), ".jsonl")
		t.Run(name, func(t *testing.T) {
			b, dir := newBroker(t), t.TempDir()
			topics := b.replay(name)
			prefix, _, _ := strings.Cut(topics[0], ".")
			f := cdcFile(t, b, dir, prefix+`\..*`, "")
			run(t, f)
			for of, want := range truth(t, name) {
				if odd(of) || unsaid(name, of) {
					continue
				}
				topic := prefix + "." + strings.NewReplacer(" ", "_", "$", "_").Replace(of)
				tab, err := (Tables{}).Open(t.Context(), dir+"/"+topic)
				if err != nil {
					t.Errorf("%s: %v", of, err)
					continue
				}
				if got := rows(t, tab.Location()); got != want {
					t.Errorf("%s: %d rows, want %d", of, got, want)
				}
				if of == "public.items" {
					largeValuesStay(t, tab)
				}
			}
			run(t, f)
			for l, err := range (Builder{}).Waiting(t.Context(), f.Queries[0], true) {
				if err != nil {
					t.Fatal(err)
				}
				for _, d := range l {
					if odd(d.Record.Topic) {
						continue
					}
					t.Errorf("dead letter %s/%d@%d: %s", d.Record.Topic, d.Record.Partition, d.Record.Offset, d.Reason)
				}
			}
		})
	}
}

// largeValuesStay looks at the row whose key was changed, while the values that lie outside of it were not, so that no event told of them.
func largeValuesStay(t *testing.T, tab *table.Table) {
	t.Helper()
	for rec, err := range tab.Scan(t.Context(), table.ScanOptions{Columns: []string{"id", "large_text", "large_bytea", "large_ints"}}) {
		if err != nil {
			t.Fatal(err)
		}
		for i := range int(rec.NumRows()) {
			if rec.Column(0).ValueStr(i) == "20" && (rec.Column(1).IsNull(i) || rec.Column(2).IsNull(i) || rec.Column(3).IsNull(i)) {
				t.Error("the row with the new key has lost its large values")
			}
		}
		rec.Release()
	}
}
