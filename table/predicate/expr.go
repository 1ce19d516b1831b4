package predicate

import (
	"slices"
	"strings"
)

// Expr is the part of a predicate that statistics can decide: one of And, Or, Not, Comparison, IsNull,
// In, StartsWith, Literal and Unknown. Its value is TRUE, FALSE or NULL. Exprs are immutable.
//
// A column is a path: the names from the top-level column down through structs, in the table's
// spelling. Whoever builds an Expr converts literals to the type in which the engine would compare
// (a string literal against a date column is a Date), or uses Unknown.
type Expr interface {
	// String is the expression as SQL text.
	String() string
	// outcomes over-approximates what the expression can be on the rows of a file.
	outcomes(f *file) outcome
}

// And is a conjunction; of nothing, TRUE.
type And []Expr

// Or is a disjunction; of nothing, FALSE.
type Or []Expr

// Not is negation; NOT NULL is NULL.
type Not struct{ Expr Expr }

// Op is a comparison.
type Op string

// The comparisons. NullSafeEq is Spark's <=>, SQL's IS NOT DISTINCT FROM: never NULL.
const (
	Eq         Op = "="
	Ne         Op = "<>"
	Lt         Op = "<"
	Le         Op = "<="
	Gt         Op = ">"
	Ge         Op = ">="
	NullSafeEq Op = "<=>"
)

// Comparison is a column compared with a literal that is not NULL.
type Comparison struct {
	Op    Op
	Path  []string
	Value Value
}

// IsNull is path IS NULL. IS NOT NULL is Not{IsNull{path}}.
type IsNull struct{ Path []string }

// StartsWith is path LIKE 'prefix%' on a string column.
type StartsWith struct {
	Path   []string
	Prefix string
}

// Literal is a constant predicate.
type Literal uint8

// The constant predicates.
const (
	Null Literal = iota
	False
	True
)

// Unknown is a predicate that statistics cannot decide: it never skips, negated or not.
type Unknown struct{}

// IsNotNull is path IS NOT NULL.
func IsNotNull(path ...string) Expr { return Not{IsNull{path}} }

// Between is path BETWEEN low AND high, both included.
func Between(path []string, low, high Value) Expr {
	return And{Comparison{Ge, path, low}, Comparison{Le, path, high}}
}

func (e And) String() string { return join([]Expr(e), " AND ", "TRUE") }

func (e Or) String() string { return join([]Expr(e), " OR ", "FALSE") }

func join(args []Expr, op, empty string) string {
	if len(args) == 0 {
		return empty
	}
	parts := make([]string, len(args))
	for i, a := range args {
		parts[i] = a.String()
	}
	return "(" + strings.Join(parts, op) + ")"
}

func (e Not) String() string {
	if n, ok := e.Expr.(IsNull); ok {
		return pathString(n.Path) + " IS NOT NULL"
	}
	return "NOT " + e.Expr.String()
}

func (e Comparison) String() string {
	return pathString(e.Path) + " " + string(e.Op) + " " + e.Value.String()
}

func (e IsNull) String() string { return pathString(e.Path) + " IS NULL" }

func (e StartsWith) String() string {
	return pathString(e.Path) + " LIKE " + String(e.Prefix+"%").String()
}

func (e Literal) String() string { return [...]string{"NULL", "FALSE", "TRUE"}[e] }

func (Unknown) String() string { return "UNKNOWN" }

func pathString(path []string) string {
	quoted := make([]string, len(path))
	for i, p := range path {
		quoted[i] = `"` + strings.ReplaceAll(p, `"`, `""`) + `"`
	}
	return strings.Join(quoted, ".")
}

// Columns lists the top-level columns that e decides by, sorted: the ones whose statistics are worth reading.
func Columns(e Expr) []string {
	var names []string
	var walk func(Expr)
	walk = func(e Expr) {
		switch e := e.(type) {
		case And:
			for _, a := range e {
				walk(a)
			}
		case Or:
			for _, a := range e {
				walk(a)
			}
		case Not:
			walk(e.Expr)
		case Comparison:
			names = append(names, e.Path[0])
		case IsNull:
			names = append(names, e.Path[0])
		case In:
			names = append(names, e.path[0])
		case StartsWith:
			names = append(names, e.Path[0])
		}
	}
	walk(e)
	slices.Sort(names)
	return slices.Compact(names)
}
