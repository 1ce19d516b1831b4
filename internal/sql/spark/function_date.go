package spark

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
)

// ofDate is a part of a date.
func ofDate(template string) function {
	return function{1, 1, func(c *call) term { return c.of(template, integer, c.momentOf(0, date)) }}
}

// ofTime is a part of a time of day.
func ofTime(template string) function {
	return function{1, 1, func(c *call) term {
		if c.args[0].typ.ID() == arrow.TIMESTAMP {
			return c.of(template, integer, c.args[0])
		}
		return c.of(template, integer, c.momentOf(0, timestamp))
	}}
}

func now(c *call) term {
	when := c.opts.Now
	if when.IsZero() {
		return c.refuse("%s() where there is no clock", c.name)
	}
	switch c.name {
	case "current_date", "curdate":
		return term{sql: "CAST('" + when.UTC().Format(time.DateOnly) + "' AS DATE)", typ: date}
	case "localtimestamp":
		return instant(when.Truncate(time.Microsecond), ntz, c.at)
	}
	return instant(when.Truncate(time.Microsecond), timestamp, c.at)
}

// addDays is date_add or date_sub.
func addDays(sign string) function {
	return function{2, 2, func(c *call) term { return failing(c.of("($1 "+sign+" $2)", date, c.momentOf(0, date), c.int(1))) }}
}

// dateUnits are what trunc and date_trunc cut to.
var dateUnits = map[string]string{"year": "year", "yyyy": "year", "yy": "year", "quarter": "quarter", "month": "month", "mm": "month", "mon": "month", "week": "week"}

// timeUnits are what date_trunc alone cuts to.
var timeUnits = map[string]string{"day": "day", "dd": "day", "hour": "hour", "minute": "minute", "second": "second", "millisecond": "millisecond", "microsecond": "microsecond"}

func truncate(c *call) term {
	unit, ok := dateUnits[strings.ToLower(c.constant(1))]
	if !ok {
		return c.refuse("trunc() to %s", c.args[1].sql)
	}
	return c.of("CAST(date_trunc('"+unit+"', $1) AS DATE)", date, c.momentOf(0, date))
}

func dateTrunc(c *call) term {
	name := strings.ToLower(c.constant(0))
	unit, ok := dateUnits[name]
	if !ok {
		unit, ok = timeUnits[name]
	}
	if !ok {
		return c.refuse("date_trunc() to %s", c.args[0].sql)
	}
	e := c.args[1]
	if e.typ.ID() != arrow.TIMESTAMP {
		e = c.momentOf(1, timestamp)
	}
	return c.of("date_trunc('"+unit+"', $1)", e.typ, e).as(e.typ)
}

// patternLetters are runs of letters of Spark's patterns and what strftime calls them.
var patternLetters = map[string]string{
	"yyyy": "%Y", "yy": "%y", "MM": "%m", "M": "%-m", "MMM": "%b", "MMMM": "%B", "dd": "%d", "d": "%-d", "HH": "%H", "H": "%-H", "hh": "%I", "h": "%-I",
	"mm": "%M", "m": "%-M", "ss": "%S", "s": "%-S", "SSS": "%g", "SSSSSS": "%f", "a": "%p", "E": "%a", "EEE": "%a", "EEEE": "%A", "DDD": "%j",
}

// strftime makes a format of a pattern, or names the part that it cannot.
func strftime(pattern string) (format, unknown string) {
	var b strings.Builder
	for i := 0; i < len(pattern); {
		c := pattern[i]
		j := i + 1
		switch {
		case c == '\'':
			end := strings.IndexByte(pattern[j:], '\'')
			if end <= 0 {
				return "", pattern[i:]
			}
			b.WriteString(strings.ReplaceAll(pattern[j:j+end], "%", "%%"))
			if j += end + 1; j < len(pattern) && pattern[j] == '\'' { // a quote in quotes
				return "", pattern[i:]
			}
		case isLetter(c) && c != '_':
			for j < len(pattern) && pattern[j] == c {
				j++
			}
			f, ok := patternLetters[pattern[i:j]]
			if !ok {
				return "", pattern[i:j]
			}
			b.WriteString(f)
		case strings.IndexByte("#[]{}", c) >= 0 || c >= 0x80:
			return "", string(c)
		case c == '%':
			b.WriteString("%%")
		default:
			b.WriteByte(c)
		}
		i = j
	}
	return b.String(), ""
}

