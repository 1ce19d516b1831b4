package dml

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/ingestd/ingestd/objstore/mem"
	"github.com/ingestd/ingestd/table"
	"github.com/ingestd/ingestd/table/expression"
)

// computed is a table with a generated column and an identity.
func computed(t tester, props map[string]string) *table.Table {
	t.Helper()
	s, err := table.ParseSchema("n BIGINT GENERATED ALWAYS AS IDENTITY, id BIGINT, twin BIGINT GENERATED ALWAYS AS (id + 1000), part STRING, val BIGINT, txt STRING")
	if err != nil {
		t.Fatal(err)
	}
	opts := append(options(), table.WithExpressions(func() (expression.Compiler, error) { return engine{}, nil }))
	tab, err := table.Create(t.Context(), mem.New(), table.CreateOptions{Schema: s, Properties: props}, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return tab
}

func columnsOf(t tester, tab *table.Table, names ...string) []string {
	t.Helper()
	return texts2(t, open(t, tab.Store()).Scan(t.Context(), table.ScanOptions{Columns: names}))
}

func TestAnUpdateKeepsIdentitiesAndComputesGeneratedColumns(t *testing.T) {
	for _, props := range []map[string]string{nil, vectors, {"delta.enableChangeDataFeed": "true"}, {"delta.enableChangeDataFeed": "true", "delta.enableDeletionVectors": "true"}} {
		tab := computed(t, maps.Clone(props))
		add(t, tab, rowsFrom(0, 4)...)
		if _, err := Update(t.Context(), tab, engine{}, []Assignment{{"id", "id + 10"}}, modulo("id", 2, 1), plain()); err != nil {
			t.Fatal(err)
		}
		if got := columnsOf(t, tab, "n", "id", "twin"); !slices.Equal(got, []string{"1 0 1000", "2 11 1011", "3 2 1002", "4 13 1013"}) {
			t.Fatalf("%v: %q", props, got)
		}
		if props["delta.enableChangeDataFeed"] != "" {
			replays(t, tab, 2)
		}
	}
}

func TestAnIdentityColumnCannotBeUpdated(t *testing.T) {
	tab := computed(t, nil)
	add(t, tab, rowsFrom(0, 4)...)
	var refused *NotAssignableError
	if _, err := Update(t.Context(), tab, engine{}, []Assignment{{"n", "1"}}, nil, plain()); !errors.As(err, &refused) || !strings.Contains(err.Error(), "n is an IDENTITY") {
		t.Fatal(err)
	}
}

// other are rows of another schema.
func other(n int64) arrow.RecordBatch {
	b := array.NewRecordBuilder(memory.DefaultAllocator, arrow.NewSchema([]arrow.Field{
		{Name: "id", Type: arrow.BinaryTypes.String, Nullable: true}, {Name: "extra", Type: arrow.PrimitiveTypes.Int64, Nullable: true}}, nil))
	defer b.Release()
	for i := range n {
		b.Field(0).(*array.StringBuilder).Append(string(rune('p' + i)))
		b.Field(1).(*array.Int64Builder).Append(i)
	}
	return b.NewRecordBatch()
}

func TestAnOverwriteCanReplaceTheSchema(t *testing.T) {
	for _, mode := range []string{"none", "name"} {
		props := map[string]string{"delta.columnMapping.mode": mode, "delta.enableDeletionVectors": "true"}
		tab := create(t, props, "part")
		add(t, tab, rowsFrom(0, 9)...)
		o := OverwriteOptions{Options: plain(), OverwriteSchema: true, PartitionBy: []string{"EXTRA"}}
		r, err := Overwrite(t.Context(), tab, table.Batches(other(2)), o)
		must(t, "overwrite", r, err)
		fresh := open(t, tab.Store())
		if got := columnsOf(t, tab, "id", "extra"); !slices.Equal(got, []string{"p 0", "q 1"}) || !slices.Equal(fresh.PartitionColumns(), []string{"extra"}) || len(fresh.Schema().Fields) != 2 {
			t.Fatalf("%s: %q by %q", mode, got, fresh.PartitionColumns())
		}
		if old := texts2(t, at(t, tab, 1).Scan(t.Context(), table.ScanOptions{})); len(old) != 9 {
			t.Fatal(old)
		}
	}
	tab := create(t, nil, "part")
	if _, err := Overwrite(t.Context(), tab, table.Batches(other(1)), OverwriteOptions{Options: plain(), OverwriteSchema: true}); err == nil {
		t.Fatal("a partition column is gone")
	}
	var none *OptionsError
	if _, err := Overwrite(t.Context(), tab, table.Batches(), OverwriteOptions{OverwriteSchema: true}); !errors.As(err, &none) {
		t.Fatal(err)
	}
}

func TestAnOverwriteCanAddColumns(t *testing.T) {
	tab := create(t, nil)
	add(t, tab, rowsFrom(0, 3)...)
	more := array.NewRecordBuilder(memory.DefaultAllocator, arrow.NewSchema([]arrow.Field{{Name: "id", Type: arrow.PrimitiveTypes.Int64}, {Name: "extra", Type: arrow.PrimitiveTypes.Int64, Nullable: true}}, nil))
	more.Field(0).(*array.Int64Builder).Append(1)
	more.Field(1).(*array.Int64Builder).Append(2)
	o := OverwriteOptions{Options: plain()}
	o.MergeSchema = true
	r, err := Overwrite(t.Context(), tab, table.Batches(more.NewRecordBatch()), o)
	must(t, "overwrite", r, err)
	if got := columnsOf(t, tab, "id", "val", "extra"); !slices.Equal(got, []string{"1 <nil> 2"}) {
		t.Fatal(got)
	}
}

func TestAFieldOfAStructCanBeSet(t *testing.T) {
	s := arrow.StructOf(arrow.Field{Name: "a", Type: arrow.PrimitiveTypes.Int64, Nullable: true}, arrow.Field{Name: "b", Type: arrow.PrimitiveTypes.Int64, Nullable: true})
	b := array.NewRecordBuilder(memory.DefaultAllocator, arrow.NewSchema([]arrow.Field{{Name: "id", Type: arrow.PrimitiveTypes.Int64, Nullable: true}, {Name: "s", Type: s, Nullable: true}}, nil))
	for i := range int64(4) {
		b.Field(0).(*array.Int64Builder).Append(i)
		sb := b.Field(1).(*array.StructBuilder)
		if i == 2 {
			sb.AppendNull()
			continue
		}
		sb.Append(true)
		sb.FieldBuilder(0).(*array.Int64Builder).Append(i)
		sb.FieldBuilder(1).(*array.Int64Builder).Append(-i)
	}
	schema, err := table.ParseSchema("id BIGINT, s STRUCT<a: BIGINT, b: BIGINT>")
	if err != nil {
		t.Fatal(err)
	}
	tab, err := table.Create(t.Context(), mem.New(), table.CreateOptions{Schema: schema}, options()...)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tab.Append(t.Context(), table.Batches(b.NewRecordBatch()), table.AppendOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := Update(t.Context(), tab, engine{}, []Assignment{{"S.A", "id + 50"}}, modulo("id", 4, 2), plain()); err != nil {
		t.Fatal(err)
	}
	if _, err := Update(t.Context(), tab, engine{}, []Assignment{{"s.b", "7"}}, modulo("id", 4, 3), plain()); err != nil {
		t.Fatal(err)
	}
	if got := columnsOf(t, tab, "id", "s"); !slices.Equal(got, []string{`0 {"a":0,"b":0}`, `1 {"a":1,"b":-1}`, `2 {"a":52,"b":null}`, `3 {"a":3,"b":7}`}) {
		t.Fatal(got)
	}
}
