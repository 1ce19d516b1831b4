package scalar_test

import (
	"errors"
	"math"
	"math/rand"
	"reflect"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"pgregory.net/rapid"

	"github.com/ingestd/ingestd/table/arrowmap"
	"github.com/ingestd/ingestd/table/arrowtest"
	"github.com/ingestd/ingestd/table/scalar"
	"github.com/ingestd/ingestd/txlog/schema"
)

func dec(s string, scale int32) decimal128.Num {
	n, err := decimal128.FromString(s, 38, scale)
	if err != nil {
		panic(err)
	}
	return n
}

var d72 = schema.Decimal{Precision: 7, Scale: 2}

func TestParseTakesTheSpellingsOfAllWriters(t *testing.T) {
	for _, tc := range []struct {
		typ  schema.Type
		text string
		want any
	}{
		{schema.String, "", ""}, {schema.String, "a/b", "a/b"}, {schema.Binary, "é", []byte("é")},
		{schema.Binary, `\u0001\u00FF`, []byte{1, 255}}, {schema.Binary, `\u0001x`, []byte(`\u0001x`)},
		{schema.Boolean, "true", true}, {schema.Boolean, "FALSE", false},
		{schema.Byte, "-128", int64(-128)}, {schema.Long, "9223372036854775807", int64(math.MaxInt64)},
		{schema.Double, "1.0E10", 1e10}, {schema.Double, "-Infinity", math.Inf(-1)}, {schema.Float, "0.1", float64(float32(0.1))},
		{schema.Date, "1970-01-01", arrow.Date32(0)}, {schema.Date, "0001-01-01", arrow.Date32(-719162)},
		{schema.Date, "+10000-01-01", arrow.Date32(2932897)}, {schema.Date, "-0001-12-31", arrow.Date32(-719529)},
		{schema.Date, "2024-2-9", arrow.Date32(19762)},
		{schema.Timestamp, "1970-01-01 00:00:00", arrow.Timestamp(0)},
		{schema.Timestamp, "1970-01-01 00:00:00.123456", arrow.Timestamp(123456)},
		{schema.Timestamp, "1970-01-01T00:00:00.123456Z", arrow.Timestamp(123456)},
		{schema.Timestamp, "1970-01-01T00:00:00.1234569Z", arrow.Timestamp(123456)},
		{schema.Timestamp, "1969-12-31T19:00:00.000-05:00", arrow.Timestamp(0)},
		{schema.Timestamp, "1970-01-01T05:30:00+0530", arrow.Timestamp(0)},
		{schema.Timestamp, "1970-01-01 00:00:00 UTC", arrow.Timestamp(0)},
		{schema.TimestampNTZ, "1969-12-31 23:59:59.9", arrow.Timestamp(-100000)},
		{schema.TimestampNTZ, "2021-11-18", arrow.Timestamp(1637193600000000)},
		{d72, "1.5", dec("1.5", 2)}, {d72, "-12345.67", dec("-12345.67", 2)}, {d72, "0E-7", dec("0", 2)},
		{d72, "1E+3", dec("1000", 2)}, {d72, "1.500", dec("1.5", 2)}, {d72, ".5", dec("0.5", 2)},
	} {
		got, err := scalar.Parse(tc.typ, tc.text)
		if err != nil {
			t.Errorf("%s %q: %v", tc.typ, tc.text, err)
		} else if !reflect.DeepEqual(got, tc.want) {
			t.Errorf("%s %q is %v, want %v", tc.typ, tc.text, got, tc.want)
		}
	}
}

func TestParseRefusesWhatIsNoValue(t *testing.T) {
	for _, tc := range []struct {
		typ  schema.Type
		text string
	}{
		{schema.Boolean, "1"}, {schema.Byte, "128"}, {schema.Integer, "1.0"}, {schema.Long, ""}, {schema.Double, "0x1p3"},
		{schema.Double, "nan!"}, {schema.Float, "1e99"}, {schema.Date, "2023-02-29"}, {schema.Date, "2023-13-01"}, {schema.Date, "x"},
		{schema.Date, "9999999-01-01"}, {schema.Timestamp, "2023-01-01 24:00:00"}, {schema.Timestamp, "2023-01-01T"},
		{schema.Timestamp, "2023-01-01T00:00:00."}, {schema.Timestamp, "2023-01-01T00:00:00+99"}, {schema.Timestamp, "300000-01-01"},
		{d72, "123456.7"}, {d72, "1.234"}, {d72, "--1"}, {d72, "1e9999"}, {d72, ""}, {d72, "abc"}, {schema.Void, "x"},
		{&schema.Array{Element: schema.Long}, "x"},
	} {
		v, err := scalar.Parse(tc.typ, tc.text)
		var bad *scalar.ValueError
		if !errors.As(err, &bad) {
			t.Errorf("%s %q gave %v, %v", tc.typ, tc.text, v, err)
		}
	}
}

