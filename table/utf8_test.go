package table

import (
	"errors"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

func TestTextsThatAreNotUTF8AreRefused(t *testing.T) {
	for _, c := range []struct {
		name   string
		values []string
		row    int64 // -1: all are good
	}{
		{"good", []string{"", "a", "é", "日本"}, -1},
		{"bad", []string{"a", "\xff"}, 1},
		{"one character cut in two", []string{"x", "\xc3", "\xa9"}, 1},
	} {
		plain := array.NewStringBuilder(memory.DefaultAllocator)
		words := array.NewDictionaryBuilder(memory.DefaultAllocator, &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: arrow.BinaryTypes.String}).(*array.BinaryDictionaryBuilder)
		for _, v := range c.values {
			plain.Append(v)
			if err := words.AppendString(v); err != nil {
				t.Fatal(err)
			}
		}
		for _, col := range []arrow.Array{plain.NewArray(), words.NewArray()} {
			tab := create(t, "s STRING")
			as := arrow.NewSchema([]arrow.Field{{Name: "s", Type: col.DataType(), Nullable: true}}, nil)
			_, err := tab.Append(t.Context(), Batches(array.NewRecordBatch(as, []arrow.Array{col}, int64(col.Len()))), AppendOptions{})
			var e *InvalidTextError
			if bad := errors.As(err, &e); bad != (c.row >= 0) || bad && (e.Column != "s" || e.Row != c.row) {
				t.Errorf("%s in %s: %v", c.name, col.DataType(), err)
			}
		}
	}
	nested := array.NewListBuilder(memory.DefaultAllocator, arrow.BinaryTypes.String)
	nested.Append(true)
	nested.ValueBuilder().(*array.StringBuilder).Append("\xff")
	var e *InvalidTextError
	if err := checkText("l", nested.NewArray()); !errors.As(err, &e) || e.Row != -1 {
		t.Errorf("got %v", err)
	}
}
