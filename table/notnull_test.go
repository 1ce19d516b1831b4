package table

import (
	"context"
	"errors"
	"math/rand"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/ingestd/ingestd/table/arrowmap"
	"github.com/ingestd/ingestd/table/arrowtest"
	"github.com/ingestd/ingestd/table/expression"
	"github.com/ingestd/ingestd/table/predicate"
	"github.com/ingestd/ingestd/txlog/schema"
)

// jsonRows makes a batch of a schema in which everything is nullable.
func jsonRows(t testing.TB, s *schema.Struct, rows string) arrow.RecordBatch {
	t.Helper()
	as, err := arrowmap.ToArrow(s)
	if err != nil {
		t.Fatal(err)
	}
	rec, _, err := array.RecordFromJSON(memory.DefaultAllocator, as, strings.NewReader(rows))
	if err != nil {
		t.Fatal(err)
	}
	return rec
}

func TestNullsAreFoundWhereTheyMayNotBe(t *testing.T) {
	for _, c := range []struct {
		name, ddl, rows, column string
		row                     int64
	}{
		{"none", "a INT NOT NULL", `[{"a":1}]`, "", 0},
		{"a column", "a INT NOT NULL, b INT", `[{"a":1,"b":null},{"a":null}]`, "a", 1},
		{"a field", "s STRUCT<a: INT NOT NULL>", `[{"s":{"a":1}},{"s":null},{"s":{"a":null}}]`, "s.a", 2},
		{"a field of a null struct", "s STRUCT<a: INT NOT NULL>", `[{"s":null}]`, "", 0},
		{"a field two levels down", "s STRUCT<t: STRUCT<a: INT NOT NULL>>", `[{"s":{"t":null}},{"s":{"t":{"a":null}}}]`, "s.t.a", 1},
		{"a field in an array", "l ARRAY<STRUCT<a: INT NOT NULL>>", `[{"l":[]},{"l":null},{"l":[null,{"a":1}]},{"l":[{"a":null}]}]`, "l.element.a", -1},
		{"a field in a map", "m MAP<STRING, STRUCT<a: INT NOT NULL>>", `[{"m":[{"key":"x","value":{"a":1}}]},{"m":[{"key":"x","value":{"a":null}}]}]`, "m.value.a", -1},
		{"a map without nulls", "m MAP<STRING, STRUCT<a: INT NOT NULL>>", `[{"m":[{"key":"x","value":null}]},{"m":null}]`, "", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := ddl(t, c.ddl)
			rec := jsonRows(t, s, c.rows)
			defer rec.Release()
			expectNotNull(t, checkNulls(nullRules(s), rec.Columns()), c.column, c.row)
			// Also where the batch is a slice of a longer one.
			if rec.NumRows() > 1 {
				last := rec.NewSlice(rec.NumRows()-1, rec.NumRows())
				defer last.Release()
				row := c.row
				if row > 0 {
					row = 0
				}
				expectNotNull(t, checkNulls(nullRules(s), last.Columns()), c.column, row)
			}
		})
	}
}

func expectNotNull(t *testing.T, err error, column string, row int64) {
	t.Helper()
	var e *NotNullError
	if column == "" {
		if err != nil {
			t.Errorf("refused: %v", err)
		}
		return
	}
	if !errors.As(err, &e) || e.Column != column || e.Row != row || !strings.Contains(err.Error(), column) {
		t.Errorf("got %v, want a null in row %d of %s", err, row, column)
	}
}

func TestNullElementsAreFound(t *testing.T) {
	s := &schema.Struct{Fields: []schema.Field{
		{Name: "l", Type: &schema.Array{Element: schema.Integer}, Nullable: true},
		{Name: "m", Type: &schema.Map{Key: schema.String, Value: schema.Integer}, Nullable: true},
	}}
	loose := ddl(t, "l ARRAY<INT>, m MAP<STRING, INT>")
	for rows, column := range map[string]string{
		`[{"l":[1,2],"m":[{"key":"a","value":1}]}]`: "",
		`[{"l":[1,null]}]`:                          "l.element",
		`[{"m":[{"key":"a","value":null}]}]`:        "m.value",
	} {
		rec := jsonRows(t, loose, rows)
		expectNotNull(t, checkNulls(nullRules(s), rec.Columns()), column, -1)
		rec.Release()
	}
}

