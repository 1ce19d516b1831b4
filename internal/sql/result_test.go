package sql

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestResultsHaveTypesThatATableCanHold(t *testing.T) {
	s := newSession(t, Options{})
	tests := []struct{ expr, typ, value string }{
		{"sum(x)", "int64", "6"},
		{"count(*)", "int64", "3"},
		{"avg(x)", "float64", ""},
		{"sum(CAST(x AS DECIMAL(10, 2)))", "decimal(38, 2)", "600"},
		{"CAST(max(x) AS UTINYINT)", "int16", "3"},
		{"CAST(max(x) AS USMALLINT)", "int32", "3"},
		{"CAST(max(x) AS UINTEGER)", "int64", "3"},
		{"CAST(18446744073709551615 AS UBIGINT)", "decimal(20, 0)", "18446744073709551615"},
		{"CAST('a' AS ENUM('b', 'a'))", "utf8", `"a"`},
		{"CAST('0f000000-0000-4000-8000-00000000000a' AS UUID)", "utf8", `"0f000000-0000-4000-8000-00000000000a"`},
		{"TIME '01:02:03.5'", "utf8", `"01:02:03.5"`},
		{"TIMESTAMP_S '2024-01-01 00:00:01'", "timestamp[us]", "1704067201000000"},
		{"TIMESTAMP_MS '1969-12-31 23:59:59.999'", "timestamp[us]", "-1000"},
		{"TIMESTAMP_NS '1969-12-31 23:59:59.999999999'", "timestamp[us]", "-1"},
		{"TIMESTAMPTZ '2024-01-01 00:00:00+01'", "timestamp[us, tz=UTC]", "1704063600000000"},
		{"date_trunc('day', TIMESTAMPTZ '2024-01-01 23:30:00Z')", "timestamp[us, tz=UTC]", "1704067200000000"},
		{"CAST(TIMESTAMPTZ '2024-01-01 23:30:00Z' AS DATE)", "date32", "19723"},
		{"CAST([1, 2] AS INTEGER[2])", "list<item: int32, nullable>", "[1,2,]"},
		{"json_object('a', 1)", "utf8", `"{\"a\":1}"`},
		{`CAST('\xAA' AS BLOB)`, "binary", ""},
		{"NULL", "int32", "null"},
		{"CAST(interval 1 day AS VARCHAR)", "utf8", `"1 day"`},
	}
	for _, tt := range tests {
		query := "SELECT " + tt.expr + " AS v FROM (VALUES (1), (2), (3)) t(x)"
		if !strings.Contains(tt.expr, "x)") {
			query += " LIMIT 1"
		}
		schema, err := s.Describe(context.Background(), query)
		if err != nil {
			t.Errorf("%s: %v", tt.expr, err)
			continue
		}
		if got := schema.Field(0).Type.String(); got != tt.typ {
			t.Errorf("%s is %s, want %s", tt.expr, got, tt.typ)
		}
		if got := rowsOf(t, s, query)[0]; tt.value != "" && got != "v="+tt.value+";" {
			t.Errorf("%s is %s, want %s", tt.expr, got, tt.value)
		}
	}
}

func TestErrorsAreOneLineWithTheirPosition(t *testing.T) {
	s := newSession(t, Options{})
	mustExec(t, s, "CREATE TABLE shop (price DOUBLE, category VARCHAR)")
	for query, want := range map[string]string{
		"SELECT prize FROM shop":                     `SQL at line 1, column 8: no column "prize"; did you mean "price"?`,
		"SELECT *\nFROM shop\nWHERE 'é' = x.y":       `SQL at line 3, column 13: Referenced table "x" not found!`,
		"SELECT * FROM shops":                        `SQL at line 1, column 15: no table "shops"; did you mean "shop"?`,
		"SELECT uper(category) FROM shop":            `SQL at line 1, column 8: no function "uper"; did you mean "upper"?`,
		"SELEC 1":                                    `SQL at line 1, column 1: syntax error at or near "SELEC"`,
		"":                                           `SQL: there is no statement`,
		"SELECT 1; SELECT 2":                         `SQL: one statement is wanted, not 2`,
		"SELECT category > 3 FROM shop":              `SQL at line 1, column 17: Cannot compare values of type VARCHAR and type INTEGER_LITERAL - an explicit cast is required`,
		"SELECT 10000000000000000000 AS n":           `SQL: the value 10000000000000000000 in column "n" does not fit BIGINT; cast it, for example CAST(n AS DECIMAL(38, 0))`,
		"SELECT CAST('x' AS BIT) AS b":               `SQL: column "b": its type has no place in a Delta table; cast it, for example CAST(x AS VARCHAR)`,
		"FROM delta('x')":                            `SQL at line 1, column 6: delta(...) cannot be used here`,
		"FROM 'https://example.com/x.parquet'":       `SQL: File https://example.com/x.parquet requires the extension httpfs to be loaded`,
		"FROM read_parquet('/no/such/file.parquet')": `SQL at line 1, column 6: No files found that match the pattern "/no/such/file.parquet"`,
		"SELECT CAST('x' AS INTEGER)":                `SQL at line 1, column 8: Could not convert string 'x' to INT32`,
		"SELECT price FROM shop GROUP BY category":   `SQL at line 1, column 8: column "price" must appear in the GROUP BY clause or must be part of an aggregate function.`,
		"INSERT INTO shop VALUES (1)":                `SQL: table shop has 2 columns but 1 values were supplied`,
	} {
		_, err := tryRows(s, query)
		var e *SQLError
		if !errors.As(err, &e) || e.Retryable() || err.Error() != want {
			t.Errorf("%q:\ngot  %v\nwant %s", query, err, want)
		}
	}
}

