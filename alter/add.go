package alter

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/ingestd/ingestd/table"
	"github.com/ingestd/ingestd/txlog"
	"github.com/ingestd/ingestd/txlog/schema"
)

// Position is where a column stands among its siblings: First, or right after After; the zero Position is the end.
type Position struct {
	First bool
	After string
}

func (p Position) isZero() bool { return p == Position{} }

// String is the position as Spark records it.
func (p Position) String() string {
	if p.First {
		return "FIRST"
	}
	return "AFTER " + p.After
}

// NewColumn is a column to be added.
type NewColumn struct {
	Parent Path // the struct that it becomes a field of; nil is the table itself
	Field  schema.Field
	At     Position
}

// AddColumns adds columns, which are null in the rows that are there. A new column is nullable. A default that its
// metadata hold counts for rows that are written from now on.
// Errors: *ColumnError, *schema.InvalidError, *feature.NotAddedError (a default on a table that does not support them).
func AddColumns(ctx context.Context, t *table.Table, columns ...NewColumn) (Result, error) {
	if len(columns) == 0 {
		return Result{}, &ColumnError{Reason: "no column to add is named"}
	}
	return apply(ctx, t, func(_ context.Context, d *draft) error {
		logged := make([]any, len(columns))
		for i, c := range columns {
			var err error
			if d.schema, err = addColumn(d.schema, c); err != nil {
				return err
			}
			entry := map[string]any{"column": fieldForLog(c.Parent, c.Field)}
			if !c.At.isZero() {
				entry["position"] = c.At.String()
			}
			logged[i] = entry
		}
		d.op = txlog.Operation{Name: "ADD COLUMNS", Parameters: map[string]any{"columns": asJSON(logged)}}
		return d.checkNames()
	})
}

func addColumn(s *schema.Struct, c NewColumn) (*schema.Struct, error) {
	path := append(slices.Clone(c.Parent), c.Field.Name)
	if err := addable(path, c.Field); err != nil {
		return nil, err
	}
	out, err := within(s, c.Parent, func(t schema.Type) (schema.Type, error) {
		parent, ok := t.(*schema.Struct)
		if !ok {
			return nil, &ColumnError{path, fmt.Sprintf("%s is %s, and only a struct can get fields", c.Parent, t)}
		}
		if have := parent.Field(c.Field.Name); have != nil {
			return nil, &ColumnError{path, fmt.Sprintf("there is already a column %s %s", have.Name, have.Type)}
		}
		at, err := place(parent, c.At, path)
		if err != nil {
			return nil, err
		}
		return &schema.Struct{Fields: slices.Insert(slices.Clone(parent.Fields), at, c.Field)}, nil
	})
	if err != nil {
		return nil, err
	}
	return out.(*schema.Struct), nil
}

// addable: a new column has no values in existing rows, so it cannot demand any.
func addable(path Path, f schema.Field) error {
	whole := &schema.Struct{Fields: []schema.Field{f}}
	for at, inner := range whole.Walk() {
		if !inner.Nullable {
			return &ColumnError{append(slices.Clone(path[:len(path)-1]), at...), "a new column cannot be NOT NULL, since existing rows have no value; add it without, fill it, and then set it NOT NULL"}
		}
		for _, key := range []string{"delta.generationExpression", "delta.identity.start"} {
			if _, ok := inner.Metadata[key]; ok {
				return &ColumnError{append(slices.Clone(path[:len(path)-1]), at...), "generated and identity columns are declared when a table is created"}
			}
		}
	}
	return nil
}

// place is the index of a position in a struct.
func place(s *schema.Struct, p Position, path Path) (int, error) {
	switch {
	case p.First && p.After != "":
		return 0, &ColumnError{path, "it can be first or after another column, not both"}
	case p.First:
		return 0, nil
	case p.After == "":
		return len(s.Fields), nil
	}
	i := s.Index(p.After)
	if i < 0 {
		return 0, notFound(Path{p.After}, 0, s)
	}
	return i + 1, nil
}

// checkNames: without column mapping, the names of columns are those in the files.
func (d *draft) checkNames() error {
	if err := d.schema.Check(); err != nil {
		return err
	}
	if d.mapping() == schema.MappingNone {
		return d.schema.CheckFileNames()
	}
	return nil
}

// fieldForLog is a column as Spark records it in the parameters of an operation.
func fieldForLog(parent Path, f schema.Field) map[string]any {
	metadata := f.Metadata
	if metadata == nil {
		metadata = map[string]json.RawMessage{}
	}
	return map[string]any{
		"name": append(slices.Clone(parent), f.Name).String(), "type": typeName(f.Type), "nullable": f.Nullable, "metadata": metadata,
	}
}

// typeName is the name of a type as the schema has it, and without parts, as Spark records it.
func typeName(t schema.Type) string {
	switch t := t.(type) {
	case *schema.Struct:
		return "struct"
	case *schema.Array:
		return "array"
	case *schema.Map:
		return "map"
	case schema.Primitive:
		return string(t)
	}
	return t.String()
}
