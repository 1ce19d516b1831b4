//go:build integration

package changes

import (
	"fmt"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/ingestd/ingestd/integration/parts"
	"github.com/ingestd/ingestd/merge/changes"
	"github.com/ingestd/ingestd/objstore/local"
	"github.com/ingestd/ingestd/table"
	"github.com/ingestd/ingestd/txlog"
)

const sparkLooksAtIDs = `
q = lambda v: [[str(c) for c in r] for r in spark.sql("SELECT id, v, _metadata.row_id FROM delta.` + "`" + `" + path + "` + "`" + `" + v + " ORDER BY id").collect()]
result = [q(" VERSION AS OF 1"), q("")]
`

// TestSparkSeesThatChangesKeepRowIDs applies changes of a database: rows that they update keep their ids, those that they insert have new ones.
func TestSparkSeesThatChangesKeepRowIDs(t *testing.T) {
	for _, vectors := range []string{"true", "false"} {
		t.Run("vectors "+vectors, func(t *testing.T) {
			dir := t.TempDir()
			store, err := local.New(dir)
			if err != nil {
				t.Fatal(err)
			}
			s, err := table.ParseSchema("id BIGINT NOT NULL, v STRING")
			if err != nil {
				t.Fatal(err)
			}
			props := map[string]string{"delta.enableRowTracking": "true", "delta.enableDeletionVectors": vectors, txlog.PropSequenceColumn: "_ingestd-sequence"}
			tab, err := table.Create(t.Context(), store, table.CreateOptions{Schema: s, Properties: props})
			if err != nil {
				t.Fatal(err)
			}
			a, seq := changes.New(tab, changes.Options{}), int64(0)
			apply := func(all ...string) { // such as c1a: the operation, the id, the value; ? for one that was not sent
				rec := ofTexts(&seq, all)
				defer rec.Release()
				if err := a.Add(t.Context(), rec); err != nil {
					t.Fatal(err)
				}
				if _, err := a.Commit(t.Context(), table.CommitOptions{}); err != nil {
					t.Fatal(err)
				}
			}
			apply("c1a", "c2b", "c3c", "c4d")
			apply("u1x", "d3-", "c5e", "u2?")
			apply("u4y", "u2z", "c3n")
			var got [][][]string
			if err := parts.Spark(t).Exec(t.Context(), sparkLooksAtIDs, map[string]any{"path": dir}, &got); err != nil {
				t.Fatal(err)
			}
			id := map[string]string{}
			for _, r := range got[0] {
				id[r[0]] = r[2]
			}
			old := fmt.Sprintf("[[1 x %s] [2 z %s] [4 y %s]]", id["1"], id["2"], id["4"])
			if now := fmt.Sprint([][]string{got[1][0], got[1][1], got[1][3]}); now != old || len(got[1]) != 5 {
				t.Errorf("it is %s and not %s", now, old)
			}
			for _, r := range [][]string{got[1][2], got[1][4]} {
				for _, was := range id {
					if r[2] == was {
						t.Errorf("the new row %s has the id of an old one: %v", r[0], got)
					}
				}
			}
		})
	}
}

func ofTexts(seq *int64, all []string) arrow.RecordBatch {
	batch := changes.Batch{Origin: changes.Origin{Table: "t"}, Keys: []string{"id"},
		Columns: []arrow.Field{{Name: "id", Type: arrow.PrimitiveTypes.Int64}, {Name: "v", Type: arrow.BinaryTypes.String, Nullable: true}}}
	b := array.NewRecordBuilder(memory.DefaultAllocator, batch.Schema())
	defer b.Release()
	for _, c := range all {
		*seq++
		b.Field(0).(*array.Int64Builder).Append(int64(c[1] - '0'))
		b.Field(2).(*array.Int8Builder).Append(int8(c[0]))
		b.Field(3).(*array.BinaryBuilder).Append(changes.Sequence(nil).Number(*seq))
		if c[2] == '?' {
			b.Field(1).AppendNull()
			b.Field(4).(*array.BinaryBuilder).Append([]byte{1 << 1})
		} else {
			b.Field(1).(*array.StringBuilder).Append(c[2:])
			b.Field(4).AppendNull()
		}
		b.Field(5).AppendNull()
		b.Field(6).(*array.StringBuilder).Append("t/0")
		b.Field(7).(*array.Int64Builder).Append(*seq)
	}
	return b.NewRecordBatch()
}
