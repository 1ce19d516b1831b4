package sql

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/ingestd/ingestd/internal/sql/spark"
	"github.com/ingestd/ingestd/table/expression"
)

// projection is an expression.Projection: one query for all that is computed, and columns that are passed on as
// they are.
type projection struct {
	texts   []string
	out     *arrow.Schema
	passed  []string // the column that is result i as it is; "" where it is computed
	sqls    []string // of each result that is computed
	columns []string
	in      *arrow.Schema
	pool
}

// Project implements expression.Compiler. What is wrong with an expression is an *SQLError that says where in it,
// or an *expression.UnsupportedError, each with the column's name before it. Apply may give an *expression.ValueError.
func (c *Compiler) Project(ctx context.Context, exprs []string, in, out *arrow.Schema) (expression.Projection, error) {
	if len(exprs) != out.NumFields() {
		return nil, fmt.Errorf("%d expressions for %d columns", len(exprs), out.NumFields())
	}
	now := c.now()
	p := &projection{texts: exprs, out: out, in: in, passed: make([]string, len(exprs)), sqls: make([]string, len(exprs))}
	var computed []string
	for i, text := range exprs {
		e, err := spark.Assign(text, out.Field(i).Type, in, spark.Options{Now: now})
		if err != nil {
			return nil, fmt.Errorf("column %s: %w", out.Field(i).Name, inText(err, text))
		}
		p.columns = append(p.columns, e.Columns...)
		if len(e.Path) == 1 && arrow.TypeEqual(in.Field(in.FieldIndices(e.Path[0])[0]).Type, out.Field(i).Type) {
			p.passed[i] = e.Path[0]
			continue
		}
		p.sqls[i] = e.SQL
		computed = append(computed, e.Columns...)
	}
	p.columns = distinct(p.columns)
	db, err := c.open()
	if err != nil {
		return nil, err
	}
	p.db, p.schema, p.query = db, part(in, distinct(computed)), selects(p.sqls)
	db.own(p)
	if p.query == "" {
		return p, nil
	}
	if err := p.check(ctx); err != nil {
		return nil, errors.Join(untranslated(strings.Join(exprs, ", "), err), p.Close())
	}
	return p, nil
}

// selects is the query for those of sqls that are not empty; "" if all are.
func selects(sqls []string) string {
	list := make([]string, 0, len(sqls))
	for i, s := range sqls {
		if s != "" {
			list = append(list, fmt.Sprintf("%s AS c%d", s, i))
		}
	}
	if len(list) == 0 {
		return ""
	}
	return "SELECT " + strings.Join(list, ", ") + "\nFROM " + filtered
}

func distinct(names []string) []string {
	return slices.Compact(slices.Sorted(slices.Values(names)))
}

// Columns implements expression.Projection.
func (p *projection) Columns() []string { return p.columns }

// Close implements expression.Projection. It may be called more than once.
func (p *projection) Close() error {
	p.db.disown(p)
	return p.pool.close()
}

// Apply implements expression.Projection.
func (p *projection) Apply(ctx context.Context, rec arrow.RecordBatch) (arrow.RecordBatch, error) {
	computed, err := p.compute(ctx, rec)
	if err != nil {
		return nil, p.blameOne(ctx, rec, err)
	}
	defer func() {
		for _, c := range computed {
			c.Release()
		}
	}()
	columns := make([]arrow.Array, len(p.passed))
	next := 0
	for i, name := range p.passed {
		if name == "" {
			columns[i] = computed[next]
			next++
			continue
		}
		at := rec.Schema().FieldIndices(name)
		if len(at) != 1 {
			return nil, fmt.Errorf("the rows have column %q %d times", name, len(at))
		}
		columns[i] = rec.Column(at[0])
	}
	fields := slices.Clone(p.out.Fields())
	for i := range fields {
		fields[i].Type = columns[i].DataType() // a column may come dictionary-encoded
	}
	meta := p.out.Metadata()
	return array.NewRecordBatch(arrow.NewSchema(fields, &meta), columns, rec.NumRows()), nil
}

// compute gives the columns that are computed, in the types of the result.
func (p *projection) compute(ctx context.Context, rec arrow.RecordBatch) ([]arrow.Array, error) {
	if p.query == "" {
		return nil, nil
	}
	var parts [][]arrow.Array
	defer func() {
		for _, part := range parts {
			for _, a := range part {
				a.Release()
			}
		}
	}()
	err := p.run(ctx, rec, func(out arrow.RecordBatch) error {
		parts = append(parts, slices.Clone(out.Columns()))
		for _, a := range out.Columns() {
			a.Retain()
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	var columns []arrow.Array
	next := 0
	for i, s := range p.sqls {
		if s == "" {
			continue
		}
		column, err := typed(parts, next, p.out.Field(i).Type, int(rec.NumRows()))
		if err != nil {
			for _, c := range columns {
				c.Release()
			}
			return nil, fmt.Errorf("column %s: %w", p.out.Field(i).Name, err)
		}
		columns = append(columns, column)
		next++
	}
	return columns, nil
}

// typed joins the parts of a column, and gives them the type, whose layout they have.
func typed(parts [][]arrow.Array, column int, to arrow.DataType, rows int) (arrow.Array, error) {
	if to.ID() == arrow.NULL {
		return array.NewNull(rows), nil
	}
	all := make([]arrow.Array, len(parts))
	for i, p := range parts {
		all[i] = p[column]
	}
	if len(all) == 0 {
		return array.MakeArrayOfNull(memory.DefaultAllocator, to, 0), nil
	}
	joined, err := array.Concatenate(all, memory.DefaultAllocator)
	if err != nil {
		return nil, err
	}
	defer joined.Release()
	data, err := retyped(joined.Data(), to)
	if err != nil {
		return nil, err
	}
	defer data.Release()
	return array.MakeFromData(data), nil
}

// retyped is data under a type of the same layout: other names of parts, other nullability.
func retyped(d arrow.ArrayData, to arrow.DataType) (arrow.ArrayData, error) {
	var parts []arrow.Field
	switch to := to.(type) {
	case *arrow.StructType:
		parts = to.Fields()
	case *arrow.MapType: // its child is a struct of key and value
		parts = []arrow.Field{{Type: to.Elem()}}
	case *arrow.ListType:
		parts = []arrow.Field{to.ElemField()}
	}
	if d.DataType().ID() != to.ID() || len(parts) != len(d.Children()) {
		return nil, fmt.Errorf("%s is not %s", d.DataType(), to)
	}
	children := make([]arrow.ArrayData, len(parts))
	defer func() {
		for _, c := range children {
			if c != nil {
				c.Release()
			}
		}
	}()
	for i, f := range parts {
		var err error
		if children[i], err = retyped(d.Children()[i], f.Type); err != nil {
			return nil, err
		}
	}
	return array.NewData(to, d.Len(), d.Buffers(), children, d.NullN(), d.Offset()), nil
}

// blameOne finds which expression failed, and at which row.
func (p *projection) blameOne(ctx context.Context, rec arrow.RecordBatch, err error) error {
	for i, s := range p.sqls {
		if s == "" || ctx.Err() != nil {
			continue
		}
		one := pool{db: p.db, schema: p.schema, query: selects([]string{s})}
		failed := one.run(ctx, rec, func(arrow.RecordBatch) error { return nil })
		if failed != nil {
			failed = one.blame(ctx, rec, failed, p.texts[i], p.out.Field(i).Name)
		}
		_ = one.close()
		if failed != nil {
			return failed
		}
	}
	return fmt.Errorf("compute %s: %w", strings.Join(p.texts, ", "), err)
}
