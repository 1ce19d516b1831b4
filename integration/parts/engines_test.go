//go:build integration

package parts

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"
)

// readers are the engines that read a Delta table.
func readers(t *testing.T) map[string]interface {
	Read(context.Context, string, ...Option) (Rows, error)
} {
	return map[string]interface {
		Read(context.Context, string, ...Option) (Rows, error)
	}{"spark": Spark(t), "delta-rs": DeltaRS(t), "duckdb": DuckDB(t)}
}

func TestEnginesAgreeOnEveryType(t *testing.T) {
	batch := everyBatch(t)
	defer batch.Release()
	want := Canon(batch.Schema(), batch)
	file := writeParquet(t, batch)
	// By default Spark writes timestamps as INT96, of which delta-rs 1.6 reads only what fits 64 bits of nanoseconds
	// (the years 1677 to 2262), and others wrongly without a word.
	sparkSets(t, "spark.sql.parquet.outputTimestampType", "TIMESTAMP_MICROS")
	for writer, append := range map[string]func(context.Context, string, string, ...Option) (int64, error){
		"spark": Spark(t).Append, "delta-rs": DeltaRS(t).Append,
	} {
		path := filepath.Join(t.TempDir(), "table")
		for want := range int64(2) {
			if version, err := append(t.Context(), path, file); err != nil || version != want {
				t.Fatalf("%s appended version %d, want %d: %v", writer, version, want, err)
			}
		}
		for name, reader := range readers(t) {
			got, err := reader.Read(t.Context(), path, AtVersion(0))
			if err != nil {
				t.Fatal(err)
			}
			SameRows(t, name+" reads what "+writer+" wrote", want, got)
			latest, err := reader.Read(t.Context(), path)
			if err != nil {
				t.Fatal(err)
			}
			SameRows(t, name+" reads both versions of "+writer, Canon(batch.Schema(), batch, batch), latest)
		}
	}
}

// sparkSets changes a setting of the shared session for the rest of the test.
func sparkSets(t *testing.T, name, value string) {
	t.Helper()
	if _, err := Spark(t).SQL(t.Context(), "SET "+name+"="+value); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := Spark(t).SQL(context.Background(), "RESET "+name); err != nil {
			t.Error(err)
		}
	})
}

func writeParquet(t *testing.T, batch arrow.RecordBatch) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "rows.parquet")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	writer, err := pqarrow.NewFileWriter(batch.Schema(), file, parquet.NewWriterProperties(), pqarrow.DefaultWriterProps())
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(writer.Write(batch), writer.Close()); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestEnginesAgreeOnPartitionValues(t *testing.T) {
	path := filepath.Join(t.TempDir(), "table")
	spark := Spark(t)
	table := "delta.`" + path + "`"
	for _, statement := range []string{
		"CREATE TABLE " + table + " (id INT, p STRING, d DATE) USING delta PARTITIONED BY (p, d)",
		"INSERT INTO " + table + ` VALUES (1, 'a b/c%d=é😀', DATE'2024-02-29'), (2, NULL, NULL), (3, '__x', DATE'0001-01-01')`,
	} {
		if _, err := spark.SQL(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	want := Rows{
		Columns: []string{"id", "p", "d"},
		Types:   []string{"int", "string", "date"},
		Rows:    [][]string{{"1", `"a b/c%d=é😀"`, "19782d"}, {"2", "null", "null"}, {"3", `"__x"`, "-719162d"}},
	}
	for name, reader := range readers(t) {
		got, err := reader.Read(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		SameRows(t, name, want, got.Project("id", "p", "d"))
	}
	commits, err := DeltaRS(t).History(t.Context(), path)
	if err != nil || len(commits) != 2 || commits[0].Operation != "WRITE" {
		t.Errorf("history %+v, %v", commits, err)
	}
}

func TestEnginesReadATableOnMinIO(t *testing.T) {
	m := SharedMinIO(t)
	bucket := m.Bucket(t)
	batch := everyBatch(t)
	defer batch.Release()
	want := Canon(batch.Schema(), batch)
	path := "s3://" + bucket + "/lake/table"
	if _, err := DeltaRS(t).Append(t.Context(), path, writeParquet(t, batch), On(m)); err != nil {
		t.Fatal(err)
	}
	got, err := DeltaRS(t).Read(t.Context(), path, On(m))
	if err != nil {
		t.Fatal(err)
	}
	SameRows(t, "delta-rs", want, got)
	if got, err = DuckDB(t).Read(t.Context(), path, On(m)); err != nil {
		t.Fatal(err)
	}
	SameRows(t, "duckdb", want, got)
	copied := t.TempDir()
	if err := m.Mirror(t.Context(), bucket, "lake/table/", copied); err != nil {
		t.Fatal(err)
	}
	if got, err = Spark(t).Read(t.Context(), copied); err != nil {
		t.Fatal(err)
	}
	SameRows(t, "spark, of a copy", want, got)
}

func TestEnginesAnswerAfterTheyRefused(t *testing.T) {
	spark := Spark(t)
	_, err := spark.SQL(t.Context(), "SELECT nothing")
	var refused *EngineError
	if !errors.As(err, &refused) || !strings.Contains(refused.Message, "nothing") {
		t.Fatalf("got %v", err)
	}
	var sum int
	if err := spark.Exec(t.Context(), "result = spark.range(n).count() + 1", map[string]any{"n": 4}, &sum); err != nil || sum != 5 {
		t.Errorf("exec: %d, %v", sum, err)
	}
}
