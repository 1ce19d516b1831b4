package dml

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/ingestd/ingestd/table/expression"
	"github.com/ingestd/ingestd/table/predicate"
)

// cond is a predicate over columns of bigint and text, row by row: a NULL in a column makes it false.
type cond struct {
	text    string
	columns []string
	is      func(row map[string]any) bool
	prune   predicate.Expr
}

func (c cond) String() string        { return c.text }
func (c cond) Columns() []string     { return c.columns }
func (c cond) Prune() predicate.Expr { return c.prune }

func (c cond) Eval(_ context.Context, rec arrow.RecordBatch) (*array.Boolean, error) {
	b := array.NewBooleanBuilder(memory.DefaultAllocator)
	defer b.Release()
	for i := range int(rec.NumRows()) {
		row := map[string]any{}
		whole := true
		for _, name := range c.columns {
			at := rec.Schema().FieldIndices(name)
			if len(at) == 0 {
				return nil, fmt.Errorf("no column %s to filter by", name)
			}
			row[name] = valueAt(rec.Column(at[0]), i)
			whole = whole && row[name] != nil
		}
		b.Append(whole && c.is(row))
	}
	return b.NewBooleanArray(), nil
}

func valueAt(a arrow.Array, i int) any {
	if a.IsNull(i) {
		return nil
	}
	switch a := a.(type) {
	case *array.Int64:
		return a.Value(i)
	case *array.String:
		return a.Value(i)
	}
	return a.ValueStr(i)
}

// modulo is column % by = rest.
func modulo(column string, by, rest int64) cond {
	return cond{fmt.Sprintf("(%s %% %d) = %d", column, by, rest), []string{column}, func(row map[string]any) bool { return row[column].(int64)%by == rest }, nil}
}

// below is column < limit, which skips files.
func below(column string, limit int64) cond {
	return cond{fmt.Sprintf("%s < %d", column, limit), []string{column}, func(row map[string]any) bool { return row[column].(int64) < limit },
		predicate.Comparison{Op: predicate.Lt, Path: []string{column}, Value: predicate.Int(limit)}}
}

// equals is column = value of a text.
func equals(column, value string) cond {
	return cond{fmt.Sprintf("%s = '%s'", column, value), []string{column}, func(row map[string]any) bool { return row[column] == value },
		predicate.Comparison{Op: predicate.Eq, Path: []string{column}, Value: predicate.String(value)}}
}

func either(a, b cond) cond {
	columns := append(slices.Clone(a.columns), b.columns...)
	slices.Sort(columns)
	return cond{a.text + " OR " + b.text, slices.Compact(columns), func(row map[string]any) bool { return a.is(row) || b.is(row) }, nil}
}

// engine compiles "column", "column + 1" (of bigints), "'text'", "1" and "NULL".
type engine struct{ expression.Compiler } // which has no Match

func (engine) Close() error { return nil }

func (engine) Filter(context.Context, string, *arrow.Schema) (predicate.Filter, error) {
	return nil, fmt.Errorf("no filters")
}

func (engine) Project(_ context.Context, exprs []string, _, out *arrow.Schema) (expression.Projection, error) {
	return &projection{exprs, out}, nil
}

type projection struct {
	exprs []string
	out   *arrow.Schema
}

func (p *projection) Columns() []string {
	var out []string
	for _, e := range p.exprs {
		eval(e, func(column string) any {
			out = append(out, column)
			return nil
		})
	}
	return out
}

func (p *projection) Close() error { return nil }

func (p *projection) Apply(_ context.Context, rec arrow.RecordBatch) (arrow.RecordBatch, error) {
	b := array.NewRecordBuilder(memory.DefaultAllocator, p.out)
	defer b.Release()
	for c, expr := range p.exprs {
		for i := range int(rec.NumRows()) {
			v := eval(expr, func(column string) any { return valueAt(rec.Column(rec.Schema().FieldIndices(column)[0]), i) })
			switch to := b.Field(c).(type) {
			case *array.Int64Builder:
				if n, ok := v.(int64); ok {
					to.Append(n)
				} else {
					to.AppendNull()
				}
			case *array.StringBuilder:
				if s, ok := v.(string); ok {
					to.Append(s)
				} else {
					to.AppendNull()
				}
			}
		}
	}
	return b.NewRecordBatch(), nil
}

func eval(expr string, column func(string) any) any {
	if s, ok := strings.CutPrefix(expr, "'"); ok {
		return strings.TrimSuffix(s, "'")
	}
	if n, err := strconv.ParseInt(expr, 10, 64); err == nil {
		return n
	}
	if expr == "NULL" {
		return nil
	}
	name, plus, ok := strings.Cut(expr, " + ")
	v := column(name)
	if n, is := v.(int64); ok && is {
		add, _ := strconv.ParseInt(plus, 10, 64)
		return n + add
	}
	return v
}
