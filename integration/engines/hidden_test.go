//go:build integration

package engines

import (
	"fmt"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/ingestd/ingestd/integration/parts"
	"github.com/ingestd/ingestd/table"
	"github.com/ingestd/ingestd/txlog"
)

// TestOthersDoNotSeeSequences writes files with a hidden column of sequences beside files without one. The others read, and Spark
// changes, the table as if it were not there; what Spark leaves where it is keeps its sequence.
func TestOthersDoNotSeeSequences(t *testing.T) {
	const columns = "id BIGINT, text STRING, s STRUCT<a: INT, l: ARRAY<STRING>>"
	for _, mode := range []string{"none", "name", "id"} {
		for _, vectors := range []string{"false", "true"} {
			t.Run(fmt.Sprintf("mapping %s, deletion vectors %s", mode, vectors), func(t *testing.T) {
				dir := folder(t)
				tab := create(t, dir, table.CreateOptions{Schema: ddl(t, columns), Properties: map[string]string{
					txlog.PropSequenceColumn: txlog.NewSequenceColumn(func() string { return "0" }), txlog.PropMappingMode: mode, txlog.PropDeletionVectors: vectors,
				}})
				first := rows(t, columns, `{"id":1,"text":"a","s":{"a":1,"l":["x"]}}`, `{"id":2,"text":"b"}`, `{"id":3}`, `{"id":4,"text":"d"}`)
				addSequenced(t, tab, first, "s1", "", "s3", "s4")
				second := rows(t, columns, `{"id":5,"text":"e","s":{"a":5}}`)
				add(t, tab, table.AppendOptions{}, second)
				agree(t, "sequences", dir, parts.Canon(first.Schema(), first, second))

				spark := parts.Spark(t)
				for _, q := range []string{"UPDATE delta.`%s` SET text = 'new' WHERE id = 2", "DELETE FROM delta.`%s` WHERE id = 3", "INSERT INTO delta.`%s` VALUES (6, 'f', NULL)"} {
					if _, err := spark.SQL(t.Context(), fmt.Sprintf(q, dir)); err != nil {
						t.Fatal(err)
					}
				}
				left := rows(t, columns, `{"id":1,"text":"a","s":{"a":1,"l":["x"]}}`, `{"id":2,"text":"new"}`, `{"id":4,"text":"d"}`, `{"id":5,"text":"e","s":{"a":5}}`, `{"id":6,"text":"f"}`)
				agree(t, "changed by Spark", dir, parts.Canon(left.Schema(), left))
				got := sequencesOf(t, dir)
				if want := map[int64]string{1: "s1", 4: "s4"}; vectors == "true" && (got[1] != want[1] || got[4] != want[4]) || got[2]+got[5]+got[6] != "" {
					t.Errorf("sequences are %v, want %v", got, want)
				}
				if err := spark.Exec(t.Context(), "spark.sql(query).collect()\nresult = None", map[string]any{"query": "OPTIMIZE delta.`" + dir + "`"}, nil); err != nil {
					t.Fatal(err)
				}
				agree(t, "optimized by Spark", dir, parts.Canon(left.Schema(), left))
			})
		}
	}
}

// addSequenced adds rows with their sequences; "" is none.
func addSequenced(t *testing.T, tab *table.Table, rec arrow.RecordBatch, sequences ...string) {
	t.Helper()
	b := array.NewBinaryBuilder(memory.DefaultAllocator, arrow.BinaryTypes.Binary)
	for _, s := range sequences {
		if s == "" {
			b.AppendNull()
		} else {
			b.Append([]byte(s))
		}
	}
	c, err := tab.NewChange(t.Context(), table.ChangeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.WriteChanged(t.Context(), rec, table.ChangeInsert, table.Hidden{Sequences: b.NewBinaryArray()}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Commit(t.Context(), table.CommitOptions{Operation: "MERGE", Parameters: map[string]any{}, Metrics: map[string]string{}}); err != nil {
		t.Fatal(err)
	}
}

// sequencesOf are the sequences of a table by id.
func sequencesOf(t *testing.T, dir string) map[int64]string {
	t.Helper()
	tab, out := open(t, dir), map[int64]string{}
	for a, err := range tab.Snapshot().Files(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		for rows, err := range tab.ScanFile(t.Context(), tab.Snapshot(), a, table.ScanOptions{Columns: []string{"id"}, Sequences: true}) {
			if err != nil {
				t.Fatal(err)
			}
			for i := range rows.Positions {
				out[rows.Rec.Column(0).(*array.Int64).Value(i)] = string(rows.Sequences.Value(i))
			}
			rows.Release()
		}
	}
	return out
}