func dateFormat(c *call) term {
	pattern := c.constant(1)
	format, unknown := strftime(pattern)
	if unknown != "" || pattern == "" {
		return c.refuse("date_format() with the pattern %s: %q is not among what is known here", quote(pattern), unknown)
	}
	e := c.args[0]
	if e.typ.ID() != arrow.TIMESTAMP {
		e = c.momentOf(0, timestamp)
	}
	plain := e
	if zoned(e.typ) {
		plain = e.as(ntz)
	}
	return c.where(inCalendar(e.sql), "strftime("+plain.sql+", "+quote(format)+")", "date_format() spells it otherwise: ", e, str, false)
}

// parsedAs is to_date or to_timestamp, which without a format is a cast.
func parsedAs(to arrow.DataType) function {
	return function{1, 2, func(c *call) term {
		if len(c.args) == 1 || !isString(c.args[0].typ) {
			return c.momentOf(0, to)
		}
		return c.parsedBy(c.constant(1), to)
	}}
}

// digitsOf are the letters of a pattern that stand for so many digits, neither more nor fewer.
var digitsOf = map[string]int{"yyyy": 4, "MM": 2, "dd": 2, "HH": 2, "mm": 2, "ss": 2}

// parsedBy reads a date or timestamp by a pattern in which all parts have a fixed width.
func (c *call) parsedBy(pattern string, to arrow.DataType) term {
	format, unknown := strftime(pattern)
	var shape strings.Builder
	year := 0
	seen := map[byte]bool{}
	for i := 0; i < len(pattern) && unknown == ""; {
		j := i + 1
		switch {
		case pattern[i] == '\'': // strftime has seen that there is an end
			j += 1 + strings.IndexByte(pattern[j:], '\'')
		case isLetter(pattern[i]):
			j += len(pattern[j:]) - len(strings.TrimLeft(pattern[j:], pattern[i:i+1]))
		}
		letters := pattern[i:j]
		n, known := digitsOf[letters]
		switch {
		case known && !seen[letters[0]]:
			shape.WriteString("[0-9]{" + strconv.Itoa(n) + "}")
		case letters[0] == '\'':
			shape.WriteString(regexp.QuoteMeta(strings.Trim(letters, "'")))
		case known || isLetter(letters[0]) || isDigit(letters[0]):
			unknown = letters
		default:
			shape.WriteString(regexp.QuoteMeta(letters))
		}
		if letters == "yyyy" {
			year = i + 1
		}
		seen[letters[0]] = true
		i = j
	}
	if unknown != "" || year == 0 {
		return c.refuse("%s() with the format %s: such as yyyy-MM-dd HH:mm:ss is wanted", c.name, quote(pattern))
	}
	e := c.args[0].explicit()
	ok := "regexp_full_match(" + e.sql + ", " + quote(shape.String()) + ") AND substring(" + e.sql + ", " + strconv.Itoa(year) + ", 4) <> '0000'"
	value := "CAST(strptime(" + e.sql + ", " + quote(format) + ") AS " + duckType(to) + ")"
	return failing(c.where(ok, value, unfit(to), e, to, false))
}

func makeDate(c *call) term {
	y, m, d := c.int(0), c.int(1), c.int(2)
	return failing(c.of("make_date($1, $2, $3)", date, y, m, d))
}

