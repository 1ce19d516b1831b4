package table

import (
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/ingestd/ingestd/table/arrowmap"
	"github.com/ingestd/ingestd/txlog/schema"
)

// nullRule is what a column or something inside of it demands; nil where anything may be null.
type nullRule struct {
	path     []string
	notNull  bool
	children []*nullRule // of a struct: as its fields; of an array: element; of a map: key, value
}

// nullRules gives the rules for the columns of a schema.
func nullRules(s *schema.Struct) []*nullRule {
	rules := make([]*nullRule, len(s.Fields))
	for i, f := range s.Fields {
		rules[i] = newNullRule(f.Type, f.Nullable, []string{f.Name})
	}
	return rules
}

func newNullRule(t schema.Type, nullable bool, path []string) *nullRule {
	r := &nullRule{path: path, notNull: !nullable}
	at := func(name string) []string { return append(path[:len(path):len(path)], name) }
	switch t := t.(type) {
	case *schema.Struct:
		for _, f := range t.Fields {
			r.children = append(r.children, newNullRule(f.Type, f.Nullable, at(f.Name)))
		}
	case *schema.Array:
		r.children = []*nullRule{newNullRule(t.Element, t.ContainsNull, at(arrowmap.ElementName))}
	case *schema.Map:
		r.children = []*nullRule{newNullRule(t.Key, false, at(arrowmap.KeyName)), newNullRule(t.Value, t.ValueContainsNull, at(arrowmap.ValueName))}
	}
	for _, c := range r.children {
		if c != nil {
			return r
		}
	}
	if r.notNull {
		r.children = nil
		return r
	}
	return nil
}

// checkNulls finds the first column with a null that it may not have. Error: *NotNullError.
func checkNulls(rules []*nullRule, cols []arrow.Array) error {
	for i, r := range rules {
		if r == nil {
			continue
		}
		if err := r.check(cols[i], nil); err != nil {
			return err
		}
	}
	return nil
}

// check looks at the rows of arr that are live: those whose parents are all there. Nil is all of them.
func (r *nullRule) check(arr arrow.Array, live func(int) bool) error {
	if r.notNull {
		if row := firstNull(arr, live); row >= 0 {
			return &NotNullError{Column: strings.Join(r.path, "."), Row: int64(row)}
		}
	}
	switch a := arr.(type) {
	case *array.Struct:
		inner := live
		if a.NullN() > 0 {
			inner = func(i int) bool { return a.IsValid(i) && (live == nil || live(i)) }
		}
		for i, c := range r.children {
			if c == nil {
				continue
			}
			if err := c.check(a.Field(i), inner); err != nil {
				return err
			}
		}
	case *array.Map:
		inner := insideOf(a, live)
		for i, values := range []arrow.Array{a.Keys(), a.Items()} {
			if i < len(r.children) && r.children[i] != nil {
				if err := inside(r.children[i].check(values, inner)); err != nil {
					return err
				}
			}
		}
	case array.ListLike:
		if len(r.children) > 0 && r.children[0] != nil {
			return inside(r.children[0].check(a.ListValues(), insideOf(a, live)))
		}
	}
	return nil
}

// inside forgets the row, which is one of the child array.
func inside(err error) error {
	if e, ok := err.(*NotNullError); ok { //nolint:errorlint // made right above
		e.Row = -1
	}
	return err
}

// insideOf tells which values of a list belong to a live row.
func insideOf(a array.ListLike, live func(int) bool) func(int) bool {
	used := make([]bool, a.ListValues().Len())
	for i := range a.Len() {
		if a.IsNull(i) || live != nil && !live(i) {
			continue
		}
		from, to := a.ValueOffsets(i)
		for v := from; v < to; v++ {
			used[v] = true
		}
	}
	return func(i int) bool { return used[i] }
}

// firstNull is the first live row of arr that is null, or -1.
func firstNull(arr arrow.Array, live func(int) bool) int {
	isNull := arr.IsNull
	if d, ok := arr.(*array.Dictionary); ok && d.Dictionary().NullN() > 0 {
		isNull = func(i int) bool { return d.IsNull(i) || d.Dictionary().IsNull(d.GetValueIndex(i)) }
	} else if arr.NullN() == 0 && arr.DataType().ID() != arrow.NULL {
		return -1
	}
	for i := range arr.Len() {
		if isNull(i) && (live == nil || live(i)) {
			return i
		}
	}
	return -1
}
