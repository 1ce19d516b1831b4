//go:build integration

package parts

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"
)

func TestSparkJobLandsATopic(t *testing.T) {
	broker := SharedKafka(t)
	topic := broker.Topic(t, 2)
	client := broker.Client(t, kgo.DefaultProduceTopic(topic))
	for i := range 1000 {
		client.Produce(t.Context(), kgo.StringRecord(fmt.Sprintf(`{"id":%d,"note":"it's"}`, i)), nil)
	}
	if err := client.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	job := SparkJob{
		Brokers: broker.Addr, Topic: topic, Schema: "id INT, note STRING COMMENT 'why'",
		Select: []string{"*", "id % 2 AS odd"}, PartitionBy: []string{"odd"},
		Table: filepath.Join(dir, "table"), Checkpoint: filepath.Join(dir, "checkpoint"),
	}
	result, err := job.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if result.InputRows != 1000 || result.Elapsed <= 0 || result.PeakRSS < 100<<20 {
		t.Errorf("measured %+v", result)
	}
	got, err := DuckDB(t).SQL(t.Context(), "SELECT count(*) n, sum(odd)::BIGINT odd FROM delta_scan('"+job.Table+"')")
	if err != nil {
		t.Fatal(err)
	}
	if row := fmt.Sprint(got.Rows); row != "[[1000 500]]" {
		t.Errorf("landed %s", row)
	}
}
