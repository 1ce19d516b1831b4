//go:build integration

package changes

import (
	"fmt"
	"slices"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/ingestd/ingestd/dml"
	"github.com/ingestd/ingestd/integration/parts"
	"github.com/ingestd/ingestd/internal/sql"
	"github.com/ingestd/ingestd/objstore/local"
	"github.com/ingestd/ingestd/table"
	"github.com/ingestd/ingestd/table/arrowmap"
	"github.com/ingestd/ingestd/table/predicate"
)

const columns = "id BIGINT, part STRING, val BIGINT"

// layouts are the properties of tables, each read by Spark after all changes.
var layouts = map[string]map[string]string{
	"rewriting":       {"delta.enableChangeDataFeed": "true"},
	"vectors":         {"delta.enableChangeDataFeed": "true", "delta.enableDeletionVectors": "true"},
	"mapped, tracked": {"delta.enableChangeDataFeed": "true", "delta.enableDeletionVectors": "true", "delta.columnMapping.mode": "name", "delta.enableRowTracking": "true"},
	"tracked":         {"delta.enableRowTracking": "true", "delta.enableChangeDataFeed": "true", "delta.columnMapping.mode": "id"},
}

// sparkLooks reads all that Spark knows of a table.
const sparkLooks = `
q = lambda text: [[str(v) for v in r] for r in spark.sql(text).collect()]
t = "delta.` + "`" + `" + path + "` + "`" + `"
result = {
    "rows": q(f"SELECT id, part, val FROM {t} ORDER BY id, val"),
    "feed": q(f"SELECT id, part, val, _change_type, _commit_version FROM table_changes_by_path('{path}', 1) ORDER BY _commit_version, id, _change_type"),
    "history": [[r.operation, str(r.operationParameters.get("predicate")), str(r.operationMetrics.get("numDeletedRows")), str(r.operationMetrics.get("numUpdatedRows"))] for r in spark.sql(f"DESCRIBE HISTORY {t}").collect()],
    "ids": q(f"SELECT id, _metadata.row_id FROM {t} ORDER BY id") if tracked else [],
}
`

type look struct {
	Rows    [][]string `json:"rows"`
	Feed    [][]string `json:"feed"`
	History [][]string `json:"history"`
	IDs     [][]string `json:"ids"`
}

func rows(first, n int64) arrow.RecordBatch {
	b := array.NewRecordBuilder(memory.DefaultAllocator, arrow.NewSchema([]arrow.Field{{Name: "id", Type: arrow.PrimitiveTypes.Int64, Nullable: true},
		{Name: "part", Type: arrow.BinaryTypes.String, Nullable: true}, {Name: "val", Type: arrow.PrimitiveTypes.Int64, Nullable: true}}, nil))
	defer b.Release()
	for id := first; id < first+n; id++ {
		b.Field(0).(*array.Int64Builder).Append(id)
		b.Field(1).(*array.StringBuilder).Append(string(rune('a' + id%2)))
		b.Field(2).(*array.Int64Builder).Append(id * 10)
	}
	return b.NewRecordBatch()
}

func TestSparkFindsWhatWasChanged(t *testing.T) {
	compiler := sql.NewCompiler(sql.Options{}, nil)
	t.Cleanup(func() { _ = compiler.Close() })
	for name, props := range layouts {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			change(t, dir, props, compiler)
			var got look
			tracked := props["delta.enableRowTracking"] != ""
			if err := parts.Spark(t).Exec(t.Context(), sparkLooks, map[string]any{"path": dir, "tracked": tracked}, &got); err != nil {
				t.Fatal(err)
			}
			if s := fmt.Sprint(got.Rows); s != "[[2 a 20] [4 z 41] [5 z 51] [6 a 60] [7 b 70] [100 a 1000]]" {
				t.Error(s)
			}
			feed := "[1 b 10 delete 2] [3 b 30 delete 2] [4 z 41 update_postimage 3] [4 a 40 update_preimage 3] [5 z 51 update_postimage 3] [5 b 50 update_preimage 3] [0 a 0 delete 4] [100 a 1000 insert 4]"
			if s := fmt.Sprint(slices.DeleteFunc(got.Feed, func(r []string) bool { return r[4] == "1" })); s != "["+feed+"]" {
				t.Error(s)
			}
			if h := got.History; h[0][0] != "WRITE" || fmt.Sprint(h[1]) != `[UPDATE ["id BETWEEN 4 AND 5"] None 2]` || fmt.Sprint(h[2]) != `[DELETE ["id IN (1, 3)"] 2 None]` {
				t.Error(h)
			}
			if s := fmt.Sprint(got.IDs); tracked && s[:len("[[2 2] [4 4] [5 5] [6 6] [7 7]")] != "[[2 2] [4 4] [5 5] [6 6] [7 7]" {
				t.Error(s)
			}
		})
	}
}

// change makes a table and changes it by every operation.
func change(t *testing.T, dir string, props map[string]string, compiler *sql.Compiler) {
	t.Helper()
	store, err := local.New(dir)
	if err != nil {
		t.Fatal(err)
	}
	s, err := table.ParseSchema(columns)
	if err != nil {
		t.Fatal(err)
	}
	tab, err := table.Create(t.Context(), store, table.CreateOptions{Schema: s, Properties: props})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tab.Append(t.Context(), table.Batches(rows(0, 8)), table.AppendOptions{}); err != nil {
		t.Fatal(err)
	}
	as, err := arrowmap.ToArrow(s)
	if err != nil {
		t.Fatal(err)
	}
	where := func(text string) predicate.Filter {
		f, err := compiler.Filter(t.Context(), text, as)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	if _, err := dml.Delete(t.Context(), tab, where("id IN (1, 3)"), dml.Options{}); err != nil {
		t.Fatal(err)
	}
	set := []dml.Assignment{{Column: "part", Expr: "'z'"}, {Column: "val", Expr: "val + 1"}}
	if _, err := dml.Update(t.Context(), tab, compiler, set, where("id BETWEEN 4 AND 5"), dml.Options{}); err != nil {
		t.Fatal(err)
	}
	o := dml.OverwriteOptions{ReplaceWhere: where("id = 0 OR id = 100")}
	if _, err := dml.Overwrite(t.Context(), tab, table.Batches(rows(100, 1)), o); err != nil {
		t.Fatal(err)
	}
}
