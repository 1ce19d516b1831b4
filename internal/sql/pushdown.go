package sql

import (
	"context"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/ingestd/ingestd/table/predicate"
)

// pushDown finds what a query wants at least of the rows of each Delta table that it names: the conjuncts of WHERE
// that speak of that table alone, where dropping other rows changes nothing. It is only a hint by which files are
// skipped; DuckDB filters the rows itself. A query that is no SELECT, or not understood, gives none.
func (s *Session) pushDown(ctx context.Context, st *Stmt) (map[string]predicate.Expr, error) {
	root, err := s.parse(ctx, normalise(copied(st.query)))
	if err != nil {
		return nil, ctx.Err()
	}
	d := &pushdown{session: s, tables: st.tables, found: map[string][]predicate.Expr{}, uses: map[string]int{}}
	root.walk(func(n node) bool {
		if key, ok := d.key(n); ok {
			d.uses[key]++
		}
		if n.text("type") == "SELECT_NODE" && n.child("where_clause") != nil {
			d.from(ctx, n, n.child("from_table"))
		}
		return true
	})
	hints := map[string]predicate.Expr{}
	for key, exprs := range d.found {
		if d.uses[key] == len(exprs) { // each use of the table is understood
			hints[key] = predicate.Or(exprs)
		}
	}
	return hints, ctx.Err()
}

type pushdown struct {
	session *Session
	tables  map[string]TableSource
	found   map[string][]predicate.Expr
	uses    map[string]int
}

// key gives the name under which a use of delta(...) was opened.
func (d *pushdown) key(n node) (string, bool) {
	f := n.child("function")
	if n.text("type") != "TABLE_FUNCTION" || !strings.EqualFold(f.text("function_name"), deltaFunction) {
		return "", false
	}
	var ref TableRef
	for _, arg := range f.nodes("children") {
		value := arg.child("value")["value"]
		switch arg.text("alias") {
		case "":
			ref.Path, _ = value.(string)
		case "version":
			if n, ok := value.(interface{ Int64() (int64, error) }); ok {
				v, err := n.Int64()
				if err != nil {
					return "", true
				}
				ref.Version = &v
			} else {
				return "", true // not a plain constant: no key fits
			}
		default:
			text, _ := value.(string)
			t, err := parseTimestamp(text)
			if err != nil {
				return "", true
			}
			ref.Timestamp = &t
		}
	}
	return ref.String(), true
}

// from looks for tables of which WHERE may drop rows before the joins: those that no join makes up nulls for.
func (d *pushdown) from(ctx context.Context, query, t node) {
	switch t.text("type") {
	case "JOIN":
		kind, ref := t.text("join_type"), t.text("ref_type")
		inner := kind == "INNER" && (ref == "REGULAR" || ref == "CROSS" || ref == "NATURAL")
		if inner || kind == "LEFT" && ref == "REGULAR" && len(t.list("using_columns")) == 0 {
			d.from(ctx, query, t.child("left"))
		}
		if inner || kind == "RIGHT" && ref == "REGULAR" && len(t.list("using_columns")) == 0 {
			d.from(ctx, query, t.child("right"))
		}
	case "TABLE_FUNCTION":
		key, ok := d.key(t)
		source, known := d.tables[key]
		if !ok || !known || t["sample"] != nil || len(t.list("column_name_alias")) > 0 || t.text("with_ordinality") != "WITHOUT_ORDINALITY" {
			return
		}
		alias := t.text("alias")
		if alias == "" {
			alias = deltaFunction
		}
		p := &pruner{session: d.session, resolve: qualified(alias, columnsIn(source.Schema()))}
		d.found[key] = append(d.found[key], p.expr(ctx, query.child("where_clause")))
	}
}

// qualified resolves t.c, and c where it can be no other table's: an ambiguous c is an error of the query.
func qualified(alias string, resolve func([]string) ([]string, arrow.DataType, bool)) func([]string) ([]string, arrow.DataType, bool) {
	return func(names []string) ([]string, arrow.DataType, bool) {
		if len(names) > 1 && strings.EqualFold(names[0], alias) {
			return resolve(names[1:])
		}
		if len(names) > 1 {
			return nil, nil, false // another table's, or a struct's
		}
		return resolve(names)
	}
}
