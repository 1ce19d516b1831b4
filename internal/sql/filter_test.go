package sql

import (
	"context"
	"math/rand"
	"strings"
	"sync"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"pgregory.net/rapid"

	"github.com/ingestd/ingestd/table/arrowtest"
	"github.com/ingestd/ingestd/table/predicate"
)

const everyType = `SELECT CAST(i AS INTEGER) AS i, i AS big, i / 2 AS f, CAST(i AS FLOAT) AS f4, 'str' || i AS s, CAST(i AS DECIMAL(10, 2)) AS d,
	CAST(i AS DECIMAL(38, 25)) AS wide, {'a': i} AS st, TIMESTAMPTZ '2024-01-01 00:00:00Z' + INTERVAL (i) HOUR AS ts, TIMESTAMP '2024-01-01' + INTERVAL (i) HOUR AS ntz,
	DATE '2024-01-01' + CAST(i AS INT) AS day, i % 2 = 0 AS flag, CAST('a' AS BLOB) AS bin FROM range(100) t(i)`

func TestPredicatesAreParsedPrunedAndEvaluated(t *testing.T) {
	s := newSession(t, Options{})
	rec := batchOf(t, s, everyType)
	tests := []struct {
		text, prune string
		rows        int
	}{
		{"i = 5", `"i" = 5`, 1},
		{"3 > I", `"i" < 3`, 3},
		{"i > 5.5", `"i" > 5.5`, 94},
		{"i = '7'", `"i" = 7`, 1},
		{"i < 3e0", `"i" < 3e+00`, 3},
		{"big < 12345678901234567890123", `"big" < 12345678901234567890123`, 100},
		{"i BETWEEN 1 AND 2.5", `("i" >= 1 AND "i" <= 2.5)`, 2},
		{"i BETWEEN 1 AND 2.5e0", "UNKNOWN", 2}, // compared as doubles, of which one bound alone knows nothing
		{"i NOT BETWEEN 1 AND 5", `NOT ("i" >= 1 AND "i" <= 5)`, 95},
		{"i IN (1, 2, NULL)", `"i" IN (1, 2, NULL)`, 2},
		{"i NOT IN (1, 2)", `NOT "i" IN (1, 2)`, 98},
		{"i IN (1, 2.5)", "UNKNOWN", 1},
		{"i + 1 > 3", "UNKNOWN", 97},
		{"i = NULL", "NULL", 0},
		{"i IS DISTINCT FROM NULL", `"i" IS NOT NULL`, 100},
		{"i IS NOT DISTINCT FROM 3", `"i" <=> 3`, 1},
		{"NOT (i < 3 OR i IS NULL)", `NOT ("i" < 3 OR "i" IS NULL)`, 97},
		{"f > 10", `"f" > 1e+01`, 79},
		{"f = 'nan'", `"f" = DOUBLE 'NaN'`, 0},
		{"f4 > 10", `"f4" > 1e+01`, 89},
		{"f4 > 0.1", "UNKNOWN", 99}, // 0.1 as a float or as a double?
		{"d >= 5.001", `"d" >= 5.001`, 94},
		{"wide > 1.5", `"wide" > 1.5`, 98},
		{"wide < 1.5 + 1e30", `UNKNOWN`, 100}, // compared as doubles
		{"s = 'str3' AND s LIKE 'str%' AND s NOT LIKE 'x_'", `("s" = 'str3' AND "s" LIKE 'str%' AND NOT ("s" LIKE 'x%' AND UNKNOWN))`, 1},
		{"s LIKE 'str3'", `"s" = 'str3'`, 1},
		{"starts_with(s, 'str1')", `"s" LIKE 'str1%'`, 11},
		{"s COLLATE NOCASE = 'STR1'", "UNKNOWN", 1},
		{"st.a > 3", `"st"."a" > 3`, 96},
		{"ts > '2024-01-02'", `"ts" > TIMESTAMP '2024-01-02 00:00:00 UTC'`, 75},
		{"ts >= DATE '2024-01-08' - 7", `"ts" >= TIMESTAMP '2024-01-01 00:00:00 UTC'`, 100},
		{"CAST(ts AS DATE) = '2024-01-02'", `("ts" >= TIMESTAMP '2024-01-02 00:00:00 UTC' AND "ts" < TIMESTAMP '2024-01-03 00:00:00 UTC')`, 24},
		{"DATE '2024-01-02' >= CAST(ntz AS DATE)", `"ntz" < TIMESTAMP_NTZ '2024-01-03 00:00:00'`, 48},
		{"CAST(ntz AS DATE) <> '2024-01-01'", `("ntz" < TIMESTAMP_NTZ '2024-01-01 00:00:00' OR "ntz" >= TIMESTAMP_NTZ '2024-01-02 00:00:00')`, 76},
		{"CAST(ntz AS DATE) > '2024-01-01'", `"ntz" >= TIMESTAMP_NTZ '2024-01-02 00:00:00'`, 76},
		{"CAST(ntz AS DATE) < 'infinity'", "UNKNOWN", 100},
		{"day IN ('2024-01-01', DATE '2024-01-02')", `"day" IN (DATE '2024-01-01', DATE '2024-01-02')`, 2},
		{"day > TIMESTAMP '2024-01-01 10:00:00'", `"day" > TIMESTAMP_NTZ '2024-01-01 10:00:00'`, 99},
		{"ts > now()", "UNKNOWN", 0},
		{"flag AND NOT flag", `("flag" = true AND NOT "flag" = true)`, 0},
		{"bin = 'a'", `"bin" = X'61'`, 100},
		{"TRUE", "TRUE", 100},
		{"coalesce(i, 0) > 3 -- with a comment", "UNKNOWN", 96},
		{"list_contains(list_transform([1, 2], x -> x + i), 3)", "UNKNOWN", 2},
	}
	for _, tt := range tests {
		f, err := s.db.ParseFilter(context.Background(), tt.text, rec.Schema())
		if err != nil {
			t.Errorf("%s: %v", tt.text, err)
			continue
		}
		if got := f.Prune().String(); got != tt.prune || f.String() != tt.text {
			t.Errorf("%s: prunes by %s, want %s", tt.text, got, tt.prune)
		}
		keep, err := f.Eval(context.Background(), rec)
		if err != nil {
			t.Errorf("%s: %v", tt.text, err)
			continue
		}
		if got := trues(keep); got != tt.rows || keep.NullN() > 0 {
			t.Errorf("%s: %d rows, want %d", tt.text, got, tt.rows)
		}
	}
}

