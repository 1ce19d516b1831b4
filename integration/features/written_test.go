//go:build integration

package features

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ingestd/ingestd/integration/parts"
)

// written is a table that we make and change with our commands; Spark makes another by statements that mean the same.
type written struct {
	name  string
	steps []step
	// onTop are statements with which Spark goes on, in both tables.
	onTop []string
	// look is Python that makes `result`, of `path` and q(SQL); both tables give the same.
	look string
	// blind are the engines that cannot read the table, with the reason.
	blind map[string]string
}

// lookHelp is what a look is preceded by.
const lookHelp = `
t = "delta.` + "`" + `" + path + "` + "`" + `"
q = lambda text: [[str(v) for v in r] for r in spark.sql(text.replace("$t", t)).collect()]
result = None
`

// sparkChecks has Spark hold the checksum of the newest version against the log; it may be optional.
const sparkChecks = `
log = spark._jvm.org.apache.spark.sql.delta.DeltaLog
log.clearCache()
snapshot = log.forTable(spark._jsparkSession, path).unsafeVolatileSnapshot()
result = snapshot.validateChecksum(getattr(snapshot, "validateChecksum$default$1")()) if snapshot.checksumOpt().isDefined() else optional
`

// create is a step that makes a table: by `ingestd create`, and by CREATE TABLE.
func create(columns, partitionBy string, properties ...string) step {
	ours := []string{"create", "$t", "--schema", columns}
	theirs := "CREATE TABLE $t (" + columns + ") USING delta"
	if partitionBy != "" {
		ours = append(ours, "--partition-by", partitionBy)
		theirs += " PARTITIONED BY (" + partitionBy + ")"
	}
	var set []string
	for _, p := range properties {
		ours = append(ours, "--property", p)
		k, v, _ := strings.Cut(p, "=")
		set = append(set, "'"+k+"' = '"+v+"'")
	}
	if set != nil {
		theirs += " TBLPROPERTIES (" + strings.Join(set, ", ") + ")"
	}
	return step{"create", ours, theirs}
}

// insert is a step that appends the rows of a query, which DuckDB and Spark both understand.
func insert(query string) step {
	return step{"append", []string{"append", "$t", "--query", query}, "INSERT INTO $t BY NAME " + strings.Replace(query, "SELECT", "SELECT /*+ COALESCE(1) */", 1)}
}

func deleted(where string) step {
	return step{"delete", []string{"delete", "$t", "--where", where}, "DELETE FROM $t WHERE " + where}
}

func updated(set, where string) step {
	return step{"update", []string{"update", "$t", "--set", set, "--where", where}, "UPDATE $t SET " + set + " WHERE " + where}
}

// altered is a step of `ingestd alter`, and of ALTER TABLE.
func altered(spark string, ours ...string) step {
	return step{"alter", append([]string{"alter", "$t"}, ours...), "ALTER TABLE $t " + spark}
}

// oursOnly is a step that Spark has no need of.
func oursOnly(args ...string) step { return step{args[0], args, ""} }

// TestSparkReadsWhatWeWrite makes each table twice: all engines find in ours what Spark's own statements make, Spark takes
// its checksum for right, goes on writing, and then we read that; fsck finds nothing.
func TestSparkReadsWhatWeWrite(t *testing.T) {
	for _, w := range writtenTables {
		t.Run(w.name, func(t *testing.T) {
			m := made{blind: w.blind}
			dir := t.TempDir()
			mine, theirs := filepath.Join(dir, "mine"), filepath.Join(dir, "theirs")
			for _, s := range w.steps {
				if s.ours != nil {
					ingestd(t, mine, s.ours...)
				}
				if s.spark != "" {
					m.spark(t, theirs, s.spark)
				}
			}
			m.sameTables(t, "as we made it", mine, theirs, w.look)
			m.checked(t, mine, w.steps[len(w.steps)-1].name == "alter")
			for _, q := range w.onTop {
				m.spark(t, mine, q)
				m.spark(t, theirs, q)
			}
			m.sameTables(t, "as Spark went on", mine, theirs, w.look)
			m.sound(t, mine)
		})
	}
}

// sameTables holds that Spark finds the same rows and the same look in two tables, and all others the same rows in mine.
func (m made) sameTables(t *testing.T, when, mine, theirs, look string) {
	t.Helper()
	want, err := parts.Spark(t).Read(t.Context(), theirs)
	if err != nil {
		t.Fatal(err)
	}
	got, err := parts.Spark(t).Read(t.Context(), mine)
	if err != nil {
		t.Fatalf("%s: Spark cannot read the table: %v", when, err)
	}
	parts.SameRows(t, when, want, got)
	m.sameAs(t, mine, newest(t, mine), want)
	if look == "" {
		return
	}
	var looks [2]json.RawMessage
	for i, dir := range []string{theirs, mine} {
		if err := parts.Spark(t).Exec(t.Context(), lookHelp+look, map[string]any{"path": dir}, &looks[i]); err != nil {
			t.Fatalf("%s: %v", when, err)
		}
	}
	if theirs, mine := string(looks[0]), string(looks[1]); theirs != mine {
		t.Errorf("%s: Spark's table looks like\n%s\nand ours\n%s", when, theirs, mine)
	}
}

// checked holds that Spark takes the version checksum of the newest version for right. There may be none where the last
// commit was no change of rows: the next that is has it again.
func (m made) checked(t *testing.T, dir string, optional bool) {
	t.Helper()
	var right bool
	if err := parts.Spark(t).Exec(t.Context(), sparkChecks, map[string]any{"path": dir, "optional": optional}, &right); err != nil {
		t.Error(err)
	} else if !right {
		t.Error("Spark does not take the version checksum for right")
	}
}

// sound holds that fsck finds nothing, but for files that a DELETE of Spark's wrote and did not need.
func (m made) sound(t *testing.T, dir string) {
	t.Helper()
	for line := range strings.Lines(ingestd(t, dir, "fsck", "$t", "--deep")) {
		if !strings.Contains(line, `"orphaned-file"`) {
			t.Errorf("fsck finds %s", line)
		}
	}
}
