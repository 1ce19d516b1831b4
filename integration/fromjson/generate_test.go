//go:build integration

package fromjson

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/ingestd/ingestd/txlog/schema"
)

// generator makes records for a schema: most fit it, many in odd spellings, some are no JSON at all.
type generator struct {
	*rand.Rand
	odd int // of so many values one is spelled oddly or does not fit
}

// one of several, each as likely.
func pick[T any](g generator, from ...T) T { return from[g.IntN(len(from))] }

// in says yes once in n times.
func (g generator) in(n int) bool { return g.IntN(n) == 0 }

func (g generator) digits(from, to int) string {
	b := make([]byte, from+g.IntN(max(to-from, 0)+1))
	for i := range b {
		b[i] = byte('0' + g.IntN(10))
	}
	return string(b)
}

func (g generator) sign() string { return pick(g, "", "", "", "-", "-", "+") }

func (g generator) minus() string { return pick(g, "", "-") }

// record makes one record for the schema.
func (g generator) record(s *schema.Struct) []byte {
	g.odd = pick(g, 2, 2, 3, 8, 30)
	text := g.space() + g.object(s, 0) + g.space()
	if g.in(6) {
		text = strings.ToValidUTF8(g.mutate(text), "")
	}
	return []byte(text)
}

func (g generator) space() string {
	if g.in(10) {
		return pick(g, " ", "  ", "\n", "\t", "\r\n ")
	}
	return ""
}

func (g generator) object(s *schema.Struct, depth int) string {
	var fields []string
	for _, i := range g.Perm(len(s.Fields)) {
		if g.in(12) {
			continue
		}
		fields = append(fields, g.field(s.Fields[i].Name, g.value(s.Fields[i].Type, depth)))
		if g.in(25) { // the last one counts
			fields = append(fields, g.field(s.Fields[i].Name, g.value(s.Fields[i].Type, depth)))
		}
	}
	if g.in(8) {
		fields = append(fields, g.field(pick(g, "extra", "A", "", "a b", "é"), g.anything()))
	}
	return "{" + g.space() + strings.Join(fields, ","+g.space()) + g.space() + "}"
}

func (g generator) field(name, value string) string {
	return g.text(name) + g.space() + ":" + g.space() + value
}

// text is a JSON string, at times with single quotes or needless escapes.
func (g generator) text(s string) string {
	quote := byte('"')
	if g.in(15) {
		quote = '\''
	}
	var b strings.Builder
	b.WriteByte(quote)
	for _, r := range s {
		switch {
		case r == rune(quote) || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r < ' ' || r < 0x10000 && g.in(60):
			fmt.Fprintf(&b, pick(g, `\u%04x`, `\u%04X`), r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte(quote)
	return b.String()
}

// value is a value for a column of a type: mostly one that fits.
func (g generator) value(t schema.Type, depth int) string {
	switch {
	case g.in(20):
		return "null"
	case g.in(12 * g.odd):
		return g.anything()
	}
	switch t := t.(type) {
	case *schema.Struct:
		return g.object(t, depth+1)
	case *schema.Array:
		return "[" + g.list(func() string { return g.value(t.Element, depth+1) }) + "]"
	case *schema.Map:
		return "{" + g.list(func() string { return g.field(g.name(), g.value(t.Value, depth+1)) }) + "}"
	case schema.Decimal:
		if g.in(g.odd) {
			return g.decimal(t)
		}
		return g.minus() + g.digits(1, t.Precision-t.Scale) + "." + g.digits(1, t.Scale)
	case schema.Primitive:
		if g.in(g.odd) {
			return g.primitive(t)
		}
		return g.plain(t)
	}
	panic(fmt.Sprintf("no values of %s", t))
}

func (g generator) name() string { return pick(g, "x", "y", "z", "", "é", "a.b", g.digits(1, 3)) }

func (g generator) list(item func() string) string {
	items := make([]string, g.IntN(4))
	for i := range items {
		items[i] = g.space() + item() + g.space()
	}
	return strings.Join(items, ",")
}

// anything is a JSON value of no type in particular.
func (g generator) anything() string {
	return pick(g, func() string { return g.text(g.word()) }, g.integer, g.double, func() string {
		return pick(g, "true", "false", "null", "{}", "[]", `""`, `"null"`, "NaN", "Infinity", "-Infinity", "+INF", "nan", "True", "[1,", "{1:2}", "[[]]", `{"x":[1,{"y":null}]}`, "[null]", `{"a":{"a":{}}}`)
	}, g.timestamp, g.date)()
}

func (g generator) word() string {
	return pick(g, "", " ", "null", "true", "a", "hello", "x\ty", "q\"uo'te", `back\slash`, "é", "日本", "😀", "\u0000", "\u2028", "NaN", "1", "1.5", "0x10",
		strings.Repeat("long ", 10), g.digits(1, 25))
}

// mutate breaks a record in one place, or leaves it as good as it was.
func (g generator) mutate(text string) string {
	b := []byte(text)
	at := g.IntN(len(b))
	insert := func(s string) string { return text[:at] + s + text[at:] }
	switch g.IntN(6) {
	case 0:
		return text[:at]
	case 1:
		return string(append(b[:at], b[at+1:]...))
	case 2:
		b[at] = pick(g, []byte(`{}[]":,'\/ 0123456789-+.eEtfn#*`)...)
		return string(b)
	case 3:
		to := at + g.IntN(min(len(b)-at, 8)+1)
		return insert(text[at:to])
	case 4:
		return insert(pick(g, ",", ":", `"`, "'", "{", "}", "[", "]", " ", "0", "-", "1", ".", "e", `\`, "\x00", "\x01", "\n", "\u00a0", "//", "/**/", "#", "null", "\ufeff", `\u0020`))
	default:
		return text + pick(g, "x", "{}", "]", "}", ",", "\x00", " 1", "\n\n", "null")
	}
}

// quoted is a spelling as a JSON string, as a writer with no need for escapes makes it.
func quoted(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return string(b)
}
