package output

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

func printed(t *testing.T, f Format, columns []string, rows ...Row) string {
	t.Helper()
	var b bytes.Buffer
	if err := Rows(&b, f, columns, Slice(rows)); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestTableAlignsNumbersRightAndWideCharactersByTheirWidth(t *testing.T) {
	got := printed(t, Table, []string{"name", "n"}, Row{"kettle", int64(7)}, Row{"急須", int64(1234)}, Row{nil, nil})
	want := "name       n\n------  ----\nkettle     7\n急須    1234\nnull    null\n"
	if got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

func TestTableKeepsGoingPastItsSample(t *testing.T) {
	rows := make([]Row, sample+5)
	for i := range rows {
		rows[i] = Row{int64(i)}
	}
	if n := strings.Count(printed(t, Table, []string{"i"}, rows...), "\n"); n != len(rows)+2 {
		t.Errorf("%d lines for %d rows", n, len(rows))
	}
}

func TestLongAndManyLinedValuesStayOnOneLine(t *testing.T) {
	got := printed(t, Table, []string{"v"}, Row{"a\nb\t" + strings.Repeat("x", 200)})
	if n := strings.Count(got, "\n"); n != 3 || !strings.Contains(got, `a\nb\t`) || !strings.Contains(got, "…") {
		t.Errorf("got\n%s", got)
	}
}

func TestJSONKeepsOrderAndWritesWhatJSONCannotHold(t *testing.T) {
	got := printed(t, JSON, []string{"z", "a", "f", "b", "o"},
		Row{int64(1), nil, math.NaN(), []byte{1, 2}, Object{{"k<", json.Number("1.10")}}})
	if want := `{"z":1,"a":null,"f":"NaN","b":"AQI=","o":{"k<":1.10}}` + "\n"; got != want {
		t.Errorf("got %s", got)
	}
}

func TestNumbersAndPropertiesReadWell(t *testing.T) {
	for want, v := range map[string]any{
		"1173540.23": 1173540.23, "7.0": 7.0, "1e+20": 1e20, "1e-05": 1e-5, "Infinity": math.Inf(1), "NaN": math.NaN(),
		"a=1, b=x y": map[string]string{"b": "x y", "a": "1"}, "0x00ff": []byte{0, 255}, `["a"]`: []string{"a"},
	} {
		if got := Text(v); got != want {
			t.Errorf("Text(%v) = %s, want %s", v, got, want)
		}
	}
}

func TestCSVLeavesNullEmptyAndQuotes(t *testing.T) {
	got := printed(t, CSV, []string{"a", "b"}, Row{nil, `x "y", z`})
	if want := "a,b\n,\"x \"\"y\"\", z\"\n"; got != want {
		t.Errorf("got %q", got)
	}
}

func TestAnErrorAmongTheRowsEndsThem(t *testing.T) {
	boom := errors.New("boom")
	for _, f := range Formats {
		err := Rows(&bytes.Buffer{}, Format(f), []string{"a"}, func(yield func(Row, error) bool) { yield(nil, boom) })
		if !errors.Is(err, boom) {
			t.Errorf("%s: %v", f, err)
		}
	}
}

func TestArrowValuesKeepTheirMeaning(t *testing.T) {
	schema := arrow.NewSchema([]arrow.Field{
		{Name: "ts", Type: &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "UTC"}},
		{Name: "ntz", Type: &arrow.TimestampType{Unit: arrow.Microsecond}},
		{Name: "d", Type: arrow.FixedWidthTypes.Date32},
		{Name: "dec", Type: &arrow.Decimal128Type{Precision: 10, Scale: 2}},
		{Name: "m", Type: arrow.MapOf(arrow.BinaryTypes.String, arrow.PrimitiveTypes.Int32)},
		{Name: "s", Type: arrow.StructOf(arrow.Field{Name: "l", Type: arrow.ListOf(arrow.PrimitiveTypes.Int64)})},
	}, nil)
	rec, _, err := array.RecordFromJSON(memory.DefaultAllocator, schema, strings.NewReader(
		`[{"ts":"2026-01-02T03:04:05.5Z","ntz":"2026-01-02T03:04:05","d":"1969-12-31","dec":"1.10","m":[{"key":"a","value":1}],"s":{"l":[1,null]}}]`))
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	in := func(yield func(arrow.RecordBatch, error) bool) { yield(rec, nil) }
	if err := Rows(&b, JSON, Columns(schema), Batches(in)); err != nil {
		t.Fatal(err)
	}
	want := `{"ts":"2026-01-02T03:04:05.5Z","ntz":"2026-01-02T03:04:05","d":"1969-12-31","dec":1.10,"m":[{"key":"a","value":1}],"s":{"l":[1,null]}}` + "\n"
	if b.String() != want {
		t.Errorf("got  %swant %s", b.String(), want)
	}
}
