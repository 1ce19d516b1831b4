package dml

import (
	"context"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/ingestd/ingestd/table"
	"github.com/ingestd/ingestd/table/arrowmap"
	"github.com/ingestd/ingestd/table/expression"
	"github.com/ingestd/ingestd/txlog/schema"
)

// NotAssignableError says that an UPDATE cannot give a column values.
type NotAssignableError struct{ Column, Reason string }

func (e *NotAssignableError) Error() string { return "column " + e.Column + " " + e.Reason }

// setter computes rows as an UPDATE leaves them.
type setter struct {
	project expression.Projection
	set     [][]int // where the value of an assignment goes: a column, or a field in a struct
	out     []int   // columns of the old row that the new one has
}

// newSetter resolves and compiles assignments.
func newSetter(ctx context.Context, s *schema.Struct, compile expression.Compiler, set []Assignment) (*setter, error) {
	w := &setter{}
	row, err := arrowmap.ToArrow(s)
	if err != nil {
		return nil, err
	}
	if len(set) == 0 {
		return nil, &NotAssignableError{Column: "", Reason: "is missing: an UPDATE sets at least one"}
	}
	var exprs []string
	var fields []arrow.Field
	assigned := map[int]bool{}
	for _, a := range set {
		to, field, err := ResolveColumn(s, a.Column)
		if err != nil {
			return nil, err
		}
		if err := w.overlaps(to, a.Column); err != nil {
			return nil, err
		}
		dt, err := arrowmap.ToArrowType(field.Type)
		if err != nil {
			return nil, err
		}
		w.set = append(w.set, to)
		assigned[to[0]] = true
		exprs = append(exprs, a.Expr)
		fields = append(fields, arrow.Field{Name: a.Column, Type: dt, Nullable: true})
	}
	for i := range s.Fields {
		if _, generated := s.Fields[i].Generation(); !generated || assigned[i] {
			w.out = append(w.out, i)
		}
	}
	w.project, err = compile.Project(ctx, exprs, row, arrow.NewSchema(fields, nil))
	return w, err
}

// overlaps refuses two values for one field.
func (w *setter) overlaps(t []int, name string) error {
	for _, o := range w.set {
		n := min(len(o), len(t))
		if slices.Equal(o[:n], t[:n]) {
			return &NotAssignableError{Column: name, Reason: "is set twice: set each column or field once"}
		}
	}
	return nil
}

// ResolveColumn finds what an assignment is to: a column, or a field in a struct by its path with dots, without regard to case. The
// path has the place of the column in s, then those of fields.
// Errors: *table.ColumnNotFoundError, *NotAssignableError.
func ResolveColumn(s *schema.Struct, name string) (path []int, field *schema.Field, err error) {
	if indexOf(s, name) >= 0 { // a column may have dots in its name
		return ResolvePath(s, name)
	}
	parts := strings.Split(name, ".")
	for i, p := range parts {
		parts[i] = strings.Trim(p, "`")
	}
	return ResolvePath(s, parts...)
}

// ResolvePath is ResolveColumn for names that are apart.
func ResolvePath(s *schema.Struct, names ...string) (path []int, field *schema.Field, err error) {
	at := s
	for _, name := range names {
		i := -1
		if at != nil {
			i = indexOf(at, name)
		}
		if i < 0 {
			return nil, nil, &table.ColumnNotFoundError{Column: strings.Join(names, "."), Table: s.Names()}
		}
		path, field = append(path, i), &at.Fields[i]
		if err := assignable(field); err != nil {
			return nil, nil, err
		}
		at, _ = field.Type.(*schema.Struct)
	}
	return path, field, nil
}

func assignable(f *schema.Field) error {
	if _, ok := f.Identity(); ok {
		return &NotAssignableError{Column: f.Name, Reason: "is an IDENTITY column, whose values cannot be changed: leave it out of SET"}
	}
	return nil
}

func indexOf(s *schema.Struct, name string) int {
	for i := range s.Fields {
		if schema.Fold(s.Fields[i].Name) == schema.Fold(name) {
			return i
		}
	}
	return -1
}

// apply gives the new rows: the columns of the table, without generated ones that are to be computed anew.
// The caller releases them.
func (w *setter) apply(ctx context.Context, rec arrow.RecordBatch) (arrow.RecordBatch, error) {
	values, err := w.project.Apply(ctx, rec)
	if err != nil {
		return nil, err
	}
	defer values.Release()
	cols := slices.Clone(rec.Columns())
	fields := rec.Schema().Fields()
	var made []arrow.Array
	defer func() {
		for _, c := range made {
			c.Release()
		}
	}()
	for i, to := range w.set {
		col := ReplaceField(cols[to[0]], to[1:], values.Column(i))
		made = append(made, col)
		cols[to[0]] = col
		fields[to[0]].Type, fields[to[0]].Nullable = col.DataType(), true
	}
	outCols := make([]arrow.Array, len(w.out))
	outFields := make([]arrow.Field, len(w.out))
	for i, j := range w.out {
		outCols[i], outFields[i] = cols[j], fields[j]
	}
	return array.NewRecordBatch(arrow.NewSchema(outFields, nil), outCols, rec.NumRows()), nil
}

// close gives back what the compiled expressions hold.
func (w *setter) close() error { return w.project.Close() }
