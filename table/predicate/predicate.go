// Package predicate decides which data files a predicate can skip. It owns the part of a WHERE
// clause that statistics can decide ([Expr]), the rule by which a file is skipped ([Skips]), and
// the interface behind which the whole predicate is evaluated on rows ([Filter]).
//
// It does not parse SQL and knows no engine: internal/sql makes Filters of SQL text. It reads no
// files and no log: whoever holds the statistics of a file shows them as [Bounds].
//
// Skipping is an over-approximation: a file is skipped only where no row can make the predicate
// TRUE in three-valued logic, whatever wrote the statistics. What is not understood is [Unknown]
// and never skips.
package predicate

import (
	"context"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// Filter is a predicate over the rows of a table. A Filter may be used by several goroutines.
type Filter interface {
	// String is the predicate as SQL text.
	String() string
	// Columns are the top-level columns that Eval reads, in the table's spelling, sorted.
	Columns() []string
	// Prune is the part that statistics can decide. Nil never skips.
	Prune() Expr
	// Eval says of each row of rec whether it is kept; null has become false. The rows must have
	// Columns, in any order, beside any others. The caller releases the result.
	Eval(ctx context.Context, rec arrow.RecordBatch) (*array.Boolean, error)
}

// Advisory is a Filter that only skips files: Eval keeps every row. It is for a reader whose caller
// filters the rows again, as a query engine above a scan does.
func Advisory(e Expr) Filter { return advisory{e} }

type advisory struct{ expr Expr }

func (a advisory) String() string {
	if a.expr == nil {
		return "TRUE"
	}
	return a.expr.String()
}

func (a advisory) Columns() []string { return nil }

func (a advisory) Prune() Expr { return a.expr }

func (a advisory) Eval(_ context.Context, rec arrow.RecordBatch) (*array.Boolean, error) {
	b := array.NewBooleanBuilder(memory.DefaultAllocator)
	defer b.Release()
	b.Reserve(int(rec.NumRows()))
	for range rec.NumRows() {
		b.UnsafeAppend(true)
	}
	return b.NewBooleanArray(), nil
}
