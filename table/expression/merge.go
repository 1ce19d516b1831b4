package expression

// MergeWhen says for which rows a clause of MERGE is.
type MergeWhen string

// The three kinds of clauses.
const (
	Matched            MergeWhen = "matched"               // a row of the target with one of the source
	NotMatched         MergeWhen = "not matched"           // a row of the source that no row of the target matches
	NotMatchedBySource MergeWhen = "not matched by source" // a row of the target that no row of the source matches
)

// MergeAction is what a clause of MERGE does with its rows.
type MergeAction string

// The actions. Spark has update for matched and not matched by source, insert for not matched, and * not for those that have no
// row of the source.
const (
	MergeUpdate    MergeAction = "update"     // UPDATE SET a = x
	MergeUpdateAll MergeAction = "update all" // UPDATE SET *, UPDATE *
	MergeDelete    MergeAction = "delete"
	MergeInsert    MergeAction = "insert"     // INSERT (a) VALUES (x)
	MergeInsertAll MergeAction = "insert all" // INSERT *
)

// MergeClause is one WHEN of a MERGE.
type MergeClause struct {
	When      MergeWhen
	Condition string // a predicate as text; "" where there is none
	Action    MergeAction
	Set       []MergeValue // of update and insert, in the order of the text; at least one
}

// MergeValue is one column that an update sets or an insert gives. Column is a name, or names with dots between of which
// the first may be that of the target and the last ones those of fields; Path is the same taken apart, which tells a dot in a name from one
// between names. Expr is an expression, or DEFAULT, as text.
type MergeValue struct {
	Column string
	Path   []string
	Expr   string
}
