package sample_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/ingestd/ingestd/internal/sample"
)

var start = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func events(t *testing.T, o sample.Options) *sample.Events {
	t.Helper()
	o.Seed, o.Start = 1, start
	e, err := sample.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func lines(t *testing.T, e *sample.Events) []string {
	t.Helper()
	var out bytes.Buffer
	if err := e.Write(t.Context(), &out); err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
}

// line is one of a kind whose records have more than a value.
type line struct {
	Topic      string
	Key, Value json.RawMessage
	Headers    map[string]string
}

func TestChangesAreLinesWithTopicKeyValueAndHeaders(t *testing.T) {
	var tombstones int
	for _, text := range lines(t, events(t, sample.Options{Kind: "debezium", Events: 500})) {
		var l line
		if err := json.Unmarshal([]byte(text), &l); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if l.Topic != "shop.public.customers" && l.Topic != "shop.public.orders" || len(l.Key) < 50 || l.Headers["__debezium.context.connectorName"] != "postgresql" {
			t.Fatal(text)
		}
		if string(l.Value) == "null" {
			tombstones++
		}
	}
	if tombstones == 0 {
		t.Error("no tombstones")
	}
}

func TestRecordsAreThoseOfTheLinesInTopicsByTableAndPartitionsByKey(t *testing.T) {
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1))
	if err != nil {
		t.Fatal(err)
	}
	defer cluster.Close()
	const n = 3_000
	want := map[string][]string{}
	for _, text := range lines(t, events(t, sample.Options{Kind: "debezium", Events: n, Topic: "p"})) {
		var l line
		if err := json.Unmarshal([]byte(text), &l); err != nil {
			t.Fatal(err)
		}
		id := l.Topic + string(l.Key)
		want[id] = append(want[id], string(l.Value))
	}
	if err := sample.Produce(t.Context(), events(t, sample.Options{Kind: "debezium", Events: n, Topic: "p"}), sample.Target{Brokers: cluster.ListenAddrs(), Partitions: 3}, nil); err != nil {
		t.Fatal(err)
	}
	client, err := kgo.NewClient(kgo.SeedBrokers(cluster.ListenAddrs()...), kgo.ConsumeTopics("p.public.customers", "p.public.orders"))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	partitions, used := map[string]int32{}, map[int32]bool{}
	for got := 0; got < n; {
		fetched := client.PollFetches(t.Context())
		if err := fetched.Err(); err != nil {
			t.Fatal(err)
		}
		for r := range fetched.RecordsAll() {
			got++
			used[r.Partition] = true
			key, value := "null", "null"
			if r.Key != nil {
				key = string(r.Key)
			}
			if r.Value != nil {
				value = string(r.Value)
			}
			id := r.Topic + key
			if p, ok := partitions[id]; r.Key != nil && ok && p != r.Partition {
				t.Fatalf("%s is in partitions %d and %d", id, p, r.Partition)
			}
			partitions[id] = r.Partition
			if key == "null" {
				continue // truncations may be in any partition
			}
			if len(want[id]) == 0 || want[id][0] != value || len(r.Headers) < 4 {
				t.Fatalf("%s is %s with %v", id, value, r.Headers)
			}
			want[id] = want[id][1:]
		}
	}
	if len(used) != 3 {
		t.Errorf("partitions %v", used)
	}
}

func TestAnUnknownKindIsRefused(t *testing.T) {
	_, err := sample.New(sample.Options{Kind: "debezum"})
	if err == nil || !strings.Contains(err.Error(), "debezium") {
		t.Error(err)
	}
}
