package table

import (
	"context"
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/ingestd/ingestd/internal/arrowrows"
	"github.com/ingestd/ingestd/table/arrowmap"
	"github.com/ingestd/ingestd/table/expression"
	"github.com/ingestd/ingestd/table/predicate"
	"github.com/ingestd/ingestd/txlog/schema"
)

// filled says whether the writer fills the column in where rows do not have it.
func filled(f *schema.Field) bool {
	_, generated := f.Generation()
	_, identity := f.Identity()
	_, defaulted := f.Default()
	return generated || identity || defaulted
}

// complete gives a binding what fills in its missing columns and what checks its rows. The order is that of the
// protocol's features: defaults, identities, generated columns, then all checks.
// Errors: *IdentityColumnError, *NoExpressionsError, those of the compiler.
func (w *WriteSet) complete(ctx context.Context, b *binding, kind rowKind) error {
	if kind == changeRows || kind == copiedRows {
		return nil // rows of the table, or after a change that has checked them
	}
	var defaults, generated []int
	for i := range b.target.schema.Fields {
		f := &b.target.schema.Fields[i]
		missing := b.source[i] < 0
		if _, is := f.Identity(); is {
			if err := w.identity(b, i, f, missing, kind); err != nil {
				return err
			}
			continue
		}
		if expr, is := f.Generation(); is {
			if missing {
				generated = append(generated, i)
			} else if err := w.checkGenerated(ctx, b, f, expr); err != nil {
				return err
			}
			continue
		}
		if _, is := f.Default(); is && missing {
			defaults = append(defaults, i)
		}
	}
	if len(defaults) > 0 {
		f, err := w.project(ctx, b.target, defaults, func(f *schema.Field) string { text, _ := f.Default(); return text }, "the default of column")
		if err != nil {
			return err
		}
		b.fill = append([]filler{f}, b.fill...)
	}
	if len(generated) > 0 {
		f, err := w.project(ctx, b.target, generated, func(f *schema.Field) string { text, _ := f.Generation(); return text }, "the generated column")
		if err != nil {
			return err
		}
		b.fill = append(b.fill, f)
	}
	if w.only != nil && kind == newRows {
		b.checks = append(b.checks, &predicateCheck{
			target: b.target, filter: w.only.where, reads: b.target.columnsNamed(w.only.where.Columns()),
			violated: func(row int64, _ []int64, _ []ColumnValue) error { return w.only.violated(row) },
		})
	}
	return w.constraints(ctx, b)
}

// onlyRows is what new rows must fulfil for the sake of the operation that writes them.
type onlyRows struct {
	where    predicate.Filter
	violated func(row int64) error
}

// projected fills columns by SQL expressions.
type projected struct {
	target  *target
	columns []int
	reads   []int // columns of the table
	proj    expression.Projection
}

// project compiles what columns are filled by; what says it in an error.
func (w *WriteSet) project(ctx context.Context, t *target, columns []int, text func(*schema.Field) string, what string) (*projected, error) {
	exprs, out := make([]string, len(columns)), make([]arrow.Field, len(columns))
	for i, c := range columns {
		exprs[i], out[i] = text(&t.schema.Fields[c]), t.arrow.Field(c)
		out[i].Nullable = true // NOT NULL is checked afterwards, with a better error
	}
	first := t.schema.Fields[columns[0]].Name
	comp, err := w.t.expressions(fmt.Sprintf("%s %s (%s)", what, first, exprs[0]))
	if err != nil {
		return nil, err
	}
	proj, err := comp.Project(ctx, exprs, t.arrow, arrow.NewSchema(out, nil))
	if err != nil {
		return nil, fmt.Errorf("%s %s of %s: %w", what, first, w.t.Location(), err)
	}
	w.compiled = append(w.compiled, proj.Close)
	return &projected{target: t, columns: columns, reads: t.columnsNamed(proj.Columns()), proj: proj}, nil
}

func (p *projected) fill(ctx context.Context, cols []arrow.Array, rows int64) error {
	in, err := p.target.some(ctx, cols, p.reads, rows)
	if err != nil {
		return err
	}
	defer in.Release()
	out, err := p.proj.Apply(ctx, in)
	if err != nil {
		return err
	}
	defer out.Release()
	for i, c := range p.columns {
		col, err := cast(ctx, out.Column(i), p.target.arrow.Field(c))
		if err != nil {
			return err
		}
		cols[c].Release()
		cols[c] = col
	}
	return nil
}

// columnsNamed are the positions of columns; of one at least, since rows of no columns cannot be counted.
func (t *target) columnsNamed(names []string) []int {
	var out []int
	for _, n := range names {
		if i := t.schema.Index(n); i >= 0 {
			out = append(out, i)
		}
	}
	if len(out) == 0 {
		out = append(out, 0)
	}
	return out
}

// some is a batch of a few columns of the table, none as a dictionary. The caller releases it.
func (t *target) some(ctx context.Context, cols []arrow.Array, columns []int, rows int64) (arrow.RecordBatch, error) {
	fields, out := make([]arrow.Field, len(columns)), make([]arrow.Array, 0, len(columns))
	defer func() { arrowrows.Release(out) }()
	for i, c := range columns {
		fields[i] = t.arrow.Field(c)
		col := cols[c]
		if _, dict := col.DataType().(*arrow.DictionaryType); dict {
			var err error
			if col, err = arrowmap.Cast(ctx, col, fields[i].Type); err != nil {
				return nil, err
			}
		} else {
			col.Retain()
		}
		out = append(out, col)
	}
	return array.NewRecordBatch(arrow.NewSchema(fields, nil), out, rows), nil
}
