package expression

import (
	"fmt"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
)

func TestFieldsOfAJoinKnowTheirRelation(t *testing.T) {
	own := arrow.NewMetadata([]string{"comment"}, []string{"the key"})
	t1 := Relation{Names: []string{"t", "target"}, Schema: arrow.NewSchema([]arrow.Field{{Name: "a.b", Type: arrow.BinaryTypes.String, Nullable: true, Metadata: own}}, nil)}
	t2 := Relation{Schema: arrow.NewSchema([]arrow.Field{{Name: "id", Type: arrow.PrimitiveTypes.Int64}}, nil)}
	both := Join(t1, t2)
	f := both.Field(0)
	if f.Name != Field(t1, "a.b") || f.Name != "t.a.b" || !f.Nullable || f.Type.ID() != arrow.STRING || both.Field(1).Name != "id" {
		t.Errorf("%v", both)
	}
	if comment, ok := f.Metadata.GetValue("comment"); !ok || comment != "the key" {
		t.Errorf("the metadata is %v", f.Metadata)
	}
	for _, tt := range []struct {
		field arrow.Field
		want  string
	}{{f, "[t target] a.b true"}, {both.Field(1), "[] id true"}, {t1.Qualified().Field(0), "[t target] a.b true"}, {t1.Schema.Field(0), "[]  false"}} {
		if names, column, ok := Origin(tt.field); fmt.Sprint(names, " ", column, " ", ok) != tt.want {
			t.Errorf("%v: %v %q %v, want %s", tt.field, names, column, ok, tt.want)
		}
	}
	if t1.Schema.Field(0).Name != "a.b" || t1.Qualified().Field(0).Name != "a.b" {
		t.Error("a relation's own names are other ones")
	}
	renamed := Relation{Names: []string{"u"}, Schema: t1.Qualified()} // of a relation that has had other names
	if names, column, _ := Origin(Join(renamed).Field(0)); fmt.Sprint(names, []string{column}) != "[u] [a.b]" {
		t.Errorf("%v %s", names, column)
	}
}
