package schema

import (
	"strconv"
	"strings"
)

// sparkNames are the primitives whose SQL name is not the name in the schema JSON.
var sparkNames = map[Primitive]string{
	Long: "bigint", Integer: "int", Short: "smallint", Byte: "tinyint",
}

// String is Spark's catalog spelling, such as "bigint" for Long.
func (p Primitive) String() string {
	if n, ok := sparkNames[p]; ok {
		return n
	}
	return string(p)
}

// String is "decimal(10,2)", in SQL and in the schema JSON alike.
func (d Decimal) String() string {
	return "decimal(" + strconv.Itoa(d.Precision) + "," + strconv.Itoa(d.Scale) + ")"
}

// String is "struct<a:int,b:string>"; it tells neither nullability nor metadata.
func (s *Struct) String() string {
	var b strings.Builder
	b.WriteString("struct<")
	for i, f := range s.Fields {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(quoteName(f.Name))
		b.WriteByte(':')
		b.WriteString(f.Type.String())
	}
	b.WriteByte('>')
	return b.String()
}

// String is "array<int>".
func (a *Array) String() string { return "array<" + a.Element.String() + ">" }

// String is "map<string,int>".
func (m *Map) String() string { return "map<" + m.Key.String() + "," + m.Value.String() + ">" }
