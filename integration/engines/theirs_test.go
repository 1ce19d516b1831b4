//go:build integration

package engines

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"

	"github.com/ingestd/ingestd/integration/parts"
	"github.com/ingestd/ingestd/table"
)

// writers are the engines that append the rows of a Parquet file.
func writers(t testing.TB) map[string]func(context.Context, string, string, ...parts.Option) (int64, error) {
	return map[string]func(context.Context, string, string, ...parts.Option) (int64, error){"spark": parts.Spark(t).Append, "delta-rs": parts.DeltaRS(t).Append}
}

func TestWeReadAndContinueWhatOthersWrite(t *testing.T) {
	// delta-rs lists no invariants for NOT NULL beside timestampNtz, and then Spark refuses the table.
	s := arrowSchema(t, strings.ReplaceAll(everyType, " NOT NULL", ""))
	r := rand.New(rand.NewPCG(9, 10))
	for name, write := range writers(t) {
		t.Run(name, func(t *testing.T) {
			dir := folder(t)
			var forms []parts.Rows
			for range 2 {
				batch := randomRows(r, s, 60)
				defer batch.Release()
				if _, err := write(t.Context(), dir, parquetFile(t, batch)); err != nil {
					t.Fatal(err)
				}
				forms = append(forms, parts.Canon(s, batch))
			}
			agreeAmong(t, map[string]reader{"ingestd": ourReader{t}}, "first", dir, forms[0], parts.AtVersion(0))
			agreeAmong(t, map[string]reader{"ingestd": ourReader{t}}, "both", dir, joined(forms...))
			batch := randomRows(r, s, 30)
			defer batch.Release()
			add(t, open(t, dir), table.AppendOptions{}, batch)
			forms = append(forms, parts.Canon(s, batch))
			readers := all(t)
			if name == "spark" { // by default Spark writes INT96, of which others read the years 1677 to 2262 only
				readers = map[string]reader{"ingestd": readers["ingestd"], "spark": readers["spark"]}
			}
			agreeAmong(t, readers, "ours on top", dir, joined(forms...))
		})
	}
}

func TestWeReadPartitionsThatOthersWrite(t *testing.T) {
	const columns = "id INT, p STRING, day DATE, instant TIMESTAMP, dec DECIMAL(10,2), flag BOOLEAN, d DOUBLE, big BIGINT"
	var objects []string
	for i, p := range oddNames {
		// Neither negative decimals, since delta-rs 1.6 takes -8.50 for "-8.-50" and fails; nor empty strings, which it
		// writes into the log as they are: by the protocol they are null then, as DuckDB and we read them, but Spark and
		// delta-rs read them as empty strings.
		objects = append(objects, object(map[string]any{"id": i, "p": p, "day": "1582-10-15", "instant": fmt.Sprintf("%04d-02-03T04:05:06.%06dZ", 1+i*150, i*1001),
			"dec": fmt.Sprintf("%d.5", i), "flag": i%2 == 0, "d": float64(i-3) / 8, "big": i}))
	}
	batch := rows(t, columns, append(objects, `{"id":-1}`)...)
	for name, write := range writers(t) {
		t.Run(name, func(t *testing.T) {
			dir := folder(t)
			if _, err := write(t.Context(), dir, parquetFile(t, batch), parts.PartitionBy("p", "day", "instant", "dec", "flag", "d", "big")); err != nil {
				t.Fatal(err)
			}
			want := emptyIsNull(parts.Canon(batch.Schema(), batch), "p")
			agree(t, name, dir, want)
			add(t, open(t, dir), table.AppendOptions{}, batch)
			agree(t, "ours on top", dir, joined(want, want))
		})
	}
}

func TestDuckDBAppendsToOurTables(t *testing.T) {
	dir := folder(t)
	const columns = "id BIGINT, text STRING, price DECIMAL(10,2), at TIMESTAMP, l ARRAY<INT>"
	tab := create(t, dir, table.CreateOptions{Schema: ddl(t, columns), Properties: map[string]string{"delta.checkpointInterval": "2"}})
	first := rows(t, columns, `{"id":1,"text":"é","price":"1.50","at":"2024-01-01T00:00:00.123456Z","l":[1,null]}`)
	add(t, tab, table.AppendOptions{}, first)
	if err := parts.DuckDB(t).Exec(t.Context(), "con.execute(f\"ATTACH '{path}' AS tab (TYPE delta)\")\n"+
		"con.execute(\"INSERT INTO tab SELECT 2, 'x', 2.5, TIMESTAMPTZ '2024-01-02 00:00:00.000001+00', [2]\")\n"+
		"con.execute('DETACH tab')", map[string]any{"path": dir}, nil); err != nil {
		t.Fatal(err)
	}
	third := rows(t, columns, `{"id":3}`)
	add(t, tab, table.AppendOptions{}, third)
	second := rows(t, columns, `{"id":2,"text":"x","price":"2.50","at":"2024-01-02T00:00:00.000001Z","l":[2]}`)
	agree(t, "after DuckDB", dir, parts.Canon(first.Schema(), first, second, third))
}

func parquetFile(t testing.TB, batch arrow.RecordBatch) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "rows.parquet")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	w, err := pqarrow.NewFileWriter(batch.Schema(), file, parquet.NewWriterProperties(), pqarrow.DefaultWriterProps())
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.Write(batch), w.Close()); err != nil {
		t.Fatal(err)
	}
	return path
}
