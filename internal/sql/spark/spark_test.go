package spark

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/ingestd/ingestd/table/expression"
)

var columns = arrow.NewSchema([]arrow.Field{
	{Name: "i", Type: integer}, {Name: "l", Type: bigint}, {Name: "d", Type: double}, {Name: "dec", Type: decimal(10, 2)}, {Name: "big", Type: decimal(38, 10)},
	{Name: "s", Type: str}, {Name: "flag", Type: boolean}, {Name: "day", Type: date}, {Name: "ts", Type: timestamp}, {Name: "ntz", Type: ntz},
	{Name: "bin", Type: binary}, {Name: "nothing", Type: void}, {Name: "a b", Type: integer}, {Name: `q"`, Type: integer},
	{Name: "st", Type: arrow.StructOf(arrow.Field{Name: "X", Type: integer})}, {Name: "arr", Type: arrow.ListOf(integer)}, {Name: "m", Type: arrow.MapOf(str, integer)},
}, nil)

func TestTextsAreTranslated(t *testing.T) {
	for text, want := range map[string]string{
		"`a b` == 1 and I <> 2": `(("a b" = 1) AND ("i" <> 2))`,
		"`q\"` > 1":             `("q""" > 1)`,
		"NOT i = 1 OR flag":     `((NOT ("i" = 1)) OR "flag")`,
		"i = 1 IS NULL":         `(("i" = 1) IS NULL)`,
		"s = \"a'b\"":           `("s" = 'a''b')`,
		`s = 'tab\t\u00e9\\'`:   "(\"s\" = 'tab\té\\')",
		`s = r'a\b'`:            `("s" = 'a\b')`,
		"st.x = 1":              `("st"."X" = 1)`,
		"i + 1":                 `("i" + CAST(1 AS INTEGER))`,
		"i + l":                 `(CAST("i" AS BIGINT) + "l")`,
		"nothing":               `NULL`,
		"l & 1 | i":             `(("l" & CAST(1 AS BIGINT)) | CAST("i" AS BIGINT))`,
		"day = '2024-1-2'":      `("day" = CAST('2024-01-02' AS DATE))`,
		"i > 1 -- comment\n AND /* another */ flag": `(("i" > 1) AND "flag")`,
		"TIMESTAMP '2024-01-01 10:00:00+02:00'":     `CAST('2024-01-01 08:00:00+00' AS TIMESTAMPTZ)`,
		"d > 1 + 2":                                 `("d" > (CAST(1 AS INTEGER) + CAST(2 AS INTEGER)))`,
	} {
		e, err := Translate(text, columns, Options{})
		if err != nil || e.SQL != want {
			t.Errorf("%s: %v, %v, want %s", text, e, err, want)
		}
	}
}

