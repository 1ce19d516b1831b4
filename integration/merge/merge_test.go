//go:build integration

package merge

import (
	"cmp"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/ingestd/ingestd/dml"
	"github.com/ingestd/ingestd/integration/parts"
	"github.com/ingestd/ingestd/internal/sql"
	merging "github.com/ingestd/ingestd/merge"
	"github.com/ingestd/ingestd/objstore/local"
	"github.com/ingestd/ingestd/table"
	"github.com/ingestd/ingestd/table/arrowmap"
	"github.com/ingestd/ingestd/table/expression"
)

var (
	seed   = flag.Uint64("seed", 20261127, "of the statements")
	count  = flag.Int("merges", cmp.Or(number(os.Getenv("INGESTD_MERGES")), 400), "how many at most; INGESTD_MERGES says it too")
	within = flag.Duration("spark", time.Minute, "after so much time of Spark no more are begun; 0: all are")
)

// batch is how many are given to Spark together.
const batch = 16

func number(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0
	}
	return n
}

// differences are what our MERGE does otherwise, on purpose, and of how many statements in a hundred that may be so at most.
// told is Spark's error, ours ours; empty where there is none.
var differences = []struct {
	why  string
	most int
	is   func(o trial, ours, told string) bool
}{
	{
		"Spark stumbles, and has said nothing about the statement", 10,
		func(_ trial, _, told string) bool {
			return strings.Contains(told, "INTERNAL_ERROR") || strings.Contains(told, "NullPointerException") || strings.Contains(told, "MatchError")
		},
	},
	{
		"a condition that is the word NULL is one that never holds, and to Spark no condition", 8,
		func(_ trial, ours, told string) bool {
			return ours == "" && strings.Contains(told, `has the type "VOID"`)
		},
	},
}

// sparkMerges runs the statements, several at a time, for most of the time of a small one is planning.
const sparkMerges = `
from concurrent.futures import ThreadPoolExecutor
for name, value in {  # all of it is about small tables: to compile code for them takes longer than to run it
    "spark.databricks.delta.merge.materializeSource": "none", "spark.sql.codegen.wholeStage": "false", "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.sql.adaptive.enabled": "false", "spark.sql.shuffle.partitions": "1", "spark.databricks.delta.snapshotPartitions": "1",
}.items():
    spark.conf.set(name, value)
def feed(path, version):
    try:
        rows = spark.sql(f"SELECT * FROM table_changes_by_path('{path}', {version}, {version})").drop("_commit_timestamp", "_commit_version").collect()
    except Exception as x:
        if "START_VERSION_AFTER_LATEST" in str(x):  # nothing was to be done, and nothing was committed
            return []
        raise
    return sorted(str(r) for r in rows)
def one(c):
    try:
        spark.read.parquet(c["source"]).createOrReplaceTempView(c["view"])
        spark.sql(c["statement"])
    except Exception as x:
        return {"error": str(x)[:600] or "error"}
    out = {"error": "", "ours": [], "theirs": []}
    if c["feed"]:
        try:
            out["theirs"] = feed(c["path"], c["version"])
            out["ours"] = feed(c["mine"], c["version"]) if c["committed"] else []
        except Exception as x:
            out["ours"] = [str(x)[:600]]
    return out
with ThreadPoolExecutor(4) as pool:
    result = list(pool.map(one, cases))
`

// verdict is what Spark says of a trial.
type verdict struct {
	Error  string   `json:"error"`
	Ours   []string `json:"ours"` // our change data feed
	Theirs []string `json:"theirs"`
}

// ran is what became of a trial.
type ran struct {
	trial
	Mine      string `json:"mine"`
	Path      string `json:"path"`
	Source    string `json:"source"`
	View      string `json:"view"`
	Statement string `json:"statement"`
	Feed      bool   `json:"feed"`
	Version   int64  `json:"version"`
	Committed bool   `json:"committed"`
	failed    string
	result    merging.Result
}

func TestRandomMergesDoWhatTheyDoInSpark(t *testing.T) {
	g := generator{rand.New(rand.NewPCG(*seed, 1))}
	compiler := sql.NewCompiler(sql.Options{}, nil)
	t.Cleanup(func() { _ = compiler.Close() })
	done, refused, otherwise, spark := 0, 0, map[string]int{}, time.Duration(0)
	for done < *count && (*within == 0 || spark < *within) {
		var runs []ran
		for len(runs) < min(batch, *count-done) {
			runs = append(runs, do(t, compiler, g.trial(), t.TempDir(), done+len(runs)))
		}
		began := time.Now()
		var said []verdict
		if err := parts.Spark(t).Exec(t.Context(), sparkMerges, map[string]any{"cases": runs}, &said); err != nil {
			t.Fatal(err)
		}
		spark += time.Since(began)
		for i, r := range runs {
			if why := r.otherwise(said[i]); why != "" {
				otherwise[why]++
				continue
			}
			if r.failed != "" {
				refused++
			}
			t.Run(strconv.Itoa(done+i), func(t *testing.T) { r.compare(t, said[i]) })
		}
		done += len(runs)
	}
	t.Logf("%d merges in %v of Spark's time, of which both refused %d; not compared: %v", done, spark.Round(time.Second), refused, otherwise)
	if refused > done/2 {
		t.Error("most are refused: they do not test much")
	}
	for _, d := range differences {
		if otherwise[d.why] > 4+done*d.most/100 {
			t.Errorf("more than %d in a hundred were not compared: %s", d.most, d.why)
		}
	}
}

