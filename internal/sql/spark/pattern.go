package spark

import (
	"strings"
)

// like: x LIKE 'a%' [ESCAPE '!'].
func (t *translator) like(e term, at int) term {
	if t.is("any") || t.is("all") || t.is("some") {
		return t.refuse("LIKE ANY and LIKE ALL")
	}
	pattern := t.bits(0)
	escape := `\`
	if t.take("escape") {
		tok := t.next()
		if escape = tok.text; tok.kind != text || len(escape) != 1 || escape[0] >= 0x80 {
			return t.refuse("ESCAPE %s: one plain character is wanted", t.show(tok))
		}
	}
	switch {
	case t.err != nil:
		return term{typ: void}
	case isVoid(e.typ) || isVoid(pattern.typ):
		return term{sql: "CAST(NULL AS BOOLEAN)", typ: boolean, at: at}
	case !isString(e.typ) || !isString(pattern.typ):
		return t.refuse("LIKE on %s; cast it to STRING", TypeName(e.typ))
	case pattern.literal == nil:
		return t.refuse("LIKE with a pattern that is not a string in the text")
	}
	p := *pattern.literal
	for i := 0; i < len(p); i++ {
		if p[i] != escape[0] {
			continue
		}
		if i++; i == len(p) || p[i] != '%' && p[i] != '_' && p[i] != escape[0] {
			return t.wrong(pattern.at, "in the pattern %s of LIKE %s stands before what it cannot escape", quote(p), escape)
		}
	}
	sql := "(" + e.sql + " LIKE " + pattern.sql
	if strings.Contains(p, escape) {
		sql += " ESCAPE " + quote(escape)
	}
	return made(sql+")", boolean, at, e)
}

func (t *translator) rlike(e, pattern term) term {
	switch {
	case t.err != nil:
		return term{typ: void}
	case isVoid(e.typ) || isVoid(pattern.typ):
		return term{sql: "CAST(NULL AS BOOLEAN)", typ: boolean, at: e.at}
	case !isString(e.typ):
		return t.refuse("RLIKE on %s; cast it to STRING", TypeName(e.typ))
	case !isString(pattern.typ) || pattern.literal == nil:
		return t.refuse("RLIKE with a pattern that is not a string in the text")
	}
	re, why := regex(*pattern.literal)
	if why != "" {
		return t.refuse("the regular expression %s: %s", quote(*pattern.literal), why)
	}
	return made("regexp_matches("+e.sql+", "+quote(re)+")", boolean, e.at, e)
}

const (
	lineEnds = `\n\r\x{85}\x{2028}\x{2029}`
	blanks   = ` \t\n\x0B\f\r`
)

// regex makes of a Java pattern the RE2 pattern that finds a match in the same strings; else it tells why not.
func regex(java string) (re, why string) {
	var b strings.Builder
	runes := []rune(java)
	for i := 0; i < len(runes); i++ {
		switch c := runes[i]; c {
		case '\\':
			i++
			if i == len(runes) {
				return "", "it ends in a backslash"
			}
			escaped, ok := escapeOf(runes[i], false)
			if !ok {
				return "", `\` + string(runes[i])
			}
			b.WriteString(escaped)
		case '[':
			end, class, why := class(runes[i:])
			if why != "" {
				return "", why
			}
			b.WriteString(class)
			i += end
		case '.':
			b.WriteString("[^" + lineEnds + "]")
		case '$':
			if i != len(runes)-1 {
				return "", "a $ that is not at its end"
			}
			b.WriteString(`(?:\r\n|[` + lineEnds + `])?\z`)
		case '^':
			if i != 0 {
				return "", "a ^ that is not at its beginning"
			}
			b.WriteString(`\A`)
		case '(':
			if i+1 < len(runes) && runes[i+1] == '?' && (i+2 >= len(runes) || runes[i+2] != ':') {
				return "", "a group that begins with (?"
			}
			b.WriteRune(c)
		case '*', '+', '?':
			if i+1 < len(runes) && runes[i+1] == '+' {
				return "", "possessive quantifiers"
			}
			b.WriteRune(c)
		case '{', '}':
			end, ok := repetition(runes[i:])
			if !ok {
				return "", "braces other than {2}, {2,} and {2,3}"
			}
			b.WriteString(string(runes[i : i+end]))
			i += end - 1
		default:
			b.WriteRune(c)
		}
	}
	return b.String(), ""
}

// escapeOf is what an escaped letter means, outside a class or in one.
func escapeOf(c rune, inClass bool) (string, bool) {
	switch {
	case strings.ContainsRune(`\.[]{}()*+-?^$|/&`, c):
		return `\` + string(c), true
	case c == 'd' || c == 'w' || c == 'D' && !inClass || c == 'W' && !inClass || c == 't' || c == 'n' || c == 'r':
		return `\` + string(c), true
	case c == 's' && inClass:
		return blanks, true
	case c == 's':
		return "[" + blanks + "]", true
	case c == 'S' && !inClass:
		return "[^" + blanks + "]", true
	}
	return "", false
}

// class reads [...] and gives the index of its last rune.
func class(runes []rune) (end int, re, why string) {
	var b strings.Builder
	b.WriteByte('[')
	i := 1
	if i < len(runes) && runes[i] == '^' {
		b.WriteByte('^')
		i++
	}
	for first := i; i < len(runes); i++ {
		switch c := runes[i]; {
		case c == ']' && i > first:
			b.WriteByte(']')
			return i, b.String(), ""
		case c == ']' || c == '[' || c == '&' || c == '^':
			return 0, "", "a class with " + string(c) + " in it"
		case c == '\\' && i+1 < len(runes):
			i++
			escaped, ok := escapeOf(runes[i], true)
			if !ok {
				return 0, "", `\` + string(runes[i]) + " in a class"
			}
			b.WriteString(escaped)
		default:
			b.WriteRune(c)
		}
	}
	return 0, "", "a class without end"
}

// repetition reads {2,3} and gives its length.
func repetition(runes []rune) (int, bool) {
	digits := 0
	commas := 0
	for i, c := range runes {
		switch {
		case i == 0 && c != '{':
			return 0, false
		case i == 0:
		case c >= '0' && c <= '9':
			if digits++; digits > 6 {
				return 0, false
			}
		case c == ',' && digits > 0 && commas == 0:
			commas++
		case c == '}' && digits > 0:
			return i + 1, i+1 == len(runes) || runes[i+1] != '+'
		default:
			return 0, false
		}
	}
	return 0, false
}
