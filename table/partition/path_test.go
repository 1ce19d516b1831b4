package partition_test

import (
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/ingestd/ingestd/table/partition"
)

func ptr(s string) *string { return &s }

func TestTheThreeFormsOfAValue(t *testing.T) {
	for _, tc := range []struct{ value, dir, path string }{
		{"a", "letter=a", "letter=a"},
		{"/%20%f", "letter=%2F%2520%25f", "letter=%252F%252520%2525f"},
		{"a b", "letter=a b", "letter=a%20b"},
		{"a:b=c", "letter=a%3Ab%3Dc", "letter=a%253Ab%253Dc"},
		{"é", "letter=é", "letter=%C3%A9"},
		{"2024-01-01T00:00:00.000000Z", "letter=2024-01-01T00%3A00%3A00.000000Z", "letter=2024-01-01T00%253A00%253A00.000000Z"},
		{"", "letter=__HIVE_DEFAULT_PARTITION__", "letter=__HIVE_DEFAULT_PARTITION__"},
		{"\x01\x7f\n", "letter=%01%7F%0A", "letter=%2501%257F%250A"},
		{"+&~", "letter=+&~", "letter=+&~"},
		{"<>|\"", "letter=<>|%22", "letter=%3C%3E%7C%2522"},
	} {
		dir := partition.Dir([]string{"letter"}, map[string]*string{"letter": ptr(tc.value)})
		if dir != tc.dir {
			t.Errorf("%q is in %q, want %q", tc.value, dir, tc.dir)
		}
		path := partition.EncodePath(dir)
		if path != tc.path {
			t.Errorf("%q is %q in the log, want %q", dir, path, tc.path)
		}
		if back, absolute, err := partition.DecodePath(path); back != dir || absolute || err != nil {
			t.Errorf("%q decodes to %q, %v, %v", path, back, absolute, err)
		}
	}
}

func TestDirsOfSeveralColumnsKeepTheirOrder(t *testing.T) {
	values := map[string]*string{"b": ptr("1"), "a/c": nil}
	if got, want := partition.Dir([]string{"b", "a/c"}, values), "b=1/a%2Fc=__HIVE_DEFAULT_PARTITION__"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := partition.Dir(nil, nil); got != "" {
		t.Errorf("got %q", got)
	}
}

func TestLongValuesFitIntoAFolderName(t *testing.T) {
	a := partition.Dir([]string{"c"}, map[string]*string{"c": ptr(strings.Repeat("日本", 100) + "a")})
	b := partition.Dir([]string{"c"}, map[string]*string{"c": ptr(strings.Repeat("日本", 100) + "b")})
	if len(a) > 255 || a == b || strings.ContainsRune(a, '\uFFFD') {
		t.Errorf("got %q and %q", a, b)
	}
}

func TestPathsThatLeaveTheTableAreToldApart(t *testing.T) {
	for path, want := range map[string]bool{
		"a/b.parquet": false, "day=1/x%3Ay": false, "/abs/b.parquet": true, "s3://bucket/b.parquet": true, "file:/b.parquet": true,
		"_c=1:2/x": false,
	} {
		if _, absolute, err := partition.DecodePath(path); absolute != want || err != nil {
			t.Errorf("%q: absolute %v, %v", path, absolute, err)
		}
	}
	for _, path := range []string{"", "a%2", "a%zz"} {
		var bad *partition.PathError
		if _, _, err := partition.DecodePath(path); !errors.As(err, &bad) {
			t.Errorf("%q gave %v", path, err)
		}
	}
}

func TestEscapingLosesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.String().Draw(t, "s")
		escaped := partition.Escape(s)
		if back := partition.Unescape(escaped); back != s {
			t.Fatalf("%q became %q became %q", s, escaped, back)
		}
		if strings.ContainsAny(escaped, "/\x00\n") {
			t.Fatalf("%q is not one folder name", escaped)
		}
		if s == "" {
			return
		}
		path := partition.EncodePath(s)
		back, _, err := partition.DecodePath(path)
		if err != nil || back != s {
			t.Fatalf("%q became %q became %q (%v)", s, path, back, err)
		}
		if _, absolute, _ := partition.DecodePath(path); absolute != strings.HasPrefix(s, "/") {
			t.Fatalf("%q is taken as absolute: %v", path, absolute)
		}
	})
}

func FuzzDecodePath(f *testing.F) {
	for _, s := range []string{"a%20b", "%", "s3://x/%2F", "letter=%252F", ":", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, path string) {
		key, absolute, err := partition.DecodePath(path)
		if err != nil || absolute {
			return
		}
		if back, _, err := partition.DecodePath(partition.EncodePath(key)); err != nil || back != key {
			t.Fatalf("%q is %q, which becomes %q (%v)", path, key, back, err)
		}
	})
}
