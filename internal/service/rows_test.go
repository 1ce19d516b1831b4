package service

import (
	"errors"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/ingestd/ingestd/internal/sql"
	"github.com/ingestd/ingestd/table"
	"github.com/ingestd/ingestd/table/expression"
	"github.com/ingestd/ingestd/txlog/schema"
)

func TestRowsComeFromFilesTablesAndSQL(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	lines := `{"id":1,"at":"2026-01-31T10:00:00Z"}` + "\n" + `{"id":2,"at":null}` + "\n"
	tables := Tables{}
	_, _, err := tables.Create(t.Context(), dir+"/t", table.CreateOptions{Schema: mustSchema(t, "id BIGINT, at TIMESTAMP")}, false)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		in   Input
		rows int64
	}{
		{Input{Source: write("a.jsonl", lines)}, 2},
		{Input{Source: write("a.json", "["+strings.ReplaceAll(strings.TrimSpace(lines), "\n", ",")+"]")}, 2},
		{Input{Source: write("a.CSV", "id,at\n1,2026-01-31 10:00:00\n")}, 1},
		{Input{JSON: strings.NewReader(lines)}, 2},
		{Input{Query: "SELECT 1::BIGINT AS id, TIMESTAMPTZ '2026-01-31' AS at FROM range(5)"}, 5},
		{Input{Source: dir + "/t"}, 0},
	} {
		var rows int64
		err := tables.Rows(t.Context(), tt.in, func(s *arrow.Schema, in iter.Seq2[arrow.RecordBatch, error]) error {
			if got := strings.Join(names(s), ","); got != "id: int64,at: timestamp[us, tz=UTC]" {
				t.Errorf("%+v: columns %s", tt.in, got)
			}
			for rec, err := range in {
				if err != nil {
					return err
				}
				rows += rec.NumRows()
				rec.Release()
			}
			return nil
		})
		if err != nil || rows != tt.rows {
			t.Errorf("%+v: %d rows, %v", tt.in, rows, err)
		}
	}
	var wrong *InputError
	if err := tables.Rows(t.Context(), Input{Source: dir + "/a.xlsx"}, nil); !errors.As(err, &wrong) {
		t.Errorf("of a spreadsheet: %v", err)
	}
	if left, _ := filepath.Glob(os.TempDir() + "/ingestd-rows-*"); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestAValueThatItsColumnCannotHoldIsNoFaultOfTheFile(t *testing.T) {
	full := &expression.ValueError{Column: "id", Cause: &sql.SQLError{Message: "out of range"}}
	err := Tables{}.Rows(t.Context(), Input{JSON: strings.NewReader(`{"id":1}`)}, func(*arrow.Schema, iter.Seq2[arrow.RecordBatch, error]) error { return full })
	if !errors.Is(err, full) {
		t.Errorf("got %v", err)
	}
}

func names(s *arrow.Schema) (out []string) {
	for _, f := range s.Fields() {
		out = append(out, f.Name+": "+f.Type.String())
	}
	return out
}

