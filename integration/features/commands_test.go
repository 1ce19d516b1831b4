//go:build integration

package features

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ingestd/ingestd/integration/parts"
)

// A step is one thing done to a table: by a command of ours, and by Spark, in SQL or in Python. $t is the table.
type step struct {
	name  string
	ours  []string // arguments of ingestd
	spark string
}

// steps are what users do to a table of the columns of everything.
var steps = []step{
	{"append", []string{"append", "$t", "--query", "SELECT 1000::BIGINT AS id, 12.5 AS amount, 7 AS n, TIMESTAMPTZ '2024-05-06 07:08:09.123456+00' AS \"at\", 'r9' AS region"},
		"INSERT INTO $t (id, amount, n, at, region) VALUES (1000, 12.5, 7, timestamp'2024-05-06 07:08:09.123456', 'r9')"},
	{"delete", []string{"delete", "$t", "--where", "id % 5 = 2 AND region <> 'r1'"}, "DELETE FROM $t WHERE id % 5 = 2 AND region <> 'r1'"},
	{"update", []string{"update", "$t", "--set", "amount = amount + 1", "--set", "name = upper(name)", "--where", "n > 20"},
		"UPDATE $t SET amount = amount + 1, name = upper(name) WHERE n > 20"},
	{"update of the partition and of what others are generated from", []string{"update", "$t", "--set", "region = 'moved'", "--set", "at = timestamp'2030-01-02 00:00:00'", "--where", "id = 13"},
		"UPDATE $t SET region = 'moved', at = timestamp'2030-01-02 00:00:00' WHERE id = 13"},
	{"add column", []string{"alter", "$t", "add-column", "added STRUCT<x: INT>"}, "ALTER TABLE $t ADD COLUMN (added STRUCT<x: INT>)"},
	{"rename column", []string{"alter", "$t", "rename-column", "extra", "more"}, "ALTER TABLE $t RENAME COLUMN extra TO more"},
	{"drop column", []string{"alter", "$t", "drop-column", "s.b"}, "ALTER TABLE $t DROP COLUMN s.b"},
	{"widen", []string{"alter", "$t", "change-type", "s.alpha", "BIGINT"}, "ALTER TABLE $t ALTER COLUMN s.alpha TYPE BIGINT"},
	{"append after the changes", []string{"append", "$t", "--query", "SELECT 1001::BIGINT AS id, 'x' AS name, 0.12 AS amount, {'x': 1} AS added, 'r1' AS region"},
		"INSERT INTO $t (id, name, amount, added, region) VALUES (1001, 'x', 0.12, named_struct('x', 1), 'r1')"},
	{"checkpoint", []string{"checkpoint", "$t"}, ""},
	{"delete a partition", []string{"delete", "$t", "--where", "region = 'r2'"}, "DELETE FROM $t WHERE region = 'r2'"},
	{"replace", []string{"overwrite", "$t", "--replace-where", "region = 'r1'", "--query", "SELECT 2000::BIGINT AS id, 'new' AS name, 5.0 AS amount, 'r1' AS region"},
		`python: spark.sql("SELECT 2000L AS id, 'new' AS name, CAST(5.0 AS DECIMAL(10,2)) AS amount, CAST(NULL AS TIMESTAMP) AS at, 'r1' AS region").write.format("delta").mode("overwrite").option("replaceWhere", "region = 'r1'").save(path)`},
	{"overwrite partitions", []string{"overwrite", "$t", "--partition-overwrite-mode", "dynamic", "--query", "SELECT 2001::BIGINT AS id, 'dynamic' AS name, 6.0 AS amount, 'r0' AS region"},
		`python: spark.sql("SELECT 2001L AS id, 'dynamic' AS name, CAST(6.0 AS DECIMAL(10,2)) AS amount, CAST(NULL AS TIMESTAMP) AS at, 'r0' AS region").write.format("delta").mode("overwrite").option("partitionOverwriteMode", "dynamic").save(path)`},
	{"add constraint", []string{"alter", "$t", "add-constraint", "known", "region IS NOT NULL AND length(region) < 10"}, "ALTER TABLE $t ADD CONSTRAINT known CHECK (region IS NOT NULL AND length(region) < 10)"},
	{"nullable", []string{"alter", "$t", "drop-not-null", "id"}, "ALTER TABLE $t ALTER COLUMN id DROP NOT NULL"},
	{"describe", []string{"describe", "$t"}, ""},
	{"history", []string{"history", "$t"}, ""},
	{"files", []string{"files", "$t"}, ""},
	{"set property", []string{"alter", "$t", "set-property", "delta.checkpointInterval=2"}, "ALTER TABLE $t SET TBLPROPERTIES ('delta.checkpointInterval' = '2')"},
	{"restore", []string{"restore", "$t", "--version", "9"}, "RESTORE TABLE $t TO VERSION AS OF 9"},
	{"delete after restore", []string{"delete", "$t", "--where", "id = 5"}, "DELETE FROM $t WHERE id = 5"},
	{"overwrite", []string{"overwrite", "$t", "--query", "SELECT i::BIGINT AS id, 'all' AS name, 1.0 AS amount, 'r' || i AS region FROM range(5) r(i)"},
		`python: spark.sql("SELECT id, 'all' AS name, CAST(1.0 AS DECIMAL(10,2)) AS amount, CAST(NULL AS TIMESTAMP) AS at, concat('r', id) AS region FROM range(5)").write.format("delta").mode("overwrite").save(path)`},
	{"delete all", []string{"delete", "$t", "--all"}, "DELETE FROM $t"},
}

