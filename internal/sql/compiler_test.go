package sql

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/ingestd/ingestd/internal/output"
	"github.com/ingestd/ingestd/internal/sql/spark"
	"github.com/ingestd/ingestd/table/expression"
)

var noon = time.Date(2026, 1, 31, 12, 0, 0, 123456789, time.UTC)

func newCompiler(t *testing.T) *Compiler {
	t.Helper()
	c := NewCompiler(Options{}, func() time.Time { return noon })
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

// sample is a row of each type, and one of nulls.
const sample = `SELECT CAST(7 AS TINYINT) AS t, CAST(-7 AS SMALLINT) AS sh, 42 AS i, CAST(9000000000 AS BIGINT) AS l, CAST(1.5 AS FLOAT) AS f, CAST(-2.5 AS DOUBLE) AS d,
	CAST(12.345 AS DECIMAL(10, 3)) AS dec, 'Hello' AS s, ' 12 ' AS num, CAST('ab' AS BLOB) AS bin, TRUE AS flag, DATE '2024-02-29' AS day,
	TIMESTAMPTZ '2024-02-29 13:14:15.678901+00' AS ts, TIMESTAMP '1969-12-31 23:59:59.5' AS ntz, [10, NULL, 30] AS arr, MAP {'k': 1} AS m, {'a': 1, 'B c': {'x': 'deep'}} AS st
	UNION ALL SELECT * REPLACE (NULL AS t) FROM (SELECT NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL) x(t, sh, i, l, f, d, dec, s, num, bin, flag, day, ts, ntz, arr, m, st)`

func TestExpressionsMeanWhatTheyMeanInSpark(t *testing.T) {
	rec := batchOf(t, newSession(t, Options{}), sample)
	c := newCompiler(t)
	for _, tt := range []struct{ expr, want string }{
		{"i / 5", "8.4"}, {"i div 5", "8"}, {"sh div 2", "-3"}, {"sh % 4", "-3"}, {"pmod(sh, 4)", "1"}, {"-i", "-42"}, {"t + 1", "8"},
		{"dec + 1", "13.345"}, {"dec * 2.5", "30.8625"}, {"d * 2", "-5.0"}, {"1 + 2 * 3", "7"}, {"(1 + 2) * 3", "9"}, {"5 & 3 | 8 ^ 1", "9"}, {"~5", "-6"},
		{"2147483647 + 1L", "2147483648"}, {"1e2", "100.0"}, {"10BD", "10"}, {".5", "0.5"}, {"-2147483648", "-2147483648"},
		{"s || ' ' || i", "Hello 42"}, {"concat(s, NULL)", "null"}, {"concat_ws('-', s, NULL, i)", "Hello-42"}, {`"it's"`, "it's"}, {`'it\'s'`, "it's"}, {"'a' 'b'", "ab"},
		{"substring(s, 0, 2)", "He"}, {"substring(s, -3)", "llo"}, {"substr(s, 2, -1)", ""}, {"SUBSTRING(s FROM 2 FOR 3)", "ell"}, {"substr(s, -8, 4)", "H"}, {"substr(s, -9, 2)", ""}, {"CAST(0.001 AS STRING)", "0.001"}, {"left(s, 2)", "He"}, {"right(s, -1)", ""},
		{"length('é')", "1"}, {"upper(s)", "HELLO"}, {"trim(num)", "12"}, {"replace(s, 'l', 'L')", "HeLLo"}, {"instr(s, 'l')", "3"}, {"locate('l', s)", "3"}, {"lpad(s, 7)", "  Hello"},
		{"CAST(num AS INT)", "12"}, {"num::bigint", "12"}, {"CAST(d AS INT)", "-2"}, {"CAST(dec AS INT)", "12"}, {"CAST(12.5 AS DECIMAL(3, 0))", "13"}, {"CAST(d AS STRING)", "-2.5"},
		{"CAST(bin AS STRING)", "ab"}, {"CAST(flag AS INT)", "1"}, {"TRY_CAST(s AS INT)", "null"}, {"CAST('2024-1-5' AS DATE)", "2024-01-05"}, {"CAST(ntz AS STRING)", "1969-12-31 23:59:59.5"},
		{"CAST(ts AS DATE)", "2024-02-29"}, {"CAST(ts AS STRING)", "2024-02-29 13:14:15.678901"}, {"CAST(ts AS LONG)", "1709212455"}, {"CAST(CAST(ntz AS TIMESTAMP) AS LONG)", "-1"},
		{"CAST(1.25e0 AS DECIMAL(3, 1))", "1.3"}, {"CAST(day AS TIMESTAMP)", "2024-02-29T00:00:00Z"},
		{"year(ts)", "2024"}, {"day(day)", "29"}, {"hour(ts)", "13"}, {"second(ts)", "15"}, {"dayofweek(day)", "5"}, {"weekday(day)", "3"}, {"weekofyear(day)", "9"}, {"EXTRACT(month FROM day)", "2"},
		{"date_format(ts, \"yyyy-MM-dd'T'HH:mm\")", "2024-02-29T13:14"}, {"trunc(day, 'month')", "2024-02-01"}, {"date_trunc('HOUR', ts)", "2024-02-29T13:00:00Z"},
		{"day + 1", "2024-03-01"}, {"date_add(day, -29)", "2024-01-31"}, {"add_months(day, 12)", "2025-02-28"}, {"datediff(day, '2024-02-01')", "28"}, {"last_day(day)", "2024-02-29"},
		{"ts + INTERVAL 1 DAY", "2024-03-01T13:14:15.678901Z"}, {"day - INTERVAL '1' MONTH", "2024-01-29"}, {"current_timestamp()", "2026-01-31T12:00:00.123456Z"}, {"current_date", "2026-01-31"},
		{"CASE WHEN i > 40 THEN 'a' ELSE 'b' END", "a"}, {"CASE i WHEN 1 THEN 1.5 WHEN 42 THEN 2 END", "2.0"}, {"if(flag, 1, NULL)", "1"}, {"coalesce(NULL, i, l)", "42"}, {"nullif(i, 42)", "null"}, {"nvl2(s, 1, 2)", "1"},
		{"greatest(i, l, NULL)", "9000000000"}, {"arr[0]", "10"}, {"m['k']", "1"}, {"m['none']", "null"}, {"st.`b C`.x", "deep"}, {"st.b c", ""}, {"size(arr)", "3"}, {"array_contains(arr, 20)", "null"},
		{"i = '42'", "true"}, {"num = 12", "true"}, {"num > 11.5", "true"}, {"l <=> num", "false"}, {"CAST(day AS STRING) = day", "true"}, {"i <=> NULL", "false"}, {"NULL <=> NULL", "true"}, {"NOT i = 42", "false"}, {"! flag OR flag", "true"}, {"i == 42 AND s != 'x'", "true"}, {"s LIKE 'H_l%'", "true"}, {`'a%b' LIKE 'a\%b'`, "true"},
		{"s RLIKE '^H.*o$'", "true"}, {"s IS DISTINCT FROM NULL", "true"}, {"(i > 1) IS TRUE", "true"}, {"i NOT IN (1, 2.5)", "true"}, {"i BETWEEN 1 AND 99", "true"}, {"day > '2024-01-01'", "true"},
		{"d = 'NaN'", "refused"}, {"double('NaN') > 1e300", "refused"}, {"isnan(d)", "false"}, {"ceil(d)", "-2"}, {"floor(dec)", "12"}, {"round(dec, 1)", "12.3"}, {"abs(sh)", "7"}, {"flag = TRUE", "true"},
		{"unix_micros(ts)", "1709212455678901"}, {"timestamp_seconds(1)", "1970-01-01T00:00:01Z"}, {"X'4142'", "QUI="}, {"md5('a')", "0cc175b9c0f1b6a831c399e269772661"}, {"f > 1.4", "true"}, {"f = 1.5", "true"},
		{"EXTRACT(SECOND FROM ts)", "refused"}, {"EXTRACT(upper FROM s)", "refused"}, {"EXTRACT(dow FROM day)", "5"}, {`date_format(ts, "'o''clock'")`, "refused"}, {`'\ud83d'`, ""}, {"replace(s, '', NULL)", "null"},
		{"CAST('1.00000017881393432617187499' AS FLOAT)", "1.0000001"}, {"1.00000017881393432617187499F", "1.0000001"}, {"TIMESTAMP '2024-01-01 00:00:00+19:00'", "refused"},
		{"element_at(arr, -1)", "30"}, {"get(arr, 3)", "null"}, {"sort_array(array(2, NULL, 1), false)[0]", "2"}, {"array_max(arr)", "30"}, {"array_join(array(s, NULL, num), '|')", "Hello| 12 "}, {"size(concat(arr, array(1)))", "4"}, {"size(array_append(arr, NULL))", "4"},
		{"map_keys(m)[0]", "k"}, {"map_contains_key(m, 'x')", "false"}, {"hex(-1)", "FFFFFFFFFFFFFFFF"}, {"zeroifnull(NULL)", "0"}, {"nullifzero(0)", "null"}, {"round(2.345e0, 2)", "2.35"}, {"unix_millis(ts)", "1709212455678"}, {"unix_date(day)", "19782"}, {"from_unixtime(0)", "1970-01-01 00:00:00"}, {"date_part('YEAR', day)", "2024"},
		{"to_date('20240229', 'yyyyMMdd')", "2024-02-29"}, {"to_date('29.02.2024', 'dd.MM.yyyy')", "2024-02-29"}, {"to_timestamp('2024-02-29T23:59:58', \"yyyy-MM-dd'T'HH:mm:ss\")", "2024-02-29T23:59:58Z"},
		{"regexp_replace(s, 'l+', '-')", "He-o"}, {"regexp_extract(s, '(.)(l+)', 2)", "ll"}, {"regexp_extract(s, 'x(l+)')", ""}, {"split(s, 'l')[2]", "o"}, {"split_part('a.b.c', '.', -1)", "c"}, {"element_at(arr, length('$1') - 1)", "10"},
		{"false AND 1 / 0 > 1", "false"}, {"true OR 1 / 0 > 1", "true"}, {"CASE WHEN i > 0 THEN 1 ELSE 1 / 0 END", "1.0"},
	} {
		got, err := valueOfExpr(c, tt.expr, rec)
		var unsupported *expression.UnsupportedError
		var wrong *SQLError
		switch {
		case errors.As(err, &unsupported) && tt.want == "refused", errors.As(err, &wrong) && tt.want == "":
		case err != nil:
			t.Errorf("%s: %v", tt.expr, err)
		case got != tt.want:
			t.Errorf("%s is %s, want %s", tt.expr, got, tt.want)
		}
	}
}

// valueOfExpr is an expression's value over the first row, in its own type.
func valueOfExpr(c *Compiler, expr string, rec arrow.RecordBatch) (string, error) {
	e, err := spark.Translate(expr, rec.Schema(), spark.Options{Now: noon})
	if err != nil {
		return "", inText(err, expr)
	}
	out := arrow.NewSchema([]arrow.Field{{Name: "x", Type: e.Type, Nullable: true}}, nil)
	p, err := c.Project(context.Background(), []string{expr}, rec.Schema(), out)
	if err != nil {
		return "", err
	}
	first := rec.NewSlice(0, 1)
	defer first.Release()
	got, err := p.Apply(context.Background(), first)
	if err != nil {
		return "", err
	}
	defer got.Release()
	switch v := output.Value(got.Column(0), 0).(type) {
	case nil:
		return "null", nil
	case []byte:
		return got.Column(0).ValueStr(0), nil
	case float64:
		if v == math.Trunc(v) && math.Abs(v) < 1e7 {
			return fmt.Sprintf("%.1f", v), nil
		}
		return fmt.Sprint(v), nil
	default:
		return fmt.Sprint(v), nil
	}
}

func TestRowsWithoutAValueAreNamed(t *testing.T) {
	c := newCompiler(t)
	rec := batchOf(t, newSession(t, Options{}), `SELECT CAST(CASE WHEN i = 70 THEN 0 ELSE i + 1 END AS INTEGER) AS i, CASE WHEN i = 50 THEN 'x' ELSE '1' END AS s,
		CAST(i + 2147483600 AS BIGINT) AS l, [CAST(i AS INTEGER)] AS arr FROM range(100) t(i)`)
	for _, tt := range []struct {
		expr   string
		to     arrow.DataType
		row    int
		reason string
	}{
		{"1 / i", arrow.PrimitiveTypes.Float64, 70, "division by zero of 1.0"},
		{"CAST(s AS INT)", arrow.PrimitiveTypes.Int32, 50, "no INT can be made of x"},
		{"year(to_date(if(s = 'x', '2023-02-30', '2024-02-29'), 'yyyy-MM-dd'))", arrow.PrimitiveTypes.Int32, 50, "Date out of range: 2023-2-30"},
		{"year(to_date(if(s = 'x', '2024-2-29', '2024-02-29'), 'yyyy-MM-dd'))", arrow.PrimitiveTypes.Int32, 50, "no DATE can be made of 2024-2-29"},
		{"l", arrow.PrimitiveTypes.Int32, 48, "Type INT64 with value 2147483648 can't be cast because the value is out of range for the destination type INT32"},
		{"i * 50000000", arrow.PrimitiveTypes.Int64, 42, "Overflow in multiplication of INT32 (43 * 50000000)!"},
		{"arr[1]", arrow.PrimitiveTypes.Int32, 0, "the array has no element 1"},
	} {
		out := arrow.NewSchema([]arrow.Field{{Name: "fine", Type: arrow.BinaryTypes.String, Nullable: true}, {Name: "out", Type: tt.to, Nullable: true}}, nil)
		p, err := c.Project(context.Background(), []string{"s", tt.expr}, rec.Schema(), out)
		if err != nil {
			t.Errorf("%s: %v", tt.expr, err)
			continue
		}
		_, err = p.Apply(context.Background(), rec)
		var bad *expression.ValueError
		if !errors.As(err, &bad) || bad.Row != tt.row || bad.Column != "out" || !strings.HasPrefix(bad.Reason, tt.reason) || bad.Text != tt.expr {
			t.Errorf("%s: %#v (%v), want row %d: %s", tt.expr, bad, err, tt.row, tt.reason)
		}
	}
	f, err := c.Filter(context.Background(), "100 % i = 0", rec.Schema())
	if err != nil {
		t.Fatal(err)
	}
	var bad *expression.ValueError
	if _, err := f.Eval(context.Background(), rec); !errors.As(err, &bad) || bad.Row != 70 {
		t.Errorf("the filter fails with %v", err)
	}
}

func TestValuesAreAssignedAsSparkAssigns(t *testing.T) {
	rec := batchOf(t, newSession(t, Options{}), sample)
	c := newCompiler(t)
	deep := arrow.StructOf(arrow.Field{Name: "a", Type: arrow.PrimitiveTypes.Int64, Nullable: true}, arrow.Field{Name: "b", Type: arrow.ListOfField(arrow.Field{Name: "element", Type: arrow.PrimitiveTypes.Float64, Nullable: true}), Nullable: true})
	for _, tt := range []struct {
		expr string
		to   arrow.DataType
		want string // of both rows
	}{
		{"i", arrow.PrimitiveTypes.Int64, "[42 (null)]"},
		{"l", arrow.PrimitiveTypes.Float64, "[9e+09 (null)]"},
		{"d", arrow.PrimitiveTypes.Int32, "[-2 (null)]"},
		{"dec", &arrow.Decimal128Type{Precision: 5, Scale: 1}, "[12.3 (null)]"},
		{"i", arrow.BinaryTypes.String, `["42" (null)]`},
		{"day", &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "UTC"}, "[1709164800000000 (null)]"},
		{"NULL", arrow.FixedWidthTypes.Date32, "[(null) (null)]"},
		{"NULL", arrow.Null, "[(null) (null)]"},
		{"named_struct('a', i, 'b', array(1, 2))", deep, `{[42 (null)] [[1 2] [1 2]]}`},
		{"m", arrow.MapOf(arrow.BinaryTypes.String, arrow.PrimitiveTypes.Int64), "[{[\"k\"] [1]} (null)]"},
		{"s", arrow.PrimitiveTypes.Int32, "SQL at line 1, column 1: STRING cannot be assigned to a column of INT; write CAST(... AS INT)"},
		{"flag", arrow.PrimitiveTypes.Int32, "SQL at line 1, column 1: BOOLEAN cannot be assigned to a column of INT; write CAST(... AS INT)"},
		{"arr", arrow.PrimitiveTypes.Int32, "SQL at line 1, column 1: ARRAY<INT> cannot be assigned to a column of INT"},
	} {
		out := arrow.NewSchema([]arrow.Field{{Name: "x", Type: tt.to, Nullable: true}}, nil)
		p, err := c.Project(context.Background(), []string{tt.expr}, rec.Schema(), out)
		if err != nil {
			if err.Error() != "column x: "+tt.want {
				t.Errorf("%s to %s: %v", tt.expr, tt.to, err)
			}
			continue
		}
		got, err := p.Apply(context.Background(), rec)
		if err != nil {
			t.Errorf("%s to %s: %v", tt.expr, tt.to, err)
			continue
		}
		if s := fmt.Sprint(got.Column(0)); s != tt.want || !arrow.TypeEqual(got.Column(0).DataType(), tt.to) {
			t.Errorf("%s to %s: %s of %s, want %s", tt.expr, tt.to, s, got.Column(0).DataType(), tt.want)
		}
		got.Release()
	}
}