func TestNullsInsideDictionariesAreFound(t *testing.T) {
	b := array.NewDictionaryBuilder(memory.DefaultAllocator, &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: arrow.BinaryTypes.String}).(*array.BinaryDictionaryBuilder)
	defer b.Release()
	for _, v := range []string{"a", "b"} {
		if err := b.AppendString(v); err != nil {
			t.Fatal(err)
		}
	}
	b.AppendNull()
	col := b.NewArray()
	defer col.Release()
	expectNotNull(t, checkNulls(nullRules(ddl(t, "a STRING NOT NULL")), []arrow.Array{col}), "a", 2)
}

// The protocol has one spelling for null and the empty text of a partition column.
func TestAnEmptyTextInAPartitionColumnCountsAsNull(t *testing.T) {
	tab := create(t, "id BIGINT, p STRING NOT NULL", "p")
	add(t, tab, "id BIGINT, p STRING", `[{"id":1,"p":"a"}]`)
	_, err := tryAdd(t, tab, "id BIGINT, p STRING", `[{"id":2,"p":"b"},{"id":3,"p":""}]`, AppendOptions{})
	expectNotNull(t, err, "p", 1)
	expectRows(t, reopen(t, tab), ScanOptions{}, `id=1;p="a";`)
}

func TestAnEmptyTextInAPartitionColumnIsNullToConstraintsToo(t *testing.T) {
	tab, _ := createWith(t, CreateOptions{Schema: ddl(t, "p STRING NOT NULL, a BIGINT"), PartitionBy: []string{"p"}})
	var dead int64
	o := AppendOptions{WriteOptions: WriteOptions{Violations: func(_ context.Context, v Violation) error {
		var null *NotNullError
		if !errors.As(v.Err, &null) || !null.Empty || null.Row < 0 {
			t.Errorf("%v", v.Err)
		}
		dead += v.Rows.NumRows()
		return nil
	}}}
	if _, err := tryAdd(t, tab, "p STRING, a BIGINT", `[{"p":"x","a":1},{"p":"","a":2},{"p":"y","a":3}]`, o); err != nil {
		t.Fatal(err)
	}
	if expectRows(t, tab, ScanOptions{}, `p="x";a=1;`, `p="y";a=3;`); dead != 1 {
		t.Errorf("%d rows were handed on", dead)
	}
	null := &nullCompiler{}
	tab, err := Create(t.Context(), newStore(), CreateOptions{
		Schema: ddl(t, "p STRING, a BIGINT"), PartitionBy: []string{"p"}, Properties: map[string]string{"delta.constraints.there": "p IS NOT NULL"},
	}, append(options(), WithExpressions(func() (expression.Compiler, error) { return null, nil }))...)
	if err != nil {
		t.Fatal(err)
	}
	var violated *ConstraintError
	if _, err := tryAdd(t, tab, "p STRING, a BIGINT", `[{"p":"x","a":1},{"p":"","a":2}]`, AppendOptions{}); !errors.As(err, &violated) || violated.Row != 1 {
		t.Errorf("%v", err)
	}
}

// nullCompiler knows the one filter that column p is not null.
type nullCompiler struct{ expression.Compiler }

func (nullCompiler) Filter(context.Context, string, *arrow.Schema) (predicate.Filter, error) {
	return goFilter{expr: predicate.IsNotNull("p"), schema: &schema.Struct{Fields: []schema.Field{{Name: "p", Type: schema.String}}}}, nil
}

func TestEmptyTextsOfEveryLayoutBecomeNull(t *testing.T) {
	tab := create(t, "p STRING, q BINARY, a BIGINT", "p", "q")
	tgt, err := newTarget(tab.Schema(), shapeOf(tab.Snapshot()))
	if err != nil {
		t.Fatal(err)
	}
	rec := jsonRows(t, ddl(t, "p STRING, q BINARY"), `[{"p":"cut off"},{"p":"","q":""},{"q":"eA=="},{"p":"b"},{"p":""}]`).NewSlice(1, 5)
	var dict []arrow.Array
	for _, c := range rec.Columns() {
		dict = append(dict, arrowtest.Dictionary(rand.New(rand.NewSource(1)), c))
	}
	for _, cols := range [][]arrow.Array{slices.Clone(rec.Columns()), dict} {
		for _, c := range cols {
			c.Retain()
		}
		if err := tgt.emptyAsNull(cols); err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, c := range cols {
			for i := range c.Len() {
				got = append(got, c.ValueStr(i))
			}
		}
		if want := []string{"(null)", "(null)", "b", "(null)", "(null)", "eA==", "(null)", "(null)"}; !slices.Equal(got, want) {
			t.Errorf("got %q", got)
		}
	}
}
