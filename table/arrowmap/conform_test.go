package arrowmap_test

import (
	"context"
	"errors"
	"math"
	"math/rand"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"pgregory.net/rapid"

	"github.com/ingestd/ingestd/table/arrowmap"
	"github.com/ingestd/ingestd/table/arrowtest"
)

func fromJSON(t *testing.T, dt arrow.DataType, js string) arrow.Array {
	t.Helper()
	arr, _, err := array.FromJSON(memory.DefaultAllocator, dt, strings.NewReader(js))
	if err != nil {
		t.Fatalf("%s %s: %v", dt, js, err)
	}
	return arr
}

var (
	utf8   = arrow.BinaryTypes.String
	i8     = arrow.PrimitiveTypes.Int8
	i32    = arrow.PrimitiveTypes.Int32
	i64    = arrow.PrimitiveTypes.Int64
	dec102 = &arrow.Decimal128Type{Precision: 10, Scale: 2}
)

func TestCastKeepsValues(t *testing.T) {
	list := func(dt arrow.DataType) arrow.DataType {
		return arrow.ListOfField(arrow.Field{Name: "element", Type: dt, Nullable: true})
	}
	kv := arrow.StructOf(arrow.Field{Name: "k", Type: utf8}, arrow.Field{Name: "v", Type: i32, Nullable: true})
	for _, tc := range []struct {
		name     string
		from     arrow.DataType
		in       string
		to       arrow.DataType
		wantJSON string
	}{
		{"widen", i8, `[1,null,-128]`, i64, `[1,null,-128]`},
		{"narrow what fits", i64, `[1,null,-128]`, i8, `[1,null,-128]`},
		{"unsigned", arrow.PrimitiveTypes.Uint32, `[4294967295]`, i64, `[4294967295]`},
		{"int to double", i32, `[7]`, arrow.PrimitiveTypes.Float64, `[7]`},
		{"int to decimal", i32, `[7,null]`, dec102, `["7.00",null]`},
		{"uint64 to decimal", arrow.PrimitiveTypes.Uint64, `[18446744073709551615]`, &arrow.Decimal128Type{Precision: 20}, `["18446744073709551615"]`},
		{"decimal up", &arrow.Decimal128Type{Precision: 5, Scale: 1}, `["1.5"]`, dec102, `["1.50"]`},
		{"decimal256", &arrow.Decimal256Type{Precision: 40, Scale: 1}, `["1.5"]`, dec102, `["1.50"]`},
		{"large strings", arrow.BinaryTypes.LargeString, `["a",null,"é"]`, utf8, `["a",null,"é"]`},
		{"string views", arrow.BinaryTypes.StringView, `["a",null,"more than twelve bytes"]`, utf8, `["a",null,"more than twelve bytes"]`},
		{"binary without the annotation", arrow.BinaryTypes.Binary, `["YQ=="]`, utf8, `["a"]`},
		{"fixed binary", &arrow.FixedSizeBinaryType{ByteWidth: 2}, `["YWI=",null]`, arrow.BinaryTypes.Binary, `["YWI=",null]`},
		{"seconds", &arrow.TimestampType{Unit: arrow.Second}, `["1969-12-31 23:59:59"]`, arrowmap.TimestampType, `["1969-12-31 23:59:59Z"]`},
		{"nanoseconds to the past", &arrow.TimestampType{Unit: arrow.Nanosecond}, `["1969-12-31 23:59:59.999999999"]`, arrowmap.TimestampNTZType, `["1969-12-31 23:59:59.999999"]`},
		{"date widened", arrow.FixedWidthTypes.Date32, `["1969-12-31"]`, arrowmap.TimestampNTZType, `["1969-12-31 00:00:00"]`},
		{"date64", arrow.FixedWidthTypes.Date64, `["1969-12-31"]`, arrow.FixedWidthTypes.Date32, `["1969-12-31"]`},
		{"void", arrow.Null, `[null,null]`, list(i32), `[null,null]`},
		{"list names and elements", arrow.ListOf(i8), `[[1,null],null,[]]`, list(i64), `[[1,null],null,[]]`},
		{"large list", arrow.LargeListOf(i8), `[[1],null,[2]]`, list(i8), `[[1],null,[2]]`},
		{"fixed list", arrow.FixedSizeListOf(2, i8), `[[1,2],null,[3,4]]`, list(i8), `[[1,2],null,[3,4]]`},
		{"list of pairs as map", arrow.ListOf(kv), `[[{"k":"a","v":1}],null]`, arrow.MapOf(utf8, i64), `[[{"key":"a","value":1}],null]`},
		{"struct by name", arrow.StructOf(arrow.Field{Name: "B", Type: i8, Nullable: true}, arrow.Field{Name: "x", Type: i8, Nullable: true}), `[{"B":1,"x":2},null]`,
			arrow.StructOf(arrow.Field{Name: "a", Type: utf8, Nullable: true}, arrow.Field{Name: "b", Type: i32, Nullable: true}), `[{"a":null,"b":1},null]`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			in := fromJSON(t, tc.from, tc.in)
			got, err := arrowmap.Cast(t.Context(), in, tc.to)
			if err != nil {
				t.Fatal(err)
			}
			if want := fromJSON(t, tc.to, tc.wantJSON); !array.Equal(got, want) {
				t.Errorf("got %s, want %s", got, want)
			}
			for cut := range in.Len() { // and the same from the middle of it
				part, err := arrowmap.Cast(t.Context(), array.NewSlice(in, int64(cut), int64(in.Len())), tc.to)
				if err != nil {
					t.Fatal(err)
				}
				if want := array.NewSlice(got, int64(cut), int64(in.Len())); !array.Equal(part, want) {
					t.Errorf("from %d: got %s, want %s", cut, part, want)
				}
			}
		})
	}
}

