package checkpoint

import (
	"maps"
	"slices"

	"github.com/parquet-go/parquet-go"
)

// shredder makes rows of Parquet values, with their levels, out of actions. All columns of a row are
// null until they are set.
type shredder struct {
	schema  *parquet.Schema
	columns []parquet.LeafColumn
	values  [][]parquet.Value // of the row, by column
	groups  map[string]*shredGroup
}

// shredGroup is a group that may be null as a whole.
type shredGroup struct {
	level   int   // the definition level from which it is there
	columns []int // all leaves below
}

const pathSep = "\x00"

func join(path []string) string {
	key := ""
	for _, p := range path {
		key += p + pathSep
	}
	return key
}

func newShredder(s *parquet.Schema) *shredder {
	sh := &shredder{schema: s, groups: map[string]*shredGroup{}}
	for _, path := range s.Columns() {
		col, _ := s.Lookup(path...)
		sh.columns = append(sh.columns, col)
	}
	sh.values = make([][]parquet.Value, len(sh.columns))
	sh.walk(s, nil, 0)
	return sh
}

func (sh *shredder) walk(n parquet.Node, path []string, level int) []int {
	if len(path) > 0 && !n.Required() {
		level++
	}
	if n.Leaf() {
		col, _ := sh.schema.Lookup(path...)
		return []int{col.ColumnIndex}
	}
	g := &shredGroup{level: level}
	for _, f := range n.Fields() {
		g.columns = append(g.columns, sh.walk(f, append(path[:len(path):len(path)], f.Name()), level)...)
	}
	sh.groups[join(path)] = g
	return g.columns
}

// begin starts a row.
func (sh *shredder) begin() {
	for i := range sh.values {
		sh.values[i] = append(sh.values[i][:0], parquet.NullValue().Level(0, 0, i))
	}
}

// present makes a group of the row not null; its columns still are.
func (sh *shredder) present(g *shredGroup) {
	for _, c := range g.columns {
		sh.values[c][0].SetDefinitionLevel(g.level)
	}
}

// group is the group at a path, which must be there.
func (sh *shredder) group(path ...string) *shredGroup { return sh.groups[join(path)] }

// column is the index of a leaf; -1 where the layout has none.
func (sh *shredder) column(path ...string) int {
	if col, ok := sh.schema.Lookup(path...); ok {
		return col.ColumnIndex
	}
	return -1
}

func (sh *shredder) set(column int, v parquet.Value) {
	if column >= 0 {
		sh.values[column][0] = v.Level(0, sh.columns[column].MaxDefinitionLevel, column)
	}
}

func (sh *shredder) text(column int, s string) { sh.set(column, stringValue(s)) }
func (sh *shredder) int(column int, n int64)   { sh.set(column, parquet.Int64Value(n)) }
func (sh *shredder) int32(column int, n int32) { sh.set(column, parquet.Int32Value(n)) }
func (sh *shredder) bool(column int, b bool)   { sh.set(column, parquet.BooleanValue(b)) }
func (sh *shredder) optText(column int, s *string) {
	if s != nil {
		sh.text(column, *s)
	}
}

func (sh *shredder) optInt(column int, n *int64) {
	if n != nil {
		sh.int(column, *n)
	}
}

func stringValue(s string) parquet.Value { return parquet.ByteArrayValue([]byte(s)) }

// shredMap is where a map of strings is.
type shredMap struct{ group, entry *shredGroup }

func (sh *shredder) textMap(path ...string) shredMap {
	return shredMap{sh.group(path...), sh.group(append(path, "key_value")...)}
}

// strings sets a map, unless it is nil. Keys are in their order, so that the same state always
// gives the same bytes.
func (sh *shredder) strings(m shredMap, values map[string]*string) {
	if values == nil {
		return
	}
	sh.present(m.group)
	key, value := m.entry.columns[0], m.entry.columns[1]
	for i, k := range slices.Sorted(maps.Keys(values)) {
		kv := stringValue(k).Level(min(i, 1), m.entry.level, key)
		vv := parquet.NullValue().Level(min(i, 1), m.entry.level, value)
		if v := values[k]; v != nil {
			vv = stringValue(*v).Level(min(i, 1), m.entry.level+1, value)
		}
		sh.append(i, key, kv)
		sh.append(i, value, vv)
	}
}

// append replaces the null of a repeated column by its first value, and appends the others.
func (sh *shredder) append(i, column int, v parquet.Value) {
	if i == 0 {
		sh.values[column][0] = v
	} else {
		sh.values[column] = append(sh.values[column], v)
	}
}

// list sets a list of strings, unless it is nil.
func (sh *shredder) list(path []string, items []string) {
	if items == nil {
		return
	}
	g := sh.group(path...)
	sh.present(g)
	column := g.columns[0]
	for i, s := range items {
		sh.append(i, column, stringValue(s).Level(min(i, 1), sh.columns[column].MaxDefinitionLevel, column))
	}
}

// row is the row that was set, appended to dst.
func (sh *shredder) row(dst parquet.Row) parquet.Row {
	for _, v := range sh.values {
		dst = append(dst, v...)
	}
	return dst
}
