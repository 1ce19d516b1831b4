//go:build integration

package fromjson

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// A difference is one that is meant to be. Every one of them is in the documentation of package json.
type difference struct {
	why string
	// is says whether it explains that ours and Spark's answers to a record are what they are.
	is func(record string, ours, spark answer) bool
}

// rejectedFor is a difference where we reject for a reason and Spark gives a row for which the rest holds.
func rejectedFor(reason string, holds func(record string, spark answer) bool) func(string, answer, answer) bool {
	return func(record string, ours, spark answer) bool {
		return strings.Contains(ours.reason, reason) && spark.reason == "" && holds(record, spark)
	}
}

func always(string, answer) bool { return true }

// differences are all that there are.
var differences = []difference{
	{"what follows the object is looked at", rejectedFor("expected the end of the record", always)},
	{"an empty record is rejected, not made a row of nulls", rejectedFor("an empty record", func(record string, spark answer) bool {
		return strings.TrimSpace(record) == "" && !slices.ContainsFunc(spark.cells, func(c string) bool { return c != "null" })
	})},
	{"text that is not UTF-8 is rejected, not replaced", func(record string, ours, _ answer) bool {
		return ours.reason != "" && !utf8.ValidString(record)
	}},
	{"a number out of range is rejected, not made infinite", func(record string, ours, spark answer) bool {
		infinite := slices.ContainsFunc(spark.cells, func(c string) bool { return strings.Contains(c, "Infinity") })
		path, reason, _ := strings.Cut(ours.reason, ": ")
		return spark.reason == "" && strings.HasPrefix(reason, "a number out of range of") && (infinite || comesTwice(record, path))
	}},
	{"128 to 255 are rejected, not wrapped around", rejectedFor("out of range of TINYINT", func(_ string, spark answer) bool {
		return slices.ContainsFunc(spark.cells, func(c string) bool { return strings.Contains(c, "-") })
	})},
	{"seconds out of range are rejected, not wrapped around", rejectedFor("a number of seconds out of range of TIMESTAMP", always)},
	{"days before the Gregorian calendar are rejected, not taken for those of the Julian one", rejectedFor("expected DATE but found another string", func(record string, _ answer) bool {
		return regexp.MustCompile(`["']-\d{6,}["']`).MatchString(unescaped(record))
	})},
	{"a time without a date would be one of the day on which it is read", rejectedFor("expected TIMESTAMP but found another string", func(record string, _ answer) bool {
		return regexp.MustCompile(`["']\s*T?\d{1,2}:`).MatchString(unescaped(record))
	})},
	{"a line break or tab within Base64 must be escaped, as in every JSON string", rejectedFor("a control character that is not escaped", func(_ string, spark answer) bool {
		return slices.ContainsFunc(spark.cells, func(c string) bool { return strings.HasPrefix(c, "x'") })
	})},
	{"zones are those of today's database: without SystemV, and WET, MET and the like are links", func(record string, ours, spark answer) bool {
		record = unescaped(record)
		return spark.reason == "" && (strings.Contains(record, "SystemV/") || ours.reason == "" && regexp.MustCompile(`WET|CET|MET|EET|EST5EDT|PST8PDT`).MatchString(record))
	}},
	{"a key that comes twice is rejected, as Spark does outside from_json", rejectedFor("comes twice", always)},
	{"what is no string keeps its spelling, as in Spark's JSON files", func(_ string, ours, spark answer) bool {
		return ours.reason == "" && spark.reason == "" && slices.EqualFunc(ours.cells, spark.cells, sameButForSpelling)
	}},
}

// explain is why the answers may differ, or "".
func explain(record string, ours, spark answer) string {
	for _, d := range differences {
		if d.is(record, ours, spark) {
			return d.why
		}
	}
	return ""
}

// unescaped is a record with \u escapes undone.
func unescaped(record string) string { return unquote(`"` + record + `"`) }

// comesTwice says whether the field at the end of a path does: the value that was rejected may be one that a later one
// replaces.
func comesTwice(record, path string) bool {
	name := regexp.QuoteMeta(path[strings.LastIndexByte(path, '.')+1:])
	return len(regexp.MustCompile(`["']`+name+`["']\s*:`).FindAllString(unescaped(record), 2)) == 2
}
