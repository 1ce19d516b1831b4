package spark

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/ingestd/ingestd/table/expression"
)

// shown is a match as one text.
func shown(m expression.Match) string {
	var parts []string
	for _, k := range m.Keys {
		op := "="
		if k.NullSafe {
			op = "<=>"
		}
		parts = append(parts, fmt.Sprintf("%s %s %s: %s", k.Left, op, k.Right, TypeName(k.Type)))
	}
	for _, p := range []struct{ name, text string }{{"left", m.Left}, {"right", m.Right}, {"rest", m.Rest}} {
		if p.text != "" {
			parts = append(parts, p.name+" "+p.text)
		}
	}
	return strings.Join(parts, "; ")
}

func TestConditionsAreTakenApart(t *testing.T) {
	for text, want := range map[string]string{
		"t.id = s.id":                                  "t.id = s.id: BIGINT",
		"s.id == t.id":                                 "t.id = s.id: BIGINT",
		"t.k <=> s.k AND t.price > 5 AND s.flag":       "t.k <=> s.k: STRING; left t.price > 5; right s.flag",
		"t.k IS NOT DISTINCT FROM upper(s.k)":          "t.k <=> upper(s.k): STRING",
		"((t.id = s.id AND (s.flag and (t.k = s.k))))": "t.id = s.id: BIGINT; t.k = s.k: STRING; right s.flag",
		"(t.id + 1) = (s.id)":                          "(t.id + 1) = (s.id): BIGINT",
		"t.id = s.id OR t.k = s.k":                     "rest t.id = s.id OR t.k = s.k",
		"(t.id = s.id OR t.k = s.k) AND flag":          "right flag; rest (t.id = s.id OR t.k = s.k)",
		"t.price = s.id":                               "t.price = s.id: DECIMAL(22,2)",
		"t.price = s.d":                                "t.price = s.d: DOUBLE",
		"t.f = s.d":                                    "t.f = s.d: DOUBLE",
		"t.k = s.id":                                   "CAST(t.k AS BIGINT) = s.id: BIGINT",
		"t.price = s.k":                                "t.price = CAST(s.k AS DOUBLE): DOUBLE",
		"t.day = s.at":                                 "t.day = s.at: TIMESTAMP",
		"t.day = s.k":                                  "t.day = CAST(s.k AS DATE): DATE",
		"t.nothing = s.id":                             "t.nothing = s.id: BIGINT",
		"t.id = 5 AND 7 = s.id":                        "left t.id = 5; right 7 = s.id",
		"t.id + s.id = 5 AND t.id < s.id":              "rest t.id + s.id = 5 AND t.id < s.id",
		"t.id = t.price AND s.id = s.d":                "left t.id = t.price; right s.id = s.d",
		"t.id + s.id = s.id":                           "rest t.id + s.id = s.id",
		"false":                                        "left false; right false",
		"true":                                         "",
		"(TRUE) AND t.id = s.id":                       "t.id = s.id: BIGINT",
		"1 = 1":                                        "left 1 = 1; right 1 = 1",
		"NULL":                                         "left NULL; right NULL",
		"t.k = uuid() AND s.k = concat(uuid(), t.k)":                  "rest t.k = uuid() AND s.k = concat(uuid(), t.k)",
		"t.id BETWEEN s.id AND 5 AND t.k = s.k":                       "t.k = s.k: STRING; rest t.id BETWEEN s.id AND 5",
		"NOT t.id = s.id AND NOT (t.k = s.k)":                         "rest NOT t.id = s.id AND NOT (t.k = s.k)",
		"t.id = s.id = true":                                          "rest t.id = s.id = true",
		"CASE WHEN t.id = 1 AND s.id = 1 THEN true END AND t.k = s.k": "t.k = s.k: STRING; rest CASE WHEN t.id = 1 AND s.id = 1 THEN true END",
		"t.k = s.k -- the key\n AND /* AND */ t.id -- t\n = s.id --":  "t.k = s.k: STRING; t.id = s.id: BIGINT",
		"t.k = ' AND ' AND s.deep = s.k":                              "s.deep = s.k: STRING; left t.k = ' AND '",
		"s.deep = s.k":                                                "s.deep = s.k: STRING",
		"s.id = `t`.s.id":                                             "`t`.s.id = s.id: BIGINT",
	} {
		m, err := Match(text, targets, sources, Options{})
		if got := shown(m); err != nil || got != want {
			t.Errorf("%s: %s, %v, want %s", text, got, err, want)
		}
	}
}

