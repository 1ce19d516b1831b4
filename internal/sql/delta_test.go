package sql

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
)

func tableOf(t tester, s *Session, queries ...string) *fakeTable {
	t.Helper()
	f := &fakeTable{}
	for _, q := range queries {
		f.batches = append(f.batches, batchOf(t, s, q))
	}
	return f
}

// withTables is a session in which delta('shop') and delta('users') can be read.
func withTables(t testing.TB) (*Session, *fakeTable, *fakeTable) {
	t.Helper()
	byPath := map[string]*fakeTable{}
	s := newSession(t, Options{OpenTable: tables(byPath), Threads: 2})
	byPath["shop"] = tableOf(t, s, "SELECT i, i % 10 AS u, CAST(i AS DOUBLE) AS price, TIMESTAMPTZ '2024-01-01 00:00:00Z' + INTERVAL (i) HOUR AS ts FROM range(5000) t(i)",
		"SELECT i, i % 10 AS u, CAST(i AS DOUBLE) AS price, TIMESTAMPTZ '2024-01-01 00:00:00Z' AS ts FROM range(5000, 9000) t(i)")
	byPath["users"] = tableOf(t, s, "SELECT i AS u, 'user ' || i AS name FROM range(10) t(i)")
	return s, byPath["shop"], byPath["users"]
}

func TestTablesAreReadByTheColumnsAndTheHintThatAQueryNeeds(t *testing.T) {
	s, shop, users := withTables(t)
	tests := []struct{ query, rows, shopColumns, shopWhere, userWhere string }{
		{"SELECT count(*) AS n FROM delta('shop')", "n=9000;", "i", "TRUE", ""},
		{"SELECT count(*) AS n FROM delta('shop') WHERE i >= 10", "n=8990;", "i", `("i" >= 10)`, ""},
		{"SELECT count(*) AS n FROM delta('shop') s JOIN delta('users') v ON s.u = v.u WHERE s.i < 100 AND name = 'user 3'", "n=10;", "i,u",
			`(("i" < 100 AND UNKNOWN))`, `((UNKNOWN AND "name" = 'user 3'))`},
		{"SELECT count(*) AS n FROM delta('shop') s LEFT JOIN delta('users') v ON s.u = v.u WHERE i < 100 AND v.name IS NULL", "n=0;", "i,u", `(("i" < 100 AND UNKNOWN))`, "TRUE"},
		{"SELECT count(*) AS n FROM delta('shop') a, delta('shop') b WHERE a.i = b.i AND a.i < 5", "n=5;", "i", `((UNKNOWN AND "i" < 5) OR (UNKNOWN AND UNKNOWN))`, ""},
		{"SELECT count(*) AS n FROM delta('shop') WHERE i < (SELECT max(u) FROM delta('shop'))", "n=9;", "", "TRUE", ""},
		{"SELECT count(*) AS n FROM (FROM delta('shop') WHERE ts < '2024-01-02') WHERE price > 4", "n=4019;", "price,ts", `("ts" < TIMESTAMP '2024-01-02 00:00:00 UTC')`, ""},
		{"SELECT count(*) AS n FROM delta('shop') AS x(a, b, c, d) WHERE a < 10", "n=10;", "i", "TRUE", ""},
		{"SELECT count(*) AS n FROM delta('shop') TABLESAMPLE 100% WHERE i < 10", "n=10;", "i", "TRUE", ""},
		{"WITH w AS (FROM delta('shop') WHERE i < 3) SELECT count(*) AS n FROM w", "n=3;", "i", `("i" < 3)`, ""},
	}
	for _, tt := range tests {
		if got := rowsOf(t, s, tt.query)[0]; got != tt.rows {
			t.Errorf("%s: %s, want %s", tt.query, got, tt.rows)
		}
		if got := strings.Join(sorted(*shop.columns.Load()), ","); got != tt.shopColumns && tt.shopColumns != "" {
			t.Errorf("%s: columns %s, want %s", tt.query, got, tt.shopColumns)
		}
		if got := *shop.where.Load(); got != tt.shopWhere {
			t.Errorf("%s: hint %s, want %s", tt.query, got, tt.shopWhere)
		}
		if tt.userWhere != "" && *users.where.Load() != tt.userWhere {
			t.Errorf("%s: hint %s, want %s", tt.query, *users.where.Load(), tt.userWhere)
		}
	}
}

