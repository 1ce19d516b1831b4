package service

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/ingestd/ingestd/internal/sql"
	"github.com/ingestd/ingestd/table"
	"github.com/ingestd/ingestd/table/expression"
	"github.com/ingestd/ingestd/txlog/schema"
)

func TestRowsAreAssignedToTheTypesOfColumns(t *testing.T) {
	c := sql.NewCompiler(sql.Options{}, nil)
	defer c.Close()
	tables := Tables{Expressions: c}
	to, err := schema.ParseDDL("id INT, price DECIMAL(10,2), f FLOAT, big BIGINT, text STRING")
	if err != nil {
		t.Fatal(err)
	}
	in := arrow.NewSchema([]arrow.Field{
		{Name: "ID", Type: arrow.PrimitiveTypes.Int64, Nullable: true},
		{Name: "price", Type: &arrow.Decimal128Type{Precision: 22, Scale: 3}, Nullable: true},
		{Name: "f", Type: arrow.PrimitiveTypes.Float64, Nullable: true},
		{Name: "big", Type: arrow.PrimitiveTypes.Int32, Nullable: true},
		{Name: "text", Type: arrow.PrimitiveTypes.Int32, Nullable: true},
		{Name: "more", Type: arrow.PrimitiveTypes.Int64, Nullable: true},
	}, nil)
	batch := func(rows string) arrow.RecordBatch {
		rec, _, err := array.RecordFromJSON(memory.DefaultAllocator, in, strings.NewReader(rows))
		if err != nil {
			t.Fatal(err)
		}
		return rec
	}
	out, rows, err := tables.Assign(t.Context(), to, in, table.Batches(batch(`[{"ID":7,"price":"1.255","f":1.5,"big":3,"text":4,"more":5}]`)))
	if err != nil {
		t.Fatal(err)
	}
	const want = "schema:\n  fields: 6\n    - ID: type=int32, nullable\n    - price: type=decimal(10, 2), nullable\n    - f: type=float32, nullable\n" +
		"    - big: type=int32, nullable\n    - text: type=int32, nullable\n    - more: type=int64, nullable"
	if out.String() != want {
		t.Errorf("got %s", out)
	}
	for rec, err := range rows {
		if err != nil {
			t.Fatal(err)
		}
		if got := rec.Column(1).ValueStr(0); got != "1.26" || rec.Column(0).ValueStr(0) != "7" {
			t.Errorf("got %s", got)
		}
		rec.Release()
	}
	_, rows, err = tables.Assign(t.Context(), to, in, table.Batches(batch(`[{"ID":5000000000}]`)))
	if err != nil {
		t.Fatal(err)
	}
	for rec, err := range rows {
		var value *expression.ValueError
		if !errors.As(err, &value) || value.Column != "ID" || rec != nil {
			t.Errorf("got %v", err)
		}
	}
}

// What is read from JSON has BIGINT inside, too.
func TestNestedValuesAreAssignedToTheTypesOfFields(t *testing.T) {
	c := sql.NewCompiler(sql.Options{}, nil)
	defer c.Close()
	tables := Tables{Expressions: c}
	to, err := schema.ParseDDL("id INT, s STRUCT<a: STRING, b: INT, c: STRUCT<d: DECIMAL(5,1)>>, l ARRAY<STRUCT<x: SMALLINT>>, m MAP<STRING, INT>, same STRUCT<a: BIGINT>")
	if err != nil {
		t.Fatal(err)
	}
	i64 := arrow.PrimitiveTypes.Int64
	field := func(name string, dt arrow.DataType) arrow.Field {
		return arrow.Field{Name: name, Type: dt, Nullable: true}
	}
	in := arrow.NewSchema([]arrow.Field{
		field("S", arrow.StructOf(field("B", i64), field("more", i64), field("c", arrow.StructOf(field("d", arrow.PrimitiveTypes.Float64))))),
		field("l", arrow.ListOf(arrow.StructOf(field("x", i64)))), field("m", arrow.MapOf(arrow.BinaryTypes.String, i64)), field("same", arrow.StructOf(field("a", i64))),
	}, nil)
	assign := func(text string) (out *arrow.Schema, got []string, err error) {
		rec, _, err := array.RecordFromJSON(memory.DefaultAllocator, in, strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		out, rows, err := tables.Assign(t.Context(), to, in, table.Batches(rec))
		if err != nil {
			t.Fatal(err)
		}
		for rec, err := range rows {
			if err != nil {
				return out, got, err
			}
			for i := range int(rec.NumRows()) {
				row := ""
				for _, col := range rec.Columns() {
					row += col.ValueStr(i) + " "
				}
				got = append(got, row)
			}
			rec.Release()
		}
		return out, got, nil
	}
	out, got, err := assign(`[{"S":{"B":7,"more":8,"c":{"d":1.25}},"l":[{"x":1},null,{"x":null}],"m":[{"key":"k","value":2}],"same":{"a":1}},{"S":null,"l":null,"m":null,"same":null}]`)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{`{"B":7,"c":{"d":"1.3"},"more":8} [{"x":1},null,{"x":null}] [{"key":"k","value":2}] {"a":1} `, "(null) (null) (null) (null) "}
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	i32 := arrow.PrimitiveTypes.Int32
	for i, dt := range []arrow.DataType{
		arrow.StructOf(field("B", i32), field("more", i64), field("c", arrow.StructOf(field("d", &arrow.Decimal128Type{Precision: 5, Scale: 1})))),
		arrow.ListOf(arrow.StructOf(field("x", arrow.PrimitiveTypes.Int16))), arrow.MapOf(arrow.BinaryTypes.String, i32), in.Field(3).Type,
	} {
		if have := out.Field(i).Type; !arrow.TypeEqual(have, dt) {
			t.Errorf("%s is %s", out.Field(i).Name, have)
		}
	}
	for _, row := range []string{`[{"S":{"B":5000000000}}]`, `[{"l":[{"x":40000}]}]`, `[{"m":[{"key":"k","value":5000000000}]}]`} {
		var value *expression.ValueError
		if _, _, err := assign(row); !errors.As(err, &value) {
			t.Errorf("%s: %v", row, err)
		}
	}
}
