package service

import (
	"errors"
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