func mustSchema(t *testing.T, ddl string) *schema.Struct {
	t.Helper()
	s, err := table.ParseSchema(ddl)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestTablesWithConstraintsAreWrittenWithACompiler(t *testing.T) {
	dir := t.TempDir()
	compiler := sql.NewCompiler(sql.Options{}, nil)
	defer func() { _ = compiler.Close() }()
	o := table.CreateOptions{Schema: mustSchema(t, "id BIGINT"), Properties: map[string]string{"delta.constraints.positive": "id > 0"}}
	tab, _, err := Tables{Expressions: compiler}.Create(t.Context(), dir, o, false)
	if err != nil {
		t.Fatal(err)
	}
	b := array.NewRecordBuilder(memory.DefaultAllocator, arrow.NewSchema([]arrow.Field{{Name: "id", Type: arrow.PrimitiveTypes.Int64, Nullable: true}}, nil))
	defer b.Release()
	b.Field(0).(*array.Int64Builder).AppendValues([]int64{5, -5}, nil)
	rec := b.NewRecordBatch()
	defer rec.Release()
	fine := rec.NewSlice(0, 1)
	if _, err := tab.Append(t.Context(), table.Batches(fine), table.AppendOptions{}); err != nil {
		t.Error(err)
	}
	bad := rec.NewSlice(1, 2)
	var violated *table.ConstraintError
	if _, err := tab.Append(t.Context(), table.Batches(bad), table.AppendOptions{}); !errors.As(err, &violated) {
		t.Errorf("a row that breaks the constraint: %v", err)
	}
	without, err := Tables{}.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	var none *table.NoExpressionsError
	if _, err := without.Append(t.Context(), table.Batches(rec.NewSlice(0, 1)), table.AppendOptions{}); !errors.As(err, &none) {
		t.Errorf("without a compiler: %v", err)
	}
}

func TestVariantsAreTextsOfJSON(t *testing.T) {
	s := mustSchema(t, "v VARIANT, st STRUCT<v: VARIANT, i: INT>, l ARRAY<VARIANT>, m MAP<STRING, VARIANT>, i INT")
	raw := arrow.StructOf(arrow.Field{Name: "metadata", Type: arrow.BinaryTypes.Binary}, arrow.Field{Name: "value", Type: arrow.BinaryTypes.Binary})
	i32 := arrow.PrimitiveTypes.Int32
	in := arrow.NewSchema([]arrow.Field{{Name: "v", Type: raw, Nullable: true}, {Name: "st", Type: arrow.StructOf(arrow.Field{Name: "v", Type: raw, Nullable: true}, arrow.Field{Name: "i", Type: i32})},
		{Name: "l", Type: arrow.ListOf(raw)}, {Name: "m", Type: arrow.MapOf(arrow.BinaryTypes.String, raw)}, {Name: "i", Type: i32}}, nil)
	b := array.NewRecordBuilder(memory.DefaultAllocator, in)
	defer b.Release()
	variant := func(b array.Builder, n byte) { // the number n
		st := b.(*array.StructBuilder)
		st.Append(true)
		st.FieldBuilder(0).(*array.BinaryBuilder).Append([]byte{1, 0, 0})
		st.FieldBuilder(1).(*array.BinaryBuilder).Append([]byte{3 << 2, n})
	}
	for n := range byte(3) {
		if n == 1 {
			b.Field(0).AppendNull()
		} else {
			variant(b.Field(0), n)
		}
		st, l, m := b.Field(1).(*array.StructBuilder), b.Field(2).(*array.ListBuilder), b.Field(3).(*array.MapBuilder)
		st.Append(true)
		variant(st.FieldBuilder(0), 10+n)
		st.FieldBuilder(1).(*array.Int32Builder).Append(1)
		l.Append(true)
		variant(l.ValueBuilder(), 20+n)
		m.Append(true)
		m.KeyBuilder().(*array.StringBuilder).Append("k")
		variant(m.ItemBuilder(), 30+n)
		b.Field(4).(*array.Int32Builder).Append(int32(n))
	}
	rec := b.NewRecordBatch()
	tail := rec.NewSlice(1, 3)
	rec.Release()
	for got, err := range withText(s, func(yield func(arrow.RecordBatch, error) bool) { yield(tail, nil) }) {
		if err != nil {
			t.Fatal(err)
		}
		var cells []string
		for _, c := range got.Columns() {
			cells = append(cells, c.String())
		}
		const want = `[(null) "2"]|{["11" "12"] [1 1]}|[["21"] ["22"]]|[{["k"] ["31"]} {["k"] ["32"]}]|[1 2]`
		if strings.Join(cells, "|") != want {
			t.Errorf("%s, want %s", strings.Join(cells, "|"), want)
		}
		got.Release()
	}
}
