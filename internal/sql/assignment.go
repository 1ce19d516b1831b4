package sql

import (
	"strings"

	"github.com/ingestd/ingestd/internal/sql/spark"
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
