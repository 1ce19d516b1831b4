package arrowrows_test

import (
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/ingestd/ingestd/internal/arrowrows"
)

// batch has a number, a text that is a dictionary with a null, and a column of nothing.
func batch(t *testing.T) arrow.RecordBatch {
	t.Helper()
	b := array.NewRecordBuilder(memory.DefaultAllocator, arrow.NewSchema([]arrow.Field{
		{Name: "n", Type: arrow.PrimitiveTypes.Int64},
		{Name: "text", Type: &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int16, ValueType: arrow.BinaryTypes.String}, Nullable: true},
		{Name: "none", Type: arrow.Null, Nullable: true},
	}, nil))
	defer b.Release()
	for i, s := range []string{"a", "b", "", "a"} {
		b.Field(0).(*array.Int64Builder).Append(int64(i))
		if s == "" {
			b.Field(1).AppendNull()
		} else if err := b.Field(1).(*array.BinaryDictionaryBuilder).AppendString(s); err != nil {
			t.Fatal(err)
		}
		b.Field(2).AppendNull()
	}
	rec := b.NewRecordBatch()
	t.Cleanup(rec.Release)
	return rec
}

// texts are the values of all columns, row by row.
func texts(rec arrow.RecordBatch) (out []string) {
	for i := range int(rec.NumRows()) {
		line := ""
		for _, c := range rec.Columns() {
			line += c.ValueStr(i) + " "
		}
		out = append(out, line)
	}
	return out
}

func same(t *testing.T, got, want []string) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%q, want %q", got, want)
	}
	for i := range got {
		if got[i] != want[i] {
			t.Fatalf("%q, want %q", got, want)
		}
	}
}

func TestRowsAreTakenAsOftenAndInTheOrderAsAsked(t *testing.T) {
	rec := batch(t)
	some, err := arrowrows.Some(t.Context(), rec, []int32{3, 1, 1, 2})
	if err != nil {
		t.Fatal(err)
	}
	defer some.Release()
	if !some.Schema().Equal(rec.Schema()) {
		t.Fatalf("the schema is %s", some.Schema())
	}
	same(t, texts(some), []string{"3 a (null) ", "1 b (null) ", "1 b (null) ", "2 (null) (null) "})
	// of a slice, whose places are its own
	slice := rec.NewSlice(1, 4)
	defer slice.Release()
	of, err := arrowrows.SomeOf(t.Context(), slice, []string{"text", "n"}, []int32{2, 0})
	if err != nil {
		t.Fatal(err)
	}
	defer of.Release()
	same(t, texts(of), []string{"a 3 ", "b 1 "})
	none, err := arrowrows.Some(t.Context(), rec, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer none.Release()
	same(t, texts(none), nil)
	if _, err := arrowrows.SomeOf(t.Context(), rec, []string{"x"}, nil); err == nil {
		t.Fatal("a column that is not there was taken")
	}
}

func TestNegativePlacesAreNull(t *testing.T) {
	rec := batch(t)
	indices := arrowrows.IndicesOrNull([]int32{0, -1, 3})
	defer indices.Release()
	some, err := arrowrows.TakeRows(t.Context(), rec, indices)
	if err != nil {
		t.Fatal(err)
	}
	defer some.Release()
	same(t, texts(some), []string{"0 a (null) ", "(null) (null) (null) ", "3 a (null) "})
}

func TestPlainRowsHaveNoDictionaries(t *testing.T) {
	rec := batch(t)
	plain, err := arrowrows.PlainRows(t.Context(), rec)
	if err != nil {
		t.Fatal(err)
	}
	defer plain.Release()
	if got := plain.Column(1).DataType(); !arrow.TypeEqual(got, arrow.BinaryTypes.String) {
		t.Fatalf("the column is of type %s", got)
	}
	same(t, texts(plain), texts(rec))
	same(t, arrowrows.Names(plain.Schema()), []string{"n", "text", "none"})
}
