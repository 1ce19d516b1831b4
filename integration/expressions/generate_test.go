//go:build integration

package expressions

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
)

// generator makes expressions, most of which Spark takes.
type generator struct{ *rand.Rand }

func (g generator) pick(list ...string) string { return list[g.IntN(len(list))] }

// fill replaces each @kind in a template by an expression of that kind.
func (g generator) fill(depth int, templates ...string) string {
	template := g.pick(templates...)
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(template, "@")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		end := strings.IndexFunc(rest, func(r rune) bool { return r < 'a' || r > 'z' })
		if end < 0 {
			end = len(rest)
		}
		b.WriteString(g.expr(rest[:end], depth-1))
		template = rest[end:]
	}
}

// expr makes an expression of a kind: num, int, str, bool, date or ts.
func (g generator) expr(kind string, depth int) string {
	if depth <= 0 || len(templates[kind]) == 0 || g.IntN(5) == 0 {
		return g.leaf(kind)
	}
	return g.fill(depth, templates[kind]...)
}

var templates = map[string][]string{
	"num": {"(@num + @num)", "(@num - @num)", "@num * @num", "(@num / @num)", "(@num % @num)", "-(@num)", "abs(@num)", "CAST(@num AS @numtype)", "CAST(num AS @numtype)",
		"CASE WHEN @bool THEN @num ELSE @num END", "coalesce(@num, @num)", "if(@bool, @num, @num)", "nullif(@num, @num)", "greatest(@num, @num)", "least(@num, @num, NULL)", "@int",
		"ceil(@num)", "floor(@num)", "round(dec, 1)", "round(dec)", "sqrt(@num)", "CAST(@str AS @numtype)", "CAST(@bool AS INT)", "CAST(ts AS BIGINT)", "TRY_CAST(@str AS @numtype)",
		"round(@num, 2)", "round(d)", "get(array(@num, @num), @small)", "array_max(array(@int, @int, NULL))", "element_at(array(@num, @num), 2)", "element_at(map('a', @num, 'l', @num), @str)", "nullifzero(@num)", "zeroifnull(@num)"},
	"int": {"@int + @int", "@int - @int", "@int * @int", "(@int div @int)", "@int % @int", "pmod(@int, @int)", "@int & @int", "@int | @int", "@int ^ @int", "~@int", "length(@str)", "year(@date)", "month(@ts)",
		"day(@date)", "dayofweek(@date)", "weekday(@date)", "dayofyear(@date)", "weekofyear(@date)", "quarter(@date)", "hour(@ts)", "minute(@ts)", "second(@ts)", "datediff(@date, @date)", "instr(@str, @str)",
		"locate(@str, @str)", "CAST(@num AS INT)", "CASE i WHEN 1 THEN @int ELSE @int END", "unix_micros(@ts)", "unix_seconds(@ts)", "extract(YEAR FROM @ts)",
		"unix_millis(@ts)", "unix_timestamp(@ts)", "unix_date(@date)", "size(split(@str, 'l'))", "sort_array(array(@int, @int))[0]"},
	"str": {"(@str || @str)", "concat(@str, @str, @str)", "concat_ws('-', @str, @str)", "substring(@str, @small)", "substr(@str, @small, @small)", "left(@str, @small)", "right(@str, @small)", "upper(@str)", "lower(@str)", "trim(@str)",
		"ltrim(@str)", "rtrim(@str)", "replace(@str, @str, @str)", "lpad(@str, @small, 'ab')", "rpad(@str, @small)", "repeat(@str, @tiny)", "CAST(@num AS STRING)", "CAST(@date AS STRING)", "CAST(@ts AS STRING)", "CAST(ntz AS STRING)", "CAST(@bool AS STRING)",
		"date_format(@ts, 'yyyy-MM-dd HH:mm:ss')", "date_format(@date, 'E d MMM yy')", "date_format(ntz, 'hh a, SSS')", "CASE WHEN @bool THEN @str END", "coalesce(@str, @str)", "md5(@str)", "CAST(bin AS STRING)", "nvl(@str, '?')", "sha2(@str, 256)",
		"regexp_replace(@str, '[aeiou]+', '-')", `regexp_replace(@str, '\\d', @plain)`, "regexp_extract(@str, '([a-z])(l*)', 2)", "split_part(@str, 'l', 2)", "array_join(array(@str, @str), ',')", "hex(@str)", "hex(@int)", "from_unixtime(@int)", "concat(array(@str), array(@str))[1]"},
	"bool": {"@num = @num", "@num < @num", "@num >= @num", "@num <> @num", "@num <=> @num", "@str = @str", "@str < @str", "@str <=> @str", "@date > @date", "@ts <= @ts", "@date = @ts", "ntz < @ts", "(@bool AND @bool)", "(@bool OR @bool)", "NOT @bool", "!(@bool)",
		"@str LIKE 'a%'", "@str LIKE '%b_'", `@str LIKE '%\\%%'`, "@str NOT LIKE '%l%'", "@str RLIKE '^[a-z]+$'", `@str RLIKE '\\d+'`, `@str RLIKE 'l.*o\\s?'`, "@num IN (1, 2, 42, @num)", "@str NOT IN ('a', 'b', NULL)", "@int BETWEEN -5 AND 5.5", "@num NOT BETWEEN @num AND @num",
		"@num IS NULL", "@str IS NOT NULL", "(@bool) IS TRUE", "(@bool) IS NOT FALSE", "@num IS DISTINCT FROM @num", "startswith(@str, @str)", "endswith(@str, 'o')", "contains(@str, @str)", "isnan(@num)", "isnull(@date)", "@date >= '2024-01-31'", "@ts < '2024-02-29 12:00:00'",
		"i = '42'", "d < '1.5'", "num = @int", "@num >= num", "CAST(@date AS STRING) = @date", "@str <=> @int", "equal_null(@str, @str)", "array_contains(array(@int, @int), @int)", "flag = true", "CAST(@num AS BOOLEAN)", "CAST(num AS BOOLEAN)"},
	"date": {"date_add(@date, @small)", "date_sub(@date, @small)", "(@date + @small)", "add_months(@date, @small)", "last_day(@date)", "trunc(@date, '@dateunit')", "CAST(@ts AS DATE)", "(@date + INTERVAL 3 DAYS)", "date_from_unix_date(@small)", "to_date(date_format(@date, 'dd.MM.yyyy'), 'dd.MM.yyyy')", "to_date('2024-0@tiny-15', 'yyyy-MM-dd')", "(@date - INTERVAL '1' MONTH)", "to_date(@ts)",
		"CASE WHEN @bool THEN @date ELSE @date END", "coalesce(@date, @date)", "greatest(@date, @date)", "CAST(CAST(@date AS STRING) AS DATE)"},
	"ts": {"date_trunc('@dateunit', @ts)", "date_trunc('@timeunit', @ts)", "(@ts + INTERVAL 90 MINUTES)", "(@ts - INTERVAL 1 MONTH)", "(@ts - INTERVAL 2 DAYS)", "CAST(@date AS TIMESTAMP)", "CAST(ntz AS TIMESTAMP)", "timestamp_seconds(@int)", "to_timestamp(date_format(@ts, 'yyyyMMddHHmmss'), 'yyyyMMddHHmmss')", "to_timestamp('2024-01-02T0@tiny:04:05', \"yyyy-MM-dd'T'HH:mm:ss\")", "timestamp_millis(l)", "CAST(CAST(@ts AS STRING) AS TIMESTAMP)"},
}

