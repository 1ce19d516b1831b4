package alter

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/ingestd/ingestd/txlog/schema"
)

const constraintPrefix = "delta.constraints."

// unused finds expressions of the table that have the column in their text; where it is to be dropped, its
// own go with it. Errors: *InUseError.
func (d *draft) unused(path Path, dropped bool) error {
	var by []string
	for _, k := range slices.Sorted(maps.Keys(d.properties)) {
		if len(k) > len(constraintPrefix) && strings.EqualFold(k[:len(constraintPrefix)], constraintPrefix) && mentions(d.properties[k], path) {
			by = append(by, "the constraint "+k[len(constraintPrefix):]+" ("+d.properties[k]+")")
		}
	}
	for at, f := range d.schema.Walk() {
		if dropped && len(at) >= len(path) && samePath(at[:len(path)], path) {
			continue
		}
		for _, use := range []struct{ key, words string }{
			{"delta.generationExpression", "the generated column "}, {"delta.invariants", "the invariant of column "},
		} {
			if text, ok := expressionOf(f, use.key); ok && mentions(text, path) {
				by = append(by, use.words+Path(at).String()+" ("+text+")")
			}
		}
	}
	if len(by) > 0 {
		return &InUseError{path, by}
	}
	return nil
}

// expressionOf is an expression in the metadata of a field. An invariant stands in JSON of its own ("Column Invariants").
func expressionOf(f *schema.Field, key string) (string, bool) {
	var text string
	raw, ok := f.Metadata[key]
	if !ok || json.Unmarshal(raw, &text) != nil {
		return "", false
	}
	var invariant struct {
		Expression struct{ Expression string } `json:"expression"`
	}
	if key == "delta.invariants" && json.Unmarshal([]byte(text), &invariant) == nil {
		return invariant.Expression.Expression, true
	}
	return text, true
}

// mentions says whether an SQL expression may refer to a column: whether it has its path, one above, or one
// below it, as names with dots between, outside of texts in quotes. It errs on the side of true.
func mentions(expr string, path Path) bool {
	for _, ref := range references(expr) {
		if overlaps(ref, path) {
			return true
		}
	}
	return false
}

// references are the names in an SQL expression, with those that dots join as one path. Functions and words of
// SQL are among them: a column may be called so.
func references(expr string) []Path {
	var out []Path
	joined := false
	add := func(name string) {
		if joined && len(out) > 0 {
			out[len(out)-1] = append(out[len(out)-1], name)
		} else {
			out = append(out, Path{name})
		}
		joined = false
	}
	for i := 0; i < len(expr); {
		switch c := expr[i]; {
		case c == '\'' || c == '"':
			i = skipQuoted(expr, i, c)
			joined = false
		case c == '`':
			end := skipQuoted(expr, i, c)
			add(strings.ReplaceAll(strings.Trim(expr[i:end], "`"), "``", "`"))
			i = end
		case isNameByte(c):
			end := i
			for end < len(expr) && isNameByte(expr[end]) {
				end++
			}
			add(expr[i:end])
			i = end
		default:
			joined = c == '.' || joined && (c == ' ' || c == '\t' || c == '\n')
			i++
		}
	}
	return out
}

func isNameByte(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}

// skipQuoted is the index after the text in quotes that begins at i.
func skipQuoted(s string, i int, quote byte) int {
	for i++; i < len(s); i++ {
		switch {
		case s[i] == '\\' && quote != '`':
			i++
		case s[i] == quote && i+1 < len(s) && s[i+1] == quote:
			i++
		case s[i] == quote:
			return i + 1
		}
	}
	return len(s)
}
