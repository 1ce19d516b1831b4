package txlog

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"strings"

	"github.com/ingestd/ingestd/txlog/schema"
)

// typeChange is one entry of the history of a column's type ("Type Change Metadata").
type typeChange struct {
	from, to schema.Type
	path     string // within the field, for elements, keys and values
	err      error
}

// typeChanges yields what the metadata of all fields record, with the dotted name of the column.
func typeChanges(s *schema.Struct) iter.Seq2[string, typeChange] {
	return func(yield func(string, typeChange) bool) {
		for path, f := range s.Walk() {
			raw, ok := f.Metadata[schema.KeyTypeChanges]
			if !ok {
				continue
			}
			name := strings.Join(path, ".")
			var list []struct {
				From string `json:"fromType"`
				To   string `json:"toType"`
				Path string `json:"fieldPath"`
			}
			if err := json.Unmarshal(raw, &list); err != nil {
				if !yield(name, typeChange{err: err}) {
					return
				}
				continue
			}
			for _, l := range list {
				c := typeChange{path: l.Path}
				c.from, c.err = atomicType(l.From)
				if c.err == nil {
					c.to, c.err = atomicType(l.To)
				}
				if !yield(name, c) {
					return
				}
			}
		}
	}
}

// atomicType reads a type as it is spelled in a schema.
func atomicType(name string) (schema.Type, error) {
	quoted, _ := json.Marshal(name)
	s, err := schema.Parse(fmt.Sprintf(`{"type":"struct","fields":[{"name":"x","type":%s,"nullable":true,"metadata":{}}]}`, quoted))
	if err != nil {
		return nil, err
	}
	return s.Fields[0].Type, nil
}

// recordedTypeChanges: what is recorded is a history that readers of type widening can follow.
func recordedTypeChanges(_ context.Context, p *proposal) error {
	for name, c := range typeChanges(p.after.schema) {
		switch {
		case c.err != nil:
			return invalid("the column %s: %s cannot be read: %v", name, schema.KeyTypeChanges, c.err)
		case !p.after.Supports("typeWidening") && !p.after.Supports("typeWidening-preview"):
			return invalid("the column %s has %s, but the protocol of the table does not list the table feature typeWidening", name, schema.KeyTypeChanges)
		case !schema.CanWiden(c.from, c.to):
			return invalid("the column %s: %s cannot be widened to %s", name, c.from, c.to)
		}
	}
	return nil
}

// columnTypesStay: without a rewrite of the files a column keeps its type, unless it is widened, by the
// rules and on the record; or was void, of which files have nothing.
func columnTypesStay(_ context.Context, p *proposal) error {
	if p.t.create {
		return nil
	}
	recorded := map[string]bool{}
	for name, c := range typeChanges(p.after.schema) {
		if c.path != "" {
			name += "." + c.path
		}
		recorded[fmt.Sprint(name, "|", c.to)] = true
	}
	before := leaves(p.base)
	for key, l := range leaves(p.after) {
		was, ok := before[key]
		if !ok || was.t.String() == l.t.String() || was.t == schema.Type(schema.Void) {
			continue
		}
		switch {
		case !schema.CanWiden(was.t, l.t):
			return invalid("the column %s: %s cannot become %s while files have the old type; rewrite the table", l.name, was.t, l.t)
		case !p.after.Supports("typeWidening") && !p.after.Supports("typeWidening-preview"):
			return invalid("the column %s: to change %s to %s the table needs the table feature typeWidening", l.name, was.t, l.t)
		case !p.after.props.TypeWidening():
			return invalid("the column %s: to change %s to %s, set %s to true", l.name, was.t, l.t, PropTypeWidening)
		case !recorded[fmt.Sprint(l.name, "|", l.t)]:
			return invalid("the column %s: the change of %s to %s is not recorded in %s", l.name, was.t, l.t, schema.KeyTypeChanges)
		}
	}
	return nil
}

// leaf is a part of a schema that is no struct, array or map.
type leaf struct {
	name string // dotted, logical, with element, key and value
	t    schema.Type
}

// leaves are those of a table, by what tells that they are the same in another version: the id where columns are mapped, else the name.
func leaves(s *Snapshot) map[string]leaf {
	out := map[string]leaf{}
	mapped := s.Mapping() != schema.MappingNone
	var walk func(key, name string, t schema.Type)
	walk = func(key, name string, t schema.Type) {
		switch t := t.(type) {
		case *schema.Struct:
			for i := range t.Fields {
				f := &t.Fields[i]
				k := key + "." + schema.Fold(f.Name)
				if id, ok := f.FieldID(); ok && mapped {
					k = fmt.Sprint(id)
				}
				walk(k, strings.TrimPrefix(name+"."+f.Name, "."), f.Type)
			}
		case *schema.Array:
			walk(key+".element", name+".element", t.Element)
		case *schema.Map:
			walk(key+".key", name+".key", t.Key)
			walk(key+".value", name+".value", t.Value)
		default:
			out[key] = leaf{name, t}
		}
	}
	walk("", "", s.schema)
	return out
}
