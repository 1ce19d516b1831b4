//go:build integration

package features

import (
	"errors"
	"slices"
	"testing"

	"github.com/ingestd/ingestd/integration/parts"
	"github.com/ingestd/ingestd/txlog"
)

// TestGoldenTablesAreAtEveryVersionAsOthersReadThem holds each version of each golden table row for row against delta-rs, against
// Spark where that finds something else or cannot read it, and against DuckDB where Spark cannot either. What nobody reads is listed in
// goldenExceptions.
func TestGoldenTablesAreAtEveryVersionAsOthersReadThem(t *testing.T) {
	all, same := goldenVersions(t), map[string]int{}
	var versions []goldenVersion // that delta-rs does not settle
	var read []parts.Rows
	var refused []error
	for _, v := range all {
		got, err := ours(t.Context(), v.Path, v.Version)
		if err == nil && v.differs(t, parts.DeltaRS(t), got) == "" {
			same["delta-rs"]++
			continue
		}
		versions, read, refused = append(versions, v), append(read, got), append(refused, err)
	}
	var said []answer
	if err := parts.Spark(t).Exec(t.Context(), readVersions, map[string]any{"versions": versions}, &said); err != nil {
		t.Fatal(err)
	}
	gone, met := 0, map[string]bool{}
	for i, v := range versions {
		got, err := read[i], refused[i]
		by, why := v.judge(t, got, err, said[i])
		switch x, listed := goldenExceptions[v.table]; {
		case why == "":
			same[by]++
		case errors.As(err, new(*txlog.VersionNotFoundError)) && said[i].Error != "":
			gone++ // the log begins after it
		case listed && x.holds(err, said[i].Error):
			met[v.table] = true
		default:
			t.Errorf("%s at version %d: %s", v.table, v.Version, why)
		}
	}
	for table := range goldenExceptions {
		if !met[table] {
			t.Errorf("%s is an exception, and nothing is amiss with it: strike it from the list", table)
		}
	}
	t.Logf("%d versions: the same as others read %v, %d from before the log begins", len(all), same, gone)
}

// differs is in what another finds something else, or why it finds nothing; "" where it finds the same.
func (v goldenVersion) differs(t *testing.T, other reader, got parts.Rows) string {
	t.Helper()
	want, err := other.Read(t.Context(), v.Path, parts.AtVersion(v.Version))
	if err != nil {
		return err.Error()
	}
	if sameColumns(want, got) {
		want = want.Project(got.Columns...) // they put partition columns elsewhere
	}
	return want.Diff(got)
}

// answer is what Spark makes of a version.
type answer struct {
	Rows  *parts.Rows
	Error string
}

// judge compares our rows of a version, or our error, with what the first of the others that can read it finds: who that
// is, and what is amiss, or "".
func (v goldenVersion) judge(t *testing.T, got parts.Rows, err error, spark answer) (by, why string) {
	t.Helper()
	switch {
	case err != nil && spark.Error != "":
		return "", "nobody reads it: " + err.Error() + "\nSpark: " + spark.Error
	case err != nil:
		return "", "Spark reads it, and we do not: " + err.Error()
	case spark.Error == "":
		return "Spark", spark.Rows.Diff(got)
	}
	differs := v.differs(t, parts.DuckDB(t), got)
	if differs == "" {
		return "DuckDB", ""
	}
	return "", "Spark does not read it: " + spark.Error + "\nDuckDB: " + differs
}

func sameColumns(a, b parts.Rows) bool {
	return slices.Equal(slices.Sorted(slices.Values(a.Columns)), slices.Sorted(slices.Values(b.Columns)))
}

// readVersions has Spark read versions of tables, several at a time, for most of the time of a small one is planning. Time
// travel goes beyond what VACUUM may have deleted.
const readVersions = `
from concurrent.futures import ThreadPoolExecutor
settings = {
    "spark.sql.codegen.wholeStage": "false", "spark.sql.codegen.factoryMode": "NO_CODEGEN", "spark.sql.adaptive.enabled": "false",
    "spark.sql.shuffle.partitions": "1", "spark.databricks.delta.snapshotPartitions": "1",
    "spark.databricks.delta.vacuum.enforceTimeTravelWithinDeletedFileRetentionDuration": "false",
}
before = {name: spark.conf.get(name, None) for name in settings}
for name, value in settings.items():
    spark.conf.set(name, value)
def one(v):
    try:
        return {"rows": canon.table(read(v["path"], version=v["version"]))}
    except Exception as x:
        causes = [line for line in str(x).splitlines() if line.startswith("Caused by: ")]
        return {"error": (causes or [str(x) or "error"])[-1][:600]}
with ThreadPoolExecutor(4) as pool:
    result = list(pool.map(one, versions))
for name, value in before.items():
    spark.conf.unset(name) if value is None else spark.conf.set(name, value)
`