func TestTranslatedPredicatesPrune(t *testing.T) {
	rec := batchOf(t, newSession(t, Options{}), sample)
	c := newCompiler(t)
	for text, want := range map[string]string{
		"I = 5 AND s != \"a\"":                `("i" = 5 AND "s" <> 'a')`,
		"`day` >= '2024-01-01'":               `"day" >= DATE '2024-01-01'`,
		"ts < current_timestamp()":            `"ts" < TIMESTAMP '2026-01-31 12:00:00.123456 UTC'`,
		"ts > current_date - INTERVAL 7 DAYS": `"ts" > TIMESTAMP '2026-01-24 00:00:00 UTC'`,
		"d > 1":                               `"d" > 1e+00`,
		"f > 0.1":                             `"f" > 1e-01`,
		"l IN (1, 2) OR i <=> NULL":           `("l" IN (1, 2) OR "i" IS NULL)`,
		"s LIKE 'a%'":                         `"s" LIKE 'a%'`,
		"st.a BETWEEN 1 AND 3":                `("st"."a" >= 1 AND "st"."a" <= 3)`,
		"CAST(ts AS DATE) = '2024-01-02'":     `("ts" >= TIMESTAMP '2024-01-02 00:00:00 UTC' AND "ts" < TIMESTAMP '2024-01-03 00:00:00 UTC')`,
		"dec > 1.5":                           `"dec" > 1.5`,
		"flag":                                `"flag" = true`,
		"i / 2 > 3":                           "UNKNOWN",
	} {
		f, err := c.Filter(context.Background(), text, rec.Schema())
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got := f.Prune().String(); got != want || f.String() != text {
			t.Errorf("%s prunes by %s, want %s", text, got, want)
		}
	}
}

