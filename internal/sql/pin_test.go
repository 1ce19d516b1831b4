package sql

import (
	"runtime"
	"strings"
	"testing"
	"unsafe"
	"weak"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// stringsBatch has strings at the top, in a dictionary, in a list and in a map within a struct, and one column without
// any. The pointers are to their bytes.
func stringsBatch(t *testing.T) (arrow.RecordBatch, []weak.Pointer[byte]) {
	t.Helper()
	text := arrow.BinaryTypes.String
	schema := arrow.NewSchema([]arrow.Field{
		{Name: "plain", Type: text}, {Name: "empty", Type: text}, {Name: "dict", Type: &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: text}},
		{Name: "list", Type: arrow.ListOf(text)}, {Name: "struct", Type: arrow.StructOf(arrow.Field{Name: "map", Type: arrow.MapOf(text, arrow.BinaryTypes.Binary)})},
		{Name: "number", Type: arrow.PrimitiveTypes.Int64},
	}, nil)
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	defer b.Release()
	long := strings.Repeat("long ", 100)
	b.Field(0).(*array.StringBuilder).Append(long)
	b.Field(1).(*array.StringBuilder).AppendNull()
	if err := b.Field(2).(*array.BinaryDictionaryBuilder).AppendString(long); err != nil {
		t.Fatal(err)
	}
	list := b.Field(3).(*array.ListBuilder)
	list.Append(true)
	list.ValueBuilder().(*array.StringBuilder).Append(long)
	st := b.Field(4).(*array.StructBuilder)
	st.Append(true)
	m := st.FieldBuilder(0).(*array.MapBuilder)
	m.Append(true)
	m.KeyBuilder().(*array.StringBuilder).Append(long)
	m.ItemBuilder().(*array.BinaryBuilder).AppendString(long)
	b.Field(5).(*array.Int64Builder).Append(1)
	rec := b.NewRecordBatch()
	entries := rec.Column(4).(*array.Struct).Field(0).(*array.Map)
	var at []weak.Pointer[byte]
	for _, d := range []arrow.ArrayData{
		rec.Column(0).Data(), rec.Column(2).Data().Dictionary(), rec.Column(3).(*array.List).ListValues().Data(), entries.Keys().Data(), entries.Items().Data(),
	} {
		at = append(at, weak.Make(unsafe.SliceData(bytesAt(d, 2))))
	}
	return rec, at
}

func alive(at []weak.Pointer[byte]) (n int) {
	runtime.GC()
	runtime.GC()
	for _, p := range at {
		if p.Value() != nil {
			n++
		}
	}
	return n
}

func TestStringsOfAllKindsArePinned(t *testing.T) {
	var pins runtime.Pinner
	defer pins.Unpin()
	at := func() []weak.Pointer[byte] {
		rec, at := stringsBatch(t)
		pin(&pins, rec)
		return at
	}()
	if n := alive(at); n != len(at) {
		t.Errorf("%d of %d buffers are pinned", n, len(at))
	}
	pins.Unpin()
	if n := alive(at); n != 0 {
		t.Errorf("%d buffers are still held", n)
	}
}

// Pins that are left over end the process when the garbage collector finds them.
func TestNoPinOutlivesTheDatabase(t *testing.T) {
	at := func() []weak.Pointer[byte] {
		db, err := Open(Options{})
		if err != nil {
			t.Fatal(err)
		}
		s, err := db.Session()
		if err != nil {
			t.Fatal(err)
		}
		rec, at := stringsBatch(t)
		defer rec.Release()
		rel, err := s.Register(t.Context(), "input", rec.Schema())
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := rel.Set(rec, rec); err != nil {
				t.Fatal(err)
			}
			if err := s.Exec(t.Context(), "SELECT * FROM input"); err != nil {
				t.Fatal(err)
			}
		}
		s.Close() // does not fail
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		return at
	}()
	if n := alive(at); n != 0 {
		t.Errorf("%d buffers are still held", n)
	}
}
