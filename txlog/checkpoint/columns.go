package checkpoint

import (
	"fmt"

	"github.com/parquet-go/parquet-go"
)

// group reads columns of one row group row by row. Every column that was asked for must be read
// once per row, also where the action of the row is another.
type group struct {
	root    *parquet.Column
	rg      parquet.RowGroup
	cursors []*cursor
	err     error // the first; all reads after it give nulls
}

func (g *group) close() {
	for _, c := range g.cursors {
		c.close()
	}
}

func find(c *parquet.Column, path ...string) *parquet.Column {
	for _, name := range path {
		if c == nil {
			return nil
		}
		c = c.Column(name)
	}
	return c
}

func (g *group) open(c *parquet.Column) *cursor {
	if c == nil || !c.Leaf() {
		return nil
	}
	cur := newCursor(c, g.rg)
	g.cursors = append(g.cursors, cur)
	return cur
}

// leaf is the cursor of a column without repetition, or nil where the file has no such column.
func (g *group) leaf(path ...string) *cursor {
	c := find(g.root, path...)
	if c == nil || c.MaxRepetitionLevel() > 0 {
		return nil
	}
	return g.open(c)
}

func (g *group) next(c *cursor) (parquet.Value, bool) {
	if g.err != nil {
		return parquet.Value{}, false
	}
	v, err := c.next()
	if err != nil {
		g.err = fmt.Errorf("column %v: %w", c.column.Path(), err)
		return parquet.Value{}, false
	}
	return v, c.has(v)
}

func (g *group) text(c *cursor) (string, bool) {
	v, ok := g.next(c)
	if !ok {
		return "", false
	}
	switch v.Kind() {
	case parquet.ByteArray, parquet.FixedLenByteArray:
		return string(v.ByteArray()), true
	}
	g.wrong(c, "a string")
	return "", false
}

func (g *group) optText(c *cursor) *string {
	if s, ok := g.text(c); ok {
		return &s
	}
	return nil
}

func (g *group) int(c *cursor) (int64, bool) {
	v, ok := g.next(c)
	if !ok {
		return 0, false
	}
	switch v.Kind() {
	case parquet.Int64:
		return v.Int64(), true
	case parquet.Int32:
		return int64(v.Int32()), true
	}
	g.wrong(c, "an integer")
	return 0, false
}

func (g *group) optInt(c *cursor) *int64 {
	if n, ok := g.int(c); ok {
		return &n
	}
	return nil
}

func (g *group) bool(c *cursor) (v, ok bool) {
	x, ok := g.next(c)
	if ok && x.Kind() != parquet.Boolean {
		g.wrong(c, "a boolean")
		return false, false
	}
	return ok && x.Boolean(), ok
}

func (g *group) wrong(c *cursor, want string) {
	if g.err == nil {
		g.err = fmt.Errorf("column %v is not %s", c.column.Path(), want)
	}
}

// mapCursor reads a map of strings, however its inner groups are named.
type mapCursor struct {
	keys, values *cursor
	present      int // the definition level from which the map itself is not null
	filled       int // the definition level from which it has entries
}

func (g *group) stringMap(path ...string) *mapCursor {
	c := find(g.root, path...)
	if c == nil || c.Leaf() || len(c.Columns()) != 1 {
		return nil
	}
	entry := c.Columns()[0]
	if !entry.Repeated() || len(entry.Columns()) != 2 {
		return nil
	}
	k, v := entry.Columns()[0], entry.Columns()[1]
	if named := entry.Column("key"); named != nil && named == v { // in whichever order
		k, v = v, k
	}
	if !k.Leaf() || !v.Leaf() {
		return nil
	}
	return &mapCursor{keys: g.open(k), values: g.open(v), present: c.MaxDefinitionLevel(), filled: entry.MaxDefinitionLevel()}
}

// strings reads the map of the row; nil where it is null.
func (g *group) strings(m *mapCursor) map[string]*string {
	if m == nil || g.err != nil {
		return nil
	}
	var out map[string]*string
	for {
		k, _ := g.next(m.keys)
		key := ""
		if m.keys.has(k) && k.Kind() == parquet.ByteArray {
			key = string(k.ByteArray())
		}
		value := g.optText(m.values)
		if g.err != nil {
			return nil
		}
		if k.DefinitionLevel() >= m.present && out == nil {
			out = map[string]*string{}
		}
		if k.DefinitionLevel() >= m.filled {
			out[key] = value
		}
		if !g.more(m.keys) {
			return out
		}
	}
}

func (g *group) more(c *cursor) bool {
	if g.err != nil {
		return false
	}
	more, err := c.more()
	if err != nil {
		g.err = err
	}
	return more
}

// listCursor reads a list of strings, of two or three levels.
type listCursor struct {
	items   *cursor
	present int
}

func (g *group) stringList(path ...string) *listCursor {
	c := find(g.root, path...)
	if c == nil {
		return nil
	}
	l := &listCursor{present: c.MaxDefinitionLevel()}
	for !c.Leaf() {
		if len(c.Columns()) != 1 {
			return nil
		}
		c = c.Columns()[0]
	}
	if c.MaxRepetitionLevel() != 1 {
		return nil
	}
	l.items = g.open(c)
	return l
}

// list reads the list of the row; nil where it is null. Null elements are dropped.
func (g *group) list(l *listCursor) []string {
	if l == nil || g.err != nil {
		return nil
	}
	var out []string
	for {
		v, ok := g.next(l.items)
		if g.err != nil {
			return nil
		}
		if v.DefinitionLevel() >= l.present && out == nil {
			out = []string{}
		}
		if ok && v.Kind() == parquet.ByteArray {
			out = append(out, string(v.ByteArray()))
		}
		if !g.more(l.items) {
			return out
		}
	}
}
