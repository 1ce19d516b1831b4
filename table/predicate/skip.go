package predicate

import "strings"

// Bounds is what is known of one data file.
type Bounds interface {
	// NumRecords is the number of rows, -1 where it is not known. Rows that a deletion vector hides may be counted.
	NumRecords() int64
	// Column is what is known of a column, or of a field of a struct.
	Column(path []string) ColumnBounds
}

// ColumnBounds is what is known of the values of a column in one file. [Nothing] is known of it by default.
type ColumnBounds struct {
	// Min and Max bound every value that is not null, both included; zero where they are not known.
	// They are as the log has them: Skips itself allows for timestamps cut to milliseconds, for long strings
	// cut short and for NaN left out ("Per-file Statistics" of the Delta protocol; writers differ).
	Min, Max Value
	// NullCount is the number of nulls, -1 where it is not known.
	NullCount int64
	// Exact says that every row holds Min, or null where Min is zero: the column partitions the table.
	Exact bool
}

// Nothing is known of a column.
func Nothing() ColumnBounds { return ColumnBounds{NullCount: -1} }

// PartitionValue is what is known of a partition column: every row has v, or null where v is the zero Value.
func PartitionValue(v Value) ColumnBounds { return ColumnBounds{Min: v, Max: v, Exact: true} }

// Skips tells that no row of the file makes e TRUE, so that it need not be read. A nil e never skips.
func Skips(e Expr, b Bounds) bool {
	if e == nil {
		return false
	}
	return e.outcomes(&file{Bounds: b})&canTrue == 0
}

// outcome is a set of what a predicate can be.
type outcome uint8

const (
	canTrue outcome = 1 << iota
	canFalse
	canNull
	anything = canTrue | canFalse | canNull
)

func when(cond bool, o outcome) outcome {
	if cond {
		return o
	}
	return 0
}

// file is Bounds with what is assumed of it.
type file struct {
	Bounds
	notNaN [][]string // columns in which only rows without NaN matter
}

func (e And) outcomes(f *file) outcome {
	inner := *f
	inner.notNaN = append(f.notNaN[:len(f.notNaN):len(f.notNaN)], excludesNaN(e)...)
	all, some := canTrue, outcome(0)
	for _, a := range e {
		// TRUE needs every part TRUE on the same row, and such a row has no NaN where another part
		// excludes it. What else the whole can be is asked without that assumption.
		all &= a.outcomes(&inner)
		some |= a.outcomes(f)
	}
	return all&canTrue | some&(canFalse|canNull)
}

// excludesNaN lists the columns of which a part of the conjunction is never TRUE for NaN.
func excludesNaN(e And) [][]string {
	var paths [][]string
	for _, a := range e {
		switch a := a.(type) {
		case Comparison:
			if c := a; c.Op != Ne && c.Op != Gt && c.Op != Ge && c.Value.Kind() != None && !c.Value.isNaN() {
				paths = append(paths, c.Path)
			}
		case And:
			paths = append(paths, excludesNaN(a)...)
		}
	}
	return paths
}

func (e Or) outcomes(f *file) outcome {
	some, all := outcome(0), canFalse
	for _, a := range e {
		o := a.outcomes(f)
		some |= o
		all &= o
	}
	return some&(canTrue|canNull) | all&canFalse
}

func (e Not) outcomes(f *file) outcome {
	// The assumption on NaN is about rows for which the conjunction is TRUE, so it holds below NOT too.
	o := e.Expr.outcomes(f)
	return o&canNull | when(o&canTrue != 0, canFalse) | when(o&canFalse != 0, canTrue)
}

func (Unknown) outcomes(*file) outcome { return anything }

func (e Literal) outcomes(*file) outcome {
	return [...]outcome{canNull, canFalse, canTrue}[e]
}

func (e IsNull) outcomes(f *file) outcome {
	c := f.column(e.Path)
	return when(c.canNull, canTrue) | when(c.canValue, canFalse)
}

func (e Comparison) outcomes(f *file) outcome {
	if e.Value.IsNone() {
		return anything
	}
	c := f.column(e.Path)
	var o outcome
	if c.canValue {
		o = c.compare(e.Op, e.Value)
	}
	switch {
	case !c.canNull:
		return o
	case e.Op == NullSafeEq:
		return o | canFalse
	}
	return o | canNull
}

func (e StartsWith) outcomes(f *file) outcome {
	c := f.column(e.Path)
	o := when(c.canNull, canNull)
	if !c.canValue {
		return o
	}
	if c.min.kind != StringKind || c.max.kind != StringKind {
		return o | canTrue | canFalse
	}
	minHas, maxHas := strings.HasPrefix(c.min.s, e.Prefix), strings.HasPrefix(c.max.s, e.Prefix)
	// Strings with the prefix lie from the prefix itself to below all that are greater than it without having it.
	below := c.max.s < e.Prefix && !(c.prefix && strings.HasPrefix(e.Prefix, c.max.s))
	above := c.min.s > e.Prefix && !minHas
	return o | when(!below && !above, canTrue) | when(!minHas || !maxHas, canFalse)
}
