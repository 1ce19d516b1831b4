package fault

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Parse reads rules, one a line; see Rule for their form. Empty lines and those that begin with #
// are passed over. An error names the line.
func Parse(text string) ([]Rule, error) {
	var rules []Rule
	n := 0
	for line := range strings.Lines(text) {
		n++
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		r, err := parseRule(line)
		if err != nil {
			return nil, fmt.Errorf("line %d: %q: %w", n, line, err)
		}
		rules = append(rules, r)
	}
	return rules, nil
}

func parseRule(line string) (Rule, error) {
	op, rest, _ := strings.Cut(line, " ")
	r := Rule{Op: Op(op)}
	if !slices.Contains(ops, r.Op) {
		return r, fmt.Errorf("no such operation: %q", op)
	}
	for rest = strings.TrimSpace(rest); rest != ""; rest = strings.TrimSpace(rest) {
		if r.Effect != "" {
			return r, fmt.Errorf("%q follows the effect", rest)
		}
		name, value, left, err := token(rest)
		if err == nil {
			err = r.set(name, value)
		}
		if err != nil {
			return r, err
		}
		rest = left
	}
	if r.Effect == "" {
		return r, fmt.Errorf("it has no effect")
	}
	return r, r.check()
}

// token cuts name=value, name="value" or name from the front.
func token(s string) (name, value, rest string, err error) {
	end := strings.IndexAny(s, "= ")
	if end < 0 {
		return s, "", "", nil
	}
	if s[end] == ' ' {
		return s[:end], "", s[end:], nil
	}
	name, s = s[:end], s[end+1:]
	if strings.HasPrefix(s, `"`) {
		q, err := strconv.QuotedPrefix(s)
		if err != nil {
			return "", "", "", fmt.Errorf("%s: a quoted text does not end", name)
		}
		value, err = strconv.Unquote(q)
		return name, value, s[len(q):], err
	}
	value, rest, _ = strings.Cut(s, " ")
	return name, value, rest, nil
}

func (r *Rule) set(name, value string) (err error) {
	switch {
	case name == "key":
		r.Key = value
	case name == "nth":
		r.Nth, err = count(value)
	case name == "call":
		r.Call, err = count(value)
	case slices.Contains(effects, Effect(name)):
		r.Effect, r.Arg = Effect(name), value
	default:
		err = fmt.Errorf("no such effect: %q", name)
	}
	return err
}

func count(s string) (int, error) {
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 {
		return 0, fmt.Errorf("a number from 1 is needed, not %q", s)
	}
	return n, nil
}