func TestFormatSpellsAsSparkDoes(t *testing.T) {
	for _, tc := range []struct {
		typ  schema.Type
		v    any
		want string
	}{
		{schema.Double, 1.0, "1.0"}, {schema.Double, 1e10, "1.0E10"}, {schema.Double, 1.5e-7, "1.5E-7"}, {schema.Double, math.NaN(), "NaN"},
		{schema.Double, math.Inf(1), "Infinity"}, {schema.Double, math.Copysign(0, -1), "-0.0"}, {schema.Float, float64(float32(0.1)), "0.1"},
		{schema.Date, arrow.Date32(-719528), "0000-01-01"}, {schema.Date, arrow.Date32(2932897), "+10000-01-01"}, {schema.Date, arrow.Date32(-719529), "-0001-12-31"},
		{schema.Timestamp, arrow.Timestamp(-1), "1969-12-31T23:59:59.999999Z"}, {schema.Timestamp, arrow.Timestamp(0), "1970-01-01T00:00:00.000000Z"},
		{schema.TimestampNTZ, arrow.Timestamp(0), "1970-01-01 00:00:00"}, {schema.TimestampNTZ, arrow.Timestamp(10), "1970-01-01 00:00:00.000010"},
		{d72, dec("-0.05", 2), "-0.05"}, {schema.Decimal{Precision: 3}, dec("7", 0), "7"}, {schema.Boolean, true, "true"},
	} {
		got, err := scalar.Format(tc.typ, tc.v)
		if err != nil || got != tc.want {
			t.Errorf("%s %v is %q (%v), want %q", tc.typ, tc.v, got, err, tc.want)
		}
	}
	if s, err := scalar.Format(schema.Binary, []byte{0xff}); err == nil {
		t.Errorf("bytes that are no text were written as %q", s)
	}
}

func TestValuesSurviveTheirText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := rand.New(rand.NewSource(rapid.Int64().Draw(t, "seed")))
		typ := rapid.SampledFrom(arrowtest.Flat).Draw(t, "type")
		dt, err := arrowmap.ToArrowType(typ)
		if err != nil {
			t.Fatal(err)
		}
		arr := arrowtest.Array(r, dt, true, 10)
		for i := range arr.Len() {
			v := scalar.At(arr, i)
			if v == nil {
				continue
			}
			text, err := scalar.Format(typ, v)
			if err != nil {
				if typ == schema.Binary {
					continue
				}
				t.Fatal(err)
			}
			back, err := scalar.Parse(typ, text)
			if err != nil {
				t.Fatal(err)
			}
			again, err := scalar.Repeat(typ, back, 1)
			if err != nil {
				t.Fatal(err)
			}
			if a, b := arrowtest.Value(arr, i), arrowtest.Value(again, 0); a != b && !isNaN(v) {
				t.Fatalf("%s %s came back from %q as %s", typ, a, text, b)
			}
		}
	})
}

func isNaN(v any) bool { f, ok := v.(float64); return ok && math.IsNaN(f) }

func TestRepeatGivesNullsAndRefusesOtherTypes(t *testing.T) {
	arr, err := scalar.Repeat(schema.Date, nil, 3)
	if err != nil || arr.NullN() != 3 {
		t.Errorf("got %v, %v", arr, err)
	}
	if _, err := scalar.Repeat(schema.Date, "x", 1); err == nil {
		t.Error("a string was taken as a date")
	}
	dict, _ := scalar.Repeat(schema.String, "a", 1)
	wrapped := array.NewDictionaryArray(&arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: arrow.BinaryTypes.String},
		mustArray(t, schema.Integer, int64(0)), dict)
	if got := scalar.At(wrapped, 0); got != "a" {
		t.Errorf("got %v", got)
	}
}

func mustArray(t *testing.T, typ schema.Type, v any) arrow.Array {
	t.Helper()
	arr, err := scalar.Repeat(typ, v, 1)
	if err != nil {
		t.Fatal(err)
	}
	return arr
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"", "1", "-1.5E3", "2024-01-02", "+12345-01-02", "2024-01-02T03:04:05.123456Z", "2024-01-02 03:04:05+05:30", "NaN", `\u0001`, "true"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, typ := range arrowtest.Flat {
			v, err := scalar.Parse(typ, text)
			if err != nil {
				continue
			}
			out, err := scalar.Format(typ, v)
			if err != nil {
				continue
			}
			back, err := scalar.Parse(typ, out)
			if err != nil {
				t.Fatalf("%s %q: written as %q, which is refused: %v", typ, text, out, err)
			}
			if !reflect.DeepEqual(back, v) && !isNaN(v) && typ != schema.Binary {
				t.Fatalf("%s %q is %v, but %q is %v", typ, text, v, out, back)
			}
		}
	})
}
