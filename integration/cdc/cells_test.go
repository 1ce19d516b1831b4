//go:build integration

package cdc

import (
	"fmt"
	"math/big"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/ingestd/ingestd/integration/parts"
)

// A column is one of a table that is compared.
type column struct {
	name string
	typ  arrow.DataType
}

// A cell is nil, a bool, an int64 (whole numbers, days, microseconds), a float64, a string, a []byte, a decimal or a list of cells.
type cell = any

// A decimal is unscaled / 10^scale.
type decimal struct {
	unscaled *big.Int
	scale    int32
}

var (
	zoned = &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "UTC"}
	wall  = &arrow.TimestampType{Unit: arrow.Microsecond}
)

// canonical gives rows the form in which the engines' are compared. Rows are by column; a column that a row lacks is null.
func canonical(columns []column, rows []map[string]cell) (parts.Rows, error) {
	fields := make([]arrow.Field, len(columns))
	for i, c := range columns {
		fields[i] = arrow.Field{Name: c.name, Type: c.typ, Nullable: true}
	}
	schema := arrow.NewSchema(fields, nil)
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	defer b.Release()
	for _, row := range rows {
		for i, c := range columns {
			if err := add(b.Field(i), row[c.name]); err != nil {
				return parts.Rows{}, fmt.Errorf("column %s: %w", c.name, err)
			}
		}
	}
	batch := b.NewRecordBatch()
	defer batch.Release()
	return parts.Canon(schema, batch), nil
}

func add(b array.Builder, value cell) error {
	if value == nil {
		b.AppendNull()
		return nil
	}
	switch b := b.(type) {
	case *array.BooleanBuilder:
		return put(b.Append, value)
	case *array.Int16Builder:
		return whole(b.Append, value)
	case *array.Int32Builder:
		return whole(b.Append, value)
	case *array.Int64Builder:
		return whole(b.Append, value)
	case *array.Date32Builder:
		return whole(b.Append, value)
	case *array.TimestampBuilder:
		return whole(b.Append, value)
	case *array.Float32Builder:
		return put(func(f float64) { b.Append(float32(f)) }, value)
	case *array.Float64Builder:
		return put(b.Append, value)
	case *array.StringBuilder:
		return put(b.Append, value)
	case *array.BinaryBuilder:
		return put(b.Append, value)
	case *array.Decimal128Builder:
		return exact(b, value)
	case *array.ListBuilder:
		items, ok := value.([]cell)
		if !ok {
			return fmt.Errorf("%T for a list", value)
		}
		b.Append(true)
		for _, item := range items {
			if err := add(b.ValueBuilder(), item); err != nil {
				return err
			}
		}
		return nil
	}
	return fmt.Errorf("no column is built by %T", b)
}

func put[T any](appendTo func(T), value cell) error {
	v, ok := value.(T)
	if !ok {
		return fmt.Errorf("%T for %T", value, v)
	}
	appendTo(v)
	return nil
}

func whole[T ~int16 | ~int32 | ~int64](appendTo func(T), value cell) error {
	v, ok := value.(int64)
	if !ok || int64(T(v)) != v {
		return fmt.Errorf("%T %v for %T", value, value, T(0))
	}
	appendTo(T(v))
	return nil
}

// exact adds a decimal whose scale is at most that of the column.
func exact(b *array.Decimal128Builder, value cell) error {
	d, ok := value.(decimal)
	ty := b.Type().(*arrow.Decimal128Type)
	if !ok || d.scale > ty.Scale {
		return fmt.Errorf("%T %v for %s", value, value, ty)
	}
	up := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(ty.Scale-d.scale)), nil)
	b.Append(decimal128.FromBigInt(up.Mul(up, d.unscaled)))
	return nil
}
