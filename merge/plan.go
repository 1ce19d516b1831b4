package merge

import (
	"context"
	"errors"
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/ingestd/ingestd/table"
	"github.com/ingestd/ingestd/table/arrowmap"
	"github.com/ingestd/ingestd/table/expression"
	"github.com/ingestd/ingestd/table/predicate"
	"github.com/ingestd/ingestd/txlog/schema"
)

// plan is a statement compiled against one version of the table and the schema of the source.
type plan struct {
	stmt     Statement
	table    *schema.Struct // with what schema evolution adds
	target   expression.Relation
	source   expression.Relation
	joined   *arrow.Schema
	sides    map[string]side // of its fields
	on       condition
	matched  []clause
	inserts  []clause
	bySource []clause // NOT MATCHED BY SOURCE

	closers []func() error
}

// condition is the compiled ON.
type condition struct {
	expression.Match
	target, source         predicate.Filter // of one side alone; nil where there is no such part
	rest                   predicate.Filter // of pairs; nil where there is none
	targetKeys, sourceKeys expression.Projection
	nullSafe               []bool
}

// clause is a compiled WHEN.
type clause struct {
	expression.MergeClause
	cond predicate.Filter // nil: always
	make *maker           // of the new row; nil for DELETE
}

// compile makes the plan. Close it. Errors: *StatementError, *dml.NotAssignableError, *table.ColumnNotFoundError, those of the compiler.
func compile(ctx context.Context, c *table.Change, with expression.Compiler, stmt Statement, source *arrow.Schema) (*plan, error) {
	p := &plan{stmt: stmt}
	if err := p.compile(ctx, c, with, source); err != nil {
		return nil, errors.Join(err, p.close())
	}
	return p, nil
}

func (p *plan) compile(ctx context.Context, c *table.Change, with expression.Compiler, source *arrow.Schema) error {
	rows, err := arrowmap.ToArrow(c.Snapshot().Schema())
	if err != nil {
		return err
	}
	targets, sources := p.stmt.names()
	p.target = expression.Relation{Names: targets, Schema: rows}
	p.source = expression.Relation{Names: sources, Schema: source}
	p.joined = expression.Join(p.target, p.source)
	p.setSides()
	if p.table, err = evolved(c, p.stmt, source); err != nil {
		return err
	}
	if err := p.compileOn(ctx, with); err != nil {
		return fmt.Errorf("ON %s: %w", p.stmt.On, err)
	}
	for _, k := range []struct {
		when expression.MergeWhen
		over *arrow.Schema
		to   *[]clause
	}{
		{expression.Matched, p.joined, &p.matched},
		{expression.NotMatched, p.source.Qualified(), &p.inserts},
		{expression.NotMatchedBySource, p.target.Qualified(), &p.bySource},
	} {
		for _, m := range p.stmt.of(k.when) {
			compiled, err := p.compileClause(ctx, with, m, k.over)
			if err != nil {
				return fmt.Errorf("WHEN %s: %w", k.when, err)
			}
			*k.to = append(*k.to, compiled)
		}
	}
	return nil
}

func (p *plan) compileOn(ctx context.Context, with expression.Compiler) (err error) {
	on := &p.on
	if on.Match, err = with.Match(ctx, p.stmt.On, p.target, p.source); err != nil {
		return err
	}
	left, right := p.target.Qualified(), p.source.Qualified()
	if on.target, err = p.filter(ctx, with, on.Left, left); err != nil {
		return err
	}
	if on.source, err = p.filter(ctx, with, on.Right, right); err != nil {
		return err
	}
	if on.rest, err = p.filter(ctx, with, on.Rest, p.joined); err != nil {
		return err
	}
	var lefts, rights []string
	var fields []arrow.Field
	for i, k := range on.Keys {
		lefts, rights = append(lefts, k.Left), append(rights, k.Right)
		fields = append(fields, arrow.Field{Name: fmt.Sprint("key", i), Type: k.Type, Nullable: true})
		on.nullSafe = append(on.nullSafe, k.NullSafe)
	}
	if on.targetKeys, err = p.project(ctx, with, lefts, left, fields); err != nil {
		return err
	}
	on.sourceKeys, err = p.project(ctx, with, rights, right, fields)
	return err
}

func (p *plan) compileClause(ctx context.Context, with expression.Compiler, m expression.MergeClause, over *arrow.Schema) (clause, error) {
	c := clause{MergeClause: m}
	var err error
	if c.cond, err = p.filter(ctx, with, m.Condition, over); err != nil {
		return c, err
	}
	if m.Action != expression.MergeDelete {
		c.make, err = p.maker(ctx, with, m, over)
	}
	return c, err
}

// filter compiles a predicate; nil for none.
func (p *plan) filter(ctx context.Context, with expression.Compiler, text string, over *arrow.Schema) (predicate.Filter, error) {
	if text == "" {
		return nil, nil
	}
	f, err := with.Filter(ctx, text, over)
	if err != nil {
		return nil, err
	}
	if c, ok := f.(interface{ Close() error }); ok {
		p.closers = append(p.closers, c.Close)
	}
	return f, nil
}

func (p *plan) project(ctx context.Context, with expression.Compiler, exprs []string, over *arrow.Schema, out []arrow.Field) (expression.Projection, error) {
	proj, err := with.Project(ctx, exprs, over, arrow.NewSchema(out, nil))
	if err == nil {
		p.closers = append(p.closers, proj.Close)
	}
	return proj, err
}

func (p *plan) close() error {
	var errs []error
	for _, c := range p.closers {
		errs = append(errs, c())
	}
	p.closers = nil
	return errors.Join(errs...)
}
