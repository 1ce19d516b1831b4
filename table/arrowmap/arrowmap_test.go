package arrowmap_test

import (
	"errors"
	"math/rand"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"pgregory.net/rapid"

	"github.com/ingestd/ingestd/table/arrowmap"
	"github.com/ingestd/ingestd/table/arrowtest"
	"github.com/ingestd/ingestd/txlog/schema"
)

func field(name string, t schema.Type) schema.Field {
	return schema.Field{Name: name, Type: t, Nullable: true}
}

func TestEveryDeltaTypeHasAnArrowType(t *testing.T) {
	for _, tc := range []struct {
		delta schema.Type
		arrow string
	}{
		{schema.String, "utf8"}, {schema.Long, "int64"}, {schema.Integer, "int32"}, {schema.Short, "int16"},
		{schema.Byte, "int8"}, {schema.Float, "float32"}, {schema.Double, "float64"}, {schema.Boolean, "bool"},
		{schema.Binary, "binary"}, {schema.Date, "date32"}, {schema.Timestamp, "timestamp[us, tz=UTC]"},
		{schema.TimestampNTZ, "timestamp[us]"}, {schema.Decimal{Precision: 10, Scale: 2}, "decimal(10, 2)"},
		{schema.Void, "null"}, {schema.Variant, "struct<value: binary, metadata: binary>"},
		{&schema.Array{Element: schema.Long}, "list<element: int64>"},
		{&schema.Map{Key: schema.String, Value: schema.Date, ValueContainsNull: true}, "map<utf8, date32, items_nullable>"},
		{&schema.Struct{Fields: []schema.Field{field("a", schema.Byte)}}, "struct<a: int8 nullable>"},
	} {
		got, err := arrowmap.ToArrowType(tc.delta)
		if err != nil {
			t.Errorf("%s: %v", tc.delta, err)
		} else if got.String() != tc.arrow {
			t.Errorf("%s maps to %s, want %s", tc.delta, got, tc.arrow)
		}
	}
}

func TestUnknownTypesAreRefusedWithTheirColumn(t *testing.T) {
	s := &schema.Struct{Fields: []schema.Field{field("a", &schema.Array{Element: schema.Primitive("geometry")})}}
	_, err := arrowmap.ToArrow(s)
	var unsupported *arrowmap.UnsupportedTypeError
	if !errors.As(err, &unsupported) || unsupported.Column != "a.element" {
		t.Fatalf("got %v", err)
	}
	if _, err := arrowmap.ToArrowType(schema.Decimal{Precision: 39}); err == nil {
		t.Error("decimal(39,0) was taken")
	}
}

func TestArrowTypesOfOtherProducersFindADeltaType(t *testing.T) {
	for _, tc := range []struct {
		arrow arrow.DataType
		delta schema.Type
	}{
		{arrow.PrimitiveTypes.Uint8, schema.Short}, {arrow.PrimitiveTypes.Uint16, schema.Integer},
		{arrow.PrimitiveTypes.Uint32, schema.Long}, {arrow.PrimitiveTypes.Uint64, schema.Decimal{Precision: 20}},
		{arrow.BinaryTypes.LargeString, schema.String}, {arrow.BinaryTypes.StringView, schema.String},
		{arrow.BinaryTypes.LargeBinary, schema.Binary}, {&arrow.FixedSizeBinaryType{ByteWidth: 16}, schema.Binary},
		{arrow.FixedWidthTypes.Timestamp_ns, schema.Timestamp}, {&arrow.TimestampType{Unit: arrow.Second}, schema.TimestampNTZ},
		{arrow.FixedWidthTypes.Date64, schema.Date}, {arrow.FixedWidthTypes.Float16, schema.Float},
		{&arrow.Decimal128Type{Precision: 5, Scale: -2}, schema.Decimal{Precision: 7}},
		{&arrow.Decimal256Type{Precision: 38, Scale: 3}, schema.Decimal{Precision: 38, Scale: 3}},
		{&arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int8, ValueType: arrow.BinaryTypes.String}, schema.String},
		{arrow.RunEndEncodedOf(arrow.PrimitiveTypes.Int32, arrow.PrimitiveTypes.Int64), schema.Long},
		{arrow.LargeListOf(arrow.PrimitiveTypes.Int8), &schema.Array{Element: schema.Byte, ContainsNull: true}},
		{arrow.FixedSizeListOf(2, arrow.PrimitiveTypes.Int8), &schema.Array{Element: schema.Byte, ContainsNull: true}},
		{arrow.Null, schema.Void}, {arrowmap.VariantType, schema.Variant},
		{arrow.StructOf(arrow.Field{Name: "metadata", Type: arrow.BinaryTypes.Binary}, arrow.Field{Name: "value", Type: arrow.BinaryTypes.Binary}),
			&schema.Struct{Fields: []schema.Field{{Name: "metadata", Type: schema.Binary}, {Name: "value", Type: schema.Binary}}}},
	} {
		got, err := arrowmap.FromArrowType(tc.arrow)
		if err != nil {
			t.Errorf("%s: %v", tc.arrow, err)
		} else if got.String() != tc.delta.String() {
			t.Errorf("%s maps to %s, want %s", tc.arrow, got, tc.delta)
		}
	}
	for _, dt := range []arrow.DataType{arrow.FixedWidthTypes.Time64us, arrow.FixedWidthTypes.Duration_ms, &arrow.Decimal256Type{Precision: 50}} {
		var unsupported *arrowmap.UnsupportedTypeError
		if _, err := arrowmap.FromArrowType(dt); !errors.As(err, &unsupported) {
			t.Errorf("%s: got %v", dt, err)
		}
	}
}