func TestKeysThatAreColumnsSayWhich(t *testing.T) {
	for text, want := range map[string]string{
		"(T.ID) = s.id":                     "[id]",
		"s.k = /* of t */ `s`.deep":         "[s deep]",
		"t.day = s.at":                      "[day]",
		"t.k = s.id":                        "[]",
		"t.id + 1 = s.id":                   "[]",
		"upper(t.k) = CAST(s.id AS STRING)": "[]",
	} {
		m, err := Match(text, targets, sources, Options{})
		if err != nil || len(m.Keys) != 1 || fmt.Sprint(m.Keys[0].LeftPath) != want {
			t.Errorf("%s: %+v, %v, want %s", text, m, err, want)
		}
	}
}

func TestConditionsThatAreNoneSayWhere(t *testing.T) {
	for text, want := range map[string]struct {
		at      int
		message string
	}{
		"id = 5":                 {0, `the reference "id" is ambiguous, it could be t.id or s.ID`},
		"t.id = s.id AND t.none": {16, `no column "t.none"; one of t.id, t.k, t.s, t.a b, t.arr, t.f, t.price, t.day, t.nothing`},
		"t.id":                   {0, "a predicate is wanted, TRUE or FALSE for each row; this is INT"},
		"t.day = s.d":            {6, "DATE and DOUBLE do not go together"},
	} {
		_, err := Match(text, targets, sources, Options{})
		var e *SyntaxError
		if !errors.As(err, &e) || e.Message != want.message || e.Offset != want.at {
			t.Errorf("%s: %v at %v, want %v", text, err, e, want)
		}
	}
	_, err := Match("t.arr = s.arr", targets, sources, Options{})
	if u := (*expression.UnsupportedError)(nil); !errors.As(err, &u) || u.Reason != "a comparison of ARRAY<INT>" {
		t.Error(err)
	}
	if _, err := Match("t.id = t.id", targets, expression.Relation{Names: []string{"T"}, Schema: sources.Schema}, Options{}); err == nil || err.Error() != "the rows of both sides are called t; give one of them another name" {
		t.Error(err)
	}
}

func FuzzMatch(f *testing.F) {
	for _, s := range []string{"t.id = s.id AND t.k <=> s.k", "((t.id = s.id)) OR flag", "t.k = s.id AND NOT (s.d > 1 AND t.f < 2)", "t.price IS NOT DISTINCT FROM s.k AND false", "s.deep = s.k AND t.id BETWEEN 1 AND s.id -- x"} {
		f.Add(s)
	}
	both := expression.Join(targets, sources)
	f.Fuzz(func(t *testing.T, text string) {
		o := Options{Now: time.Unix(0, 0)}
		_, _ = Translate(text, both, o)
		m, err := Match(text, targets, sources, o)
		if err != nil {
			var wrong *SyntaxError
			if u := (*expression.UnsupportedError)(nil); !errors.As(err, &wrong) && !errors.As(err, &u) {
				t.Fatalf("%q: an error of another kind: %v", text, err)
			}
			return
		}
		compiles := func(text string, schema *arrow.Schema, e error) {
			if e != nil {
				t.Fatalf("%q: the part %q over %v: %v", text, text, schema, e)
			}
		}
		for _, p := range []struct {
			text   string
			schema *arrow.Schema
		}{{m.Left, expression.Join(targets)}, {m.Right, sources.Qualified()}, {m.Rest, both}} {
			if p.text != "" {
				_, err := Predicate(p.text, p.schema, o)
				compiles(p.text, p.schema, err)
			}
		}
		for _, k := range m.Keys {
			_, err := Assign(k.Left, k.Type, targets.Qualified(), o)
			compiles(k.Left, targets.Schema, err)
			_, err = Assign(k.Right, k.Type, expression.Join(sources), o)
			compiles(k.Right, sources.Schema, err)
		}
	})
}
