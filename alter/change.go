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

// ChangeType widens the type of a column, of a field of a struct, or of an element, key or value ("a.element"). Files stay as they are: readers
// give their values in the new type. The change is recorded ("Type Change Metadata").
// Errors: *TypeChangeError, *InUseError, *ColumnError.
func ChangeType(ctx context.Context, t *table.Table, column Path, to schema.Type) (Result, error) {
	return apply(ctx, t, func(_ context.Context, d *draft) error {
		path, from, err := spelled(d.schema, column)
		if err != nil || schema.Equal(from, to) {
			return err
		}
		if err := d.canWiden(path, from, to); err != nil {
			return err
		}
		if err := d.unused(path, false); err != nil {
			return err
		}
		before := d.schema
		after, err := within(before, path, func(schema.Type) (schema.Type, error) { return to, nil })
		if err != nil {
			return err
		}
		d.schema = schema.RecordTypeChanges(before, after.(*schema.Struct))
		return d.changed(path, Position{})
	})
}

func (d *draft) canWiden(path Path, from, to schema.Type) error {
	refuse := func(reason string) error { return &TypeChangeError{path, from, to, reason} }
	switch {
	case from == schema.Type(schema.Void):
		return nil // no file has values of it
	case isNested(from) || isNested(to):
		return refuse("the parts of a nested type are altered one by one, as " + path.String() + ".NAME")
	case !schema.CanWiden(from, to):
		return refuse("values could be lost, and a type can only be widened (byte, short, int, long; to double; to a decimal with more digits; date to timestamp_ntz): add a new column instead")
	case !isTrue(d.properties[txlog.PropTypeWidening]):
		return refuse("the table does not widen types: set delta.enableTypeWidening=true on it first")
	case (isTrue(d.properties[txlog.PropIcebergCompatV1]) || isTrue(d.properties[txlog.PropIcebergCompatV2])) && !schema.CanWidenInIceberg(from, to):
		return refuse("Iceberg does not know the change, and the table is to be readable as one of Iceberg")
	}
	return nil
}

func isNested(t schema.Type) bool {
	switch t.(type) {
	case *schema.Struct, *schema.Array, *schema.Map:
		return true
	}
	return false
}

// changed sets the operation for a change of the column at path.
func (d *draft) changed(path Path, at Position) error {
	f, err := fieldAt(d.schema, path)
	if err != nil {
		return err
	}
	d.op = txlog.Operation{Name: "CHANGE COLUMN", Parameters: map[string]any{"column": asJSON(fieldForLog(path[:len(path)-1], f))}}
	if !at.isZero() {
		d.op.Parameters["position"] = at.String()
	}
	return nil
}

// fieldAt is the field at path; an element, key or value is one without metadata.
func fieldAt(s *schema.Struct, path Path) (schema.Field, error) {
	if len(path) == 0 {
		return schema.Field{}, &ColumnError{Reason: "no column is named"}
	}
	_, t, err := spelled(s, path)
	if err != nil {
		return schema.Field{}, err
	}
	last := path[len(path)-1]
	f := schema.Field{Name: last, Type: t}
	_, parent, err := spelled(s, path[:len(path)-1])
	switch p := parent.(type) {
	case *schema.Struct:
		f = *p.Field(last)
	case *schema.Array:
		f.Nullable = p.ContainsNull
	case *schema.Map:
		f.Nullable = last == "value" && p.ValueContainsNull
	}
	return f, err
}

// change puts one field of a struct through f.
func change(ctx context.Context, t *table.Table, column Path, f func(d *draft, path Path, field schema.Field) (schema.Field, error)) (Result, error) {
	return apply(ctx, t, func(_ context.Context, d *draft) error {
		path, _, err := spelled(d.schema, column)
		if err != nil {
			return err
		}
		d.schema, err = edit(d.schema, path, func(parent *schema.Struct, i int) (*schema.Struct, error) {
			var err error
			parent.Fields[i], err = f(d, path, parent.Fields[i])
			return parent, err
		})
		if err != nil {
			return err
		}
		return d.changed(path, Position{})
	})
}

// DropNotNull lets a column, or a field of a struct, be null from now on.
// Errors: *ColumnError.
func DropNotNull(ctx context.Context, t *table.Table, column Path) (Result, error) {
	return change(ctx, t, column, func(_ *draft, _ Path, f schema.Field) (schema.Field, error) {
		f.Nullable = true
		return f, nil
	})
}

// Comment sets the comment of a column or of a field of a struct; an empty one takes it off.
// Errors: *ColumnError.
func Comment(ctx context.Context, t *table.Table, column Path, text string) (Result, error) {
	return change(ctx, t, column, func(_ *draft, _ Path, f schema.Field) (schema.Field, error) {
		return withText(f, "comment", text)
	})
}

const keyDefault = "CURRENT_DEFAULT"

// SetDefault sets the default of a column, an SQL expression without columns, for rows that are written from now on. The table
// must support the feature allowColumnDefaults.
// Errors: *ColumnError, *feature.NotAddedError, *table.NoExpressionsError; those of the compiler, for text that is none or not
// of the column's type.
func SetDefault(ctx context.Context, t *table.Table, column Path, expr string) (Result, error) {
	return change(ctx, t, column, func(d *draft, path Path, f schema.Field) (schema.Field, error) {
		for _, key := range []string{"delta.generationExpression", "delta.identity.start"} {
			if _, ok := f.Metadata[key]; ok {
				return f, &ColumnError{path, "its values are generated, so it cannot have a default"}
			}
		}
		if err := d.checkDefault(ctx, path, f, expr); err != nil {
			return f, err
		}
		return withText(f, keyDefault, expr)
	})
}

// DropDefault takes the default of a column off; rows without a value for it get null.
// Errors: *ColumnError.
func DropDefault(ctx context.Context, t *table.Table, column Path) (Result, error) {
	return change(ctx, t, column, func(_ *draft, _ Path, f schema.Field) (schema.Field, error) {
		return without(f, keyDefault), nil
	})
}

func withText(f schema.Field, key, text string) (schema.Field, error) {
	if text == "" {
		return without(f, key), nil
	}
	raw, err := json.Marshal(text)
	if err != nil {
		return f, err
	}
	return f.With(key, raw), nil
}

// Move puts a column, or a field of a struct, at another place among its siblings.
// Errors: *ColumnError.
func Move(ctx context.Context, t *table.Table, column Path, to Position) (Result, error) {
	return apply(ctx, t, func(_ context.Context, d *draft) error {
		path, _, err := spelled(d.schema, column)
		if err != nil {
			return err
		}
		if to.After != "" && schema.Fold(to.After) == schema.Fold(path[len(path)-1]) {
			return &ColumnError{path, fmt.Sprintf("it cannot stand after %s, itself", to.After)}
		}
		d.schema, err = edit(d.schema, path, func(parent *schema.Struct, i int) (*schema.Struct, error) {
			f := parent.Fields[i]
			parent.Fields = slices.Delete(parent.Fields, i, i+1)
			at, err := place(parent, to, path)
			if err != nil {
				return nil, err
			}
			parent.Fields = slices.Insert(parent.Fields, at, f)
			return parent, nil
		})
		if err != nil {
			return err
		}
		return d.changed(path, to)
	})
}