func TestSchemasSurviveTheWayToArrowAndBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := arrowtest.Schema(rand.New(rand.NewSource(rapid.Int64().Draw(t, "seed"))), 6, 3)
		as, err := arrowmap.ToArrow(s)
		if err != nil {
			t.Fatal(err)
		}
		back, err := arrowmap.FromArrow(as)
		if err != nil {
			t.Fatal(err)
		}
		again, err := arrowmap.ToArrow(back)
		if err != nil || !again.Equal(as) {
			t.Fatalf("%s became %s (%v)", as, again, err)
		}
	})
}

func TestVoidColumnsAreNeverInFiles(t *testing.T) {
	s := &schema.Struct{Fields: []schema.Field{
		field("day", schema.Date), field("v", schema.Void),
		field("s", &schema.Struct{Fields: []schema.Field{field("x", schema.Void), field("y", schema.Long)}}),
	}}
	got, err := arrowmap.FileSchema(s, []string{"DAY"})
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Fields) != 1 || got.Fields[0].Name != "s" || len(got.Fields[0].Type.(*schema.Struct).Fields) != 1 {
		t.Errorf("got %s", got)
	}
	for _, bad := range []schema.Type{
		&schema.Array{Element: schema.Void}, &schema.Map{Key: schema.String, Value: schema.Void},
		&schema.Struct{Fields: []schema.Field{field("x", schema.Void)}}, schema.Void,
		&schema.Array{Element: &schema.Struct{Fields: []schema.Field{field("x", schema.Void), field("y", schema.Long)}}},
	} {
		if _, err := arrowmap.FileSchema(&schema.Struct{Fields: []schema.Field{field("c", bad)}}, nil); err == nil {
			t.Errorf("a file of %s was allowed", bad)
		}
	}
}

func TestNullsOfAStructOfVoids(t *testing.T) {
	inner := arrow.StructOf(arrow.Field{Name: "v", Type: arrow.Null, Nullable: true}, arrow.Field{Name: "s", Type: arrow.BinaryTypes.String, Nullable: true})
	for _, dt := range []arrow.DataType{inner, arrow.StructOf(arrow.Field{Name: "x", Type: inner, Nullable: true}), arrow.ListOf(inner), arrow.Null} {
		arr := arrowmap.Nulls(dt, 3)
		if arr.Len() != 3 || !arr.IsNull(0) && dt != arrow.Null || !arrow.TypeEqual(arr.DataType(), dt) {
			t.Errorf("%s: %v", dt, arr)
		}
		arr.Release()
	}
}

func TestNullsOfEveryType(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := arrowtest.Schema(rand.New(rand.NewSource(rapid.Int64().Draw(t, "seed"))), 4, 3)
		as, err := arrowmap.ToArrow(s)
		if err != nil {
			t.Fatal(err)
		}
		n := rapid.IntRange(0, 20).Draw(t, "n")
		for _, f := range as.Fields() {
			arr := arrowmap.Nulls(f.Type, n)
			if arr.Len() != n || arr.NullN() != n || !arrow.TypeEqual(arr.DataType(), f.Type) {
				t.Fatalf("%s: %d nulls of %d, type %s", f.Type, arr.NullN(), arr.Len(), arr.DataType())
			}
			if l, ok := arr.(array.ListLike); ok && n > 0 {
				if s, e := l.ValueOffsets(n - 1); s != e {
					t.Fatalf("%s: a null list of %d values", f.Type, e-s)
				}
			}
		}
	})
}
