package sql

import (
	"context"
	"strings"
	"testing"
)

func TestQueriesThatMayRunInPartsAreToldFromThoseThatNeedTheWhole(t *testing.T) {
	s := newSession(t, Options{})
	tests := []struct{ query, whole string }{
		{"FROM input", ""},
		{"SELECT i + 1, upper(s), CAST(i AS DATE), CASE WHEN i > 3 THEN 1 END FROM input WHERE i > 3", ""},
		{"SELECT * EXCLUDE (i), COLUMNS('a.*') FROM INPUT AS x", ""},
		{"SELECT * FROM (SELECT i FROM input WHERE i > 3) WHERE i < 5", ""},
		{"SELECT list_transform(l, x -> x + 1), [1, 2][1], {'a': i}, s ->> '$.a', ts AT TIME ZONE 'UTC' FROM input", ""},
		{"SELECT nullif(i, 3), split_part(s, 'a', 1), coalesce(i, 1), s LIKE 'a', extract(year FROM ts) FROM input", ""},
		{"SELECT unnest(l) FROM input", ""},
		{"FROM input, unnest(l) u(x)", ""},
		{"SELECT random(), uuid() FROM input", ""},
		{"FROM input i JOIN delta('x') d ON d.k = i.k", ""},
		{"FROM delta('x') d JOIN input i ON d.k = i.k", ""},
		{"FROM input LEFT JOIN (SELECT k, max(v) FROM delta('x') GROUP BY k) USING (k)", ""},
		{"FROM delta('x') RIGHT JOIN input USING (k)", ""},
		{"FROM input SEMI JOIN delta('x') USING (k)", ""},
		{"SELECT i FROM input WHERE i IN (SELECT k FROM delta('x'))", ""},
		{"SELECT (SELECT max(v) FROM delta('x') WHERE k = input.k) FROM input", ""},
		{"FROM input ASOF JOIN delta('x') d ON input.k = d.k AND input.ts >= d.ts", ""},

		{"SELECT sum(i) FROM input", "sum()"},
		{"SELECT count(*) FILTER (WHERE i > 1) FROM input", "count_star()"},
		{"SELECT weighted_avg(i, i) FROM input", "weighted_avg()"}, // a macro over aggregates
		{"SELECT no_such_function(i) FROM input", "no_such_function()"},
		{"SELECT i FROM input GROUP BY ALL", "GROUP BY"},
		{"SELECT max(i) FROM input HAVING TRUE", "HAVING"},
		{"SELECT row_number() OVER () FROM input", "a window function"},
		{"SELECT i FROM input QUALIFY row_number() OVER (PARTITION BY k) = 1", "QUALIFY"},
		{"SELECT DISTINCT i FROM input", "distinct"},
		{"SELECT i FROM input ORDER BY i", "order"},
		{"SELECT i FROM input LIMIT 3", "limit"},
		{"SELECT i FROM input LIMIT 10%", "limit_percent"},
		{"SELECT i FROM input TABLESAMPLE 10%", "SAMPLE"},
		{"SELECT i FROM input UNION ALL SELECT 1", "set operation"},
		{"FROM input a, input b", "a join of input with itself"},
		{"FROM delta('x') LEFT JOIN input USING (k)", "left join"},
		{"FROM delta('x') FULL JOIN input USING (k)", "full join"},
		{"FROM input POSITIONAL JOIN delta('x')", "positional join"},
		{"FROM delta('x') ANTI JOIN input USING (k)", "anti join"},
		{"FROM delta('x') d ASOF JOIN input ON input.k = d.k AND input.ts >= d.ts", "asof join"},
		{"SELECT (SELECT max(i) FROM input) FROM input", "a subquery over input"},
		{"SELECT * FROM (SELECT i FROM input LIMIT 3)", "limit"},
		{"WITH w AS (FROM input) FROM w", "WITH"},
		{"SELECT now(), i FROM input", "now()"},
		{"FROM input JOIN (FROM delta('x') WHERE random() > 0.5) USING (k)", "random()"},
		{"FROM input JOIN delta('x') TABLESAMPLE 10% USING (k)", "SAMPLE"},
	}
	for _, tt := range tests {
		a, err := s.Analyze(context.Background(), tt.query, "input")
		if err != nil {
			t.Errorf("%s: %v", tt.query, err)
			continue
		}
		if !a.Input || a.RowWise != (tt.whole == "") || a.Whole != tt.whole || a.Tables != strings.Contains(tt.query, "delta(") {
			t.Errorf("%s: %+v, want %q", tt.query, *a, tt.whole)
		}
	}
}

func TestWhatAQueryReadsIsFound(t *testing.T) {
	s := newSession(t, Options{})
	for query, want := range map[string]Analysis{
		"SELECT 1":                                     {},
		"SELECT 'from input' -- input":                 {},
		"SELECT (SELECT count(*) FROM input)":          {Input: true},
		"FROM delta('x', timestamp => '2024-01-01')":   {Tables: true},
		"FROM read_parquet('x') JOIN range(3) ON TRUE": {Files: true},
		"FROM 'x.csv'":                                 {Files: true},
		"SELECT 1 WHERE EXISTS (FROM read_csv('x'))":   {Files: true},
		"FROM input UNION ALL BY NAME FROM delta('x', version => 3), 'data.parquet' ": {Input: true, Tables: true, Files: true},
	} {
		a, err := s.Analyze(context.Background(), query, "input")
		if err != nil || a.Input != want.Input || a.Tables != want.Tables || a.Files != want.Files {
			t.Errorf("%s: %+v, %v", query, a, err)
		}
	}
}

func TestWhatIsNoSelectIsRefused(t *testing.T) {
	s := newSession(t, Options{})
	for query, want := range map[string]string{
		"CREATE TABLE a (i INT)": "SQL: a SELECT is wanted",
		"SELECT 1; SELECT 2":     "SQL: one statement is wanted, not 2",
		"SELECT\n*\nFORM input":  `SQL at line 3, column 6: syntax error at or near "input"`,
	} {
		if _, err := s.Analyze(context.Background(), query, "input"); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", query, err, want)
		}
	}
}

func TestTimestampIsANameOfAnArgument(t *testing.T) {
	for query, want := range map[string]string{
		"delta('x', timestamp => 'y')":                          "delta('x', timestam_ => 'y')",
		"delta('x', TIMESTAMP:='y')":                            "delta('x', timestam_:='y')",
		"'timestamp => ' -- timestamp =>":                       "'timestamp => ' -- timestamp =>",
		"/* timestamp => */ \"timestamp => \" mytimestamp => 1": "/* timestamp => */ \"timestamp => \" mytimestamp => 1",
		"SELECT TIMESTAMP '2024-01-01'":                         "SELECT TIMESTAMP '2024-01-01'",
	} {
		if got := normalise(query); got != want {
			t.Errorf("%s: %s", query, got)
		}
	}
}

func TestTheQueryInsideACopyIsFound(t *testing.T) {
	for query, want := range map[string]string{
		"copy (select ')' from (f) -- )\n) to 'x'": "select ')' from (f) -- )\n",
		"COPY t TO 'x'": "COPY t TO 'x'",
		"COPY (select":  "COPY (select",
	} {
		if got := copied(query); got != want {
			t.Errorf("%s: %s", query, got)
		}
	}
}
