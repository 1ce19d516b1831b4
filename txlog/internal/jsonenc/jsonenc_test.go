package jsonenc

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestAppendStringEscapesOnlyWhatJSONDemands(t *testing.T) {
	for in, want := range map[string]string{
		"":                `""`,
		"plain/äö €":      `"plain/äö €"`,
		`a"b\c`:           `"a\"b\\c"`,
		"\n\r\t\b\f\x01":  `"\n\r\t\b\f\u0001"`,
		"<a & b>":         `"<a & b>"`,
		"bad\xffutf":      `"bad` + "\ufffd" + `utf"`,
		"\x7f":            "\"\x7f\"",
		"\u2028 is legal": "\"\u2028 is legal\"",
	} {
		if got := string(AppendString(nil, in)); got != want {
			t.Errorf("AppendString(%q) = %s, want %s", in, got, want)
		}
	}
}

func TestAppendMapSortsKeysAndNilIsEmpty(t *testing.T) {
	got := string(AppendMap(nil, map[string]string{"b": "2", "a": "1"}, AppendString))
	if got != `{"a":"1","b":"2"}` {
		t.Errorf("got %s", got)
	}
	if got := string(AppendMap[string](nil, nil, AppendString)); got != "{}" {
		t.Errorf("nil map: got %s", got)
	}
	if got := string(AppendStrings(nil, []string{"a", "b"})); got != `["a","b"]` {
		t.Errorf("strings: got %s", got)
	}
}

func FuzzAppendStringIsReadBackByEncodingJSON(f *testing.F) {
	f.Add("a\x00b\"\\ü\xff")
	f.Fuzz(func(t *testing.T, s string) {
		var back string
		if err := json.Unmarshal(AppendString(nil, s), &back); err != nil {
			t.Fatal(err)
		}
		if want := strings.ToValidUTF8(s, "\ufffd"); utf8.ValidString(s) && back != want {
			t.Fatalf("got %q, want %q", back, want)
		}
	})
}