func TestWhatDiffersFromSparkIsRefusedByName(t *testing.T) {
	for text, want := range map[string]string{
		"rand() > 0.5":                 "the function rand(): its values are those of Spark's generator",
		"soundex(s) = 'x'":             "the function soundex() is not among those known to mean the same here",
		"epoch_ms(i) = day":            "here; expressions here are Spark SQL, which has timestamp_millis()",
		"yeer(day) = 2024":             "did you mean year()?",
		"coalesce(s, 5) = 5":           "STRING and INT together; cast one to the type of the other",
		"dec / 3":                      "a division of DECIMALs rounds otherwise; cast to DOUBLE",
		"big * big > 1":                "DECIMAL(38,10) * DECIMAL(38,10) has more than 38 digits",
		"l << 1":                       "a shift drops bits",
		"s ILIKE 'a'":                  "ILIKE",
		"s RLIKE '(?i)a'":              "a group that begins with (?",
		`s RLIKE '\\bword'`:            `\b`,
		"s LIKE s":                     "LIKE with a pattern that is not a string in the text",
		"i IN (SELECT 1)":              "a subquery",
		"day - day":                    "datediff",
		"date_format(ts, 'G')":         `"G" is not among what is known here`,
		"CAST(arr AS STRING)":          "a cast of ARRAY<INT> to STRING",
		"CAST(s AS VARCHAR(3))":        "a cast to VARCHAR",
		"arr = arr":                    "a comparison of ARRAY<INT>",
		"day = 'yesterday'":            "'yesterday' is not spelled as a DATE usually is",
		"INTERVAL '1-2' YEAR TO MONTH": "an interval of more than one unit",
		"count(*) > 1":                 "count(*) is over many rows",
		"round(CAST(d AS FLOAT), 1)":   "round() of FLOAT",
		"regexp_replace(s, 'a*', 'b')": "it finds what is empty",
		"regexp_replace(s, 'a$', 'b')": "a $",
		"to_date(s, 'dd-MM')":          "to_date() with the format 'dd-MM': such as yyyy-MM-dd HH:mm:ss is wanted",
		"to_timestamp(s, 'yyyy-M-d')":  "to_timestamp() with the format 'yyyy-M-d'",
		"to_date(s, 'yyyyMMdd yyyy')":  "is wanted",
		"split(s, '(?=a)')":            "a group that begins with (?",
		"current_timestamp()":          "where there is no clock",
	} {
		_, err := Translate(text, columns, Options{})
		var e *expression.UnsupportedError
		if !errors.As(err, &e) || !strings.Contains(e.Reason, want) || e.Text != text {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}

func TestWhatSparkWouldNotTakeSaysWhere(t *testing.T) {
	for text, want := range map[string]struct {
		at      int
		message string
	}{
		"":                  {0, "there is no expression"},
		"i >":               {3, "a value is wanted, not the end"},
		"i > 1 1":           {6, `unexpected "1"`},
		"dya > 1":           {0, `no column "dya"; did you mean day?`},
		"st.y":              {3, `no field "y"; did you mean X?`},
		"i AND flag":        {2, "TRUE or FALSE is wanted here, not INT"},
		"flag > 1":          {5, "BOOLEAN and INT do not go together"},
		"'abc":              {0, "a string without end"},
		"`abc":              {0, "a name in backticks without end"},
		"CAST(i AS NUMBER)": {10, `a type is wanted, not "NUMBER"`},
		"year(i)":           {5, "year() wants a DATE, not INT"},
		"year()":            {0, "year() cannot have 0 arguments"},
		"CAST(i AS int8)":   {10, `a type is wanted, not "int8"; expressions here are Spark SQL, which writes BIGINT`},
		"i = hugeint '1'":   {4, "there are no literals of the type HUGEINT; expressions here are Spark SQL, which writes DECIMAL(38, 0)"},
		"i = [1][0]":        {4, `a value is wanted, not "["; expressions here are Spark SQL, which writes a list as array(1, 2)`},
		"i ** 2 = 4":        {3, `a value is wanted, not "*"; expressions here are Spark SQL, which writes power(a, b)`},
		"i // 2 = 4":        {3, `a value is wanted, not "/"; expressions here are Spark SQL, which writes a DIV b`},
		"{'a': 1}.a = i":    {0, "unexpected '{'; expressions here are Spark SQL, which writes a struct as named_struct('a', 1)"},
		"i = $1":            {4, "unexpected '$': there are no parameters here; write the value"},
		"i = 1;":            {5, "unexpected ';': one expression is wanted, without a semicolon"},
		"i é":               {2, "unexpected 'é'; names with such letters go in backticks"},
		"/* i":              {0, "a comment without end"},
		"s LIKE 'a\\\\b'":   {7, `in the pattern 'a\b' of LIKE \ stands before what it cannot escape`},
		strings.Repeat("(", 300) + "i" + strings.Repeat(")", 300): {maxDepth, "the expression is nested too deep"},
	} {
		_, err := Translate(text, columns, Options{})
		var e *SyntaxError
		if !errors.As(err, &e) || e.Message != want.message || e.Offset != want.at {
			t.Errorf("%s: %v at %v, want %v", text, err, e, want)
		}
	}
	if _, err := Predicate("i + 1", columns, Options{}); err == nil || err.Error() != "a predicate is wanted, TRUE or FALSE for each row; this is INT" {
		t.Error(err)
	}
}

func TestColumnsThatAreReadAreTold(t *testing.T) {
	e, err := Translate("ST.x > 1 AND `A b` IS NULL OR st.x < 0", columns, Options{})
	if err != nil || strings.Join(e.Columns, ",") != "a b,st" || e.Path != nil {
		t.Errorf("%+v, %v", e, err)
	}
	if e, err := Translate("St.X", columns, Options{}); err != nil || strings.Join(e.Path, ".") != "st.X" {
		t.Errorf("%+v, %v", e, err)
	}
}

func TestAssignmentsAreSplitAtTheirSign(t *testing.T) {
	for text, want := range map[string][2]string{
		"a = b = c":                           {"a", "b = c"},
		"`x = y`=1":                           {"x = y", "1"},
		" st.x = CASE WHEN a = 1 THEN 2 END ": {"st/x", "CASE WHEN a = 1 THEN 2 END"},
	} {
		column, expr, err := Assignment(text)
		if err != nil || strings.Join(column, "/") != want[0] || expr != want[1] {
			t.Errorf("%s: %q, %q, %v", text, column, expr, err)
		}
	}
	for _, text := range []string{"", "a", "a =", "= 1", "a == 1", "a.= 1", "1 = a", "a b = 1", "'"} {
		if column, expr, err := Assignment(text); err == nil {
			t.Errorf("%q: %q, %q", text, column, expr)
		}
	}
}

func TestJavaPatternsBecomeThoseOfRE2(t *testing.T) {
	for java, want := range map[string]string{
		"a.c": `a[^\n\r\x{85}\x{2028}\x{2029}]c`, "^a$": `\Aa(?:\r\n|[\n\r\x{85}\x{2028}\x{2029}])?\z`, `\d{2,3}\s`: `\d{2,3}[ \t\n\x0B\f\r]`, "[^a-z_]+?": "[^a-z_]+?", "(?:a|b)*": "(?:a|b)*",
		"[]]": "", "a++": "", "[a[b]]": "", "[a&&b]": "", "a$b": "", "(?=a)": "", `\p{L}`: "", "{": "", "a{": "", `a\`: "", "[a": "",
	} {
		if re, why := regex(java); re != want || (want == "") != (why != "") {
			t.Errorf("%s: %s (%s), want %s", java, re, why, want)
		}
	}
}

func FuzzTranslate(f *testing.F) {
	for _, s := range []string{"i + 1 > l AND s LIKE 'a%' ESCAPE '!'", "CASE WHEN flag THEN `a b` ELSE -1.5e3 END", "CAST(s AS DECIMAL(5,2))::string", "st.x IN (1, 2L)", "arr[0] = m['k']",
		"date_format(ts, \"yyyy 'at' HH\") || X'00'", "a = b", "ts - INTERVAL '3' DAYS", "s RLIKE '^[a-z]{2,3}$'", "((((((", "named_struct('a', struct(i, s))", "day IS NOT DISTINCT FROM '2024-01-01'", "\\", "'\\u00"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		_, _, _ = Assignment(text)
		e, err := Translate(text, columns, Options{Now: time.Unix(0, 0)})
		if err == nil {
			if e.Type == nil || e.SQL == "" {
				t.Fatalf("%q became %+v", text, e)
			}
			_, err = Assign(text, decimal(5, 1), columns, Options{Now: time.Unix(0, 0)})
		}
		var wrong *SyntaxError
		var unsupported *expression.UnsupportedError
		if err != nil && !errors.As(err, &wrong) && !errors.As(err, &unsupported) {
			t.Fatalf("%q: an error of another kind: %v", text, err)
		}
		if wrong != nil && (wrong.Offset < 0 || wrong.Offset > len(text)) {
			t.Fatalf("%q: an error at %d", text, wrong.Offset)
		}
	})
}
