package schema

import (
	"errors"
	"strings"
	"testing"
)

func TestParseDDLTakesSparkSpellings(t *testing.T) {
	for in, want := range map[string]string{
		"a BIGINT, b long, c Int, d integer":                     "a BIGINT, b BIGINT, c INT, d INT",
		"a SMALLINT, b short, c tinyint, d BYTE":                 "a SMALLINT, b SMALLINT, c TINYINT, d TINYINT",
		"a real, b float, c double, d boolean, e binary, f date": "a FLOAT, b FLOAT, c DOUBLE, d BOOLEAN, e BINARY, f DATE",
		"a dec, b NUMERIC(5), c decimal(10, 2)":                  "a DECIMAL(10,0), b DECIMAL(5,0), c DECIMAL(10,2)",
		"a timestamp, b timestamp_ltz, c timestamp_ntz":          "a TIMESTAMP, b TIMESTAMP, c TIMESTAMP_NTZ",
		"a: int, `b c`: string":                                  "a INT, `b c` STRING",
		"a\n\tINT -- the key\n , b INT":                          "a INT, b INT",
		"`a``b` variant, 1st void":                               "`a``b` VARIANT, 1st VOID",
		"struct<a:int,b:array<array<int>>>":                      "a INT, b ARRAY<ARRAY<INT>>",
		"struct INT, timestamp TIMESTAMP, map map<int,int>":      "struct INT, timestamp TIMESTAMP, map MAP<INT, INT>",
		"größe INT":             "größe INT",
		"a STRUCT<>":            "a STRUCT<>",
		`a INT COMMENT "it's" `: `a INT COMMENT 'it\'s'`,
		"event_id STRING NOT NULL, ts TIMESTAMP, tags ARRAY<STRUCT<a: INT, b: MAP<STRING, DECIMAL(10,2)>>> COMMENT 'x''y'": "event_id STRING NOT NULL, ts TIMESTAMP, tags ARRAY<STRUCT<a: INT, b: MAP<STRING, DECIMAL(10,2)>>> COMMENT 'x\\'y'",
		"a STRUCT<b: INT NOT NULL COMMENT 'in', c STRING> NOT NULL":                                                        "a STRUCT<b: INT NOT NULL COMMENT 'in', c: STRING> NOT NULL",
	} {
		s, err := ParseDDL(in)
		if err != nil {
			t.Errorf("%s: %v", in, err)
			continue
		}
		if got := s.DDL(); got != want {
			t.Errorf("%s:\n got %s\nwant %s", in, got, want)
		}
	}
}

func TestParseDDLSaysWhereAndWhat(t *testing.T) {
	for _, c := range []struct {
		in        string
		line, col int
		want      string
	}{
		{"", 1, 1, "no columns"},
		{"a", 1, 2, "expected a type, found the end"},
		{"a INT,", 1, 7, "expected the name of a column"},
		{"a INT,\n  b INTT", 2, 5, "unknown type 'INTT'"},
		{"a INT b", 1, 7, "expected ',', NOT NULL"},
		{"a-b INT", 1, 2, "backquotes"},
		{"`a INT", 1, 1, "never closed"},
		{"`` INT", 1, 1, "empty name"},
		{"a INT COMMENT 'x", 1, 15, "never closed"},
		{"a INT COMMENT x", 1, 15, "text of the comment"},
		{"a ARRAY", 1, 8, "expected '<'"},
		{"a ARRAY<INT", 1, 12, "expected '>'"},
		{"a MAP<INT>", 1, 10, "expected ','"},
		{"struct<a: INT, b: FOO>", 1, 19, "unknown type 'FOO'"},
		{"a DECIMAL(39)", 1, 3, "precision must be"},
		{"a DECIMAL(1,2,3)", 1, 3, "not 3 numbers"},
		{"a DECIMAL(x)", 1, 11, "expected a number"},
		{"a INT NOT", 1, 10, "expected NULL"},
		{"a INT DEFAULT 3", 1, 7, "DEFAULT is not supported"},
		{"a INT GENERATED ALWAYS AS (b)", 1, 7, "GENERATED is not supported"},
		{"a STRING COLLATE UTF8_LCASE", 1, 10, "COLLATE is not supported"},
		{"a VARCHAR(10)", 1, 3, "use STRING"},
		{"a INT) x", 1, 6, "expected ',' or the end"},
		{"a " + strings.Repeat("ARRAY<", 200), 1, 603, "nested too deeply"},
	} {
		_, err := ParseDDL(c.in)
		var e *DDLError
		if !errors.As(err, &e) {
			t.Errorf("%q: got %v, want a DDLError", c.in, err)
			continue
		}
		if e.Line != c.line || e.Column != c.col || !strings.Contains(e.Reason, c.want) {
			t.Errorf("%q: got %v, want %d:%d %s", c.in, err, c.line, c.col, c.want)
		}
	}
}

func TestParseDDLRefusesNamesThatDifferOnlyInCase(t *testing.T) {
	var e *InvalidError
	if _, err := ParseDDL("a INT, b STRUCT<c INT, C INT>"); !errors.As(err, &e) || e.Column != "b.C" {
		t.Errorf("got %v", err)
	}
}

func TestParseType(t *testing.T) {
	if typ, err := ParseType("map<string,array<decimal(3,1)>>"); err != nil || typ.String() != "map<string,array<decimal(3,1)>>" {
		t.Errorf("%v %v", typ, err)
	}
	if _, err := ParseType("int x"); err == nil {
		t.Error("trailing text must be refused")
	}
}

func FuzzParseDDL(f *testing.F) {
	for _, s := range []string{"a INT NOT NULL COMMENT 'x', `b c` array<struct<a:int>>", "a map<int, decimal(1,1) not null>", "struct<a int>", "a\x00", "--", "a INT COMMENT '\\"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, ddl string) {
		s, err := ParseDDL(ddl)
		if err != nil {
			return
		}
		again, err := ParseDDL(s.DDL())
		if err != nil || again.DDL() != s.DDL() {
			t.Fatalf("%q -> %q: %v", ddl, s.DDL(), err)
		}
	})
}
