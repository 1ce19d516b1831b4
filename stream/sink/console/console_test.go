package console

import (
	"bytes"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/ingestd/ingestd/stream"
)

func TestPrintsTheFirstRowsOfEachBatch(t *testing.T) {
	schema := arrow.NewSchema([]arrow.Field{{Name: "id", Type: arrow.PrimitiveTypes.Int64}, {Name: "name", Type: arrow.BinaryTypes.String}}, nil)
	rec, _, err := array.RecordFromJSON(memory.DefaultAllocator, schema, strings.NewReader(`[{"id":1,"name":"a"},{"id":2,"name":null},{"id":3,"name":"c"}]`))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	s := New(&out, Options{NumRows: 2})
	if err := s.Open(t.Context(), schema); err != nil {
		t.Fatal(err)
	}
	w, err := s.Begin(t.Context(), stream.BatchID{ID: 7})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Write(t.Context(), rec); err != nil {
		t.Fatal(err)
	}
	got, err := w.Commit(t.Context(), nil)
	if err != nil || got.Rows != 3 {
		t.Fatalf("%+v %v", got, err)
	}
	want := strings.Repeat("-", 43) + "\nBatch: 7\n" + strings.Repeat("-", 43) + "\nid  name\n--  ----\n 1  a\n 2  null\n... and 1 more\n"
	if out.String() != want {
		t.Errorf("got\n%swant\n%s", out.String(), want)
	}
}
