//go:build integration

package engines

import (
	"testing"

	"github.com/ingestd/ingestd/integration/parts"
	"github.com/ingestd/ingestd/table"
)

func TestOthersReadColumnsThatWeAdd(t *testing.T) {
	const before = "id INT, s STRUCT<a: INT>, l ARRAY<STRUCT<x: INT>>"
	const after = "id INT, s STRUCT<a: INT, b: STRING>, l ARRAY<STRUCT<x: INT, y: DATE>>, extra DECIMAL(20,3), wall TIMESTAMP"
	dir := folder(t)
	tab := create(t, dir, table.CreateOptions{Schema: ddl(t, before)})
	add(t, tab, table.AppendOptions{}, rows(t, before, `{"id":1,"s":{"a":1},"l":[{"x":1},null]}`, `{"id":2}`))
	merge := table.AppendOptions{WriteOptions: table.WriteOptions{MergeSchema: true}}
	newer := rows(t, after, `{"id":3,"s":{"a":3,"b":"b"},"l":[{"x":3,"y":"2024-01-01"}],"extra":"1.500","wall":"2024-01-01T00:00:00Z"}`)
	add(t, tab, merge, newer)
	older := rows(t, after, `{"id":1,"s":{"a":1},"l":[{"x":1},null]}`, `{"id":2}`)
	want := parts.Canon(newer.Schema(), older, newer)
	agree(t, "columns added", dir, want)
	add(t, tab, table.AppendOptions{}, rows(t, before, `{"id":4}`))
	agree(t, "old rows after new", dir, joined(want, parts.Canon(newer.Schema(), rows(t, after, `{"id":4}`))))
}

func TestWeReadAndContinueAfterOthersAddColumns(t *testing.T) {
	const before, spark, both = "id INT, text STRING", "id INT, text STRING, s STRUCT<a: INT>", "id INT, text STRING, s STRUCT<a: INT>, d DOUBLE"
	dir := folder(t)
	tab := create(t, dir, table.CreateOptions{Schema: ddl(t, before)})
	add(t, tab, table.AppendOptions{}, rows(t, before, `{"id":1}`))
	if _, err := parts.Spark(t).SQL(t.Context(), "ALTER TABLE delta.`"+dir+"` ADD COLUMNS (s STRUCT<a: INT>)"); err != nil {
		t.Fatal(err)
	}
	// tab stands before the change: its rows still fit, and are written without reading the table again.
	add(t, tab, table.AppendOptions{}, rows(t, before, `{"id":2,"text":"x"}`))
	add(t, tab, table.AppendOptions{}, rows(t, spark, `{"id":3,"s":{"a":1}}`))
	added := rows(t, both, `{"id":4,"d":1.5}`)
	if _, err := parts.DeltaRS(t).Append(t.Context(), dir, parquetFile(t, added), parts.WriterOptions(map[string]any{"schema_mode": "merge"})); err != nil {
		t.Fatal(err)
	}
	add(t, tab, table.AppendOptions{}, rows(t, spark, `{"id":5}`))
	agree(t, "columns added by others", dir, parts.Canon(added.Schema(), added, rows(t, both, `{"id":1}`, `{"id":2,"text":"x"}`, `{"id":3,"s":{"a":1}}`, `{"id":5}`)))
}
