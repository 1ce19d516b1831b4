package alter

import (
	"context"
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/ingestd/ingestd/table"
	"github.com/ingestd/ingestd/table/arrowmap"
	"github.com/ingestd/ingestd/table/predicate"
	"github.com/ingestd/ingestd/txlog"
	"github.com/ingestd/ingestd/txlog/schema"
)

// SetNotNull forbids nulls in a column, or in a field of a struct, after it has read all rows of the table and found none.
// (Spark refuses it on a table that exists.)
// Errors: *ViolationError, *ColumnError; those of reading.
func SetNotNull(ctx context.Context, t *table.Table, column Path) (Result, error) {
	return apply(ctx, t, func(ctx context.Context, d *draft) error {
		path, _, err := spelled(d.schema, column)
		if err != nil {
			return err
		}
		was := true
		d.schema, err = edit(d.schema, path, func(parent *schema.Struct, i int) (*schema.Struct, error) {
			was = parent.Fields[i].Nullable
			parent.Fields[i].Nullable = false
			return parent, nil
		})
		if err != nil || !was {
			return err
		}
		for depth := range len(path) - 1 {
			if _, inner, err := spelled(d.schema, path[:depth+1]); err != nil {
				return err
			} else if _, ok := inner.(*schema.Struct); !ok {
				return &ColumnError{path, "what is inside of arrays and maps cannot become NOT NULL on a table that exists"}
			}
		}
		if err := d.noNulls(ctx, path); err != nil {
			return err
		}
		return d.changed(path, Position{})
	})
}

// noNulls reads the column. A field is not null where the struct that it is in is null altogether.
func (d *draft) noNulls(ctx context.Context, path Path) error {
	d.rowsChecked = true
	for rec, err := range d.t.Scan(ctx, table.ScanOptions{Columns: []string{path[0]}}) {
		if err != nil {
			return err
		}
		row := nullAt(rec, path)
		if row >= 0 {
			shown := showRow(rec, row)
			rec.Release()
			return &ViolationError{Rule: "NOT NULL of column " + path.String(), Row: shown}
		}
		rec.Release()
	}
	return nil
}

// nullAt is the first row where the column at path is null, or -1.
func nullAt(rec arrow.RecordBatch, path Path) int {
	for row := range int(rec.NumRows()) {
		col := rec.Column(0)
		for depth := 0; ; depth++ {
			if col.IsNull(row) {
				if depth == len(path)-1 {
					return row
				}
				break
			}
			if depth == len(path)-1 {
				break
			}
			s, ok := col.(*array.Struct)
			if !ok {
				break
			}
			i, found := s.DataType().(*arrow.StructType).FieldIdx(path[depth+1])
			if !found {
				break
			}
			col = s.Field(i)
		}
	}
	return -1
}

// satisfied reads all rows and finds one for which an SQL predicate is not true.
// Errors: *ViolationError; *table.NoExpressionsError, those of the compiler, those of reading.
func (d *draft) satisfied(ctx context.Context, rule, expr string) error {
	d.rowsChecked = true
	compiler, err := d.t.Expressions(rule)
	if err != nil {
		return err
	}
	rows, err := d.t.ScanSchema(table.ScanOptions{})
	if err != nil {
		return err
	}
	filter, err := compiler.Filter(ctx, expr, rows)
	if err != nil {
		return fmt.Errorf("%s: %w", rule, err)
	}
	columns := filter.Columns()
	if columns == nil {
		columns = []string{}
	}
	for rec, err := range d.t.Scan(ctx, table.ScanOptions{Columns: columns}) {
		if err != nil {
			return err
		}
		shown, err := falseRow(ctx, filter, rec)
		rec.Release()
		if err != nil {
			return fmt.Errorf("%s: %w", rule, err)
		}
		if shown != nil {
			return &ViolationError{Rule: rule, Row: shown}
		}
	}
	return nil
}

func falseRow(ctx context.Context, filter predicate.Filter, rec arrow.RecordBatch) ([]string, error) {
	kept, err := filter.Eval(ctx, rec)
	if err != nil {
		return nil, err
	}
	defer kept.Release()
	for row := range kept.Len() {
		if kept.IsNull(row) || !kept.Value(row) {
			return showRow(rec, row), nil
		}
	}
	return nil, nil
}

// showRow is a row as "name = value", for people.
func showRow(rec arrow.RecordBatch, row int) []string {
	out := make([]string, 0, rec.NumCols())
	for i, col := range rec.Columns() {
		out = append(out, rec.ColumnName(i)+" = "+col.ValueStr(row))
	}
	return out
}

// checkDefault: the text is an expression without columns that gives a value for the column.
func (d *draft) checkDefault(ctx context.Context, path Path, f schema.Field, expr string) error {
	rule := fmt.Sprintf("the default of column %s (%s)", path, expr)
	compiler, err := d.t.Expressions(rule)
	if err != nil {
		return err
	}
	out, err := arrowmap.ToArrow(&schema.Struct{Fields: []schema.Field{{Name: f.Name, Type: f.Type, Nullable: true}}})
	if err != nil {
		return err
	}
	none := arrow.NewSchema(nil, nil)
	p, err := compiler.Project(ctx, []string{expr}, none, out)
	if err != nil {
		return fmt.Errorf("%s: %w", rule, err)
	}
	one := array.NewRecordBatch(none, nil, 1)
	defer one.Release()
	value, err := p.Apply(ctx, one)
	if err == nil {
		value.Release()
	}
	if err := p.Close(); err != nil {
		return err
	}
	if err != nil {
		return fmt.Errorf("%s: %w", rule, err)
	}
	return nil
}

// AddConstraint adds a CHECK constraint: an SQL predicate that is true for each row. All rows of the table are read, and must satisfy it.
// Its name is kept in lower case, as by Spark.
// Errors: *ConstraintError where the name is taken, *ViolationError, *table.NoExpressionsError; those of the compiler and of reading.
func AddConstraint(ctx context.Context, t *table.Table, name, expr string) (Result, error) {
	if err := checkConstraintName(name); err != nil {
		return Result{}, err
	}
	return apply(ctx, t, func(ctx context.Context, d *draft) error {
		if key, ok := d.constraint(name); ok {
			return &ConstraintError{name, fmt.Sprintf("is there already, as %s; drop it first, or choose another name", d.properties[key])}
		}
		if err := d.satisfied(ctx, fmt.Sprintf("the constraint %s (%s)", name, expr), expr); err != nil {
			return err
		}
		d.properties[constraintPrefix+schema.Fold(name)] = expr
		d.op = txlog.Operation{Name: "ADD CONSTRAINT", Parameters: map[string]any{"name": name, "expr": expr}}
		return nil
	})
}
