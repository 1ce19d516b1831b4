package sql

import (
	"context"

	"github.com/ingestd/ingestd/internal/sql/spark"
	"github.com/ingestd/ingestd/table/expression"
)

// Match implements expression.Compiler.
func (c *Compiler) Match(_ context.Context, text string, left, right expression.Relation) (expression.Match, error) {
	m, err := spark.Match(text, left, right, spark.Options{Now: c.now()})
	if err != nil {
		return expression.Match{}, inText(err, text)
	}
	return m, nil
}
