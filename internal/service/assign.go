package service

import (
	"context"
	"iter"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/ingestd/ingestd/table/arrowmap"
	"github.com/ingestd/ingestd/txlog/schema"
)

// Assign casts the columns of rows to the types of the columns of a table that they go to, as Spark assigns to
// columns in INSERT (ANSI store assignment): the BIGINT that a CSV file is read with becomes the table's INT, inside of
// structs, arrays and maps too, and a value that does not fit is an error when it comes up. Columns and fields that the
// table has not, and those whose types need no cast or cannot be cast by their kind, pass as they are; so do numbers with
// a fraction to a column of integers, which the table then refuses. The result releases what it takes of rows.
// Errors: those of arrowmap.ToArrow; those that an assignment is refused with come with the rows.
func (t Tables) Assign(ctx context.Context, to *schema.Struct, in *arrow.Schema, rows iter.Seq2[arrow.RecordBatch, error],
) (*arrow.Schema, iter.Seq2[arrow.RecordBatch, error], error) {
	if t.Expressions == nil {
		return in, rows, nil
	}
	target, err := arrowmap.ToArrow(to)
	if err != nil {
		return nil, nil, err
	}
	exprs := make([]string, in.NumFields())
	fields := slices.Clone(in.Fields())
	narrowed := false
	for i, f := range fields {
		exprs[i] = "`" + strings.ReplaceAll(f.Name, "`", "``") + "`"
		at := to.Index(f.Name)
		if at < 0 {
			continue
		}
		if want := assigned(f.Type, target.Field(at).Type); !arrow.TypeEqual(want, f.Type) {
			fields[i].Type, narrowed = want, true
		}
	}
	if !narrowed {
		return in, rows, nil
	}
	out := arrow.NewSchema(fields, nil)
	p, err := t.Expressions.Project(ctx, exprs, in, out)
	if err != nil {
		return nil, nil, err
	}
	return out, func(yield func(arrow.RecordBatch, error) bool) {
		defer func() { _ = p.Close() }()
		for rec, err := range rows {
			if err == nil {
				cast, failed := p.Apply(ctx, rec)
				rec.Release()
				rec, err = cast, failed
			}
			if !yield(rec, err) || err != nil {
				return
			}
		}
	}, nil
}

// assigned is the type that values get on their way to a column: the column's where they must be cast, else their own.
// Fields of structs stay what and where they are, for the table finds them by name.
func assigned(from, to arrow.DataType) arrow.DataType {
	switch from := from.(type) {
	case *arrow.StructType:
		if to, ok := to.(*arrow.StructType); ok {
			find, fields := arrowmap.FieldIndex(to.Fields()), slices.Clone(from.Fields())
			for i, f := range fields {
				if at, ok := find(f.Name); ok {
					fields[i].Type = assigned(f.Type, to.Field(at).Type)
				}
			}
			return arrow.StructOf(fields...)
		}
	case *arrow.ListType:
		if to, ok := to.(*arrow.ListType); ok {
			element := from.ElemField()
			element.Type = assigned(element.Type, to.Elem())
			return arrow.ListOfField(element)
		}
	case *arrow.MapType:
		if to, ok := to.(*arrow.MapType); ok {
			key, item := from.KeyField(), from.ItemField()
			key.Type, item.Type = assigned(key.Type, to.KeyType()), assigned(item.Type, to.ItemType())
			return arrow.MapOfFields(key, item)
		}
	}
	if narrows(from, to) {
		return to
	}
	return from
}

// narrows says whether a number, date or timestamp of one type goes to a column of another such type that does not
// hold all of its values, so that it must be cast; what a table casts by itself, and what is of another kind, is not this.
func narrows(from, to arrow.DataType) bool {
	a, b := schemaType(from), schemaType(to)
	if a == nil || b == nil || schema.Holds(b, a) {
		return false
	}
	fraction := arrow.IsInteger(to.ID()) && !arrow.IsInteger(from.ID()) // which Spark would cut off
	return numeric(from) && numeric(to) && !fraction || instant(from) && instant(to)
}

func schemaType(dt arrow.DataType) schema.Type {
	s, err := arrowmap.FromArrow(arrow.NewSchema([]arrow.Field{{Name: "x", Type: dt, Nullable: true}}, nil))
	if err != nil {
		return nil
	}
	return s.Fields[0].Type
}

func numeric(dt arrow.DataType) bool {
	return arrow.IsInteger(dt.ID()) || arrow.IsFloating(dt.ID()) || arrow.IsDecimal(dt.ID())
}

func instant(dt arrow.DataType) bool { return dt.ID() == arrow.TIMESTAMP || dt.ID() == arrow.DATE32 }
