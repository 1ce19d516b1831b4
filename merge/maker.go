package merge

import (
	"context"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/ingestd/ingestd/dml"
	"github.com/ingestd/ingestd/internal/arrowrows"
	"github.com/ingestd/ingestd/table"
	"github.com/ingestd/ingestd/table/arrowmap"
	"github.com/ingestd/ingestd/table/expression"
	"github.com/ingestd/ingestd/txlog/schema"
)

// maker computes the rows that a clause puts into the table: columns of the table, those left out to be filled in by the write.
type maker struct {
	project expression.Projection
	columns int                          // of the projection's results, how many are columns; values of fields follow
	nested  []nested                     // what of those columns gets another value in a field
	schema  atomic.Pointer[arrow.Schema] // of the last rows: writers know one that they have met
}

// nested is an assignment to a field of a struct.
type nested struct {
	column int // of the result
	path   []int
	value  int // of the projection
}

// values are the expressions of a row, column by column of the table.
type values struct {
	exprs  map[int]string // by column
	nested []struct {
		path  []int
		field schema.Field
		expr  string
	}
}

func (p *plan) maker(ctx context.Context, with expression.Compiler, m expression.MergeClause, over *arrow.Schema) (*maker, error) {
	v, err := p.valuesOf(m)
	if err != nil {
		return nil, err
	}
	k := &maker{}
	var exprs []string
	var fields []arrow.Field
	at := map[int]int{}
	add := func(f schema.Field, expr string) error {
		dt, err := arrowmap.ToArrowType(f.Type)
		if err != nil {
			return err
		}
		exprs, fields = append(exprs, expr), append(fields, arrow.Field{Name: f.Name, Type: dt, Nullable: true})
		return nil
	}
	for i, f := range p.table.Fields {
		if expr, ok := v.exprs[i]; ok {
			at[i] = len(exprs)
			if err := add(f, expr); err != nil {
				return nil, err
			}
		}
	}
	k.columns = len(exprs)
	for _, n := range v.nested {
		k.nested = append(k.nested, nested{column: at[n.path[0]], path: n.path[1:], value: len(exprs)})
		if err := add(n.field, n.expr); err != nil {
			return nil, err
		}
	}
	k.project, err = p.project(ctx, with, exprs, over, fields)
	return k, err
}

// valuesOf says where the values of a new row come from.
func (p *plan) valuesOf(m expression.MergeClause) (*values, error) {
	v := &values{exprs: map[int]string{}}
	switch m.Action {
	case expression.MergeUpdateAll, expression.MergeInsertAll:
		return v, p.fromSource(v, m)
	case expression.MergeInsert:
		return v, p.assign(v, m.Set, true)
	}
	if err := p.assign(v, m.Set, false); err != nil {
		return nil, err
	}
	p.keep(v)
	return v, nil
}

// keep has all columns that get no value stay as they are, but generated ones, which are computed anew.
func (p *plan) keep(v *values) {
	for i, f := range p.table.Fields {
		_, generated := f.Generation()
		if _, given := v.exprs[i]; given || generated || p.target.Schema.FieldIndices(f.Name) == nil {
			continue
		}
		v.exprs[i] = quoted(p.target.Names[0]) + "." + quoted(f.Name)
	}
}

// fromSource gives each column the one of the same name of the source. A column that the source lacks is an error but where the table
// computes it or, with schema evolution, where it may stay as it is.
func (p *plan) fromSource(v *values, m expression.MergeClause) error {
	for i, f := range p.table.Fields {
		name, ok := columnNamed(p.source.Schema, f.Name)
		if ok {
			if _, identity := f.Identity(); !identity || m.Action == expression.MergeInsertAll {
				v.exprs[i] = quoted(p.source.Names[0]) + "." + quoted(name)
			}
			continue
		}
		if !p.stmt.SchemaEvolution && !computed(f, m.Action) {
			return &table.ColumnNotFoundError{Column: p.source.Names[0] + "." + f.Name, Table: arrowrows.Names(p.source.Schema)}
		}
	}
	if m.Action == expression.MergeUpdateAll {
		p.keep(v)
	}
	return nil
}

