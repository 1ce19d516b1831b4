package datafile

import (
	"bytes"
	"testing"

	"github.com/parquet-go/parquet-go"

	"github.com/ingestd/ingestd/txlog/schema"
)

func TestFieldIDsStandAtEveryLevel(t *testing.T) {
	s, err := schema.ParseDDL("a INT, s STRUCT<x: INT, l: ARRAY<STRUCT<y: INT>>>, m MAP<STRING, ARRAY<INT>>")
	if err != nil {
		t.Fatal(err)
	}
	names := 0
	s, last := s.AssignMapping(0, func() string { names++; return "col-" + string(rune('a'+names)) }, true)
	s = s.Physical(schema.MappingName)
	for _, ids := range []bool{true, false} {
		var out bytes.Buffer
		w, err := NewWriter(&out, s, Options{FieldIDs: ids})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Close(); err != nil {
			t.Fatal(err)
		}
		f, err := parquet.OpenFile(bytes.NewReader(out.Bytes()), int64(out.Len()))
		if err != nil {
			t.Fatal(err)
		}
		seen := map[int32]bool{}
		for _, e := range f.Metadata().Schema {
			if e.FieldID == 0 {
				continue
			}
			if seen[e.FieldID] {
				t.Errorf("%s has the id %d of another", e.Name, e.FieldID)
			}
			seen[e.FieldID] = true
		}
		if want := map[bool]int{true: int(last), false: 0}[ids]; len(seen) != want {
			t.Errorf("%d elements have ids, want %d: %v", len(seen), want, seen)
		}
	}
}