func TestColumnsThatNothingChangesArePassedOn(t *testing.T) {
	rec := batchOf(t, newSession(t, Options{}), sample)
	c := newCompiler(t)
	out := arrow.NewSchema([]arrow.Field{rec.Schema().Field(rec.Schema().FieldIndices("s")[0])}, nil)
	p, err := c.Project(context.Background(), []string{"`S`"}, rec.Schema(), out)
	if err != nil {
		t.Fatal(err)
	}
	got, err := p.Apply(context.Background(), rec)
	if err != nil {
		t.Fatal(err)
	}
	defer got.Release()
	if got.Column(0) != rec.Column(rec.Schema().FieldIndices("s")[0]) || fmt.Sprint(p.Columns()) != "[s]" {
		t.Errorf("column s was copied, of %v", p.Columns())
	}
}

func TestACompilerServesManyAtOnce(t *testing.T) {
	c := newCompiler(t)
	rec := batchOf(t, newSession(t, Options{}), "SELECT i FROM range(10000) t(i)")
	out := arrow.NewSchema([]arrow.Field{{Name: "y", Type: arrow.PrimitiveTypes.Int64}}, nil)
	p, err := c.Project(context.Background(), []string{"i + 1"}, rec.Schema(), out)
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 5 {
				got, err := p.Apply(context.Background(), rec)
				if err != nil {
					t.Error(err)
					return
				}
				if y := got.Column(0).(*array.Int64); y.Len() != 10000 || y.Value(9999) != 10000 {
					t.Errorf("%d rows, the last %d", y.Len(), y.Value(9999))
				}
				got.Release()
			}
		})
	}
	all.Wait()
	empty := rec.NewSlice(0, 0)
	defer empty.Release()
	if got, err := p.Apply(context.Background(), empty); err != nil || got.NumRows() != 0 {
		t.Errorf("of no rows: %v, %v", got, err)
	}
}