// computed says whether the table fills in a column, or leaves it, where a row does not have it.
func computed(f schema.Field, a expression.MergeAction) bool {
	_, generated := f.Generation()
	_, identity := f.Identity()
	_, hasDefault := f.Default()
	return generated || identity || hasDefault && a == expression.MergeInsertAll
}

// assign takes the assignments of a clause.
func (p *plan) assign(v *values, set []expression.MergeValue, insert bool) error {
	var taken [][]int
	for _, a := range set {
		path, field, err := p.resolve(a.Path, insert)
		if err != nil {
			return err
		}
		for _, t := range taken {
			n := min(len(t), len(path))
			if slices.Equal(t[:n], path[:n]) {
				return &dml.NotAssignableError{Column: a.Column, Reason: "is set twice: set each column or field once"}
			}
		}
		taken = append(taken, path)
		switch {
		case len(path) == 1 && strings.EqualFold(strings.TrimSpace(a.Expr), "DEFAULT"):
			err = p.setDefault(v, a.Column, path[0], insert)
		case len(path) == 1:
			v.exprs[path[0]] = a.Expr
		case insert:
			return &dml.NotAssignableError{Column: a.Column, Reason: "is a field: INSERT gives values to whole columns, such as named_struct('a', 1)"}
		default:
			v.nested = append(v.nested, struct {
				path  []int
				field schema.Field
				expr  string
			}{path, *field, a.Expr})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// setDefault gives a column what DEFAULT stands for. What an insert leaves out the write fills in.
func (p *plan) setDefault(v *values, name string, column int, insert bool) error {
	f := &p.table.Fields[column]
	text, has := f.Default()
	_, generated := f.Generation()
	_, identity := f.Identity()
	switch {
	case generated || identity && !insert:
		return &dml.NotAssignableError{Column: name, Reason: "has no DEFAULT, for it is computed: leave it out"}
	case insert:
		return nil
	case !has:
		text = "NULL"
	}
	v.exprs[column] = text
	return nil
}

// resolve finds a column of the table by its name, or by that with one of the target's names before it. Rows that are inserted may
// bring values for IDENTITY columns that let them.
func (p *plan) resolve(names []string, insert bool) ([]int, *schema.Field, error) {
	for _, n := range p.target.Names {
		if len(names) > 1 && strings.EqualFold(n, names[0]) {
			if path, field, err := dml.ResolvePath(p.table, names[1:]...); err == nil {
				return path, field, nil
			}
			if f := p.table.Field(names[1]); f != nil {
				names = names[1:]
			}
			break
		}
	}
	if len(names) == 1 && insert {
		for i := range p.table.Fields {
			f := &p.table.Fields[i]
			if id, ok := f.Identity(); ok && id.AllowExplicit && schema.Fold(f.Name) == schema.Fold(names[0]) {
				return []int{i}, f, nil
			}
		}
	}
	return dml.ResolvePath(p.table, names...)
}

// apply gives the rows. rec has the projection's columns. The caller releases the result.
func (k *maker) apply(ctx context.Context, rec arrow.RecordBatch) (arrow.RecordBatch, error) {
	made, err := k.project.Apply(ctx, rec)
	if err != nil {
		return nil, err
	}
	defer made.Release()
	cols := slices.Clone(made.Columns()[:k.columns])
	fields := made.Schema().Fields()[:k.columns]
	for _, n := range k.nested {
		col := dml.ReplaceField(cols[n.column], n.path, made.Column(n.value))
		defer col.Release()
		cols[n.column] = col
		fields[n.column].Type = col.DataType()
	}
	s := arrow.NewSchema(fields, nil)
	if last := k.schema.Load(); last != nil && last.Equal(s) {
		s = last
	} else {
		k.schema.Store(s)
	}
	return array.NewRecordBatch(s, cols, rec.NumRows()), nil
}

// quoted is a name as it stands in an expression.
func quoted(name string) string { return "`" + strings.ReplaceAll(name, "`", "``") + "`" }

// columnNamed finds a column without regard to case.
func columnNamed(s *arrow.Schema, name string) (string, bool) {
	for _, f := range s.Fields() {
		if schema.Fold(f.Name) == schema.Fold(name) {
			return f.Name, true
		}
	}
	return "", false
}
