package spark

import (
	"errors"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/ingestd/ingestd/table/expression"
)

var (
	targets = expression.Relation{Names: []string{"t", "target"}, Schema: arrow.NewSchema([]arrow.Field{
		{Name: "id", Type: integer}, {Name: "k", Type: str}, {Name: "s", Type: arrow.StructOf(arrow.Field{Name: "id", Type: integer}, arrow.Field{Name: "deep", Type: str})},
		{Name: "a b", Type: integer}, {Name: "arr", Type: arrow.ListOf(integer)}, {Name: "f", Type: float}, {Name: "price", Type: decimal(10, 2)}, {Name: "day", Type: date}, {Name: "nothing", Type: void},
	}, nil)}
	sources = expression.Relation{Names: []string{"s"}, Schema: arrow.NewSchema([]arrow.Field{
		{Name: "ID", Type: bigint}, {Name: "k", Type: str}, {Name: "flag", Type: boolean}, {Name: "at", Type: timestamp}, {Name: "current_date", Type: date}, {Name: "arr", Type: arrow.ListOf(integer)}, {Name: "d", Type: double},
	}, nil)}
)

func TestColumnsOfRelationsAreFoundAsSparkFindsThem(t *testing.T) {
	both := expression.Join(targets, sources)
	for text, want := range map[string]struct{ sql, columns string }{
		"t.id":                {`"t.id"`, "t.id"},
		"TARGET.Id":           {`"t.id"`, "t.id"},
		"`target`.`id`":       {`"t.id"`, "t.id"},
		"s.id":                {`"s.ID"`, "s.ID"}, // a column of s before a field of column s
		"s.deep":              {`"t.s"."deep"`, "t.s"},
		"t.s.id":              {`"t.s"."id"`, "t.s"},
		"flag":                {`"s.flag"`, "s.flag"},
		"`a b` + t.`A B`":     {`("t.a b" + "t.a b")`, "t.a b"},
		"t . id = s. id":      {`("t.id" = "s.ID")`, "s.ID,t.id"},
		"current_date":        {`"s.current_date"`, "s.current_date"},
		"struct(t.id, s.k)":   {`struct_pack("id" := "t.id", "k" := "s.k")`, "s.k,t.id"},
		"t.arr[s.id]":         {`(CASE WHEN "s.ID" >= 0 AND "s.ID" < len("t.arr") THEN "t.arr"[CAST("s.ID" AS BIGINT) + 1] WHEN "s.ID" IS NOT NULL AND "t.arr" IS NOT NULL THEN CAST(error('ingestd: the array has no element ' || coalesce(CAST("s.ID" AS VARCHAR), 'NULL')) AS INTEGER) END)`, "s.ID,t.arr"},
		"coalesce(s.id,t.id)": {`coalesce("s.ID", CAST("t.id" AS BIGINT))`, "s.ID,t.id"},
	} {
		e, err := Translate(text, both, Options{})
		if err != nil || e.SQL != want.sql || strings.Join(e.Columns, ",") != want.columns {
			t.Errorf("%s: %+v, %v, want %v", text, e, err, want)
		}
	}
	if e, err := Translate("Target.S.deep", both, Options{}); err != nil || strings.Join(e.Path, "/") != "t.s/deep" {
		t.Errorf("%+v, %v", e, err)
	}
}

func TestColumnsOfARelationMayBeQualified(t *testing.T) {
	for text, want := range map[string]string{"t.id": `"id"`, "ID": `"id"`, "target.s.deep": `"s"."deep"`, "s.deep": `"s"."deep"`} {
		e, err := Translate(text, targets.Qualified(), Options{})
		if err != nil || e.SQL != want {
			t.Errorf("%s: %+v, %v, want %s", text, e, err, want)
		}
	}
}

func TestNamesThatMeanNoColumnOrSeveralSaySo(t *testing.T) {
	both := expression.Join(targets, sources)
	for text, want := range map[string]struct {
		at      int
		message string
	}{
		"1 + id":         {4, `the reference "id" is ambiguous, it could be t.id or s.ID`},
		"k = 'a'":        {0, `the reference "k" is ambiguous, it could be t.k or s.k`},
		"flga":           {0, `no column "flga"; did you mean s.flag?`},
		"t.flag":         {0, `no column "t.flag"; did you mean s.flag?`},
		"x.price":        {0, `no column "x.price"; did you mean t.price?`},
		"t.s.none":       {4, `no field "none"; one of id, deep`},
		"s.id.x":         {5, `BIGINT has no fields, and so no x`},
		"`t.id`":         {0, `no column "t.id"; did you mean t.id?`},
		"t":              {0, `no column "t"; did you mean t.k?`},
		"t.":             {0, `no column "t"; did you mean t.k?`},
		"int8 '5'":       {0, "there are no literals of the type INT8; expressions here are Spark SQL, which writes BIGINT"},
		"nothing_at_all": {0, `no column "nothing_at_all"; one of t.id, t.k, t.s, t.a b, t.arr, t.f, t.price, t.day, t.nothing, s.ID, s.k, s.flag, s.at, s.current_date, s.arr, s.d`},
	} {
		_, err := Translate(text, both, Options{})
		var e *SyntaxError
		if !errors.As(err, &e) || e.Message != want.message || e.Offset != want.at {
			t.Errorf("%s: %v at %v, want %v", text, err, e, want)
		}
	}
	same := expression.Relation{Names: []string{"u", "t"}, Schema: sources.Schema}
	if _, err := Translate("t.id", expression.Join(targets, same), Options{}); err == nil || err.Error() != `the reference "t.id" is ambiguous, it could be t.id or u.ID` {
		t.Error(err)
	}
}
