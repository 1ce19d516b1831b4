//go:build integration

package fromjson

import (
	"strconv"
	"strings"
)

// sameButForSpelling says whether two cells are the same where strings that hold the same JSON count as equal, however
// they spell it.
func sameButForSpelling(ours, spark string) bool {
	a, b := tokens(ours), tokens(spark)
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		text := a[i][0] == '"' && b[i][0] == '"'
		if a[i] != b[i] && (!text || !sameJSON(unquote(a[i]), unquote(b[i]))) {
			return false
		}
	}
	return true
}

// tokens cuts a cell into its strings, quotes included, and what is between them.
func tokens(cell string) []string {
	var out []string
	for cell != "" {
		n := strings.IndexByte(cell, '"')
		switch {
		case n < 0:
			n = len(cell)
		case n == 0:
			n = endOfString(cell)
		}
		out, cell = append(out, cell[:n]), cell[n:]
	}
	return out
}

// endOfString is where the string that text begins with ends, behind its closing quote.
func endOfString(text string) int {
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case text[0]:
			return i + 1
		}
	}
	return len(text)
}

// sameJSON compares two JSON texts token by token.
func sameJSON(a, b string) bool {
	x, y := lex(a), lex(b)
	if len(x) != len(y) {
		return false
	}
	for i := range x {
		if x[i] != y[i] && !sameNumber(x[i], y[i]) {
			return false
		}
	}
	return true
}

// sameNumber compares numbers as Jackson prints them: integers exactly, others as doubles, what is none as a string.
func sameNumber(ours, spark string) bool {
	if strings.HasPrefix(spark, "string ") {
		spark = spark[len("string "):]
		if ours == "+INF" || ours == "-INF" || ours == "+Infinity" {
			ours = strings.TrimPrefix(strings.Replace(ours, "INF", "Infinity", 1), "+")
		} else if _, err := strconv.ParseFloat(ours, 64); err != nil { // 1e400
			ours = strings.Replace("Infinity", "", map[bool]string{true: "-"}[strings.HasPrefix(ours, "-")], 1)
		}
		return ours == spark
	}
	x, xerr := strconv.ParseFloat(ours, 64)
	y, yerr := strconv.ParseFloat(spark, 64)
	whole := !strings.ContainsAny(ours, ".eE")
	return xerr == nil && yerr == nil && x == y && (!whole || ours == "-0" && spark == "0")
}

// lex cuts JSON into tokens: strings decoded and marked, numbers and words as they stand, no white space.
func lex(text string) []string {
	var out []string
	for text = strings.TrimLeft(text, " \t\r\n"); text != ""; text = strings.TrimLeft(text, " \t\r\n") {
		n := 1
		switch {
		case text[0] == '"' || text[0] == '\'':
			n = endOfString(text)
			out = append(out, "string "+unquote(text[:n]))
		case strings.IndexByte("{}[]:,", text[0]) >= 0:
			out = append(out, text[:1])
		default:
			if n = strings.IndexAny(text, "{}[]:, \t\r\n"); n < 0 {
				n = len(text)
			}
			out = append(out, text[:n])
		}
		text = text[n:]
	}
	return out
}

// unquote decodes a string with JSON's escapes, in quotes of either kind.
func unquote(s string) string {
	var b strings.Builder
	for i := 1; i < len(s)-1; i++ {
		if s[i] != '\\' {
			b.WriteByte(s[i])
			continue
		}
		i++
		switch s[i] {
		case 'u':
			n, _ := strconv.ParseUint(s[i+1:min(i+5, len(s))], 16, 16)
			b.WriteRune(rune(n))
			i += 4
		case 'b', 'f', 'n', 'r', 't':
			b.WriteByte("\b\f\n\r\t"[strings.IndexByte("bfnrt", s[i])])
		default:
			b.WriteByte(s[i])
		}
	}
	return b.String()
}
