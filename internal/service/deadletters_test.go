package service

import (
	"context"
	"fmt"
	"log/slog"
	"testing"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/ingestd/ingestd/internal/config"
	"github.com/ingestd/ingestd/table"
)

// pipeline is a pipeline file on a Kafka in this process, with a topic "events" of one partition that holds values.
func pipeline(t *testing.T, schema, dir string, values ...string) (text string, produce func(...string)) {
	t.Helper()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, "events"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	client, err := kgo.NewClient(kgo.SeedBrokers(cluster.ListenAddrs()...), kgo.DefaultProduceTopic("events"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	produce = func(values ...string) {
		for _, v := range values {
			if err := client.ProduceSync(t.Context(), kgo.StringRecord(v)).FirstErr(); err != nil {
				t.Fatal(err)
			}
		}
	}
	produce(values...)
	return fmt.Sprintf("name: q\nsource: {kafka: {brokers: [%q], topics: [events], starting_offsets: earliest}}\nformat: {json: {schema: %q}}\nsink: {delta: {table: %q}}\ntrigger: {available_now: true}\n",
		cluster.ListenAddrs()[0], schema, dir+"/t"), produce
}

func load(t *testing.T, text string) (*config.File, Builder) {
	t.Helper()
	f, err := config.Parse("p.yaml", []byte(text), config.OS())
	if err != nil {
		t.Fatal(err)
	}
	return f, Builder{Logger: slog.New(slog.DiscardHandler)}
}

func run(t *testing.T, f *config.File) {
	t.Helper()
	if err := (Run{File: f, Logger: slog.New(slog.DiscardHandler)}).Do(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func replay(t *testing.T, f *config.File, b Builder) {
	t.Helper()
	q, err := b.Replay(t.Context(), f.Queries[0])
	if err != nil {
		t.Fatal(err)
	}
	if q == nil {
		return
	}
	if err := q.Run(context.WithoutCancel(t.Context())); err != nil {
		t.Fatal(err)
	}
}

func rows(t *testing.T, dir string) (n int64) {
	t.Helper()
	tab, err := Tables{}.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	for rec, err := range tab.Scan(t.Context(), table.ScanOptions{}) {
		if err != nil {
			t.Fatal(err)
		}
		n += rec.NumRows()
		rec.Release()
	}
	return n
}

func waiting(t *testing.T, b Builder, f *config.File, all bool) (reasons []string) {
	t.Helper()
	for letters, err := range b.Waiting(t.Context(), f.Queries[0], all) {
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range letters {
			reasons = append(reasons, string(l.Record.Value))
		}
	}
	return reasons
}

func TestDeadLettersAreReplayedOnceAfterThePipelineWasMended(t *testing.T) {
	dir := t.TempDir()
	text, produce := pipeline(t, "id INT", dir, `{"id":1}`, `{"id":"two"}`, `{"id":3000000000}`, `nonsense`)
	f, b := load(t, text)
	if got := waiting(t, b, f, false); got != nil {
		t.Errorf("before the first run there are %q", got)
	}
	run(t, f)
	if n, w := rows(t, dir+"/t"), waiting(t, b, f, false); n != 1 || len(w) != 3 {
		t.Fatalf("%d rows, dead letters %q", n, w)
	}
	replay(t, f, b) // nothing was mended: all three are refused again
	if n, w := rows(t, dir+"/t"), waiting(t, b, f, false); n != 1 || len(w) != 3 {
		t.Fatalf("after a useless replay: %d rows, dead letters %q", n, w)
	}
	mended, b := load(t, text)
	mended.Queries[0].Format.JSON.Schema = "id INT, other STRING"
	mended.Queries[0].Format.JSON.OnError = "rescue"
	mended.Queries[0].Sink.Delta.MergeSchema = true
	replay(t, mended, b)
	if n, w := rows(t, dir+"/t"), waiting(t, b, mended, false); n != 3 || len(w) != 1 || w[0] != "nonsense" {
		t.Fatalf("after the mend: %d rows, dead letters %q", n, w)
	}
	produce(`{"id":4}`, `bad again`)
	run(t, f)
	replay(t, f, b)
	replay(t, f, b)
	if n, w, all := rows(t, dir+"/t"), waiting(t, b, f, false), waiting(t, b, f, true); n != 4 || len(w) != 2 || len(all) < 5 {
		t.Errorf("at the end: %d rows, dead letters %q of %q", n, w, all)
	}
}
