package expression

import "github.com/apache/arrow-go/v18/arrow"

// Match is a condition on pairs of rows of two relations, such as the ON of a MERGE, taken apart at its top-level ANDs. A pair
// matches where its keys are equal, each row has its own part, and the pair has the rest. To be evaluated in
// that order, so that what one part guards does not fail in another: Left and Right before the keys, Rest last.
type Match struct {
	// Keys are equalities of an expression over the first relation alone and one over the second alone.
	Keys []Key
	// Left and Right are the conjunction of the parts that read the first (second) relation alone; those that read
	// nothing, such as false, are in both. "" where there is none.
	Left, Right string
	// Rest is the conjunction of all other parts; "" where there is none.
	Rest string
}

// Key is one equality of a Match. Both sides are text to compile with Project over Join(left) and Join(right), or over what
// Qualified gives of the two, with a result of Type: the type in which Spark compares them, which is a boolean, number, string,
// binary, date or timestamp. Where it is FLOAT or DOUBLE, NaN equals NaN and 0.0 equals -0.0, which their bits do not.
type Key struct {
	Left, Right string
	Type        arrow.DataType
	NullSafe    bool // <=>: NULL equals NULL; else it equals nothing
	// LeftPath are the names of the column, or of the field in it, that Left is but for its widening to Type, as the relation's schema
	// spells them; nil for any other expression.
	LeftPath []string
}
