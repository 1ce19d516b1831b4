package sql

import (
	"math/rand"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"
	"pgregory.net/rapid"

	"github.com/ingestd/ingestd/table/arrowtest"
)

var shopSchema = arrow.NewSchema([]arrow.Field{
	{Name: "id", Type: arrow.PrimitiveTypes.Int32, Nullable: true},
	{Name: "category", Type: arrow.BinaryTypes.String, Nullable: true},
	{Name: "price", Type: &arrow.Decimal128Type{Precision: 12, Scale: 2}, Nullable: true},
	{Name: "at", Type: timestampUTC, Nullable: true},
	{Name: "day", Type: arrow.FixedWidthTypes.Date32, Nullable: true},
	{Name: "flag", Type: arrow.FixedWidthTypes.Boolean, Nullable: true},
	{Name: "tags", Type: arrow.ListOf(arrow.BinaryTypes.String), Nullable: true},
	{Name: "who", Type: arrow.StructOf(arrow.Field{Name: "name", Type: arrow.BinaryTypes.String, Nullable: true}), Nullable: true},
}, nil)

// queries gives a query over $rows.
var queries = func(t *rapid.T) string {
	column := rapid.SampledFrom([]string{"a.id", "a.category", "a.price", "a.at", "a.day", "a.flag", "a.who.name", "len(a.tags)", "a.tags", "a.who", "upper(a.category)", "a.id % 7"})
	flat := rapid.SampledFrom([]string{"a.category", "a.flag", "a.id % 7", "a.who.name", "len(a.tags)"})
	condition := rapid.SampledFrom([]string{
		"TRUE", "a.id > 0", "a.price >= 100", "a.category LIKE '%a%'", "a.category IS NULL", "NOT a.flag", "a.at > TIMESTAMPTZ '2000-01-01 00:00:00Z'",
		"a.day < DATE '1980-01-01'", "len(a.tags) > 1", "a.who.name IS NOT NULL", "a.id IN (SELECT id % 50 FROM $rows)", "a.id = (SELECT max(id) FROM $rows)",
	})
	list := strings.Join(rapid.SliceOfN(column, 1, 4).Draw(t, "columns"), ", ")
	where := condition.Draw(t, "where") + " AND " + condition.Draw(t, "and")
	switch rapid.IntRange(0, 4).Draw(t, "form") {
	case 0:
		return "SELECT " + list + " FROM $rows a WHERE " + where
	case 1:
		return "SELECT count(*), count(a.id), CAST(sum(a.id) AS BIGINT), min(a.at), max(a.category), sum(a.price), " + flat.Draw(t, "key") + " AS k FROM $rows a WHERE " + where + " GROUP BY k"
	case 2:
		join := rapid.SampledFrom([]string{"JOIN", "LEFT JOIN", "FULL JOIN", "SEMI JOIN", "ANTI JOIN"}).Draw(t, "join")
		return "SELECT " + list + " FROM (FROM $rows LIMIT 300) a " + join + " (FROM $rows LIMIT 200) b ON a.id = b.id AND a.category = b.category WHERE " + where
	case 3:
		return "SELECT DISTINCT " + flat.Draw(t, "key") + " FROM $rows a WHERE " + where
	}
	return "SELECT count(*) FROM $rows a WHERE " + where
}

func TestQueriesGiveTheSameOverArrowAndOverItsParquetCopy(t *testing.T) {
	s := newSession(t, Options{Threads: 2, KeepOrder: true})
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		r := rand.New(rand.NewSource(rapid.Int64().Draw(t, "seed")))
		rec := arrowtest.Batch(r, shopSchema, rapid.SampledFrom([]int{0, 10, 30, 100, 300, 2100}).Draw(t, "rows"))
		path := filepath.Join(dir, "copy.parquet")
		writeParquet(t, path, rec)
		rel := register(t, s, "input", rec)
		defer rel.Close()
		if err := rel.Set(disguised(r, rec)...); err != nil {
			t.Fatal(err)
		}
		if rapid.Bool().Draw(t, "parallel") {
			rel.Parallel(2)
		}
		query := queries(t)
		if strings.Contains(query, "LIMIT") {
			rel.Parallel(1) // both must limit to the same rows
		}
		got := sorted(rowsOf(t, s, strings.ReplaceAll(query, "$rows", "input")))
		want := sorted(rowsOf(t, s, strings.ReplaceAll(query, "$rows", "'"+path+"'")))
		if !slices.Equal(got, want) {
			t.Fatalf("%s: %d rows, want %d\ngot  %.3q\nwant %.3q", query, len(got), len(want), got, want)
		}
	})
}

func sorted(s []string) []string { slices.Sort(s); return s }

func writeParquet(t tester, path string, rec arrow.RecordBatch) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	w, err := pqarrow.NewFileWriter(rec.Schema(), f, parquet.NewWriterProperties(), pqarrow.DefaultWriterProps())
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Write(rec); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}