func TestCastRefusesWhatWouldChangeValues(t *testing.T) {
	for _, tc := range []struct {
		name string
		from arrow.DataType
		in   string
		to   arrow.DataType
	}{
		{"overflow", i64, `[300]`, i8},
		{"negative unsigned", i64, `[-1]`, arrow.PrimitiveTypes.Uint8},
		{"double to int", arrow.PrimitiveTypes.Float64, `[1]`, i32},
		{"number to string", i32, `[1]`, utf8},
		{"string to number", utf8, `["1"]`, i32},
		{"decimal loses digits", &arrow.Decimal128Type{Precision: 10, Scale: 3}, `["1.234"]`, dec102},
		{"too many digits", i64, `[1000000000]`, dec102},
		{"timestamp past the end", &arrow.TimestampType{Unit: arrow.Second}, `[9223372036854775807]`, arrowmap.TimestampType},
		{"list to number", arrow.ListOf(i8), `[[1]]`, i8},
		{"list to map", arrow.ListOf(i8), `[[1]]`, arrow.MapOf(utf8, i8)},
		{"struct to string", arrow.StructOf(arrow.Field{Name: "a", Type: i8}), `[{"a":1}]`, utf8},
		{"bool to int", arrow.FixedWidthTypes.Boolean, `[true]`, i8},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := arrowmap.Cast(t.Context(), fromJSON(t, tc.from, tc.in), tc.to)
			var castErr *arrowmap.CastError
			if !errors.As(err, &castErr) {
				t.Fatalf("got %v", err)
			}
		})
	}
}

func TestInt96IsReadExactly(t *testing.T) {
	raw := func(nanos uint64, day uint32) []byte {
		b := make([]byte, 12)
		for i := range 8 {
			b[i] = byte(nanos >> (8 * i))
		}
		for i := range 4 {
			b[8+i] = byte(day >> (8 * i))
		}
		return b
	}
	b := array.NewFixedSizeBinaryBuilder(memory.DefaultAllocator, &arrow.FixedSizeBinaryType{ByteWidth: 12})
	b.Append(raw(1_999, 2440588))              // 1970-01-01 and a bit
	b.Append(raw(0, 1721426))                  // 0001-01-01
	b.Append(raw(86_399_999_999_999, 5373484)) // 9999-12-31 23:59:59.999999
	b.AppendNull()
	got, err := arrowmap.Cast(t.Context(), b.NewArray(), arrowmap.TimestampType)
	if err != nil {
		t.Fatal(err)
	}
	want := fromJSON(t, arrowmap.TimestampType, `[1, -62135596800000000, 253402300799999999, null]`)
	if !array.Equal(got, want) {
		t.Errorf("got %s, want %s", got, want)
	}
	b.Append(raw(0, math.MaxUint32))
	if _, err := arrowmap.Cast(t.Context(), b.NewArray(), arrowmap.TimestampType); err == nil {
		t.Error("a day far beyond what microseconds can tell was taken")
	}
}

