package sql

import (
	"errors"
	"testing"

	"github.com/ingestd/ingestd/table/expression"
)

func TestTextThatSparkMayReadIsNotTakenForNone(t *testing.T) {
	rec := batchOf(t, newSession(t, Options{}), `SELECT '2024' AS y, '1e2' AS e, 'NaN' AS nan, '2024-01-01 24:00:00' AS late, '2024-01-01 00:00:00+19:00' AS far, '2024-01-01 1:02:03' AS short,
		'abc' AS no, '2024-02-30' AS day, CAST(1e-5 AS DOUBLE) AS small, CAST(1e300 AS DOUBLE) AS large`)
	c := newCompiler(t)
	for _, tt := range []struct{ expr, want string }{
		{"CAST(late AS TIMESTAMP)", "fails"}, {"CAST(far AS TIMESTAMP)", "fails"}, {"TRY_CAST(short AS TIMESTAMP)", "fails"}, {"TRY_CAST(y AS DATE)", "fails"},
		{"TRY_CAST(e AS DECIMAL(5, 1))", "fails"}, {"TRY_CAST(nan AS DOUBLE)", "fails"}, {"TRY_CAST(e AS DOUBLE)", "100.0"}, {"TRY_CAST(small AS STRING)", "fails"}, {"TRY_CAST(large AS FLOAT)", "fails"},
		{"TRY_CAST(no AS DATE)", "null"}, {"TRY_CAST(no AS DOUBLE)", "null"}, {"TRY_CAST(no AS TIMESTAMP)", "null"}, {"TRY_CAST(no AS DECIMAL(5, 1))", "null"}, {"TRY_CAST(day AS DATE)", "null"}, {"TRY_CAST(e AS INT)", "null"},
	} {
		got, err := valueOfExpr(c, tt.expr, rec)
		var failed *expression.ValueError
		if errors.As(err, &failed) {
			got, err = "fails", nil
		}
		if err != nil || got != tt.want {
			t.Errorf("%s is %s (%v), want %s", tt.expr, got, err, tt.want)
		}
	}
}

func TestColumnsAreFoundUnderAnyName(t *testing.T) {
	rec := batchOf(t, newSession(t, Options{}), `SELECT {'x': 1} AS the_table, 99 AS x, {'the_table': {'x': 5}} AS main, 7 AS "current_date", {'a"b': 3} AS "q""'"`)
	c := newCompiler(t)
	for expr, want := range map[string]string{
		"the_table.x + x": "100", "main.the_table.x + the_table.x + x": "105", "current_date": "7", "current_date()": "2026-01-31", "`q\"'`.`a\"b` + x": "102",
	} {
		if got, err := valueOfExpr(c, expr, rec); err != nil || got != want {
			t.Errorf("%s is %s (%v), want %s", expr, got, err, want)
		}
	}
}