// program is the binary that RunProgram has built.
var program string

// ingestd runs a command on a table and gives what it printed.
func ingestd(t *testing.T, dir string, args ...string) string {
	t.Helper()
	out, err := tryIngestd(t.Context(), dir, args...)
	if err != nil {
		t.Fatalf("ingestd %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return out
}

func tryIngestd(ctx context.Context, dir string, args ...string) (string, error) {
	args = slices.Clone(args)
	for i := range args {
		args[i] = strings.ReplaceAll(args[i], "$t", dir)
	}
	cmd := exec.CommandContext(ctx, program, args...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	return out.String(), err
}

// copied is the table once more.
func copied(t *testing.T, dir string) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), "copy")
	if err := os.CopyFS(to, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	return to
}

// TestEveryCommandDoesWhatSparkDoes runs the same steps with our commands on a table with all features, and with Spark on a
// copy of it: after each the tables have the same rows, for Spark and for all others.
func TestEveryCommandDoesWhatSparkDoes(t *testing.T) {
	m := everything
	mine := m.make(t)
	theirs := copied(t, mine)
	for _, s := range steps {
		ingestd(t, mine, s.ours...)
		if s.spark != "" {
			m.spark(t, theirs, s.spark)
		}
		want, err := parts.Spark(t).Read(t.Context(), theirs)
		if err != nil {
			t.Fatal(err)
		}
		got, err := parts.Spark(t).Read(t.Context(), mine)
		if err != nil {
			t.Fatalf("after %s: Spark cannot read the table: %v", s.name, err)
		}
		parts.SameRows(t, "after "+s.name, want, got)
		m.same(t, mine, newest(t, mine))
		if t.Failed() {
			t.FailNow()
		}
	}
	m.sound(t, mine)
}

// TestSparkGoesOnWithAClone clones a table of Spark's; what Spark and we do to the clone leaves the source as it was.
func TestSparkGoesOnWithAClone(t *testing.T) {
	m := everything
	source := m.make(t)
	before, err := parts.Spark(t).Read(t.Context(), source)
	if err != nil {
		t.Fatal(err)
	}
	clone := filepath.Join(t.TempDir(), "a clone % of it")
	ingestd(t, source, "clone", "$t", clone, "--shallow")
	got, err := parts.Spark(t).Read(t.Context(), clone)
	if err != nil {
		t.Fatal(err)
	}
	parts.SameRows(t, "the clone", before, got)
	expected := copied(t, source)
	for _, q := range []string{"DELETE FROM $t WHERE id = 5", "UPDATE $t SET name = 'by spark' WHERE id = 8", "INSERT INTO $t (id, amount, region) VALUES (5000, 1, 'r1')"} {
		m.spark(t, clone, q)
		m.spark(t, expected, q)
	}
	ingestd(t, clone, "delete", "$t", "--where", "id = 11")
	m.spark(t, expected, "DELETE FROM $t WHERE id = 11")
	want, err := parts.Spark(t).Read(t.Context(), expected)
	if err != nil {
		t.Fatal(err)
	}
	if got, err = parts.Spark(t).Read(t.Context(), clone); err != nil {
		t.Fatal(err)
	}
	parts.SameRows(t, "the clone after changes", want, got)
	m.same(t, clone, newest(t, clone))
	if got, err = parts.Spark(t).Read(t.Context(), source); err != nil {
		t.Fatal(err)
	}
	parts.SameRows(t, "the source after changes of the clone", before, got)
}

// TestSparkReadsWhatWeWriteOverItsFiles has us write a checkpoint, and the hint to it, where Spark has written them: it keeps checksums
// of local files in files beside them.
func TestSparkReadsWhatWeWriteOverItsFiles(t *testing.T) {
	m := made{sql: []string{"CREATE TABLE $t (id BIGINT) USING delta TBLPROPERTIES ('delta.checkpointInterval' = '2')", "INSERT INTO $t VALUES (1)", "INSERT INTO $t VALUES (2)"}}
	dir := m.make(t)
	ingestd(t, dir, "checkpoint", "$t")
	m.spark(t, dir, "python: spark._jvm.org.apache.spark.sql.delta.DeltaLog.clearCache()")
	got, err := parts.Spark(t).Read(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Rows) != 2 {
		t.Errorf("%d rows", len(got.Rows))
	}
}
