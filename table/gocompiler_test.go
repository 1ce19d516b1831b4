package table

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/ingestd/ingestd/table/expression"
	"github.com/ingestd/ingestd/table/predicate"
)

// goCompiler knows the few expressions of these tests: over BIGINT columns, "COLUMN > NUMBER", "COLUMN < NUMBER",
// "`COLUMN` <=> (EXPRESSION)", "COLUMN + NUMBER" and a number alone. What it does not know it refuses.
type goCompiler struct {
	expression.Compiler // has no Match
	opened              int
}

func (c *goCompiler) open() (expression.Compiler, error) {
	c.opened++
	return c, nil
}

func (c *goCompiler) Close() error { return nil }

func (c *goCompiler) Filter(_ context.Context, text string, _ *arrow.Schema) (predicate.Filter, error) {
	if name, rest, ok := strings.Cut(text, " <=> "); ok {
		e, err := parseNumber(strings.Trim(rest, "()"))
		return goCheck{text: text, left: numberExpr{column: strings.Trim(name, "`")}, op: "<=>", right: e}, err
	}
	for _, op := range []string{" > ", " < "} {
		if left, right, ok := strings.Cut(text, op); ok {
			l, err := parseNumber(left)
			r, err2 := parseNumber(right)
			return goCheck{text: text, left: l, op: strings.TrimSpace(op), right: r}, errors.Join(err, err2)
		}
	}
	return nil, &expression.UnsupportedError{Text: text, Reason: "the test does not know it"}
}

func (c *goCompiler) Project(_ context.Context, exprs []string, _, out *arrow.Schema) (expression.Projection, error) {
	p := goProjection{out: out}
	for _, text := range exprs {
		e, err := parseNumber(text)
		if err != nil {
			return nil, err
		}
		p.exprs = append(p.exprs, e)
	}
	return p, nil
}

// numberExpr is column + add; without a column it is add.
type numberExpr struct {
	column string
	add    int64
}

func parseNumber(text string) (numberExpr, error) {
	var e numberExpr
	if _, err := fmt.Sscanf(text, "%d", &e.add); err == nil {
		return e, nil
	}
	column, add, plus := strings.Cut(text, " + ")
	e.column = column
	if plus {
		_, err := fmt.Sscanf(add, "%d", &e.add)
		return e, err
	}
	if strings.ContainsAny(column, " ()") {
		return e, &expression.UnsupportedError{Text: text, Reason: "the test does not know it"}
	}
	return e, nil
}

func (e numberExpr) columns() []string {
	if e.column == "" {
		return nil
	}
	return []string{e.column}
}

// value is nil for null.
func (e numberExpr) value(rec arrow.RecordBatch, row int) *int64 {
	if e.column == "" {
		return new(e.add)
	}
	for i := range int(rec.NumCols()) {
		if strings.EqualFold(rec.ColumnName(i), e.column) {
			col := rec.Column(i).(*array.Int64)
			if col.IsNull(row) {
				return nil
			}
			return new(col.Value(row) + e.add)
		}
	}
	panic("the rows do not have " + e.column)
}

type goCheck struct {
	text        string
	left, right numberExpr
	op          string
}

func (c goCheck) String() string        { return c.text }
func (c goCheck) Columns() []string     { return append(c.left.columns(), c.right.columns()...) }
func (c goCheck) Prune() predicate.Expr { return nil }

func (c goCheck) Eval(_ context.Context, rec arrow.RecordBatch) (*array.Boolean, error) {
	b := array.NewBooleanBuilder(memory.DefaultAllocator)
	defer b.Release()
	for row := range int(rec.NumRows()) {
		l, r := c.left.value(rec, row), c.right.value(rec, row)
		switch {
		case c.op == "<=>":
			b.Append(l == nil && r == nil || l != nil && r != nil && *l == *r)
		case l == nil || r == nil:
			b.Append(false)
		default:
			b.Append(c.op == ">" && *l > *r || c.op == "<" && *l < *r)
		}
	}
	return b.NewBooleanArray(), nil
}

type goProjection struct {
	exprs []numberExpr
	out   *arrow.Schema
}

func (p goProjection) Close() error { return nil }

func (p goProjection) Columns() []string {
	var out []string
	for _, e := range p.exprs {
		out = append(out, e.columns()...)
	}
	return out
}

func (p goProjection) Apply(_ context.Context, rec arrow.RecordBatch) (arrow.RecordBatch, error) {
	b := array.NewRecordBuilder(memory.DefaultAllocator, p.out)
	defer b.Release()
	for i, e := range p.exprs {
		for row := range int(rec.NumRows()) {
			if v := e.value(rec, row); v == nil {
				b.Field(i).AppendNull()
			} else {
				b.Field(i).(*array.Int64Builder).Append(*v)
			}
		}
	}
	return b.NewRecordBatch(), nil
}

// createWith makes a table that can evaluate those expressions.
func createWith(t testing.TB, o CreateOptions) (*Table, *goCompiler) {
	t.Helper()
	c := &goCompiler{}
	tab, err := Create(t.Context(), newStore(), o, append(options(), WithExpressions(c.open))...)
	if err != nil {
		t.Fatal(err)
	}
	return tab, c
}
