package sql

import (
	"strings"

	"github.com/ingestd/ingestd/internal/sql/spark"
	"github.com/ingestd/ingestd/table/expression"
)

// ParseAssignment splits "column = expression" of an UPDATE; the column may be a path with dots to a field. The
// expression is not looked at. Error: *SQLError, whose position is in text.
func ParseAssignment(text string) (column, expr string, err error) {
	path, expr, err := spark.Assignment(text)
	if err != nil {
		return "", "", inText(err, text)
	}
	return strings.Join(path, "."), expr, nil
}

// ParseMergeClause reads one WHEN clause of a MERGE, such as "WHEN MATCHED AND s.op = 'd' THEN DELETE"; the word WHEN may be
// left out. Its expressions are not looked at. Error: *SQLError, whose position is in text.
func ParseMergeClause(text string) (expression.MergeClause, error) {
	c, err := spark.MergeClause(text)
	if err != nil {
		return expression.MergeClause{}, inText(err, text)
	}
	return c, nil
}
