package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/ingestd/ingestd/internal/demo"
	"github.com/ingestd/ingestd/internal/sample"
)

// world is what the scripts find: in their folder a table (demo-table, 3 versions and more, 2000 events) and a
// pipeline file (events.yaml), at $KAFKA a broker of their own with the topic events in two partitions, which holds 500
// shop events and 3 records that are none.
type world struct{ table string }

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{table: filepath.Join(t.TempDir(), "demo-table")}
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	r, err := demo.Run(t.Context(), demo.Options{Events: 2000, Table: w.table, Partitions: 2, Seed: 7, Start: start, Name: "demo",
		Stopping: make(chan struct{}), Logger: slog.New(slog.DiscardHandler)})
	if err != nil || r.Events != 2000 {
		t.Fatalf("the demo committed %d events: %v", r.Events, err)
	}
	return w
}

// pipeline is events.yaml.
const pipeline = `name: events
source:
  kafka: {brokers: ["%s"], topics: [events], starting_offsets: earliest}
format:
  json:
    schema: event_id STRING NOT NULL, timestamp TIMESTAMP, user_id STRING, event_type STRING, product_id STRING,
            product_name STRING, category STRING, price DOUBLE, quantity INT
    metadata: [topic, partition, offset]
operators:
  - sql: SELECT *, CAST(timestamp AS DATE) AS date FROM input
sink:
  delta: {table: lake/events, partition_by: [date]}
trigger: {available_now: true}
`

func (w *world) setup(env *testscript.Env) error {
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(2, "events"))
	if err != nil {
		return err
	}
	env.Defer(cluster.Close)
	env.Values[clusterKey{}] = cluster
	broker := cluster.ListenAddrs()[0]
	env.Setenv("KAFKA", broker)
	env.Setenv("GORACE", "atexit_sleep_ms=0") // a second for each command otherwise
	env.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	events, err := sample.New(sample.Options{Kind: "shop", Events: 500, Seed: 7, Start: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)})
	if err != nil {
		return err
	}
	ctx := context.Background()
	if err := sample.Produce(ctx, events, sample.Target{Brokers: cluster.ListenAddrs()}, nil); err != nil {
		return err
	}
	if err := produce(ctx, broker, "events", "not JSON", `{"price": 1}`, `{"event_id": "x", "price": "much"}`); err != nil {
		return err
	}
	if err := os.CopyFS(filepath.Join(env.WorkDir, "demo-table"), os.DirFS(w.table)); err != nil {
		return err
	}
	file := filepath.Join(env.WorkDir, "events.yaml")
	if _, err := os.Stat(file); err == nil {
		return nil // the script brings its own
	}
	return os.WriteFile(file, fmt.Appendf(nil, pipeline, broker), 0o644)
}

type clusterKey struct{}

// produce sends values to partition 0 of a topic.
func produce(ctx context.Context, broker, topic string, values ...string) error {
	client, err := kgo.NewClient(kgo.SeedBrokers(broker), kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.AllowAutoTopicCreation())
	if err != nil {
		return err
	}
	defer client.Close()
	records := make([]*kgo.Record, len(values))
	for i, v := range values {
		records[i] = &kgo.Record{Topic: topic, Value: []byte(v)}
	}
	return client.ProduceSync(ctx, records...).FirstErr()
}

// commands are those of the scripts beside testscript's own:
//
//	exits CODE COMMAND...   runs a command that ends with this code
//	produce TOPIC FILE      sends the lines of a file to partition 0 of a topic
//	stall                   lets the broker answer no fetch from now on; stalled waits for the first one
//	awaits FILE TEXT        waits until a file that a command in the background writes has the text
//	terminate               sends SIGTERM to the commands in the background
//	same DIR DIR            compares two folders, byte for byte
func (w *world) commands() map[string]func(*testscript.TestScript, bool, []string) {
	return map[string]func(*testscript.TestScript, bool, []string){
		"exits":     exits,
		"produce":   produceFile,
		"stall":     stall,
		"stalled":   stalled,
		"awaits":    awaits,
		"terminate": terminate,
		"same":      same,
	}
}

func produceFile(ts *testscript.TestScript, _ bool, args []string) {
	lines := strings.Split(strings.TrimRight(ts.ReadFile(args[1]), "\n"), "\n")
	ts.Check(produce(context.Background(), ts.Getenv("KAFKA"), args[0], lines...))
}
