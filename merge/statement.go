package merge

import (
	"fmt"

	"github.com/ingestd/ingestd/table/expression"
)

// Statement is a MERGE.
type Statement struct {
	// On is the condition on pairs of rows, over both relations.
	On string
	// Clauses apply in order: the first whose condition holds. Only the last of its kind may have no condition.
	Clauses []expression.MergeClause
	// Target and Source are names beside "target", "t" and "source", "s" under which expressions know the two.
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
	for when, actions := range allowed {
		clauses := s.of(when)
		for i, c := range clauses {
			if i < len(clauses)-1 && c.Condition == "" {
				return wrong("only the last WHEN %s clause may leave out its condition: those after it would never apply", when)
			}
			if !contains(actions, c.Action) {
				return wrong("WHEN %s cannot %s", when, c.Action)
			}
		}
	}
	return nil
}

func contains(list []expression.MergeAction, a expression.MergeAction) bool {
	for _, x := range list {
		if x == a {
			return true
		}
	}
	return false
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