func TestAQueryCanBeLeftEarlyAndAnotherRun(t *testing.T) {
	s := newSession(t, Options{Threads: 2})
	for range 3 {
		for rec, err := range s.Query(context.Background(), "SELECT * FROM range(100000000)") {
			if err != nil {
				t.Fatal(err)
			}
			rec.Release()
			break
		}
	}
	if got := rowsOf(t, s, "SELECT 1 AS a"); got[0] != "a=1;" {
		t.Error(got)
	}
}

func TestAPreparedQueryRunsAgainOverOtherRows(t *testing.T) {
	s := newSession(t, Options{})
	rel := register(t, s, "input", batchOf(t, s, "SELECT 1 AS a"))
	st, err := s.Prepare(context.Background(), "SELECT sum(a) AS n FROM input")
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	for i := range 5 {
		if err := rel.Set(batchOf(t, s, fmt.Sprintf("SELECT 1 AS a FROM range(%d)", 1000*i+1))); err != nil {
			t.Fatal(err)
		}
		for rec, err := range st.Run(context.Background()) {
			if err != nil {
				t.Fatal(err)
			}
			if got := rec.Column(0).ValueStr(0); got != fmt.Sprint(1000*i+1) {
				t.Errorf("run %d: %s", i, got)
			}
			rec.Release()
		}
	}
}

func TestCancellingInterruptsAQuery(t *testing.T) {
	s := newSession(t, Options{})
	reason := errors.New("enough")
	for _, query := range []string{
		"SELECT count(*) FROM range(100000000000) WHERE range % 7 = 3", // before the first row
		"SELECT * FROM range(100000000000)",                            // between rows
	} {
		ctx, cancel := context.WithCancelCause(context.Background())
		stop := time.AfterFunc(20*time.Millisecond, func() { cancel(reason) })
		var err error
		for rec, e := range s.Query(ctx, query) {
			if err = e; err == nil {
				rec.Release()
			}
		}
		stop.Stop()
		if !errors.Is(err, reason) {
			t.Errorf("%s: %v", query, err)
		}
		if got := rowsOf(t, s, "SELECT 1 AS a"); got[0] != "a=1;" {
			t.Error("the session is lost:", got)
		}
	}
}

func TestMemoryIsBoundedBySpilling(t *testing.T) {
	s := newSession(t, Options{MemoryLimit: 40 << 20, Threads: 1})
	sort := "SELECT count(*) AS n FROM (SELECT * FROM (SELECT range AS i, hash(range) AS h, 'some text ' || range AS t FROM range(1500000)) ORDER BY h, t OFFSET 1)"
	if got := rowsOf(t, s, sort); got[0] != "n=1499999;" {
		t.Error(got)
	}
	_, err := tryRows(s, "SELECT list(range) FROM range(50000000)")
	if err == nil || !strings.HasPrefix(err.Error(), "SQL: out of memory: raise the memory limit") {
		t.Error(err)
	}
}

func TestCopyWritesAFileAndReadsItBack(t *testing.T) {
	s := newSession(t, Options{})
	register(t, s, "input", batchOf(t, s, "SELECT range AS i, 'é' || range AS s FROM range(3000)"))
	for _, format := range []string{"parquet", "csv"} {
		path := filepath.Join(t.TempDir(), "out."+format)
		mustExec(t, s, "COPY (SELECT * FROM input WHERE i %% 2 = 0) TO '%s'", path)
		if got := rowsOf(t, s, fmt.Sprintf("SELECT count(*) AS n, max(s) AS s FROM read_%s('%s')", format, path)); got[0] != `n=1500;s="é998";` {
			t.Error(format, got)
		}
	}
}

func TestSessionsShareTablesButNotRelations(t *testing.T) {
	s := newSession(t, Options{})
	other, err := s.db.Session()
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	register(t, s, "input", batchOf(t, s, "SELECT 1 AS a"))
	register(t, other, "input", batchOf(t, s, "SELECT 2 AS b"))
	mustExec(t, s, "CREATE TABLE shared AS FROM input")
	if got := rowsOf(t, other, "FROM shared, input"); got[0] != "a=1;b=2;" {
		t.Error(got)
	}
}