// do makes the table and the source, copies the table for Spark, and merges.
func do(t *testing.T, compiler *sql.Compiler, o trial, dir string, i int) ran {
	t.Helper()
	r := ran{
		trial: o, Mine: filepath.Join(dir, "ours"), Path: filepath.Join(dir, "theirs"), Source: filepath.Join(dir, "source.parquet"), View: fmt.Sprint("source", i),
		Feed: o.properties["delta.enableChangeDataFeed"] != "",
	}
	r.Statement = o.text(r.Path, r.View)
	s, err := table.ParseSchema(o.target)
	must(t, err)
	store, err := local.New(r.Mine)
	must(t, err)
	with := table.WithExpressions(func() (expression.Compiler, error) { return sql.NewCompiler(sql.Options{}, nil), nil })
	tab, err := table.Create(t.Context(), store, table.CreateOptions{Schema: s, PartitionBy: o.partition, Properties: o.properties}, with)
	must(t, err)
	for _, rows := range o.files {
		_, recs := query(t, values(t, o.target, rows), "")
		_, err := tab.Append(t.Context(), table.Batches(recs...), table.AppendOptions{})
		must(t, err)
	}
	must(t, os.CopyFS(r.Path, os.DirFS(r.Mine)))
	schema, recs := query(t, values(t, o.source, o.rows), r.Source)
	stmt := merging.Statement{On: o.on, SchemaEvolution: o.evolve}
	for _, w := range o.whens {
		c, err := sql.ParseMergeClause(w)
		must(t, err)
		stmt.Clauses = append(stmt.Clauses, c)
	}
	r.Version = tab.Version() + 1
	r.result, err = merging.Merge(t.Context(), tab, compiler, stmt, schema, table.Batches(recs...), merging.Options{Options: dml.Options{}, SourceMemory: o.memory, TempDir: dir})
	if err != nil {
		r.failed = err.Error()
	}
	r.Committed = r.result.Attempts > 0
	return r
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// otherwise is the difference that we mean to have, or "".
func (r ran) otherwise(said verdict) string {
	for _, d := range differences {
		if d.is(r.trial, r.failed, said.Error) {
			return d.why
		}
	}
	return ""
}

func (r ran) compare(t *testing.T, said verdict) {
	told := fmt.Sprintf("%s\ntable (%s) by %v, %v: %q\nsource (%s): %q", r.Statement, r.target, r.partition, r.properties, r.files, r.source, r.rows)
	switch {
	case (r.failed != "") != (said.Error != ""):
		t.Fatalf("%s\nours: %s\nSpark: %s", told, cmp.Or(r.failed, "done"), cmp.Or(said.Error, "done"))
	case r.failed != "":
		return
	}
	ours, metrics := r.read(t, r.Mine)
	theirs, theirMetrics := r.read(t, r.Path)
	if diff := theirs.Diff(ours); diff != "" {
		t.Errorf("%s\n%s", told, diff)
	}
	if !slices.Equal(said.Ours, said.Theirs) {
		t.Errorf("%s\nthe change data feed is\n%s\nand Spark's\n%s", told, strings.Join(said.Ours, "\n"), strings.Join(said.Theirs, "\n"))
	}
	for _, name := range []string{
		"numSourceRows", "numTargetRowsInserted", "numTargetRowsUpdated", "numTargetRowsMatchedUpdated", "numTargetRowsNotMatchedBySourceUpdated",
		"numTargetRowsDeleted", "numTargetRowsMatchedDeleted", "numTargetRowsNotMatchedBySourceDeleted",
	} {
		if r.Committed && metrics[name] != theirMetrics[name] {
			t.Errorf("%s\n%s is %s, and Spark's %s", told, name, metrics[name], theirMetrics[name])
		}
	}
}

// read gives the rows of a table, sorted, and the metrics of its last commit.
func (r ran) read(t *testing.T, path string) (parts.Rows, map[string]string) {
	t.Helper()
	store, err := local.New(path)
	must(t, err)
	tab, err := table.Open(t.Context(), store)
	must(t, err)
	var recs []arrow.RecordBatch
	for rec, err := range tab.Scan(t.Context(), table.ScanOptions{}) {
		must(t, err)
		recs = append(recs, rec)
	}
	s, err := arrowmap.ToArrow(tab.Schema())
	must(t, err)
	for e, err := range tab.History(t.Context(), 1) {
		must(t, err)
		return parts.Canon(s, recs...), e.OperationMetrics
	}
	return parts.Canon(s, recs...), nil
}

// MarshalJSON leaves the trial out.
func (r ran) MarshalJSON() ([]byte, error) {
	return json.Marshal(map[string]any{
		"mine": r.Mine, "path": r.Path, "source": r.Source, "view": r.View, "statement": r.Statement, "feed": r.Feed, "version": r.Version, "committed": r.Committed,
	})
}
