package schema

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestParseReadsTheExampleOfTheProtocol(t *testing.T) {
	const text = `{"type":"struct","fields":[
	 {"name":"a","type":"integer","nullable":false,"metadata":{}},
	 {"name":"b","type":{"type":"struct","fields":[{"name":"d","type":"integer","nullable":false,"metadata":{}}]},"nullable":true,"metadata":{}},
	 {"name":"c","type":{"type":"array","elementType":"integer","containsNull":false},"nullable":true,"metadata":{}},
	 {"name":"f","type":{"type":"map","keyType":"string","valueType":"decimal(10,2)","valueContainsNull":true},"nullable":true,
	  "metadata":{"delta.columnMapping.id": 7,"comment":"x","z":{"k":[1, 2]}}}]}`
	s, err := Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	want := "a INT NOT NULL, b STRUCT<d: INT NOT NULL>, c ARRAY<INT NOT NULL>, f MAP<STRING, DECIMAL(10,2)> COMMENT 'x'"
	if got := s.DDL(); got != want {
		t.Errorf("DDL:\n got %s\nwant %s", got, want)
	}
	if got := s.String(); got != "struct<a:int,b:struct<d:int>,c:array<int>,f:map<string,decimal(10,2)>>" {
		t.Errorf("String: %s", got)
	}
	if got := string(s.Field("F").Metadata["z"]); got != `{"k":[1, 2]}` {
		t.Errorf("metadata was not kept as it stood: %s", got)
	}
	again, err := Parse(s.JSON())
	if err != nil || !Equal(s, again) {
		t.Errorf("round trip: %v\n%s", err, s.JSON())
	}
}

func TestParseTakesOldSpellings(t *testing.T) {
	s, err := Parse(`{"type":"struct","fields":[{"name":"n","type":"null"},{"name":"d","type":"decimal"},{"name":"e","type":"decimal( 5 , 2 )"}]}`)
	if err != nil {
		t.Fatal(err)
	}
	if got := s.DDL(); got != "n VOID, d DECIMAL(10,0), e DECIMAL(5,2)" {
		t.Error(got)
	}
}

func TestParseNamesWhatIsWrong(t *testing.T) {
	field := func(typ string) string { return `{"type":"struct","fields":[{"name":"a","type":` + typ + `}]}` }
	deep := strings.Repeat(`{"type":"array","elementType":`, 200) + `"string"` + strings.Repeat("}", 200)
	for name, c := range map[string]struct{ in, want string }{
		"not json":       {"{", "not JSON of a type"},
		"empty":          {"", "the type is missing"},
		"not a struct":   {`"string"`, "not a struct"},
		"no type":        {`{}`, `without "type"`},
		"unknown":        {field(`"geometry"`), `column a has the type "geometry"`},
		"unknown object": {field(`{"type":"udt"}`), `"udt"`},
		"nameless":       {`{"type":"struct","fields":[{"type":"string"}]}`, "field 0 has no name"},
		"decimal range":  {field(`"decimal(39,2)"`), "precision must be"},
		"decimal text":   {field(`"decimal(x)"`), "decimal(precision,scale)"},
		"array element":  {field(`{"type":"array"}`), "column a.element: the type is missing"},
		"too deep":       {field(deep), "nested too deeply"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Parse(c.in)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want it to say %q", err, c.want)
			}
			var p *ParseError
			var u *UnknownTypeError
			if !errors.As(err, &p) && !errors.As(err, &u) {
				t.Errorf("untyped error %T", err)
			}
		})
	}
}

func TestEqualRegardsEverythingAndSameTypeOnlyTypes(t *testing.T) {
	a, _ := ParseDDL("a INT NOT NULL COMMENT 'x', b ARRAY<STRING>")
	b, _ := ParseDDL("A INT, b ARRAY<STRING NOT NULL>")
	if Equal(a, b) {
		t.Error("Equal must see names, nullability, metadata")
	}
	if !SameType(a, b) {
		t.Error("SameType must not")
	}
	c, _ := ParseDDL("a BIGINT, b ARRAY<STRING>")
	if SameType(a, c) || SameType(a, a.Fields[1].Type) {
		t.Error("SameType must see types")
	}
}

// genType draws any type that fits in a table.
func genType(t *rapid.T, depth int) Type {
	kinds := 3
	if depth > 0 {
		kinds = 6
	}
	switch rapid.IntRange(0, kinds-1).Draw(t, "kind") {
	case 3:
		return genStruct(t, depth-1)
	case 4:
		return &Array{genType(t, depth-1), rapid.Bool().Draw(t, "null")}
	case 5:
		return &Map{genType(t, depth-1), genType(t, depth-1), rapid.Bool().Draw(t, "null")}
	case 2:
		p := rapid.IntRange(1, 38).Draw(t, "precision")
		return Decimal{p, rapid.IntRange(0, p).Draw(t, "scale")}
	}
	return rapid.SampledFrom([]Primitive{String, Long, Integer, Short, Byte, Float, Double, Boolean, Binary,
		Date, Timestamp, TimestampNTZ, Variant, Void}).Draw(t, "primitive")
}

func genStruct(t *rapid.T, depth int) *Struct {
	s := &Struct{}
	names := rapid.SliceOfNDistinct(rapid.StringMatching("[a-zA-Zäß€`'\" .<>-]{1,6}"), 1, 4, Fold).Draw(t, "names")
	for _, n := range names {
		f := Field{Name: n, Type: genType(t, depth), Nullable: rapid.Bool().Draw(t, "nullable")}
		if rapid.Bool().Draw(t, "commented") {
			c, _ := json.Marshal(rapid.String().Draw(t, "comment"))
			f.Metadata = map[string]json.RawMessage{"comment": c}
		}
		s.Fields = append(s.Fields, f)
	}
	return s
}

func TestEverySchemaSurvivesJSONAndDDL(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := genStruct(t, 3)
		fromJSON, err := Parse(s.JSON())
		if err != nil || !Equal(s, fromJSON) || fromJSON.JSON() != s.JSON() {
			t.Fatalf("JSON: %v\n%s", err, s.JSON())
		}
		fromDDL, err := ParseDDL(s.DDL())
		if err != nil || fromDDL.DDL() != s.DDL() || !SameType(s, fromDDL) {
			t.Fatalf("DDL: %v\n%s", err, s.DDL())
		}
	})
}

func FuzzParse(f *testing.F) {
	f.Add(`{"type":"struct","fields":[{"name":"a","type":{"type":"map","keyType":"string","valueType":"decimal(3,1)"},"nullable":true,"metadata":{"x": 1}}]}`)
	f.Add(`{"type":"struct","fields":[{"name":"a","type":{"type":"array","elementType":"void"}}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		s, err := Parse(text)
		if err != nil {
			return
		}
		again, err := Parse(s.JSON())
		if err != nil || again.JSON() != s.JSON() {
			t.Fatalf("%v: %s", err, s.JSON())
		}
	})
}
