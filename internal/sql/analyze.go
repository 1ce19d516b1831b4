package sql

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// Analysis is what a query's text says of how it may run.
type Analysis struct {
	// Input says that the query reads the relation it was asked about.
	Input bool
	// RowWise says that the result over many rows is the results over any parts of them put together, so that parts
	// may run in parallel. Whole says why not, where it is not.
	RowWise bool
	Whole   string
	// Tables says that the query names Delta tables.
	Tables bool
	// Files says that it reads something else that may change: read_parquet, read_csv and the like.
	Files bool

	root node
}

// Analyze looks at a SELECT, of which input is the name of the rows that come in parts. It does not bind the
// query: run [Session.Describe] for that. What it does not know is not row-wise.
func (s *Session) Analyze(ctx context.Context, query, input string) (*Analysis, error) {
	root, err := s.parse(ctx, normalise(query))
	if err != nil {
		return nil, err
	}
	if err := s.db.loadFunctions(ctx, s); err != nil {
		return nil, err
	}
	a := &analyzer{Analysis: Analysis{root: root}, input: input, db: s.db}
	a.lookAround(root)
	if a.Input {
		a.Whole = a.query(root)
		a.RowWise = a.Whole == ""
	}
	return &a.Analysis, nil
}

type analyzer struct {
	Analysis
	input string
	db    *DB
}

// local are table functions that read nothing from outside.
var local = []string{"unnest", "range", "generate_series", rowsFunction}

// lookAround finds what is read anywhere in the query.
func (a *analyzer) lookAround(root node) {
	root.walk(func(n node) bool {
		switch n.text("type") {
		case "BASE_TABLE":
			if a.isInput(n) {
				a.Input = true
			} else {
				a.Files = true // or the name of a WITH query, which makes no difference to what follows
			}
		case "TABLE_FUNCTION":
			switch f := strings.ToLower(n.child("function").text("function_name")); {
			case f == deltaFunction:
				a.Tables = true
			case !slices.Contains(local, f):
				a.Files = true
			}
		}
		return true
	})
}

func (a *analyzer) isInput(n node) bool {
	return n.text("type") == "BASE_TABLE" && strings.EqualFold(n.text("table_name"), a.input) && n.text("catalog_name") == ""
}

func (a *analyzer) mentions(n node) bool {
	found := false
	n.walk(func(n node) bool {
		found = found || a.isInput(n)
		return !found
	})
	return found
}

// query tells why a query node over the input is not row-wise, "" if it is.
func (a *analyzer) query(q node) string {
	if q.text("type") != "SELECT_NODE" {
		return strings.ReplaceAll(strings.ToLower(strings.TrimSuffix(q.text("type"), "_NODE")), "_", " ")
	}
	for _, m := range q.nodes("modifiers") {
		return strings.ToLower(strings.TrimSuffix(m.text("type"), "_MODIFIER"))
	}
	switch {
	case len(q.child("cte_map").list("map")) > 0:
		return "WITH"
	case len(q.list("group_expressions")) > 0 || q.text("aggregate_handling") != "STANDARD_HANDLING":
		return "GROUP BY"
	case q.child("having") != nil:
		return "HAVING"
	case q.child("qualify") != nil:
		return "QUALIFY"
	case q.child("sample") != nil:
		return "SAMPLE"
	}
	for _, e := range append(q.nodes("select_list"), q.child("where_clause")) {
		if why := a.expression(e); why != "" {
			return why
		}
	}
	return a.from(q.child("from_table"))
}

// from tells why a FROM with the input in it is not row-wise.
func (a *analyzer) from(t node) string {
	if t.child("sample") != nil {
		return "SAMPLE"
	}
	switch t.text("type") {
	case "BASE_TABLE":
		return ""
	case "SUBQUERY":
		return a.query(t.child("subquery").child("node"))
	case "JOIN":
		return a.join(t)
	}
	return strings.ToLower(t.text("type"))
}

func (a *analyzer) join(t node) string {
	left, right := t.child("left"), t.child("right")
	inLeft, inRight := a.mentions(left), a.mentions(right)
	kind, ref := t.text("join_type"), t.text("ref_type")
	switch {
	case inLeft && inRight:
		return fmt.Sprintf("a join of %s with itself", a.input)
	case !slices.Contains([]string{"REGULAR", "NATURAL", "CROSS", "ASOF", "DEPENDENT"}, ref):
		return strings.ToLower(ref) + " join"
	case kind == "INNER",
		inLeft && slices.Contains([]string{"LEFT", "SEMI", "ANTI", "MARK", "SINGLE"}, kind),
		inRight && kind == "RIGHT" && ref != "ASOF":
	default:
		return strings.ToLower(kind) + " join"
	}
	if inRight && ref == "ASOF" {
		return "asof join"
	}
	if why := a.expression(t.child("condition")); why != "" {
		return why
	}
	if inLeft {
		if why := a.other(right); why != "" {
			return why
		}
		return a.from(left)
	}
	if why := a.other(left); why != "" {
		return why
	}
	return a.from(right)
}

// other tells why what the input is joined with would not be the same for every part. It may aggregate.
func (a *analyzer) other(t node) (why string) {
	t.walk(func(n node) bool {
		if n.text("class") == "FUNCTION" && why == "" && a.db.functions.changing[strings.ToLower(n.text("function_name"))] {
			why = n.text("function_name") + "()"
		}
		if n["sample"] != nil {
			why = "SAMPLE"
		}
		return why == ""
	})
	return why
}

// expression tells why an expression needs more than a row.
func (a *analyzer) expression(e node) (why string) {
	e.walk(func(n node) bool {
		switch {
		case why != "":
		case n.text("class") == "WINDOW":
			why = "a window function"
		case n.text("class") == "SUBQUERY" || n.text("type") == "SUBQUERY":
			if a.mentions(n) {
				why = fmt.Sprintf("a subquery over %s", a.input)
			} else {
				why = a.other(n)
			}
			return false // aggregates within are over other rows
		case n.text("class") == "FUNCTION":
			f := strings.ToLower(n.text("function_name"))
			if !a.db.functions.perRow[f] || n.child("filter") != nil || n.flag("distinct") {
				why = f + "()"
			}
		}
		return why == ""
	})
	return why
}
