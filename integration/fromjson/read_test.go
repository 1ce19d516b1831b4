//go:build integration

package fromjson

import (
	"slices"
	"strconv"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/ingestd/ingestd/integration/parts"
	"github.com/ingestd/ingestd/stream"
	"github.com/ingestd/ingestd/stream/format/json"
	"github.com/ingestd/ingestd/txlog/schema"
)

// A group is records that are read with one schema.
type group struct {
	Schema  string   `json:"schema"` // DDL
	Records [][]byte `json:"records"`
}

// An answer is what a reader makes of a record: a row in the canonical form, or a reason why there is none.
type answer struct {
	cells  []string
	reason string // "" for a row
}

func (a answer) equal(b answer) bool {
	return (a.reason == "") == (b.reason == "") && (a.reason != "" || slices.Equal(a.cells, b.cells))
}

// sparkReads is from_json with its default options, PERMISSIVE, over all groups. A record is malformed where Spark
// puts it into the column of corrupt records.
const sparkReads = `
import base64
from pyspark.sql import functions as F
result = []
for g in groups:
    records = [base64.b64decode(r) for r in g["records"]]
    df = spark.createDataFrame(pa.table({"id": pa.array(range(len(records)), pa.int32()), "value": pa.array(records, pa.binary())}))
    ddl = (g["schema"] + ", _corrupt STRING").replace("\\", "\\\\").replace("'", "\\'")
    rows = df.selectExpr("id", f"from_json(CAST(value AS STRING), '{ddl}', map('columnNameOfCorruptRecord', '_corrupt')) AS r")
    result.append(canon.table(rows.selectExpr("id", "r.*").withColumn("_corrupt", F.isnotnull("_corrupt")).toArrow()))
`

// spark reads all groups; the answers are in the order of the records.
func spark(t *testing.T, groups []group) [][]answer {
	t.Helper()
	var read []parts.Rows
	if err := parts.Spark(t).Exec(t.Context(), sparkReads, map[string]any{"groups": groups}, &read); err != nil {
		t.Fatal(err)
	}
	answers := make([][]answer, len(groups))
	for g, rows := range read {
		answers[g] = make([]answer, len(groups[g].Records))
		if len(rows.Rows) != len(answers[g]) {
			t.Fatalf("%s: Spark made %d rows of %d records", groups[g].Schema, len(rows.Rows), len(answers[g]))
		}
		for _, row := range rows.Rows {
			id, err := strconv.Atoi(row[0])
			if err != nil {
				t.Fatal(err)
			}
			last := len(row) - 1
			answers[g][id] = answer{cells: row[1:last]}
			if row[last] == "true" {
				answers[g][id] = answer{reason: "malformed"}
			}
		}
	}
	return answers
}

// ours reads one group with package json, all records in one chunk.
func ours(t *testing.T, g group) []answer {
	t.Helper()
	ddl, err := schema.ParseDDL(g.Schema)
	if err != nil {
		t.Fatalf("%s: %v", g.Schema, err)
	}
	d, err := json.New(json.Options{Schema: ddl})
	if err != nil {
		t.Fatalf("%s: %v", g.Schema, err)
	}
	task := d.NewTask()
	defer task.Close()
	batch, rejected, err := task.Decode(records(g.Records))
	if err != nil {
		t.Fatalf("%s: %v", g.Schema, err)
	}
	defer batch.Release()
	answers := make([]answer, len(g.Records))
	for _, r := range rejected {
		answers[r.Record.Offset].reason = r.Reason
	}
	row := 0
	for i := range answers {
		if answers[i].reason == "" {
			answers[i].cells = cells(batch, row)
			row++
		}
	}
	if row != int(batch.NumRows()) {
		t.Fatalf("%s: %d records, %d rejected, but %d rows", g.Schema, len(answers), len(rejected), batch.NumRows())
	}
	return answers
}

func cells(batch arrow.RecordBatch, row int) []string {
	one := batch.NewSlice(int64(row), int64(row)+1)
	defer one.Release()
	return parts.Canon(batch.Schema(), one).Rows[0]
}

// records are stream.Records with an offset each.
type records [][]byte

func (r records) Len() int { return len(r) }

func (r records) At(i int) stream.Record { return stream.Record{Value: r[i], Offset: int64(i)} }
