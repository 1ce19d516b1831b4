package stats

import (
	"fmt"
	"maps"
	"strings"

	"github.com/ingestd/ingestd/txlog/schema"
)

// DefaultIndexed is the default of delta.dataSkippingNumIndexedCols.
const DefaultIndexed = 32

// Selection is the columns that have statistics. The zero Selection has none.
type Selection struct {
	paths map[string]bool
}

// Has tells whether a column or field has statistics; path is in physical names.
func (s Selection) Has(path []string) bool { return s.paths[strings.Join(path, "\x00")] }

// Renamed is the selection with every path under another name, as column mapping has it.
func (s Selection) Renamed(name func(path []string) []string) Selection {
	out := Selection{paths: make(map[string]bool, len(s.paths))}
	for key := range s.paths {
		out.paths[strings.Join(name(strings.Split(key, "\x00")), "\x00")] = true
	}
	return out
}

// With is the selection with more columns or fields. The selection itself stays as it is.
func (s Selection) With(paths ...[]string) Selection {
	if len(paths) == 0 {
		return s
	}
	out := Selection{paths: maps.Clone(s.paths)}
	if out.paths == nil {
		out.paths = map[string]bool{}
	}
	for _, p := range paths {
		out.paths[strings.Join(p, "\x00")] = true
	}
	return out
}

// First selects the first n leaf columns in schema order, fields of structs counted one by one,
// arrays and maps as one each; n below 0: all (delta.dataSkippingNumIndexedCols). The schema is
// that of the data columns, without those that partition the table.
func First(s *schema.Struct, n int) Selection {
	sel := Selection{paths: map[string]bool{}}
	leaves(s, nil, func(path []string, _ schema.Type) bool {
		if n >= 0 && len(sel.paths) >= n {
			return false
		}
		sel.paths[strings.Join(path, "\x00")] = true
		return true
	})
	return sel
}

// Named selects the columns that delta.dataSkippingStatsColumns lists: names separated by commas,
// fields after a dot, names with other characters in backticks; a struct stands for all its fields.
// Names are matched without regard to case; one that the schema does not have is an error.
func Named(s *schema.Struct, list string) (Selection, error) {
	sel := Selection{paths: map[string]bool{}}
	names, err := splitNames(list)
	if err != nil {
		return sel, err
	}
	for _, name := range names {
		found := false
		leaves(s, nil, func(path []string, _ schema.Type) bool {
			if hasPrefixFold(path, name) {
				sel.paths[strings.Join(path, "\x00")] = true
				found = true
			}
			return true
		})
		if !found {
			return sel, fmt.Errorf("delta.dataSkippingStatsColumns: there is no column %s to keep statistics of", strings.Join(name, "."))
		}
	}
	return sel, nil
}

func hasPrefixFold(path, prefix []string) bool {
	if len(prefix) > len(path) {
		return false
	}
	for i, p := range prefix {
		if !strings.EqualFold(p, path[i]) {
			return false
		}
	}
	return true
}

// leaves visits the columns that can have statistics, in schema order, until visit says false.
func leaves(s *schema.Struct, path []string, visit func([]string, schema.Type) bool) bool {
	for _, f := range s.Fields {
		at := append(path[:len(path):len(path)], f.Name)
		more := true
		switch t := f.Type.(type) {
		case *schema.Struct:
			more = leaves(t, at, visit)
		default:
			if f.Type != schema.Void {
				more = visit(at, f.Type)
			}
		}
		if !more {
			return false
		}
	}
	return true
}

// splitNames reads a, `b.c`.d into paths.
func splitNames(list string) ([][]string, error) {
	var names [][]string
	var path []string
	var part strings.Builder
	quoted := false
	end := func() {
		path = append(path, strings.TrimSpace(part.String()))
		part.Reset()
	}
	for i := 0; i < len(list); i++ {
		switch c := list[i]; {
		case c == '`' && quoted && i+1 < len(list) && list[i+1] == '`':
			part.WriteByte('`')
			i++
		case c == '`':
			quoted = !quoted
		case c == '.' && !quoted:
			end()
		case c == ',' && !quoted:
			end()
			names, path = append(names, path), nil
		default:
			part.WriteByte(c)
		}
	}
	if quoted {
		return nil, fmt.Errorf("delta.dataSkippingStatsColumns: a backtick in %q is not closed", list)
	}
	if part.Len() > 0 || path != nil {
		end()
		names = append(names, path)
	}
	return names, nil
}