func (g generator) leaf(kind string) string {
	switch kind {
	case "num":
		return g.pick("t", "sh", "i", "l", "f", "d", "dec", "wide", "0", "1", "42", "-7", "2.5", "0.001", "1e3", "3000000000", "100L", "7Y", "1.5D", "NULL", "2.25BD")
	case "int":
		return g.pick("t", "sh", "i", "l", "0", "1", "-3", "42", "2147483647", "5L", "7S")
	case "small":
		return g.pick("0", "1", "2", "3", "-1", "-2", "10", "t", "i", "NULL")
	case "tiny":
		return g.pick("0", "1", "3", "-1")
	case "str":
		return g.pick("s", "num", "'a'", "''", `"b'c"`, `'it\\'s'`, "'Hello'", "'é'", "NULL", "'l'", "' '", "'10'")
	case "plain":
		return g.pick("'a'", "''", "'#é'")
	case "bool":
		return g.pick("flag", "true", "false", "NULL", "i > 0")
	case "date":
		return g.pick("day", "DATE '2024-02-29'", "DATE '1969-12-31'", "NULL")
	case "ts":
		return g.pick("ts", "TIMESTAMP '2024-02-29 13:14:15.5'", "TIMESTAMP '1969-12-31 23:59:59Z'")
	case "numtype":
		return g.pick("TINYINT", "SMALLINT", "INT", "BIGINT", "LONG", "FLOAT", "DOUBLE", "DECIMAL(10,2)", "DECIMAL(5,0)", "DECIMAL(38,10)")
	case "dateunit":
		return g.pick("YEAR", "QUARTER", "MONTH", "WEEK")
	case "timeunit":
		return g.pick("DAY", "HOUR", "MINUTE", "SECOND")
	}
	panic(fmt.Sprintf("no leaf %q", kind))
}

// words finds the columns in an expression, and what is to be passed over: strings, and functions called like columns.
var words = regexp.MustCompile(`'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|\b(?:t|sh|i|l|f|d|dec|wide|s|num|bin|flag|day|ts|ntz)\b\(?`)

// qualified makes of an expression over one relation one over two, a and b, of the same columns.
func (g generator) qualified(expr string) string {
	return words.ReplaceAllStringFunc(expr, func(w string) string {
		if strings.ContainsAny(w, `'"(`) {
			return w
		}
		return g.pick("a.", "b.", "B.", "a.") + g.pick(w, w, strings.ToUpper(w), "`"+w+"`")
	})
}
