package sql

import (
	"context"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
)

// Passed tells which columns of a row-wise query's result are columns of the input as they are: for each of the n
// result columns the number in schema, or -1. It knows the plain cases: * and names, with nothing joined.
func (a *Analysis) Passed(schema *arrow.Schema, n int) []int {
	passed, _ := a.split(schema)
	if len(passed) != n {
		return slices.Repeat([]int{-1}, n)
	}
	return passed
}

// split gives the columns that are passed on and the expressions that are not; nothing where it is not certain.
func (a *Analysis) split(schema *arrow.Schema) (passed []int, computed []node) {
	if !a.RowWise || a.root.child("from_table").text("type") != "BASE_TABLE" {
		return nil, nil
	}
	for _, e := range a.root.nodes("select_list") {
		switch {
		case e.text("class") == "STAR":
			if e.flag("columns") || e["expr"] != nil || len(e.list("exclude_list"))+len(e.list("replace_list"))+
				len(e.list("qualified_exclude_list"))+len(e.list("rename_list")) > 0 {
				return nil, nil
			}
			for i := range schema.NumFields() {
				passed = append(passed, i)
			}
			continue
		case e.text("class") == "COLUMN_REF":
			names := e.names("column_names")
			f, ok := fieldNamed(schema.Fields(), names[len(names)-1])
			// a.b may be a field of column a rather than column b of table a
			if _, inside := fieldNamed(schema.Fields(), names[0]); ok && (len(names) == 1 || len(names) == 2 && !inside) {
				passed = append(passed, schema.FieldIndices(f.Name)[0])
				continue
			}
		}
		passed, computed = append(passed, -1), append(computed, e)
	}
	return passed, computed
}

// Computed gives, for a row-wise query, one that leaves out the columns that are passed on and ends with the
// column row instead, which the input must have beside those of schema: its rows tell of which rows of the input the
// result is made, in order, each at most once. "" where there is none or it would gain nothing. Whoever uses it
// checks that the computed columns have kept their types.
func (s *Session) Computed(ctx context.Context, a *Analysis, schema *arrow.Schema, row string) (string, error) {
	passed, computed := a.split(schema)
	if len(passed) == len(computed) {
		return "", nil
	}
	list := make([]any, 0, len(computed)+1)
	for _, e := range computed {
		several := false
		e.walk(func(n node) bool {
			several = several || n.text("class") == "STAR" || strings.EqualFold(n.text("function_name"), "unnest")
			return !several
		})
		if several {
			return "", nil
		}
		list = append(list, map[string]any(withDoubles(e)))
	}
	list = append(list, map[string]any{"class": "COLUMN_REF", "type": "COLUMN_REF", "alias": "", "column_names": []any{row}})
	root := withDoubles(a.root)
	root["select_list"] = list
	return s.write(ctx, root)
}
