package table

import (
	"context"
	"fmt"
	"math/rand"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/ingestd/ingestd/table/predicate"
	"github.com/ingestd/ingestd/table/scalar"
	"github.com/ingestd/ingestd/txlog/schema"
)

// goFilter evaluates an expression over flat columns row by row: the plain meaning that skipping must not change.
type goFilter struct {
	expr   predicate.Expr
	schema *schema.Struct
}

func (f goFilter) String() string        { return f.expr.String() }
func (f goFilter) Columns() []string     { return predicate.Columns(f.expr) }
func (f goFilter) Prune() predicate.Expr { return f.expr }

func (f goFilter) Eval(_ context.Context, rec arrow.RecordBatch) (*array.Boolean, error) {
	b := array.NewBooleanBuilder(memory.DefaultAllocator)
	defer b.Release()
	for row := range int(rec.NumRows()) {
		b.Append(f.truth(f.expr, rec, row) == yes)
	}
	return b.NewBooleanArray(), nil
}

type truth int

const (
	no truth = iota
	unknown
	yes
)

func (f goFilter) truth(e predicate.Expr, rec arrow.RecordBatch, row int) truth {
	switch e := e.(type) {
	case predicate.And:
		out := yes
		for _, a := range e {
			out = min(out, f.truth(a, rec, row))
		}
		return out
	case predicate.Or:
		out := no
		for _, a := range e {
			out = max(out, f.truth(a, rec, row))
		}
		return out
	case predicate.Not:
		return yes - f.truth(e.Expr, rec, row)
	case predicate.IsNull:
		return is(f.value(e.Path[0], rec, row).IsNone())
	case predicate.In:
		out := no
		for _, v := range e.Values() {
			out = max(out, f.truth(predicate.Comparison{Op: predicate.Eq, Path: e.Path(), Value: v}, rec, row))
		}
		return out
	case predicate.Comparison:
		v := f.value(e.Path[0], rec, row)
		if v.IsNone() {
			return unknown
		}
		o, ok := predicate.Compare(v, e.Value)
		if !ok {
			panic(fmt.Sprintf("%v is not compared with %v", v, e.Value))
		}
		return compares(e.Op, o)
	}
	panic(fmt.Sprintf("no meaning of %T", e))
}

func is(b bool) truth {
	if b {
		return yes
	}
	return no
}

func compares(op predicate.Op, o int) truth {
	switch op {
	case predicate.Eq:
		return is(o == 0)
	case predicate.Ne:
		return is(o != 0)
	case predicate.Lt:
		return is(o < 0)
	case predicate.Le:
		return is(o <= 0)
	case predicate.Gt:
		return is(o > 0)
	}
	return is(o >= 0)
}

func (f goFilter) value(column string, rec arrow.RecordBatch, row int) predicate.Value {
	i := rec.Schema().FieldIndices(column)[0]
	return predicateValue(f.schema.Field(column).Type, scalar.At(rec.Column(i), row))
}

// randomExpr compares columns with values that are in the rows, or near them.
func randomExpr(r *rand.Rand, s *schema.Struct, rows arrow.RecordBatch, depth int) predicate.Expr {
	if depth > 0 && r.Intn(2) == 0 {
		a, b := randomExpr(r, s, rows, depth-1), randomExpr(r, s, rows, depth-1)
		switch r.Intn(3) {
		case 0:
			return predicate.And{a, b}
		case 1:
			return predicate.Or{a, b}
		default:
			return predicate.Not{Expr: a}
		}
	}
	f := s.Fields[r.Intn(len(s.Fields))]
	path := []string{f.Name}
	col := rows.Column(rows.Schema().FieldIndices(f.Name)[0])
	literal := predicateValue(f.Type, scalar.At(col, r.Intn(int(rows.NumRows()))))
	if literal.IsNone() {
		if r.Intn(2) == 0 {
			return predicate.IsNull{Path: path}
		}
		return predicate.IsNotNull(path...)
	}
	if r.Intn(5) == 0 {
		return predicate.NewIn(path, []predicate.Value{literal}, false)
	}
	ops := []predicate.Op{predicate.Eq, predicate.Ne, predicate.Lt, predicate.Le, predicate.Gt, predicate.Ge}
	return predicate.Comparison{Op: ops[r.Intn(len(ops))], Path: path, Value: literal}
}
