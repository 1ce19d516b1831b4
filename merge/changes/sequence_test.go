package changes_test

import (
	"bytes"
	"cmp"
	"math"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"pgregory.net/rapid"

	"github.com/ingestd/ingestd/merge/changes"
)

// sequences are those of values that are appended to a builder.
func sequences(dt arrow.DataType, add func(array.Builder)) (changes.Sequence, changes.Sequence) {
	b := array.NewBuilder(memory.DefaultAllocator, dt)
	defer b.Release()
	add(b)
	a := b.NewArray()
	defer a.Release()
	return changes.Sequence(nil).Value(a, 0), changes.Sequence(nil).Value(a, 1)
}

// ordered checks that sequences compare as values do, those of a struct too of which something follows.
func ordered[T any](t *testing.T, dt arrow.DataType, values *rapid.Generator[T], compare func(a, b T) int, add func(array.Builder, T)) {
	t.Helper()
	if _, err := changes.OrderOf(dt); err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		x, y := values.Draw(t, "x"), values.Draw(t, "y")
		if rapid.IntRange(0, 5).Draw(t, "same") == 0 {
			y = x
		}
		s, u := sequences(dt, func(b array.Builder) { add(b, x); add(b, y) })
		if got, want := bytes.Compare(s, u), compare(x, y); got != want {
			t.Fatalf("%s: the sequences of %v and %v compare as %d, not %d", dt, x, y, got, want)
		}
		n, m := rapid.Int32().Draw(t, "n"), rapid.Int32().Draw(t, "m")
		pair := arrow.StructOf(arrow.Field{Name: "a", Type: dt, Nullable: true}, arrow.Field{Name: "b", Type: arrow.PrimitiveTypes.Int32, Nullable: true})
		s, u = sequences(pair, func(b array.Builder) {
			st := b.(*array.StructBuilder)
			for _, v := range []struct {
				a T
				b int32
			}{{x, n}, {y, m}} {
				st.Append(true)
				add(st.FieldBuilder(0), v.a)
				st.FieldBuilder(1).(*array.Int32Builder).Append(v.b)
			}
		})
		if got, want := bytes.Compare(s, u), cmp.Or(compare(x, y), cmp.Compare(n, m)); got != want {
			t.Fatalf("%s: the sequences of (%v, %d) and (%v, %d) compare as %d, not %d", dt, x, n, y, m, got, want)
		}
		if s, u = sequences(dt, func(b array.Builder) { b.AppendNull(); add(b, x) }); bytes.Compare(s, u) >= 0 {
			t.Fatalf("%s: null does not come before %v", dt, x)
		}
	})
}

