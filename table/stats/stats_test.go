package stats_test

import (
	"errors"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"pgregory.net/rapid"

	"github.com/ingestd/ingestd/table/stats"
	"github.com/ingestd/ingestd/txlog/schema"
)

func field(name string, t schema.Type) schema.Field {
	return schema.Field{Name: name, Type: t, Nullable: true}
}

var nested = &schema.Struct{Fields: []schema.Field{
	field("a", schema.Long),
	field("s", &schema.Struct{Fields: []schema.Field{
		field("x", schema.String), field("t", &schema.Struct{Fields: []schema.Field{field("d", schema.Date)}}), field("y", schema.Double),
	}}),
	field("l", &schema.Array{Element: schema.Long}), field("v", schema.Void), field("b", schema.Boolean),
	field("ts", schema.Timestamp), field("n", schema.TimestampNTZ), field("dec", schema.Decimal{Precision: 10, Scale: 2}), field("f", schema.Float),
}}

func TestJSONIsNestedAsTheSchema(t *testing.T) {
	f := &stats.File{NumRecords: 3, Columns: []stats.Column{
		{Path: []string{"a"}, Type: schema.Long, Min: int64(-1), Max: int64(math.MaxInt64), NullCount: 1},
		{Path: []string{"s", "x"}, Type: schema.String, Min: "a\"b", Max: "é", NullCount: 0},
		{Path: []string{"s", "t", "d"}, Type: schema.Date, Min: arrow.Date32(0), Max: arrow.Date32(19000), NullCount: 2},
		{Path: []string{"s", "y"}, Type: schema.Double, Min: math.Copysign(0, -1), Max: 1e300, NullCount: 0},
		{Path: []string{"l"}, Type: &schema.Array{Element: schema.Long}, NullCount: 3},
		{Path: []string{"b"}, Type: schema.Boolean, NullCount: 0},
		{Path: []string{"ts"}, Type: schema.Timestamp, Min: arrow.Timestamp(-1), Max: arrow.Timestamp(1999), NullCount: 0},
		{Path: []string{"n"}, Type: schema.TimestampNTZ, Min: arrow.Timestamp(0), Max: arrow.Timestamp(1999), NullCount: 0},
		{Path: []string{"dec"}, Type: schema.Decimal{Precision: 10, Scale: 2}, Min: decimal128.FromI64(-12345), Max: decimal128.FromI64(5), NullCount: 0},
		{Path: []string{"f"}, Type: schema.Float, Min: float64(float32(0.1)), NullCount: 0},
	}}
	want := `{"numRecords":3,` +
		`"minValues":{"a":-1,"s":{"x":"a\"b","t":{"d":"1970-01-01"},"y":-0.0},"ts":"1969-12-31T23:59:59.999Z","n":"1970-01-01T00:00:00.000","dec":-123.45,"f":0.1},` +
		`"maxValues":{"a":9223372036854775807,"s":{"x":"é","t":{"d":"2022-01-08"},"y":1.0E300},"ts":"1970-01-01T00:00:00.001Z","n":"1970-01-01T00:00:00.001","dec":0.05},` +
		`"nullCount":{"a":1,"s":{"x":0,"t":{"d":2},"y":0},"l":3,"b":0,"ts":0,"n":0,"dec":0,"f":0}}`
	if got := f.Encode(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	back, err := stats.NewDecoder(nested, nil).Decode(want)
	if err != nil {
		t.Fatal(err)
	}
	f.Columns[6].Min, f.Columns[6].Max, f.Columns[7].Max = arrow.Timestamp(-1000), arrow.Timestamp(1000), arrow.Timestamp(1000)
	if !reflect.DeepEqual(back, f) {
		t.Errorf("got  %+v\nwant %+v", back, f)
	}
}

func TestBoundsThatCouldMisleadAreLeftOut(t *testing.T) {
	for _, tc := range []struct {
		typ schema.Type
		v   any
	}{
		{schema.Double, math.NaN()}, {schema.Double, math.Inf(1)}, {schema.Float, math.Inf(-1)}, {schema.String, "\xff"},
		{schema.Date, arrow.Date32(2932897)}, {schema.Date, arrow.Date32(-719163)}, {schema.Timestamp, arrow.Timestamp(math.MaxInt64)},
		{schema.Boolean, true}, {schema.Binary, []byte("x")},
	} {
		f := &stats.File{NumRecords: -1, Columns: []stats.Column{{Path: []string{"c"}, Type: tc.typ, Min: tc.v, Max: tc.v, NullCount: -1}}}
		if got := f.Encode(); got != `{"minValues":{},"maxValues":{},"nullCount":{}}` {
			t.Errorf("%s %v: %s", tc.typ, tc.v, got)
		}
	}
}

func TestDecodeKeepsOnlyWhatItUnderstands(t *testing.T) {
	d := stats.NewDecoder(nested, nil)
	f, err := d.Decode(`{"numRecords":5,"tightBounds":false,"minValues":{"a":"7","s":{"x":3,"t":"?","y":"NaN"},"ts":"2024-01-01T00:00:00.000-05:00","dec":"1.5","f":1e99,"b":false},
		"maxValues":{"a":1.5,"s":null,"ts":17,"n":"x"},"nullCount":{"a":-3,"s":{"x":"1"}},"more":[1]}`)
	if err != nil {
		t.Fatal(err)
	}
	no := false
	want := &stats.File{NumRecords: 5, TightBounds: &no, Columns: []stats.Column{
		{Path: []string{"a"}, Type: schema.Long, Min: int64(7), NullCount: -1},
		{Path: []string{"ts"}, Type: schema.Timestamp, Min: arrow.Timestamp(1704085200000000), NullCount: -1},
		{Path: []string{"dec"}, Type: schema.Decimal{Precision: 10, Scale: 2}, Min: decimal128.FromI64(150), NullCount: -1},
	}}
	if !reflect.DeepEqual(f, want) {
		t.Errorf("got  %+v\nwant %+v", f, want)
	}
	if c, ok := f.Column("s", "x"); ok || c.NullCount != -1 {
		t.Errorf("got %+v", c)
	}
	if f, err := d.Decode(`{}`); err != nil || f.NumRecords != -1 || len(f.Columns) != 0 {
		t.Errorf("got %+v, %v", f, err)
	}
	for _, bad := range []string{"", "[]", "null", "{", strings.Repeat("x", 1000)} {
		var broken *stats.DecodeError
		if _, err := d.Decode(bad); !errors.As(err, &broken) || len(err.Error()) > 500 {
			t.Errorf("%.20q: %v", bad, err)
		}
	}
}

func TestOnlyWantedColumnsAreDecoded(t *testing.T) {
	d := stats.NewDecoder(nested, func(path []string) bool { return slices.Equal(path, []string{"s", "x"}) })
	f, err := d.Decode(`{"minValues":{"a":1,"s":{"x":"b"}}}`)
	if err != nil || len(f.Columns) != 1 || f.Columns[0].Min != "b" {
		t.Errorf("%+v, %v", f, err)
	}
}

func TestLongStringsAreCutToBounds(t *testing.T) {
	x := strings.Repeat("x", 32)
	for _, tc := range []struct{ v, lo, hi string }{
		{"short", "short", "short"}, {x, x, x}, {x + "a", x, x + "\u007f"}, {x + "é", x, x + "\U0010FFFF"}, {x + "\u007f", x, x + "\U0010FFFF"},
		{x + "\U0010FFFFa", x, x + "\U0010FFFF\u007f"}, {x + "\U0010FFFF", x, x + "\U0010FFFF"},
		{strings.Repeat("日", 40), strings.Repeat("日", 32), strings.Repeat("日", 32) + "\U0010FFFF"},
		{strings.Repeat("\U0001F600", 33), strings.Repeat("\U0001F600", 32), strings.Repeat("\U0001F600", 32) + "\U0010FFFF"},
	} {
		if lo, hi := written(t, tc.v); lo != tc.lo || hi != tc.hi {
			t.Errorf("%q: got %q and %q, want %q and %q", tc.v, lo, hi, tc.lo, tc.hi)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.StringOfN(rapid.RuneFrom([]rune("ab\u007f\u0080é日\U0001F600\U0010FFFF\uFFFF")), 0, 80, -1).Draw(t, "v")
		lo, hi := written(t, v)
		if lo > v || hi < v || !utf8.ValidString(lo) || !utf8.ValidString(hi) || utf8.RuneCountInString(lo) > 32 {
			t.Fatalf("%q is not between %q and %q", v, lo, hi)
		}
	})
}

// written gives the bounds of a file with one string as they come back from JSON.
func written(t interface{ Fatal(...any) }, v string) (lo, hi string) {
	s := &schema.Struct{Fields: []schema.Field{field("c", schema.String)}}
	f := &stats.File{NumRecords: 1, Columns: []stats.Column{{Path: []string{"c"}, Type: schema.String, Min: v, Max: v}}}
	back, err := stats.NewDecoder(s, nil).Decode(f.Encode())
	if err != nil {
		t.Fatal(err)
	}
	return back.Columns[0].Min.(string), back.Columns[0].Max.(string)
}

func TestSelections(t *testing.T) {
	paths := [][]string{{"a"}, {"s", "x"}, {"s", "t", "d"}, {"s", "y"}, {"l"}, {"b"}, {"ts"}, {"n"}, {"dec"}, {"f"}}
	selected := func(sel stats.Selection) int {
		n := 0
		for _, p := range paths {
			if sel.Has(p) {
				n++
			}
		}
		return n
	}
	first := stats.First(nested, 3)
	if !first.Has(paths[2]) || first.Has(paths[3]) || selected(first) != 3 {
		t.Errorf("the first three: %v", first)
	}
	if all := stats.First(nested, -1); selected(all) != len(paths) || all.Has([]string{"v"}) || all.Has([]string{"s"}) {
		t.Errorf("all: %v", all)
	}
	if none := stats.First(nested, 0); selected(none) != 0 {
		t.Errorf("none: %v", none)
	}
	named, err := stats.Named(nested, "A, s.t , `s`.`y`")
	if err != nil || selected(named) != 3 || !named.Has(paths[2]) || !named.Has(paths[3]) {
		t.Errorf("named: %v, %v", named, err)
	}
	odd := &schema.Struct{Fields: []schema.Field{field("a.b", schema.Long), field("c,`d", schema.Long)}}
	if sel, err := stats.Named(odd, "`a.b`,`c,``d`"); err != nil || !sel.Has([]string{"a.b"}) || !sel.Has([]string{"c,`d"}) {
		t.Errorf("quoted: %v, %v", sel, err)
	}
	for _, bad := range []string{"nope", "a.x", "`a", "a,,b"} {
		if _, err := stats.Named(nested, bad); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
	if sel, err := stats.Named(nested, ""); err != nil || selected(sel) != 0 {
		t.Errorf("an empty list: %v", err)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(`{"numRecords":5,"minValues":{"a":1,"s":{"x":"b","y":"NaN"}},"maxValues":{"ts":"2024-01-01T00:00:00.000Z"},"nullCount":{"a":0}}`)
	f.Add(`{"minValues":{"s":[1,2],"dec":1e5,"f":-0.0}}`)
	d := stats.NewDecoder(nested, nil)
	f.Fuzz(func(t *testing.T, text string) {
		got, err := d.Decode(text)
		if err != nil {
			return
		}
		// What was understood survives being written, but for strings and timestamps that are cut.
		back, err := d.Decode(got.Encode())
		if err != nil {
			t.Fatalf("%s: %v", got.Encode(), err)
		}
		for _, c := range back.Columns {
			was, ok := got.Column(c.Path...)
			if !ok || c.NullCount != was.NullCount {
				t.Fatalf("%v: %+v was %+v", c.Path, c, was)
			}
			if c.Type == schema.Long && (c.Min != was.Min || c.Max != was.Max) {
				t.Fatalf("%v: %+v was %+v", c.Path, c, was)
			}
		}
	})
}
