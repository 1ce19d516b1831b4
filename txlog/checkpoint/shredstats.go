package checkpoint

import (
	"github.com/ingestd/ingestd/txlog/action"
	"github.com/ingestd/ingestd/txlog/internal/jsonscan"
	"github.com/ingestd/ingestd/txlog/schema"
)

// statsShredder fills stats_parsed from the JSON of the statistics, and partitionValues_parsed.
// A value that is not of the type of its column stays null: no bound is a true bound.
type statsShredder struct {
	sh         *shredder
	stats      *statsColumn
	partitions *shredGroup
	columns    map[string]statsColumn // of partitions, by the name in partitionValues
}

// statsColumn is a group, or a leaf with a type.
type statsColumn struct {
	group    *shredGroup
	children map[string]*statsColumn
	column   int
	typ      schema.Type
}

// newStatsShredder is nil where the layout has no such columns.
func newStatsShredder(sh *shredder, l Layout) *statsShredder {
	if !l.StatsStruct {
		return nil
	}
	s := &statsShredder{sh: sh, columns: map[string]statsColumn{}}
	root := &statsColumn{group: sh.group("add", "stats_parsed"), children: map[string]*statsColumn{}}
	path := []string{"add", "stats_parsed"}
	for name, t := range map[string]schema.Type{"numRecords": schema.Long, "tightBounds": schema.Boolean} {
		root.children[name] = &statsColumn{column: sh.column(append(path, name)...), typ: t}
	}
	for name, count := range map[string]bool{"minValues": false, "maxValues": false, "nullCount": true} {
		if c := s.tree(append(path[:2:2], name), l.Schema, count); c != nil {
			root.children[name] = c
		}
	}
	s.stats = root
	if s.partitions = sh.group("add", "partitionValues_parsed"); s.partitions != nil {
		for _, p := range l.Partitions {
			if f := l.Schema.Field(p); f != nil {
				s.columns[p] = statsColumn{column: sh.column("add", "partitionValues_parsed", f.Name), typ: f.Type}
			}
		}
	}
	return s
}

// tree finds the columns below a path that mirror the fields of t.
func (s *statsShredder) tree(path []string, t *schema.Struct, count bool) *statsColumn {
	g := s.sh.group(path...)
	if g == nil {
		return nil
	}
	out := &statsColumn{group: g, children: map[string]*statsColumn{}}
	for _, f := range t.Fields {
		p := append(path[:len(path):len(path)], f.Name)
		if in, ok := f.Type.(*schema.Struct); ok {
			if c := s.tree(p, in, count); c != nil {
				out.children[f.Name] = c
			}
			continue
		}
		if i := s.sh.column(p...); i >= 0 {
			leaf := &statsColumn{column: i, typ: f.Type}
			if count {
				leaf.typ = schema.Long
			}
			out.children[f.Name] = leaf
		}
	}
	return out
}

func (s *statsShredder) set(a *action.Add) {
	if s == nil {
		return
	}
	if a.Stats != nil {
		_ = s.fill(jsonscan.New([]byte(*a.Stats)), s.stats) // what cannot be read stays null
	}
	if s.partitions == nil {
		return
	}
	s.sh.present(s.partitions)
	for name, c := range s.columns {
		if v := a.PartitionValues[name]; v != nil && *v != "" {
			s.put(c, *v)
		}
	}
}

// fill reads the object of c.
func (s *statsShredder) fill(in *jsonscan.Scanner, c *statsColumn) error {
	present := false
	return in.Object(func(key []byte) error {
		if !present {
			s.sh.present(c.group)
			present = true
		}
		child := c.children[string(key)]
		switch {
		case child == nil:
			return in.Skip()
		case in.Null():
			return nil
		case child.group != nil:
			return s.fill(in, child)
		}
		raw, err := in.Raw()
		if err != nil {
			return err
		}
		if raw[0] == '"' {
			text, err := jsonscan.New(raw).String()
			if err == nil {
				s.put(*child, text)
			}
			return nil
		}
		if raw[0] != '{' && raw[0] != '[' && child.typ != schema.Type(schema.String) {
			s.put(*child, string(raw))
		}
		return nil
	})
}

func (s *statsShredder) put(c statsColumn, text string) {
	if c.column < 0 {
		return
	}
	if v, ok := parseValue(c.typ, text); ok {
		s.sh.set(c.column, v)
	}
}
