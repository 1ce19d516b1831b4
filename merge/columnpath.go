package merge

import (
	"regexp"
	"slices"
	"strings"

	"github.com/ingestd/ingestd/txlog/schema"
)

var plainName = regexp.MustCompile("^(?:[A-Za-z_][A-Za-z0-9_]*|`[^`.]+`)$")

// columnPath is the path of the column that an expression over the table is, and nothing more; nil for any other. It gives up where it is not
// certain, as for names with dots in them.
func (p *plan) columnPath(expr string) []string {
	parts := strings.Split(expr, ".")
	for i, part := range parts {
		if !plainName.MatchString(part) {
			return nil
		}
		parts[i] = strings.Trim(part, "`")
	}
	if len(parts) > 1 && slices.ContainsFunc(p.target.Names, func(n string) bool { return strings.EqualFold(n, parts[0]) }) {
		parts = parts[1:]
	}
	var path []string
	s := p.table
	for _, name := range parts {
		if s == nil {
			return nil
		}
		f := s.Field(name)
		if f == nil {
			return nil
		}
		path = append(path, f.Name)
		s, _ = f.Type.(*schema.Struct)
	}
	return path
}