func TestSequencesCompareAsValuesDo(t *testing.T) {
	t.Run("whole numbers", func(t *testing.T) {
		ordered(t, arrow.PrimitiveTypes.Int64, rapid.Int64(), cmp.Compare[int64], func(b array.Builder, v int64) { b.(*array.Int64Builder).Append(v) })
		ordered(t, arrow.PrimitiveTypes.Int32, rapid.Int32(), cmp.Compare[int32], func(b array.Builder, v int32) { b.(*array.Int32Builder).Append(v) })
		ordered(t, arrow.PrimitiveTypes.Int16, rapid.Int16(), cmp.Compare[int16], func(b array.Builder, v int16) { b.(*array.Int16Builder).Append(v) })
		ordered(t, arrow.PrimitiveTypes.Int8, rapid.Int8(), cmp.Compare[int8], func(b array.Builder, v int8) { b.(*array.Int8Builder).Append(v) })
	})
	t.Run("floats", func(t *testing.T) {
		odd := rapid.SampledFrom([]float64{math.NaN(), math.Float64frombits(0xfff8000000000001), math.Inf(1), math.Inf(-1), 0, math.Copysign(0, -1), math.MaxFloat64, math.SmallestNonzeroFloat64})
		spark := func(a, b float64) int { // NaN is the greatest, not the least as to Go
			if an, bn := math.IsNaN(a), math.IsNaN(b); an || bn {
				return cmp.Compare(b2i(an), b2i(bn))
			}
			return cmp.Compare(a, b)
		}
		ordered(t, arrow.PrimitiveTypes.Float64, rapid.OneOf(rapid.Float64(), odd), spark, func(b array.Builder, v float64) { b.(*array.Float64Builder).Append(v) })
		ordered(t, arrow.PrimitiveTypes.Float32, rapid.Map(rapid.OneOf(rapid.Float64(), odd), func(f float64) float64 { return float64(float32(f)) }), spark,
			func(b array.Builder, v float64) { b.(*array.Float32Builder).Append(float32(v)) })
	})
	t.Run("decimals", func(t *testing.T) {
		n := rapid.Custom(func(t *rapid.T) decimal128.Num {
			return decimal128.New(rapid.Int64Range(-5e18, 5e18).Draw(t, "high"), rapid.Uint64().Draw(t, "low"))
		})
		ordered(t, &arrow.Decimal128Type{Precision: 38, Scale: 4}, n, func(a, b decimal128.Num) int { return a.Cmp(b) }, func(b array.Builder, v decimal128.Num) { b.(*array.Decimal128Builder).Append(v) })
	})
	t.Run("texts and bytes", func(t *testing.T) {
		text := rapid.StringOf(rapid.SampledFrom([]rune{0, 1, 'a', 'b', 0xff, 'é', '语', '😀'}))
		ordered(t, arrow.BinaryTypes.String, text, strings.Compare, func(b array.Builder, v string) { b.(*array.StringBuilder).Append(v) })
		raw := rapid.SliceOf(rapid.SampledFrom([]byte{0, 1, 0x7f, 0x80, 0xff}))
		ordered(t, arrow.BinaryTypes.Binary, raw, bytes.Compare, func(b array.Builder, v []byte) { b.(*array.BinaryBuilder).Append(v) })
	})
	t.Run("dates, times and booleans", func(t *testing.T) {
		ordered(t, arrow.FixedWidthTypes.Date32, rapid.Int32(), cmp.Compare[int32], func(b array.Builder, v int32) { b.(*array.Date32Builder).Append(arrow.Date32(v)) })
		for _, zone := range []string{"", "UTC"} {
			dt := &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: zone}
			ordered(t, dt, rapid.Int64(), cmp.Compare[int64], func(b array.Builder, v int64) { b.(*array.TimestampBuilder).Append(arrow.Timestamp(v)) })
		}
		ordered(t, arrow.FixedWidthTypes.Boolean, rapid.Bool(), func(a, b bool) int { return cmp.Compare(b2i(a), b2i(b)) }, func(b array.Builder, v bool) { b.(*array.BooleanBuilder).Append(v) })
	})
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

func TestADictionaryHasTheSequencesOfItsValues(t *testing.T) {
	dt := &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int8, ValueType: arrow.BinaryTypes.String}
	s, u := sequences(dt, func(b array.Builder) {
		for _, v := range []string{"b", "a"} {
			if err := b.(*array.BinaryDictionaryBuilder).AppendString(v); err != nil {
				t.Fatal(err)
			}
		}
	})
	if !bytes.Equal(s, changes.Sequence(nil).Text("b")) || !bytes.Equal(u, changes.Sequence(nil).Text("a")) {
		t.Errorf("%q, %q", s, u)
	}
}

func TestTypesWithoutAnOrderAreNamed(t *testing.T) {
	for _, dt := range []arrow.DataType{arrow.ListOf(arrow.PrimitiveTypes.Int64), arrow.Null, arrow.StructOf(arrow.Field{Name: "a", Type: arrow.MapOf(arrow.BinaryTypes.String, arrow.BinaryTypes.String)})} {
		if _, err := changes.OrderOf(dt); err == nil || !strings.Contains(err.Error(), "have no order") {
			t.Errorf("%s: %v", dt, err)
		}
	}
}
