package sql

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/ingestd/ingestd/table/expression"
)

// pairs are rows of a target and of a source side by side.
func pairs(t *testing.T) (rec arrow.RecordBatch, target, source expression.Relation) {
	t.Helper()
	flat := batchOf(t, newSession(t, Options{}), `SELECT * FROM (VALUES (CAST(1 AS INTEGER), 'a', {'x': 10}, CAST(1 AS BIGINT), 'a', '2.50', CAST(2.5 AS DOUBLE)),
		(2, NULL, {'x': NULL}, 3, NULL, '0', 0.0), (NULL, 'c', NULL, NULL, 'C', 'x', 'NaN')) v(id, k, st, id2, k2, num, d)`)
	target = expression.Relation{Names: []string{"t", "target"}, Schema: arrow.NewSchema(flat.Schema().Fields()[:3], nil)}
	fields := flat.Schema().Fields()[3:]
	fields[0].Name, fields[1].Name = "id", "k"
	source = expression.Relation{Names: []string{"s"}, Schema: arrow.NewSchema(fields, nil)}
	return array.NewRecordBatch(expression.Join(target, source), flat.Columns(), flat.NumRows()), target, source
}

func TestExpressionsOverRowsOfTwoRelationsAreEvaluated(t *testing.T) {
	rec, _, _ := pairs(t)
	c := newCompiler(t)
	for text, want := range map[string]string{
		"t.id = s.id": "[true false false]", "target.k <=> s.k": "[true true false]", "s.d = num": "[true true ValueError]", "t.st.x + s.id > 10": "[true false false]", "d IS NULL": "[false false false]",
		"1 = 1": "[true true true]", "false": "[false false false]", "NULL": "[false false false]", "upper(t.k) = s.k": "[false false true]",
	} {
		f, err := c.Filter(context.Background(), text, rec.Schema())
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		var got []string
		for i := range rec.NumRows() {
			one := rec.NewSlice(i, i+1)
			keep, err := f.Eval(context.Background(), one)
			one.Release()
			var bad *expression.ValueError
			switch {
			case errors.As(err, &bad):
				got = append(got, "ValueError")
			case err != nil:
				t.Errorf("%s: %v", text, err)
			default:
				got = append(got, fmt.Sprint(keep.Value(0)))
				keep.Release()
			}
		}
		if fmt.Sprint(got) != want {
			t.Errorf("%s: %v, want %s", text, got, want)
		}
	}
	out := arrow.NewSchema([]arrow.Field{{Name: "id", Type: arrow.PrimitiveTypes.Int64, Nullable: true}, {Name: "same", Type: arrow.BinaryTypes.String, Nullable: true}}, nil)
	p, err := c.Project(context.Background(), []string{"t.id * 10 + s.id", "s.k"}, rec.Schema(), out)
	if err != nil {
		t.Fatal(err)
	}
	got, err := p.Apply(context.Background(), rec)
	if err != nil {
		t.Fatal(err)
	}
	defer got.Release()
	if s := fmt.Sprint(got.Column(0), p.Columns()); s != "[11 23 (null)] [s.id s.k t.id]" || got.Column(1) != rec.Column(4) {
		t.Errorf("%s, %v", s, got)
	}
}

func TestPartsOfAConditionAreEvaluatedOverTheirOwnRelation(t *testing.T) {
	rec, target, source := pairs(t)
	c := newCompiler(t)
	m, err := c.Match(context.Background(), "t.id = s.id AND t.id > 1 AND s.num = s.d AND 2 > 1 AND t.id = num AND t.id < s.id", target, source)
	if err != nil || len(m.Keys) != 2 || m.Left != "t.id > 1 AND 2 > 1" || m.Right != "s.num = s.d AND 2 > 1" || m.Rest != "t.id < s.id" {
		t.Fatalf("%+v, %v", m, err)
	}
	f, err := c.Filter(context.Background(), m.Left, target.Qualified())
	if err != nil {
		t.Fatal(err)
	}
	if s := fmt.Sprint(f.Prune(), f.Columns()); !strings.Contains(s, `"id" > 1`) || !strings.HasSuffix(s, "[id]") {
		t.Errorf("the part of the target prunes by %s", s)
	}
	rows := array.NewRecordBatch(target.Schema, rec.Columns()[:3], rec.NumRows())
	defer rows.Release()
	keep, err := f.Eval(context.Background(), rows)
	if err != nil || fmt.Sprint(keep) != "[false true false]" {
		t.Fatalf("%v, %v", keep, err)
	}
	keep.Release()
	if k := m.Keys[1]; k.Left != "t.id" || k.Right != "CAST(num AS BIGINT)" || k.Type.ID() != arrow.INT64 {
		t.Errorf("the key is %+v", k)
	}
	out := arrow.NewSchema([]arrow.Field{{Name: "k", Type: m.Keys[1].Type, Nullable: true}}, nil)
	for text, in := range map[string]*arrow.Schema{m.Keys[1].Left: expression.Join(target), m.Keys[1].Right: source.Qualified()} {
		if _, err := c.Project(context.Background(), []string{text}, in, out); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
	var wrong *SQLError
	if _, err := c.Match(context.Background(), "t.id = s.id\nAND id = 1", target, source); !errors.As(err, &wrong) || wrong.Line != 2 || wrong.Column != 5 {
		t.Errorf("%v", err)
	}
}
