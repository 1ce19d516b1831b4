package spark

import (
	"fmt"
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

// parsedAs is to_date or to_timestamp without a format, which is a cast.
func parsedAs(to arrow.DataType) function {
	return function{1, 2, func(c *call) term {
		if len(c.args) == 2 {
			return c.refuse("%s() with a format", c.name)
		}
		return c.momentOf(0, to)
	}}
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
	"unix_micros":       {1, 1, func(c *call) term { return c.of("epoch_us($1)", bigint, c.momentOf(0, timestamp)) }},
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