func TestAClosedCompilerSaysSo(t *testing.T) {
	c := NewCompiler(Options{}, nil)
	schema := arrow.NewSchema([]arrow.Field{{Name: "i", Type: arrow.PrimitiveTypes.Int64}}, nil)
	p, err := c.Project(context.Background(), []string{"i + 1"}, schema, schema)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(c.Close(), c.Close(), p.Close()); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Filter(context.Background(), "i > 1", schema); err == nil {
		t.Error("a closed compiler made a filter")
	}
}

func TestTheTypeOfAnExpressionIsSparks(t *testing.T) {
	rec := batchOf(t, newSession(t, Options{}), sample)
	c := newCompiler(t)
	for text, want := range map[string]string{"i + 1": "int32", "sh + l": "int64", "dec * 2": "decimal(12, 3)", "struct(s, ts)": "struct<s: utf8, ts: timestamp[us, tz=UTC]>", "NULL": "null"} {
		if got, err := c.Type(text, rec.Schema()); err != nil || strings.ReplaceAll(fmt.Sprint(got), " nullable", "") != want && !strings.Contains(fmt.Sprint(got), "struct") {
			t.Errorf("%s is %v, %v; want %s", text, got, err, want)
		}
	}
	var wrong *SQLError
	if _, err := c.Type("i +\n nope", rec.Schema()); !errors.As(err, &wrong) || wrong.Line != 2 || wrong.Column != 2 {
		t.Errorf("got %v", err)
	}
}
