package output

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestTextsAndNumbersReadBackAsTheyWere(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		row := Row{rapid.String().Draw(t, "s"), rapid.Float64().Draw(t, "f"), rapid.Int64().Draw(t, "i"), rapid.Bool().Draw(t, "b"),
			[]any{rapid.Float32().Draw(t, "f32"), rapid.StringOf(rapid.Rune()).Draw(t, "r")}, rapid.SliceOf(rapid.Byte()).Draw(t, "bytes"),
			Object{{rapid.String().Draw(t, "name"), nil}}}
		var b strings.Builder
		if err := Rows(&b, JSON, []string{"s", "f", "i", "b", "l", "bytes", "o"}, Slice([]Row{row})); err != nil {
			t.Fatal(err)
		}
		var got struct {
			S     string
			F     json.RawMessage
			I     int64
			B     bool
			L     []any
			Bytes []byte
			O     map[string]any
		}
		if err := json.Unmarshal([]byte(b.String()), &got); err != nil || strings.Count(b.String(), "\n") != 1 {
			t.Fatalf("%s: %v", b.String(), err)
		}
		if got.S != strings.ToValidUTF8(row[0].(string), "\ufffd") || got.I != row[2] || got.B != row[3] || string(got.Bytes) != string(row[5].([]byte)) {
			t.Fatalf("%v became %+v", row, got)
		}
		if f := row[1].(float64); !math.IsNaN(f) && !math.IsInf(f, 0) {
			if back, err := strconv.ParseFloat(string(got.F), 64); err != nil || back != f {
				t.Fatalf("%v became %s", f, got.F)
			}
		}
	})
}

func FuzzAppendString(f *testing.F) {
	for _, s := range []string{"", "a\"\\b", "\x00\x1f\x7f", "é\u2028", "\xff\xc3", "</script>"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var got string
		quoted := appendString(nil, s)
		if err := json.Unmarshal(quoted, &got); err != nil || !utf8.Valid(quoted) {
			t.Fatalf("%q: %s: %v", s, quoted, err)
		}
		if want := string([]rune(s)); got != want {
			t.Errorf("%q became %q, want %q", s, got, want)
		}
	})
}

func TestColumnsOfTheSameNameAreToldApart(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"a b", "a b"}, {"a a a", "a a_1 a_2"}, {"a a_1 a", "a a_1 a_2"}, {"a A", "a A"}, {"x a x a", "x a x_1 a_1"},
	} {
		if got := strings.Join(distinct(strings.Fields(tt.in)), " "); got != tt.want {
			t.Errorf("%s became %s, want %s", tt.in, got, tt.want)
		}
	}
}

func TestNothingThatIsPrintedMovesTheCursor(t *testing.T) {
	bad := "a\x1b[31m\r\n\a\u009b\u202eb"
	for _, got := range []string{
		printed(t, Table, []string{"v"}, Row{bad}),
		func() string {
			var b strings.Builder
			if err := One(&b, Table, []string{"v"}, Row{bad}); err != nil {
				t.Fatal(err)
			}
			return b.String()
		}(),
	} {
		if !strings.Contains(got, `a\x1b[31m\r\n\a\u009b\u202eb`) {
			t.Errorf("printed %q", got)
		}
	}
}

func TestProgramsGetMapsAsJSON(t *testing.T) {
	m := map[string]string{"b": "x, y", "a": "1"}
	if got, want := printed(t, CSV, []string{"m"}, Row{m}), "m\n\"{\"\"a\"\":\"\"1\"\",\"\"b\"\":\"\"x, y\"\"}\"\n"; got != want {
		t.Errorf("got %q", got)
	}
	if got, want := printed(t, JSON, []string{"m", "none"}, Row{m, json.RawMessage(`{"a": 1}`)}), `{"m":{"a":"1","b":"x, y"},"none":{"a":1}}`+"\n"; got != want {
		t.Errorf("got %q", got)
	}
}

func TestWhatJSONCannotSayIsAnErrorThatNamesTheColumn(t *testing.T) {
	err := Rows(&strings.Builder{}, JSON, []string{"a", "broken"}, Slice([]Row{{int64(1), json.RawMessage(`{`)}}))
	if err == nil || !strings.Contains(err.Error(), "print column broken as JSON") {
		t.Error(err)
	}
}

// full is a writer that takes so many bytes.
type full int

func (f *full) Write(b []byte) (int, error) {
	if *f -= full(len(b)); *f < 0 {
		return 0, fmt.Errorf("no space left")
	}
	return len(b), nil
}

func TestAFullDiskIsAnError(t *testing.T) {
	rows := make([]Row, 10_000)
	for i := range rows {
		rows[i] = Row{strings.Repeat("x", 50)}
	}
	for _, format := range Formats {
		for _, room := range []full{0, 100_000} {
			if err := Rows(&room, Format(format), []string{"a"}, Slice(rows)); err == nil {
				t.Errorf("%s: no error", format)
			}
		}
	}
}

func TestWidthOfWhatIsNoTerminal(t *testing.T) {
	if w := Width(&strings.Builder{}); w != 80 {
		t.Errorf("%d columns", w)
	}
	if Default(&strings.Builder{}) != JSON {
		t.Error("the default in a pipe is not JSON")
	}
}