var dateFunctions = map[string]function{
	"year": ofDate("CAST(year($1) AS INTEGER)"), "quarter": ofDate("CAST(quarter($1) AS INTEGER)"), "month": ofDate("CAST(month($1) AS INTEGER)"),
	"day": ofDate("CAST(day($1) AS INTEGER)"), "dayofmonth": ofDate("CAST(day($1) AS INTEGER)"), "dayofyear": ofDate("CAST(dayofyear($1) AS INTEGER)"),
	"weekofyear": ofDate("CAST(weekofyear($1) AS INTEGER)"), "week": ofDate("CAST(weekofyear($1) AS INTEGER)"),
	"dayofweek": ofDate("CAST(dayofweek($1) + 1 AS INTEGER)"), "weekday": ofDate("CAST(isodow($1) - 1 AS INTEGER)"),
	"hour": ofTime("CAST(hour($1) AS INTEGER)"), "minute": ofTime("CAST(minute($1) AS INTEGER)"),
	"second":            {1, 1, func(c *call) term { return ofTime("CAST(second($1) AS INTEGER)").make(c) }},
	"current_timestamp": {0, 0, now}, "now": {0, 0, now}, "current_date": {0, 0, now}, "curdate": {0, 0, now}, "localtimestamp": {0, 0, now},
	"date_add": addDays("+"), "dateadd": addDays("+"), "date_sub": addDays("-"),
	"datediff": {2, 2, days}, "date_diff": {2, 2, days},
	"add_months": {2, 2, func(c *call) term {
		return failing(c.of("CAST($1 + to_months($2) AS DATE)", date, c.momentOf(0, date), c.int(1)))
	}},
	"last_day": {1, 1, func(c *call) term { return c.of("last_day($1)", date, c.momentOf(0, date)) }},
	"trunc":    {2, 2, truncate}, "date_trunc": {2, 2, dateTrunc}, "date_format": {2, 2, dateFormat},
	"to_date": parsedAs(date), "to_timestamp": parsedAs(timestamp), "make_date": {3, 3, makeDate},
	"timestamp_seconds": {1, 1, func(c *call) term { return c.since("1000000") }},
	"timestamp_millis":  {1, 1, func(c *call) term { return c.since("1000") }},
	"timestamp_micros":  {1, 1, func(c *call) term { return c.since("1") }},
	"unix_seconds":      {1, 1, func(c *call) term { return c.castTo(c.momentOf(0, timestamp), bigint, false) }},
	"unix_millis": {1, 1, func(c *call) term {
		return c.of("((epoch_us($1) - (epoch_us($1) % 1000 + 1000) % 1000) // 1000)", bigint, c.momentOf(0, timestamp))
	}},
	"unix_date": {1, 1, func(c *call) term {
		return c.of("CAST(($1 - DATE '1970-01-01') AS INTEGER)", integer, c.momentOf(0, date))
	}},
	"date_from_unix_date": {1, 1, func(c *call) term { return failing(c.of("(DATE '1970-01-01' + $1)", date, c.int(0))) }},
	"unix_timestamp":      {0, 1, unixTimestamp}, "to_unix_timestamp": {1, 1, unixTimestamp}, "from_unixtime": {1, 2, fromUnixtime},
	"date_part": {2, 2, datePart}, "datepart": {2, 2, datePart},
	"unix_micros": {1, 1, func(c *call) term { return c.of("epoch_us($1)", bigint, c.momentOf(0, timestamp)) }},
}

// unixTimestamp is whole seconds since the epoch; before it those that are over.
func unixTimestamp(c *call) term {
	if len(c.args) == 0 {
		return c.castTo(now(c), bigint, false)
	}
	if isString(c.args[0].typ) {
		return c.refuse("%s() of a string; write %[1]s(CAST(... AS TIMESTAMP))", c.name)
	}
	return c.of("(epoch_us($1) // 1000000)", bigint, c.momentOf(0, timestamp))
}

func fromUnixtime(c *call) term {
	pattern := stringLiteral("yyyy-MM-dd HH:mm:ss", c.at)
	if len(c.args) == 2 {
		pattern = c.args[1]
	}
	return dateFormat(&call{c.translator, c.name, c.at, []term{c.since("1000000"), pattern}})
}

// datePart is EXTRACT as a function.
func datePart(c *call) term {
	part, ok := extracted[strings.ToLower(c.constant(0))]
	if !ok {
		return c.refuse("%s() of %s; there are functions such as second(), which gives whole seconds", c.name, c.args[0].sql)
	}
	return c.call(part, c.at, c.args[1:])
}

func days(c *call) term {
	return c.of("CAST(($1 - $2) AS INTEGER)", integer, c.momentOf(0, date), c.momentOf(1, date))
}

// since is a moment counted from the epoch.
func (c *call) since(unit string) term {
	if e := c.args[0]; !isInteger(e.typ) && !isVoid(e.typ) {
		return c.refuse("%s() of %s", c.name, TypeName(e.typ))
	}
	return failing(c.of(fmt.Sprintf("make_timestamptz($1 * %s)", unit), timestamp, c.args[0].as(bigint)))
}