func trues(b *array.Boolean) (n int) {
	for i := range b.Len() {
		if b.Value(i) {
			n++
		}
	}
	return n
}

func TestAFilterTellsTheColumnsThatItReads(t *testing.T) {
	s := newSession(t, Options{})
	rec := batchOf(t, s, everyType)
	f, err := s.db.ParseFilter(context.Background(), "st.a > 3 AND S LIKE 'x%' OR day IS NULL", rec.Schema())
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(f.Columns(), ","); got != "day,s,st" {
		t.Error(got)
	}
}

func TestWrongPredicatesAreRefused(t *testing.T) {
	s := newSession(t, Options{})
	schema := batchOf(t, s, everyType).Schema()
	for text, want := range map[string]string{
		"dey > 3":                  `SQL at line 1, column 1: no column "dey"; did you mean "day"?`,
		"i > 3 AND\n price > 3":    `SQL at line 2, column 2: no column "price"; there are i, big, f, f4, s, d, wide, st, ts, ntz, day, flag, bin`,
		"i":                        `SQL: a predicate is wanted, TRUE or FALSE for each row; i is int32`,
		"i >":                      `SQL at line 1, column 4: syntax error at end of input`,
		"i > 3 ORDER BY i":         `SQL: a predicate is wanted, such as price > 10, and nothing after it`,
		"i > 3) OR (i < 3":         `SQL at line 1, column 6: syntax error at or near ")"`,
		"i > 3; DROP TABLE x":      `SQL: a SELECT is wanted`,
		"sum(i) > 3":               `SQL: a predicate over a table's rows cannot have sum(), which needs other rows`,
		"i IN (SELECT 1)":          `SQL: a predicate over a table's rows cannot have a subquery`,
		"row_number() OVER () > 3": `SQL: a predicate over a table's rows cannot have row_number(), which needs other rows`,
		"s > 3":                    `SQL at line 1, column 3: Cannot compare values of type VARCHAR and type INTEGER_LITERAL - an explicit cast is required`,
	} {
		if _, err := s.db.ParseFilter(context.Background(), text, schema); err == nil || err.Error() != want {
			t.Errorf("%s:\ngot  %v\nwant %s", text, err, want)
		}
	}
}

func TestAFilterIsUsedByManyAtOnce(t *testing.T) {
	s := newSession(t, Options{})
	rec := batchOf(t, s, everyType)
	f, err := s.db.ParseFilter(context.Background(), "i < 10", rec.Schema())
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for from := range int64(20) {
				part := rec.NewSlice(from, from+20)
				keep, err := f.Eval(context.Background(), part)
				if err != nil || trues(keep) != max(0, 10-int(from)) {
					t.Errorf("from %d: %v, %v", from, keep, err)
				}
				part.Release()
			}
		})
	}
	all.Wait()
	f.Close()
	if _, err := f.Eval(context.Background(), rec); err == nil {
		t.Error("a closed filter evaluates")
	}
}

