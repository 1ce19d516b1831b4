//go:build integration

package engines

import (
	"math/rand/v2"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/ingestd/ingestd/integration/parts"
	"github.com/ingestd/ingestd/table"
)

func TestOthersReadEveryTypeThatWeWrite(t *testing.T) {
	dir, s := folder(t), arrowSchema(t, everyType)
	tab := create(t, dir, table.CreateOptions{Schema: ddl(t, everyType)})
	want := []parts.Rows{parts.Canon(s)}
	agree(t, "empty", dir, want[0])
	r := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{60, 1, 300} {
		batch := randomRows(r, s, n)
		add(t, tab, table.AppendOptions{}, batch)
		want = append(want, joined(want[len(want)-1], parts.Canon(s, batch)))
		batch.Release()
	}
	for v := range want {
		agree(t, "every type", dir, want[v], parts.AtVersion(int64(v)))
	}
}

func TestOthersReadManySmallFiles(t *testing.T) {
	const columns = "id BIGINT NOT NULL, text STRING, list ARRAY<STRING>"
	dir, s := folder(t), arrowSchema(t, columns)
	tab := create(t, dir, table.CreateOptions{Schema: ddl(t, columns)})
	r := rand.New(rand.NewPCG(3, 4))
	var batches []arrow.RecordBatch
	for range 40 {
		batches = append(batches, randomRows(r, s, 500))
	}
	o := table.AppendOptions{WriteOptions: table.WriteOptions{TargetFileSize: 8 << 10, Parallelism: 2, RowsPerSlot: 1000}}
	if c := add(t, tab, o, batches...); c.Files < 10 {
		t.Errorf("%d files: not many", c.Files)
	}
	agree(t, "many files", dir, parts.Canon(s, batches...))
}

func TestOthersReadWhatDescribesATable(t *testing.T) {
	dir := folder(t)
	create(t, dir, table.CreateOptions{
		Schema: ddl(t, "id INT COMMENT 'it''s \"quoted\"', `a.b` STRING NOT NULL"), PartitionBy: []string{"id"}, Name: "née", Description: "What it\nis",
		Properties: map[string]string{"delta.appendOnly": "true", "owner": "me & \"you\""},
	})
	var spark map[string]any
	if err := parts.Spark(t).Exec(t.Context(), "d = DeltaTable.forPath(spark, path).detail().collect()[0]\n"+
		"f = spark.read.format('delta').load(path).schema\n"+
		"result = {'name': d.name, 'description': d.description, 'properties': d.properties, 'partitions': d.partitionColumns, 'comment': f['id'].metadata.get('comment')}",
		map[string]any{"path": dir}, &spark); err != nil {
		t.Fatal(err)
	}
	var rs map[string]any
	if err := parts.DeltaRS(t).Exec(t.Context(), "d = DeltaTable(path)\nm = d.metadata()\n"+
		"result = {'name': m.name, 'description': m.description, 'properties': m.configuration, 'partitions': m.partition_columns, 'comment': d.schema().fields[0].metadata.get('comment')}",
		map[string]any{"path": dir}, &rs); err != nil {
		t.Fatal(err)
	}
	for engine, got := range map[string]map[string]any{"spark": spark, "delta-rs": rs} {
		properties, _ := got["properties"].(map[string]any)
		if got["name"] != "née" || got["description"] != "What it\nis" || got["comment"] != `it's "quoted"` || properties["owner"] != `me & "you"` || properties["delta.appendOnly"] != "true" {
			t.Errorf("%s: %v", engine, got)
		}
	}
}
