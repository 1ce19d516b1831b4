package spark

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
)

// found is a regular expression in the text that finds the same places in both dialects. Those that match the empty string do not
// when they are looked for again and again; nor does $, which here takes the end of a line along.
func (c *call) found(i int, again bool) (re string, compiled *regexp.Regexp) {
	java := c.constant(i)
	re, why := regex(java)
	if why == "" {
		var err error
		if compiled, err = regexp.Compile(re); err != nil {
			why = "it is not understood"
		}
	}
	switch {
	case why != "":
	case strings.HasSuffix(java, "$") && !strings.HasSuffix(java, `\$`):
		why = "a $"
	case again && compiled.MatchString(""):
		why = "it finds what is empty"
	}
	if why != "" {
		c.refuse("%s() with the regular expression %s: %s", c.name, quote(java), why)
		return "", regexp.MustCompile("")
	}
	return re, compiled
}

func regexpReplace(c *call) term {
	re, _ := c.found(1, true)
	by := c.constant(2)
	if strings.ContainsAny(by, `$\`) {
		return c.refuse(`regexp_replace() by %s, in which $ or \ means a group`, quote(by))
	}
	e := c.str(0)
	return made("regexp_replace("+e.sql+", "+quote(re)+", "+quote(by)+", 'g')", str, c.at, e)
}

// regexpExtract is a group of the first match, the first one where nothing is said, and "" where there is no match.
func regexpExtract(c *call) term {
	group := "1"
	if len(c.args) == 3 {
		lit := c.args[2].literal
		if lit == nil || !isInteger(c.args[2].typ) {
			return c.refuse("regexp_extract() of a group that does not stand in the text")
		}
		group = *lit
	}
	re, compiled := c.found(1, false)
	if n, err := strconv.Atoi(group); err != nil || n < 0 || n > compiled.NumSubexp() {
		return c.wrong(c.at, "the regular expression has no group %s", group)
	}
	e := c.str(0)
	return made("regexp_extract("+e.sql+", "+quote(re)+", "+group+")", str, c.at, e)
}

func split(c *call) term {
	re, _ := c.found(1, true)
	if strings.HasPrefix(re, `\A`) {
		return c.refuse("split() at a ^")
	}
	e := c.str(0)
	return made("string_split_regex("+e.sql+", "+quote(re)+")", arrow.ListOf(str), c.at, e)
}

// splitPart is a part between separators that stand in the text, counted from 1, or from the end with a negative number.
func splitPart(c *call) term {
	n := c.args[2].literal
	if n == nil || c.args[2].typ.ID() != arrow.INT32 || *n == "0" {
		return c.refuse("split_part() of a part whose number does not stand in the text")
	}
	if c.constant(1) == "" {
		return c.refuse("split_part() at nothing")
	}
	return c.of("split_part($1, $2, "+*n+")", str, c.str(0), c.args[1])
}

var regexpFunctions = map[string]function{
	"regexp_replace": {3, 3, regexpReplace}, "regexp_extract": {2, 3, regexpExtract}, "split": {2, 2, split}, "split_part": {3, 3, splitPart},
}
