package table

import (
	"context"
	"fmt"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/ingestd/ingestd/table/predicate"
	"github.com/ingestd/ingestd/txlog/schema"
)

// ColumnValue is a value of a row, as text for people.
type ColumnValue struct {
	Column string
	Value  string // "NULL", or the start of its text
}

// ConstraintError says that a row does not make a constraint or an invariant of the table true.
type ConstraintError struct {
	Name       string // of the CHECK constraint; "" for an invariant
	Column     string // that has the invariant
	Expression string
	Row        int64         // the first such row of the batch
	Rows       []int64       // all of them
	Values     []ColumnValue // of the columns that the expression reads, in that row
}

func (e *ConstraintError) Error() string {
	what := "CHECK constraint " + e.Name
	if e.Name == "" {
		what = "invariant of column " + e.Column
	}
	return fmt.Sprintf("a row violates the %s (%s): %s (row %d of the batch): filter such rows out, or change them", what, e.Expression, values(e.Values), e.Row)
}

// Retryable says no: the row or the table must change.
func (e *ConstraintError) Retryable() bool { return false }

// GeneratedColumnError says that a row brings another value for a generated column than its expression has.
type GeneratedColumnError struct {
	Column     string
	Expression string
	Row        int64         // the first such row of the batch
	Rows       []int64       // all of them
	Values     []ColumnValue // of the column and those that the expression reads, in that row
}

func (e *GeneratedColumnError) Error() string {
	return fmt.Sprintf("column %s is generated as (%s) and a row has another value: %s (row %d of the batch): leave the column out of the data, and it is computed",
		e.Column, e.Expression, values(e.Values), e.Row)
}

// Retryable says no: the row must change.
func (e *GeneratedColumnError) Retryable() bool { return false }

func values(vs []ColumnValue) string {
	parts := make([]string, len(vs))
	for i, v := range vs {
		parts[i] = v.Column + " = " + v.Value
	}
	return strings.Join(parts, ", ")
}

// predicateCheck is a predicate that every row must make true.
type predicateCheck struct {
	target *target
	filter predicate.Filter
	reads  []int
	// violated makes the error of a row.
	violated func(row int64, all []int64, values []ColumnValue) error
}

func (c *predicateCheck) check(ctx context.Context, cols []arrow.Array, rows int64) error {
	in, err := c.target.some(ctx, cols, c.reads, rows)
	if err != nil {
		return err
	}
	defer in.Release()
	ok, err := c.filter.Eval(ctx, in)
	if err != nil {
		return err
	}
	defer ok.Release()
	var bad []int64
	for i := range ok.Len() {
		if ok.IsNull(i) || !ok.Value(i) {
			bad = append(bad, int64(i))
		}
	}
	if len(bad) == 0 {
		return nil
	}
	shown := make([]ColumnValue, 0, len(c.reads))
	for i, col := range in.Columns() {
		shown = append(shown, ColumnValue{Column: in.ColumnName(i), Value: valueText(col, int(bad[0]))})
	}
	return c.violated(bad[0], bad, shown)
}

// shownValue bounds the text of a value in an error.
const shownValue = 200

func valueText(col arrow.Array, row int) string {
	if col.IsNull(row) {
		return "NULL"
	}
	text := []rune(strings.ToValidUTF8(col.ValueStr(row), "\ufffd"))
	if len(text) > shownValue {
		return string(text[:shownValue]) + "..."
	}
	return string(text)
}

// predicate compiles a check of b; what says in an error which.
func (w *WriteSet) predicate(ctx context.Context, b *binding, what, text string, violated func(int64, []int64, []ColumnValue) error) error {
	comp, err := w.t.expressions(what)
	if err != nil {
		return err
	}
	filter, err := comp.Filter(ctx, text, b.target.arrow)
	if err != nil {
		return fmt.Errorf("%s of %s: %w", what, w.t.Location(), err)
	}
	b.checks = append(b.checks, &predicateCheck{target: b.target, filter: filter, reads: b.target.columnsNamed(filter.Columns()), violated: violated})
	return nil
}

// constraints adds the checks of CHECK constraints and invariants.
func (w *WriteSet) constraints(ctx context.Context, b *binding) error {
	for _, c := range b.target.shape.constraints {
		err := w.predicate(ctx, b, fmt.Sprintf("the constraint %s (%s)", c.name, c.text), c.text, func(row int64, all []int64, vs []ColumnValue) error {
			return &ConstraintError{Name: c.name, Expression: c.text, Row: row, Rows: all, Values: vs}
		})
		if err != nil {
			return err
		}
	}
	for path, f := range b.target.schema.Walk() {
		text, ok := f.Invariant()
		if !ok {
			continue
		}
		column := strings.Join(path, ".")
		err := w.predicate(ctx, b, fmt.Sprintf("the invariant of column %s (%s)", column, text), text, func(row int64, all []int64, vs []ColumnValue) error {
			return &ConstraintError{Column: column, Expression: text, Row: row, Rows: all, Values: vs}
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// checkGenerated adds the check of a generated column that rows bring a value of ("Generated Columns").
func (w *WriteSet) checkGenerated(ctx context.Context, b *binding, f *schema.Field, expr string) error {
	quoted := "`" + strings.ReplaceAll(f.Name, "`", "``") + "`"
	what := fmt.Sprintf("the generated column %s (%s)", f.Name, expr)
	return w.predicate(ctx, b, what, quoted+" <=> ("+expr+")", func(row int64, all []int64, vs []ColumnValue) error {
		return &GeneratedColumnError{Column: f.Name, Expression: expr, Row: row, Rows: all, Values: vs}
	})
}
