package jsonscan

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

func TestStringsAreReadAsEncodingJSONReadsThem(t *testing.T) {
	for _, in := range []string{`""`, `"abc"`, `"a\"b\\"`, `"\\\""`, `"\/\b\f\n\r\t"`, `"\u00e4\u20AC"`, `"\ud83d\ude00"`, `"\ud83dx"`, `"\ud83d\u0041"`, `"ä€"`, `"\\\\"`} {
		var want string
		if err := json.Unmarshal([]byte(in), &want); err != nil {
			t.Fatal(err)
		}
		if got, err := New([]byte(in)).String(); err != nil || got != want {
			t.Errorf("%s: got %q, %v, want %q", in, got, err, want)
		}
	}
	for _, in := range []string{`"`, `"\"`, `"\x"`, `"\u12"`, `"\u12zz"`, `abc`, ``} {
		if got, err := New([]byte(in)).String(); err == nil {
			t.Errorf("%s: got %q, want an error", in, got)
		}
	}
}

func TestIntsHave64Bits(t *testing.T) {
	for in, want := range map[string]int64{"0": 0, "-1": -1, " 42": 42, "9223372036854775807": 1<<63 - 1, "-9223372036854775808": -1 << 63, "123456789012345678": 123456789012345678} {
		if got, err := New([]byte(in)).Int(); err != nil || got != want {
			t.Errorf("%s: got %d, %v", in, got, err)
		}
	}
	for _, in := range []string{"", "-", "1.5", "1e3", "9223372036854775808", `"1"`, "1-2", "+1"} {
		if got, err := New([]byte(in)).Int(); err == nil {
			t.Errorf("%q: got %d, want an error", in, got)
		}
	}
}

func TestValuesFollowEachOtherWithOrWithoutNewlines(t *testing.T) {
	s := New([]byte("{\"a\":1}\n\n {\n\"b\": [1, {\"x\":null}, \"}\"],\n \"c\":true}{}"))
	var keys []string
	for s.More() {
		if err := s.Object(func(k []byte) error { keys = append(keys, string(k)); return s.Skip() }); err != nil {
			t.Fatal(err)
		}
	}
	if got := strings.Join(keys, ""); got != "abc" {
		t.Error(got)
	}
}

func TestErrorsTellWhere(t *testing.T) {
	for in, at := range map[string]int{`{"a" 1}`: 5, `{"a":1 "b"}`: 7, `[1 2]`: 3, `{a:1}`: 1, `{"a":}`: 5, `tru`: 0, strings.Repeat("[", 600): 500} {
		var e *SyntaxError
		if err := New([]byte(in)).Skip(); !errors.As(err, &e) || e.Offset != at {
			t.Errorf("%s: got %v, want offset %d", in[:min(20, len(in))], err, at)
		}
	}
	if _, err := New([]byte("[1-2]")).Raw(); err == nil {
		t.Error("Raw must check all of the value")
	}
}

func FuzzScannerAcceptsAllValidJSON(f *testing.F) {
	f.Add([]byte(`{"a":[1,2.5e3,true,null,"x\u00e4\n"],"b":{}}`))
	f.Add([]byte(`"\ud800"`))
	f.Fuzz(func(t *testing.T, b []byte) {
		s := New(b)
		raw, err := s.Raw()
		if err == nil && !json.Valid(raw) {
			t.Fatalf("accepted %q", raw)
		}
		if err != nil && json.Valid(b) && s.depth < maxDepth {
			t.Fatalf("refused %q: %v", b, err)
		}
		var want string
		if json.Unmarshal(b, &want) == nil && len(b) > 0 && strings.TrimSpace(string(b))[0] == '"' {
			if got, err := New(b).String(); err != nil || strings.ToValidUTF8(got, "\ufffd") != strings.ToValidUTF8(want, "\ufffd") && !strings.Contains(want, "\ufffd") {
				t.Fatalf("%q: got %q, %v, want %q", b, got, err, want)
			}
		}
	})
}