// fileOf is what a file of rec's rows would tell of them.
type fileOf struct{ arrow.RecordBatch }

func (f fileOf) NumRecords() int64 { return f.NumRows() }

func (f fileOf) Column(path []string) predicate.ColumnBounds {
	a := f.RecordBatch.Column(f.Schema().FieldIndices(path[0])[0])
	b := predicate.ColumnBounds{NullCount: int64(a.NullN())}
	for i := range a.Len() {
		if v, ok := valueOf(a, i); ok {
			if o, ok := predicate.Compare(v, b.Min); !ok || o < 0 {
				b.Min = v
			}
			if o, ok := predicate.Compare(v, b.Max); !ok || o > 0 {
				b.Max = v
			}
		}
	}
	return b
}

func TestFilesThatAPredicateSkipsHaveNoRowOfIt(t *testing.T) {
	s := newSession(t, Options{})
	constants := map[string][]string{
		"i":   {"0", "3", "-50.5", "3e0", "2147483648", "'7'", "NULL"},
		"f":   {"0", "1.5", "'nan'", "'inf'", "100::BIGINT", "0.1::FLOAT"},
		"d":   {"0", "100.004", "5e0", "'3.1'", "99999999999999999999"},
		"s":   {"''", "'a'", "'é'", "'shop'", "'zz'"},
		"ts":  {"'2024-01-01'", "DATE '1970-01-01'", "TIMESTAMP '2000-01-01 00:00:00.0000005'", "TIMESTAMPTZ '1969-12-31 23:59:59.999999Z'"},
		"day": {"'1970-01-01'", "DATE '2024-01-01' + 3", "TIMESTAMP '1970-01-01 00:00:01'"},
	}
	schema := arrow.NewSchema([]arrow.Field{
		{Name: "i", Type: arrow.PrimitiveTypes.Int32, Nullable: true}, {Name: "f", Type: arrow.PrimitiveTypes.Float64, Nullable: true},
		{Name: "d", Type: &arrow.Decimal128Type{Precision: 10, Scale: 2}, Nullable: true}, {Name: "s", Type: arrow.BinaryTypes.String, Nullable: true},
		{Name: "ts", Type: timestampUTC, Nullable: true}, {Name: "day", Type: arrow.FixedWidthTypes.Date32, Nullable: true},
	}, nil)
	rapid.Check(t, func(t *rapid.T) {
		comparison := rapid.Custom(func(t *rapid.T) string {
			c := rapid.SampledFrom(schema.Fields()).Draw(t, "column").Name
			v := rapid.SampledFrom(constants[c])
			op := rapid.SampledFrom([]string{"=", "<>", "<", "<=", ">", ">=", "IS DISTINCT FROM", "BETWEEN", "IN", "IS NULL", "LIKE"}).Draw(t, "op")
			switch op {
			case "IS NULL":
				return c + " IS NULL"
			case "BETWEEN":
				return c + " BETWEEN " + v.Draw(t, "low") + " AND " + v.Draw(t, "high")
			case "IN":
				return c + " IN (" + v.Draw(t, "a") + ", " + v.Draw(t, "b") + ")"
			case "LIKE":
				return "s LIKE '" + rapid.SampledFrom([]string{"shop%", "%a", "a_%", "é"}).Draw(t, "pattern") + "'"
			}
			return c + " " + op + " " + v.Draw(t, "value")
		})
		text := strings.Join(rapid.SliceOfN(comparison, 1, 3).Draw(t, "parts"), rapid.SampledFrom([]string{" AND ", " OR ", " AND NOT "}).Draw(t, "with"))
		f, err := s.db.ParseFilter(context.Background(), text, schema)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		defer f.Close()
		r := rand.New(rand.NewSource(rapid.Int64().Draw(t, "seed")))
		for range 10 {
			rec := arrowtest.Batch(r, schema, 1+r.Intn(3))
			keep, err := f.Eval(context.Background(), rec)
			if err != nil {
				continue // the query would fail as well
			}
			if predicate.Skips(f.Prune(), fileOf{rec}) && trues(keep) > 0 {
				t.Fatalf("%s, pruned by %s, skips %v", text, f.Prune(), arrowtest.Rows(rec))
			}
		}
	})
}