func TestDictionariesAndRunEndsAreDecoded(t *testing.T) {
	dt := &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int16, ValueType: arrow.BinaryTypes.LargeString}
	dict, err := array.DictArrayFromJSON(memory.DefaultAllocator, dt, `[2,null,0,1]`, `["a",null,"c"]`)
	if err != nil {
		t.Fatal(err)
	}
	got, err := arrowmap.Cast(t.Context(), dict, utf8)
	if err != nil {
		t.Fatal(err)
	}
	if want := fromJSON(t, utf8, `["c",null,"a",null]`); !array.Equal(got, want) {
		t.Errorf("got %s", got)
	}
	ree := array.NewRunEndEncodedArray(fromJSON(t, i32, `[2,3,5]`), fromJSON(t, i8, `[7,null,9]`), 5, 0)
	got, err = arrowmap.Cast(t.Context(), array.NewSlice(ree, 1, 5), i64)
	if err != nil {
		t.Fatal(err)
	}
	if want := fromJSON(t, i64, `[7,null,9,9]`); !array.Equal(got, want) {
		t.Errorf("got %s", got)
	}
}

func TestConformFindsReordersAndFillsColumns(t *testing.T) {
	rec := array.NewRecordBatch(arrow.NewSchema([]arrow.Field{
		{Name: "extra", Type: i8}, {Name: "Price", Type: i32}, {Name: "id", Type: i8}, {Name: "ID2", Type: i8},
	}, nil), []arrow.Array{fromJSON(t, i8, `[0,0]`), fromJSON(t, i32, `[5,6]`), fromJSON(t, i8, `[1,2]`), fromJSON(t, i8, `[3,4]`)}, 2)
	target := arrow.NewSchema([]arrow.Field{
		{Name: "id", Type: i64, Nullable: true}, {Name: "note", Type: utf8, Nullable: true}, {Name: "price", Type: dec102, Nullable: true},
	}, nil)
	got, err := arrowmap.Conform(t.Context(), rec, target)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"id=1;note=null;price=500;", "id=2;note=null;price=600;"}
	if rows := arrowtest.Rows(got); !slices.Equal(rows, want) || !got.Schema().Equal(target) {
		t.Errorf("got %v, want %v", rows, want)
	}
	bad := arrow.NewSchema([]arrow.Field{{Name: "price", Type: utf8}}, nil)
	var castErr *arrowmap.CastError
	if _, err := arrowmap.Conform(t.Context(), rec, bad); !errors.As(err, &castErr) || castErr.Column != "price" {
		t.Errorf("got %v", err)
	}
}

func TestConformToTheSameSchemaCopiesNothing(t *testing.T) {
	s := arrow.NewSchema([]arrow.Field{{Name: "a", Type: i8}}, nil)
	rec := array.NewRecordBatch(s, []arrow.Array{fromJSON(t, i8, `[1]`)}, 1)
	got, err := arrowmap.Conform(context.Background(), rec, arrow.NewSchema(s.Fields(), nil))
	if err != nil || got != rec {
		t.Errorf("got another batch (%v)", err)
	}
}

func TestRandomBatchesConformToTheirOwnSchema(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := rand.New(rand.NewSource(rapid.Int64().Draw(t, "seed")))
		s, err := arrowmap.ToArrow(arrowtest.Schema(r, 4, 2))
		if err != nil {
			t.Fatal(err)
		}
		rec := arrowtest.Batch(r, s, 1+r.Intn(30))
		// Shuffled columns, renamed in case, sliced: the same rows come back.
		fields, cols := slices.Clone(s.Fields()), slices.Clone(rec.Columns())
		r.Shuffle(len(fields), func(i, j int) {
			fields[i], fields[j], cols[i], cols[j] = fields[j], fields[i], cols[j], cols[i]
		})
		for i := range fields {
			fields[i].Name = strings.ToUpper(fields[i].Name)
		}
		shuffled := array.NewRecordBatch(arrow.NewSchema(fields, nil), cols, rec.NumRows())
		from := int64(r.Intn(int(rec.NumRows())))
		got, err := arrowmap.Conform(context.Background(), shuffled.NewSlice(from, rec.NumRows()), s)
		if err != nil {
			t.Fatal(err)
		}
		if want := arrowtest.Rows(rec)[from:]; !slices.Equal(arrowtest.Rows(got), want) {
			t.Fatalf("got %v, want %v", arrowtest.Rows(got), want)
		}
	})
}
