package debezium

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/ingestd/ingestd/stream"
)

var update = flag.Bool("update", false, "write what recorded events decode to")

// recorded is a line of a file of events as a connector sent them. A null key or value is null in Kafka.
type recorded struct {
	Key       json.RawMessage   `json:"key"`
	Value     json.RawMessage   `json:"value"`
	Headers   map[string]string `json:"headers"`
	Topic     string            `json:"topic"`
	Partition int32             `json:"partition"`
	Offset    int64             `json:"offset"`
}

// readRecorded reads testdata/recorded/*.jsonl: a record a line, in the order in which they were in their topics.
func readRecorded(t *testing.T, path string) (recs records) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(bytes.NewReader(data))
	lines.Buffer(nil, 64<<20)
	bytesOf := func(raw json.RawMessage) []byte {
		if len(raw) == 0 || string(raw) == "null" {
			return nil
		}
		return raw
	}
	for n := 1; lines.Scan(); n++ {
		if len(lines.Bytes()) == 0 {
			continue
		}
		var r recorded
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			t.Fatalf("%s:%d: %v", path, n, err)
		}
		rec := stream.Record{Key: bytesOf(r.Key), Value: bytesOf(r.Value), Topic: r.Topic, Partition: r.Partition, Offset: r.Offset}
		for _, k := range slices.Sorted(maps.Keys(r.Headers)) {
			rec.Headers = append(rec.Headers, stream.Header{Key: k, Value: []byte(r.Headers[k])})
		}
		recs = append(recs, rec)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return recs
}

// Events that connectors sent decode to what stands beside them; run with -update to see what changes.
func TestRecordedEvents(t *testing.T) {
	files, err := filepath.Glob("testdata/recorded/*.jsonl")
	if err != nil || len(files) == 0 {
		t.Fatal("no recorded events", err)
	}
	for _, path := range files {
		t.Run(filepath.Base(path), func(t *testing.T) {
			d, task := newTask(t, Options{})
			var out strings.Builder
			for _, recs := range partitions(readRecorded(t, path)) {
				got := decodeWith(t, task, recs)
				fmt.Fprintf(&out, "== %s/%d\n%s", recs[0].Topic, recs[0].Partition, got.golden())
			}
			fmt.Fprintf(&out, "passed over: %d\n", d.Passed())
			golden := strings.TrimSuffix(path, ".jsonl") + ".golden"
			if *update {
				if err := os.WriteFile(golden, []byte(out.String()), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if out.String() != string(want) {
				t.Errorf("%s\nwant\n%s", out.String(), want)
			}
		})
	}
}

// partitions are the records of each partition, in the order of their first.
func partitions(recs records) (all []records) {
	index := map[string]int{}
	for _, r := range recs {
		name := fmt.Sprintf("%s/%d", r.Topic, r.Partition)
		if _, ok := index[name]; !ok {
			index[name] = len(all)
			all = append(all, nil)
		}
		all[index[name]] = append(all[index[name]], r)
	}
	return all
}

// golden is batches, rows and reasons as text.
func (d *decoded) golden() string {
	var b strings.Builder
	row := 0
	for i, batch := range d.batches {
		fmt.Fprintf(&b, "batch of %+v, keys %v\n", batch.Origin, batch.Keys)
		for _, c := range batch.Columns {
			dt := c.Type
			if d, ok := dt.(*arrow.DictionaryType); ok { // texts are dictionaries where it pays
				dt = d.ValueType
			}
			fmt.Fprintf(&b, "  %s %s\n", c.Name, dt)
		}
		for range d.counts[i] {
			fmt.Fprintf(&b, "%s\n  sequence %s", strings.Join(d.rows[row], " "), hex.EncodeToString([]byte(d.sequence[row])))
			if d.unknown[row] != "" {
				fmt.Fprintf(&b, ", unavailable %s", d.unknown[row])
			}
			b.WriteByte('\n')
			row++
		}
	}
	for _, r := range d.reasons {
		fmt.Fprintf(&b, "rejected %s\n", r)
	}
	return b.String()
}
