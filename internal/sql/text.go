package sql

import (
	"regexp"
	"strings"
)

// lexical finds what of a query is not to be looked into, and timestamp as the name of an argument.
var lexical = regexp.MustCompile(`(?is)'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|/\*.*?\*/|\btimestamp\s*(?:=>|:=)|[()]`)

// timestampName is what the argument timestamp of delta is called inside, where it can be parsed: DuckDB's grammar has
// timestamp for a type. It is as long, so that the positions of errors stay.
const timestampName = "timestam_"

// normalise makes of a query the text that DuckDB can parse.
func normalise(query string) string {
	if !strings.Contains(strings.ToLower(query), "timestamp") {
		return query
	}
	return lexical.ReplaceAllStringFunc(query, func(s string) string {
		if len(s) > len(timestampName) && strings.EqualFold(s[:len("timestamp")], "timestamp") {
			return timestampName + s[len(timestampName):]
		}
		return s
	})
}

var copyFrom = regexp.MustCompile(`(?is)^\s*COPY\s*\(`)

// copied gives the query inside COPY (...) TO, or the query itself.
func copied(query string) string {
	start := copyFrom.FindStringIndex(query)
	if start == nil {
		return query
	}
	depth := 1
	for _, at := range lexical.FindAllStringIndex(query[start[1]:], -1) {
		switch query[start[1]+at[0]] {
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return query[start[1] : start[1]+at[0]]
			}
		}
	}
	return query
}
