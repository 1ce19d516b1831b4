package schema

import (
	"encoding/json"
	"fmt"
	"strings"
)

// DDL is the columns as [ParseDDL] reads them, with comments, defaults and what is generated; other
// metadata is not told.
func (s *Struct) DDL() string {
	var b strings.Builder
	writeColumns(&b, s, " ")
	return b.String()
}

func writeColumns(b *strings.Builder, s *Struct, sep string) {
	for i, f := range s.Fields {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(quoteName(f.Name))
		b.WriteString(sep)
		writeType(b, f.Type)
		if !f.Nullable {
			b.WriteString(" NOT NULL")
		}
		if sep == " " { // a column of the table
			writeComputed(b, &f)
		}
		if c, ok := f.Comment(); ok {
			b.WriteString(" COMMENT ")
			b.WriteString(quoteString(c))
		}
	}
}

// writeComputed writes where the values of a column come from.
func writeComputed(b *strings.Builder, f *Field) {
	if id, ok := f.Identity(); ok {
		kind := "ALWAYS"
		if id.AllowExplicit {
			kind = "BY DEFAULT"
		}
		fmt.Fprintf(b, " GENERATED %s AS IDENTITY (START WITH %d INCREMENT BY %d)", kind, id.Start, id.Step)
	} else if expr, ok := f.Generation(); ok {
		b.WriteString(" GENERATED ALWAYS AS (" + expr + ")")
	} else if expr, ok := f.Default(); ok {
		b.WriteString(" DEFAULT " + expr)
	}
}

func writeType(b *strings.Builder, t Type) {
	switch t := t.(type) {
	case *Struct:
		b.WriteString("STRUCT<")
		writeColumns(b, t, ": ")
		b.WriteByte('>')
	case *Array:
		b.WriteString("ARRAY<")
		writeMember(b, t.Element, t.ContainsNull)
		b.WriteByte('>')
	case *Map:
		b.WriteString("MAP<")
		writeType(b, t.Key)
		b.WriteString(", ")
		writeMember(b, t.Value, t.ValueContainsNull)
		b.WriteByte('>')
	default:
		b.WriteString(strings.ToUpper(t.String()))
	}
}

func writeMember(b *strings.Builder, t Type, nullable bool) {
	writeType(b, t)
	if !nullable {
		b.WriteString(" NOT NULL")
	}
}

// Comment is the comment of the column ("comment" in the metadata), and whether it has one.
func (f *Field) Comment() (string, bool) {
	var c string
	raw, ok := f.Metadata["comment"]
	if !ok || json.Unmarshal(raw, &c) != nil {
		return "", false
	}
	return c, true
}

func quoteName(name string) string {
	plain := name != ""
	for _, r := range name {
		plain = plain && isWordRune(r)
	}
	if plain {
		return name
	}
	return "`" + strings.ReplaceAll(name, "`", "``") + "`"
}

var stringEscapes = strings.NewReplacer(`\`, `\\`, `'`, `\'`, "\n", `\n`, "\t", `\t`, "\r", `\r`, "\b", `\b`, "\x00", `\0`)

func quoteString(s string) string { return "'" + stringEscapes.Replace(s) + "'" }
