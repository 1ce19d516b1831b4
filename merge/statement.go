package merge

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ingestd/ingestd/table/expression"
)

// Statement is a MERGE.
type Statement struct {
	// On is the condition on pairs of rows, over both relations.
	On string
	// Clauses apply in order: the first whose condition holds. Only the last of its kind may have no condition.
	Clauses []expression.MergeClause
	// Target and Source are the names under which expressions know the two. Empty are "target" and "t", "source" and "s", but for
	// those that the other one has.
	Target, Source []string
	// SchemaEvolution adds columns of the source that the table lacks, where a clause gives them values: all of them with * , those
	// named else. Types of columns widen where the table lets them.
	SchemaEvolution bool
}

// StatementError says what is wrong with a statement, before anything is read.
type StatementError struct{ Reason string }

func (e *StatementError) Error() string { return e.Reason }

func wrong(format string, args ...any) error {
	return &StatementError{fmt.Sprintf(format, args...)}
}

// of are the clauses of a kind, in their order.
func (s Statement) of(when expression.MergeWhen) []expression.MergeClause {
	var out []expression.MergeClause
	for _, c := range s.Clauses {
		if c.When == when {
			out = append(out, c)
		}
	}
	return out
}

// names are those of the target and of the source.
func (s Statement) names() (target, source []string) {
	target, source = s.Target, s.Source
	if len(target) == 0 {
		target = without([]string{"target", "t"}, source)
	}
	if len(source) == 0 {
		source = without([]string{"source", "s"}, target)
	}
	return target, source
}

// without are the names that others do not have; there is always one.
func without(names, others []string) []string {
	has := func(n string) bool {
		return slices.ContainsFunc(others, func(o string) bool { return strings.EqualFold(n, o) })
	}
	out := slices.DeleteFunc(slices.Clone(names), has)
	for len(out) == 0 {
		if names[0] += "_"; !has(names[0]) {
			out = names[:1]
		}
	}
	return out
}

// check refuses what Spark refuses of a statement by itself.
func (s Statement) check() error {
	if s.On == "" {
		return wrong("the ON condition is missing: say which rows match, such as t.id = s.id")
	}
	if len(s.Clauses) == 0 {
		return wrong("there is no WHEN clause: say what becomes of rows, such as WHEN MATCHED THEN UPDATE SET *")
	}
	allowed := map[expression.MergeWhen][]expression.MergeAction{
		expression.Matched:            {expression.MergeUpdate, expression.MergeUpdateAll, expression.MergeDelete},
		expression.NotMatched:         {expression.MergeInsert, expression.MergeInsertAll},
		expression.NotMatchedBySource: {expression.MergeUpdate, expression.MergeDelete},
	}
	always := map[expression.MergeWhen]bool{}
	for _, c := range s.Clauses {
		switch sets := c.Action == expression.MergeUpdate || c.Action == expression.MergeInsert; {
		case !slices.Contains(allowed[c.When], c.Action):
			return wrong("WHEN %s cannot %s", c.When, c.Action)
		case always[c.When]:
			return wrong("only the last WHEN %s clause may leave out its condition: those after it would never apply", c.When)
		case sets && len(c.Set) == 0:
			return wrong("WHEN %s THEN %s gives no column a value: say which, such as %s", c.When, c.Action, "a = s.a")
		}
		always[c.When] = c.Condition == ""
	}
	target, source := s.names()
	for _, n := range target {
		if slices.ContainsFunc(source, func(o string) bool { return strings.EqualFold(n, o) }) {
			return wrong("table and source are both called %s: give one of them another name", n)
		}
	}
	return nil
}

// insertsOnly says that rows of the table are never touched, so that several source rows may match one.
func (s Statement) insertsOnly() bool {
	return len(s.of(expression.Matched)) == 0 && len(s.of(expression.NotMatchedBySource)) == 0
}

// toleratesMultiple says that it does not matter how many source rows match a row of the table: it is deleted in any case.
func (s Statement) toleratesMultiple() bool {
	m := s.of(expression.Matched)
	return s.insertsOnly() || len(m) == 1 && m[0].Action == expression.MergeDelete && m[0].Condition == ""
}

// MultipleMatchError says that several source rows match one row of the table, so that it is not known what it is to become.
type MultipleMatchError struct {
	Path     string // of the data file
	Position int64  // of the row in it
	On       string
}

func (e *MultipleMatchError) Error() string {
	return fmt.Sprintf("several source rows match one row of the table (row %d of data file %s) by %s: "+
		"which of them it is to become is not known; leave one source row for each key, or match by more columns", e.Position, e.Path, e.On)
}

// Upsert are the clauses that update matched rows and insert the others.
func Upsert() []expression.MergeClause {
	return []expression.MergeClause{
		{When: expression.Matched, Action: expression.MergeUpdateAll},
		{When: expression.NotMatched, Action: expression.MergeInsertAll},
	}
}