func TestDaysOfAnotherTimeZoneAreNoHint(t *testing.T) {
	s, shop, _ := withTables(t)
	mustExec(t, s, "SET TimeZone = 'Asia/Tokyo'")
	rowsOf(t, s, "SELECT count(*) FROM delta('shop') WHERE CAST(ts AS DATE) = '2024-01-02'")
	if got := *shop.where.Load(); got != "(UNKNOWN)" {
		t.Error(got)
	}
	rowsOf(t, s, "SELECT count(*) FROM delta('shop') WHERE ts = '2024-01-02'")
	if got := *shop.where.Load(); got != `("ts" = TIMESTAMP '2024-01-01 15:00:00 UTC')` {
		t.Error(got)
	}
}

func TestAVersionOrATimeOfATableCanBeAskedFor(t *testing.T) {
	var asked []string
	shop := &fakeTable{}
	s := newSession(t, Options{OpenTable: func(_ context.Context, ref TableRef) (TableSource, error) {
		asked = append(asked, ref.String())
		return shop, nil
	}})
	*shop = fakeTable{batches: []arrow.RecordBatch{batchOf(t, s, "SELECT 1 AS a")}}
	for query, want := range map[string]string{
		"FROM delta('s3://it''s/x')":                                  "delta('s3://it''s/x')",
		"FROM delta('x', version => 3)":                               "delta('x', version => 3)",
		"FROM delta('x', version := 3) a, delta('x', version => 3) b": "delta('x', version => 3)",
		"FROM delta('x', timestamp => '2024-01-31')":                  "delta('x', timestamp => '2024-01-31T00:00:00Z')",
		"FROM delta('x', timestamp => '2024-01-31 10:00:00.5+01')":    "delta('x', timestamp => '2024-01-31T09:00:00.5Z')",
		"FROM delta('x', timestamp => TIMESTAMP '2024-01-31')":        "delta('x', timestamp => '2024-01-31T00:00:00Z')",
	} {
		asked = nil
		rowsOf(t, s, query)
		if got := strings.Join(asked, "; "); got != want {
			t.Errorf("%s opens %s", query, got)
		}
	}
	for query, want := range map[string]string{
		"FROM delta('x', version => 3, timestamp => '2024-01-31')": "version or timestamp, not both",
		"FROM delta('x', timestamp => 'yesterday')":                "write it as '2026-01-31 12:00:00', in UTC",
		"FROM delta(NULL)": "a path is wanted",
	} {
		if _, err := tryRows(s, query); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", query, err)
		}
	}
}

func TestErrorsOfTablesAreFoundInThoseOfQueries(t *testing.T) {
	s, shop, _ := withTables(t)
	if _, err := tryRows(s, "SELECT *\nFROM delta('nowhere')"); !errors.Is(err, errNoTable) || err.Error() != "SQL at line 2, column 6: delta('nowhere'): no such table" {
		t.Error(err)
	}
	shop.err = errors.New("a file is gone")
	if _, err := tryRows(s, "SELECT sum(i) FROM delta('shop')"); !errors.Is(err, shop.err) || err.Error() != "SQL: delta('shop'): a file is gone" {
		t.Error(err)
	}
}

func TestAScanEndsWithItsQuery(t *testing.T) {
	s, shop, _ := withTables(t)
	shop.block = true // after the rows
	if got := rowsOf(t, s, "FROM delta('shop') LIMIT 3"); len(got) != 3 {
		t.Error(got)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	for _, err := range s.Query(ctx, "SELECT sum(i) FROM delta('shop')") {
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
	}
}

func TestAPreparedQueryScansItsTablesAgain(t *testing.T) {
	s, shop, _ := withTables(t)
	st, err := s.Prepare(context.Background(), "SELECT max(i) AS m FROM delta('shop') WHERE i < 7")
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	for range 3 {
		for rec, err := range st.Run(context.Background()) {
			if err != nil || rec.Column(0).ValueStr(0) != "6" {
				t.Error(rec, err)
			}
			rec.Release()
		}
	}
	if n := shop.scans.Load(); n != 3 || len(st.Tables()) != 1 {
		t.Errorf("%d scans of %v", n, st.Tables())
	}
}

func TestABatchThatDoesNotFitItsTableIsAnError(t *testing.T) {
	s, shop, _ := withTables(t)
	shop.batches = append(shop.batches, batchOf(t, s, "SELECT 'x' AS i"))
	if _, err := tryRows(s, "SELECT max(i) FROM delta('shop')"); err == nil || !strings.Contains(err.Error(), `column "i" is int64, in a batch utf8`) {
		t.Error(err)
	}
}
